//! `sessctl user`: accounts, in a running server or in its store.

mod args;
mod import;
mod list;
mod new_password;

use serde_json::json;
use sessctl_api::{
    AccountError, AuditRecord, Credential, NewUser, UserChange, UserReport, audit::actions,
    text::clean,
};

pub(crate) use self::args::Args;
use self::{
    args::Action,
    new_password::{NewPassword, NewPasswordArgs},
};
use crate::{
    context::{Context, user_name},
    exit::{Code, Failure},
    global::Format,
    output, prompt,
    source::{Access, Source},
};

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    match args.action {
        Action::Add { name, password } => add(context, &name, &password).await,
        Action::Ls => list::all(context).await,
        Action::Show { name } => list::one(context, &name).await,
        Action::Passwd { name, password } => passwd(context, &name, &password).await,
        Action::Disable { name } => {
            change(context, &name, UserChange::Disable, "disabled {}").await
        }
        Action::Enable { name } => {
            change(context, &name, UserChange::Enable, "{} can sign in again").await
        }
        Action::Rm { name } => remove(context, &name).await,
        Action::Import { file } => import::run(context, &file).await,
    }
}

async fn add(context: &Context, name: &str, args: &NewPasswordArgs) -> Result<Code, Failure> {
    args.check(context)?;
    let source = Source::open_accounts(context, Access::Create).await?;
    // Before a password is made up and typed twice.
    match source.accounts.user(name).await {
        Err(AccountError::NoUser(_)) => {}
        Ok(_) => return Err(exists(name)),
        Err(error) => return Err(source.refusal(error)),
    }
    let NewPassword { secret, generated } = args.get(context, name, &source.name)?;
    let new = NewUser {
        name: name.to_owned(),
        credential: Credential::Password(secret.clone()),
    };
    let user = source
        .accounts
        .add_user(new)
        .await
        .map_err(|error| match error {
            AccountError::Exists { .. } => exists(name),
            error => source.refusal(error),
        })?;
    note(&source, actions::USER_ADD, &user.name, None);
    let shown = clean(&user.name).into_owned();
    let password = generated.then_some(&secret);
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => {
            let mut answer = json!({"schema": 1, "user": user, "source": source.name});
            if let Some(password) = password {
                answer["password"] = password.expose().into();
            }
            return output::document(format, &answer).map(|()| Code::OK);
        }
        Format::Name => output::line(password.map_or(&shown, |secret| secret.expose()))?,
        Format::Table => {
            say_done(password, &format!("added {shown} at {}", source.name))?;
            let who = output::shell_word(&user.name);
            let login = format!("sessctl login {who}{}", elsewhere(context));
            let store = context.global.source.as_deref();
            let store = store.filter(|source| source.starts_with("sqlite:"));
            let store = store.map(|store| format!(" --store {}", output::shell_word(store)));
            match source.has_server() {
                true => output::say!("sign in with: {login}"),
                false => output::say!(
                    "start the server with: sessctl serve{}; then sign in with: {login}",
                    store.unwrap_or_default()
                ),
            }
        }
    }
    Ok(Code::OK)
}

/// What a sign-in has to name besides, where the source is not the usual one: it does not tell where browsers go.
fn elsewhere(context: &Context) -> String {
    match (&context.global.profile, &context.global.source) {
        (Some(profile), _) => format!(" --profile {}", output::shell_word(profile)),
        (None, Some(source))
            if context.global.server.is_none() && !source.starts_with("sqlite:") =>
        {
            " --server URL, the address that this server has for browsers".to_owned()
        }
        _ => String::new(),
    }
}

fn exists(name: &str) -> Failure {
    let shown = clean(name);
    Failure::new(
        Code::FAILED,
        format!("account {shown:?} exists already; nothing was changed"),
    )
    .hint(format!(
        "for another password: sessctl user passwd {}",
        output::shell_word(name)
    ))
}

