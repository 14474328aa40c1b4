//! `sessctl user ls` and `show`.

use serde_json::json;
use sessctl_api::{SCHEMA, User, UserList, span};
use time::OffsetDateTime;

use crate::{
    context::Context,
    exit::{Code, Failure},
    output::{self, Column, Listing},
    source::{Access, Source},
    style::Style,
};

/// Of the list.
static ALL: [Column<User>; 8] = [
    Column::new("name", "NAME", |user: &User, _| {
        output::word(Some(&user.name), 32)
    })
    .naming(),
    Column::new("sessions", "SESSIONS", |user: &User, _| {
        user.sessions.to_string()
    }),
    Column::new("last_login", "LAST LOGIN", |user: &User, now| {
        let last = user.last_login;
        last.map_or_else(|| "never".to_owned(), |at| output::ago(at, now))
    }),
    Column::new("created", "CREATED", |user: &User, now| {
        output::ago(user.created, now)
    }),
    Column::made(
        "state",
        "STATE",
        |user: &User, now| state(user, now).to_owned(),
        |user, now| state(user, now).into(),
    )
    .in_csv()
    .styled(|user| user.disabled.map(|_| Style::Yellow)),
    Column::new("password_set", "PASSWORD SET", |user: &User, now| {
        output::ago(user.password_set, now)
    })
    .wide(),
    Column::new("disabled", "DISABLED", |user: &User, _| time(user.disabled)).wide(),
    Column::new("throttled", "THROTTLED UNTIL", |user: &User, _| {
        time(user.throttled)
    })
    .wide(),
];

/// Of one, line by line.
static ONE: [Column<User>; 8] = [
    Column::new("name", "name", |user: &User, _| {
        output::word(Some(&user.name), 256)
    })
    .naming(),
    Column::made("state", "state", told_state, |user, now| {
        state(user, now).into()
    })
    .in_csv(),
    Column::new("sessions", "live sessions", |user: &User, _| {
        user.sessions.to_string()
    }),
    Column::new("last_login", "last login", |user: &User, now| {
        let last = user.last_login;
        last.map_or_else(|| "never".to_owned(), |at| past(at, now))
    }),
    Column::new("created", "created", |user: &User, now| {
        past(user.created, now)
    }),
    Column::new("password_set", "password set", |user: &User, now| {
        past(user.password_set, now)
    }),
    Column::new("disabled", "disabled", |user: &User, _| time(user.disabled)).wide(),
    Column::new("throttled", "throttled until", |user: &User, _| {
        time(user.throttled)
    })
    .wide(),
];

pub(super) async fn all(context: &Context) -> Result<Code, Failure> {
    let listing = Listing::of(context, &ALL)?;
    let source = Source::open_accounts(context, Access::Read).await?;
    let users = source.accounts.users().await;
    let users = UserList::new(users.map_err(|error| source.refusal(error))?);
    let nothing = format!(
        "no accounts yet at {}; sessctl user add NAME makes one",
        source.name
    );
    listing.print(&users.users, &users, "users", &nothing)?;
    Ok(Code::OK)
}

pub(super) async fn one(context: &Context, name: &str) -> Result<Code, Failure> {
    let listing = Listing::of(context, &ONE)?;
    let source = Source::open_accounts(context, Access::Read).await?;
    let user = source.accounts.user(name).await;
    let user = user.map_err(|error| source.refusal(error))?;
    listing.print_one(&user, &json!({"schema": SCHEMA, "user": user}))?;
    Ok(Code::OK)
}

fn past(at: OffsetDateTime, now: OffsetDateTime) -> String {
    format!("{} ({})", span::utc(at), output::ago(at, now))
}

fn time(at: Option<OffsetDateTime>) -> String {
    at.map_or_else(output::unknown, span::utc)
}

/// The same in words, and what to do about it.
fn told_state(user: &User, now: OffsetDateTime) -> String {
    let word = state(user, now);
    match (user.disabled, throttled(user, now)) {
        (Some(at), _) => format!("{word} since {}", past(at, now)),
        (None, Some(until)) => format!(
            "{word} until {} (in {}): too many wrong passwords; to forget them: sessctl user enable {}",
            span::utc(until),
            span::left(span::between(now, until)),
            output::shell_word(&user.name)
        ),
        (None, None) => word.to_owned(),
    }
}

/// Whether somebody can sign in with it, in a word.
fn state(user: &User, now: OffsetDateTime) -> &'static str {
    match (user.disabled, throttled(user, now)) {
        (Some(_), _) => "disabled",
        (None, Some(_)) => "throttled",
        (None, None) => "active",
    }
}

/// Until when it is not let in after wrong passwords, if it is not.
fn throttled(user: &User, now: OffsetDateTime) -> Option<OffsetDateTime> {
    user.throttled.filter(|until| *until > now)
}
