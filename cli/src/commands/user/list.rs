//! `sessctl user ls` and `show`.

use serde_json::json;
use sessctl_api::{User, UserList, span, text::clean};
use time::OffsetDateTime;

use crate::{
    context::{Context, now},
    exit::{Code, Failure},
    global::Format,
    output,
    source::{Access, Source},
};

pub(super) async fn all(context: &Context) -> Result<Code, Failure> {
    let source = Source::open_accounts(context, Access::Read).await?;
    let users = source.accounts.users().await;
    let users = users.map_err(|error| source.refusal(error))?;
    match context.format() {
        Format::Json => output::json(&UserList::new(users))?,
        Format::Jsonl => users.iter().try_for_each(output::json_line)?,
        Format::Name => users
            .iter()
            .try_for_each(|user| output::line(&clean(&user.name)))?,
        Format::Table if users.is_empty() => {
            output::say!(
                "no accounts yet at {}; sessctl user add NAME makes one",
                source.name
            );
        }
        Format::Table => {
            let now = now();
            let rows: Vec<_> = users.iter().map(|user| row(user, now)).collect();
            let head = ["NAME", "SESSIONS", "LAST LOGIN", "CREATED", "STATE"];
            output::table(&head, &rows)?;
        }
    }
    Ok(Code::OK)
}

fn row(user: &User, now: OffsetDateTime) -> Vec<String> {
    let last = user.last_login;
    vec![
        output::word(Some(&user.name), 32),
        user.sessions.to_string(),
        last.map_or_else(|| "never".to_owned(), |at| output::ago(at, now)),
        output::ago(user.created, now),
        state(user, now).to_owned(),
    ]
}

pub(super) async fn one(context: &Context, name: &str) -> Result<Code, Failure> {
    let source = Source::open_accounts(context, Access::Read).await?;
    let user = source.accounts.user(name).await;
    let user = user.map_err(|error| source.refusal(error))?;
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => {
            output::document(format, &json!({"schema": 1, "user": user}))?;
        }
        Format::Name => output::line(&clean(&user.name))?,
        Format::Table => output::fields(&details(&user, now()))?,
    }
    Ok(Code::OK)
}

fn details(user: &User, now: OffsetDateTime) -> Vec<(&'static str, String)> {
    let past = |at| format!("{} ({})", span::utc(at), output::ago(at, now));
    let word = state(user, now);
    let state = match (user.disabled, throttled(user, now)) {
        (Some(at), _) => format!("{word} since {}", past(at)),
        (None, Some(until)) => format!(
            "{word} until {} (in {}): too many wrong passwords; to forget them: sessctl user enable {}",
            span::utc(until),
            span::left(span::between(now, until)),
            output::shell_word(&user.name)
        ),
        (None, None) => word.to_owned(),
    };
    vec![
        ("name", output::word(Some(&user.name), 256)),
        ("state", state),
        ("live sessions", user.sessions.to_string()),
        (
            "last login",
            user.last_login.map_or_else(|| "never".to_owned(), past),
        ),
        ("created", past(user.created)),
        ("password set", past(user.password_set)),
    ]
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