async fn passwd(context: &Context, name: &str, args: &NewPasswordArgs) -> Result<Code, Failure> {
    args.check(context)?;
    let source = Source::open_accounts(context, Access::Write).await?;
    // Before a password is asked for.
    let user = source.accounts.user(name).await;
    user.map_err(|error| source.refusal(error))?;
    let NewPassword { secret, generated } = args.get(context, name, &source.name)?;
    let change = UserChange::Password(secret.clone());
    let report = source
        .accounts
        .change_user(name, change, &user_name())
        .await;
    let report = report.map_err(|error| source.refusal(error))?;
    note(
        &source,
        actions::PASSWORD,
        &report.user.name,
        Some(report.ended),
    );
    let password = generated.then_some(&secret);
    match (context.format(), password) {
        (format @ (Format::Json | Format::Jsonl), Some(password)) => output::document(
            format,
            &json!({
                "schema": 1, "user": report.user, "ended": report.ended, "password": password.expose(),
            }),
        )?,
        (Format::Name, Some(password)) => output::line(password.expose())?,
        (Format::Table, _) => {
            let done = in_words("{} has another password", &report, &source);
            say_done(password, &done)?;
        }
        (format, None) => print(format, &report, "", &source)?,
    }
    Ok(Code::OK)
}

/// What was done is the result, unless a password is, which a script takes from stdout as it stands.
fn say_done(password: Option<&sessctl_api::Secret>, done: &str) -> Result<(), Failure> {
    match password {
        Some(password) => {
            output::say!("{done}; its password, shown this once:");
            output::line(password.expose())
        }
        None => output::line(done),
    }
}

async fn change(
    context: &Context,
    name: &str,
    change: UserChange,
    words: &str,
) -> Result<Code, Failure> {
    let source = Source::open_accounts(context, Access::Write).await?;
    let action = match change {
        UserChange::Password(_) => actions::PASSWORD,
        UserChange::Disable => actions::USER_DISABLE,
        UserChange::Enable => actions::USER_ENABLE,
    };
    let report = source
        .accounts
        .change_user(name, change, &user_name())
        .await;
    let report = report.map_err(|error| source.refusal(error))?;
    note(&source, action, &report.user.name, Some(report.ended));
    print(context.format(), &report, words, &source)?;
    Ok(Code::OK)
}

async fn remove(context: &Context, name: &str) -> Result<Code, Failure> {
    let source = Source::open_accounts(context, Access::Write).await?;
    if !context.global.yes {
        let user = source.accounts.user(name).await;
        let user = user.map_err(|error| source.refusal(error))?;
        let goes = match user.sessions {
            0 => String::new(),
            count => format!(" and end {}", sessions(count)),
        };
        let question = format!("Remove {}{goes} at {}?", clean(&user.name), source.name);
        prompt::confirm(context, &question, "add --yes to do it")?;
    }
    let report = source.accounts.remove_user(name, &user_name()).await;
    let report = report.map_err(|error| source.refusal(error))?;
    let gone = &report.user.name;
    note(&source, actions::USER_REMOVE, gone, Some(report.ended));
    print(context.format(), &report, "removed {}", &source)?;
    Ok(Code::OK)
}

/// Writes down what was done to an account where no server does.
fn note(source: &Source, action: &'static str, user: &str, count: Option<u64>) {
    source.note(action, |record| AuditRecord {
        user: Some(user.to_owned()),
        count,
        ..record
    });
}

fn print(format: Format, report: &UserReport, words: &str, source: &Source) -> Result<(), Failure> {
    match format {
        Format::Json | Format::Jsonl => output::document(format, report),
        Format::Name => output::line(&clean(&report.user.name)),
        Format::Table => output::line(&in_words(words, report, source)),
    }
}

/// What became of an account; `words` has a `{}` in the place of its name.
fn in_words(words: &str, report: &UserReport, source: &Source) -> String {
    let done = words.replace("{}", &clean(&report.user.name));
    let ended = match report.ended {
        0 => String::new(),
        count => format!("; ended {}", sessions(count)),
    };
    format!("{done} at {}{ended}", source.name)
}

fn sessions(count: u64) -> String {
    match count {
        1 => "1 session".to_owned(),
        count => format!("{count} sessions"),
    }
}
