//! `sessctl user`: accounts, in a running server or in its store.

mod import;
mod list;
mod new_password;

use std::{path::PathBuf, sync::LazyLock};

use clap::Subcommand;
use clap_complete::ArgValueCompleter;
use serde_json::json;
use sessctl_api::{
    AccountError, AuditRecord, Credential, NAME_RULES, NewUser, PASSWORD_RULES, UserChange,
    UserReport, audit::actions, text::clean,
};

use self::new_password::{NewPassword, NewPasswordArgs};
use crate::{
    complete,
    context::{Context, user_name},
    exit::{Code, Failure},
    global::Format,
    output, prompt,
    source::{Access, Source},
};

/// Accounts: who may sign in to a server with --auth users
///
///   sessctl user add alice                     asks for the password, twice
///   sessctl user add bob --generate            makes one up and prints it
///   sessctl user passwd alice --password-stdin < new.pw
///   sessctl user disable bob                   ends bob's sessions; nobody signs in as bob
///   sessctl user ls
///
/// Works with and without a running server: if one answers it is asked, else the store's file is
/// changed, which is made if it is not there yet. Every answer says which it was.
///
/// A password never stands on the command line: it is asked for, or comes from --password-stdin,
/// --password-file or SESSCTL_PASSWORD.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What a new account is held against.
static RULES: LazyLock<String> =
    LazyLock::new(|| format!("{NAME_RULES}\n\nThe password: {PASSWORD_RULES}"));

#[derive(Debug, Subcommand)]
enum Action {
    /// Open an account
    ///
    ///   sessctl user add alice
    ///   sessctl user add bob --generate
    ///   sessctl user add ci --password-stdin < ci.pw
    #[command(verbatim_doc_comment)]
    #[command(after_help = RULES.as_str())]
    Add {
        /// The new account's name
        name: String,
        #[command(flatten)]
        password: NewPasswordArgs,
    },
    /// List all accounts
    ///
    ///   sessctl user ls
    ///   sessctl user ls -o csv --fields name,sessions,state
    #[command(verbatim_doc_comment)]
    Ls,
    /// Show one account
    ///
    ///   sessctl user show alice
    #[command(verbatim_doc_comment)]
    Show {
        /// The account's name
        #[arg(add = ArgValueCompleter::new(complete::users))]
        name: String,
    },
    /// Set another password, which ends the account's sessions
    ///
    ///   sessctl user passwd alice
    ///   sessctl user passwd alice --generate
    #[command(verbatim_doc_comment)]
    #[command(after_help = PASSWORD_RULES)]
    Passwd {
        /// The account's name
        #[arg(add = ArgValueCompleter::new(complete::users))]
        name: String,
        #[command(flatten)]
        password: NewPasswordArgs,
    },
    /// Let nobody sign in with an account any more, and end its sessions
    ///
    ///   sessctl user disable bob
    #[command(verbatim_doc_comment)]
    Disable {
        /// The account's name
        #[arg(add = ArgValueCompleter::new(complete::users))]
        name: String,
    },
    /// Let an account sign in again; what was counted against it is forgotten
    ///
    ///   sessctl user enable bob
    #[command(verbatim_doc_comment)]
    Enable {
        /// The account's name
        #[arg(add = ArgValueCompleter::new(complete::users))]
        name: String,
    },
    /// Remove an account and end its sessions; asks first, or wants --yes
    ///
    ///   sessctl user rm bob
    ///   sessctl user rm bob --yes
    #[command(verbatim_doc_comment)]
    Rm {
        /// The account's name
        #[arg(add = ArgValueCompleter::new(complete::users))]
        name: String,
    },
    /// Open an account for each line of a file
    ///
    ///   sessctl user import people.txt
    ///   printf 'alice:%s\n' "$HASH" | sessctl user import -
    ///
    /// A line is NAME:HASH, with an argon2id hash such as $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH,
    /// or JSON: {"name": "alice", "hash": "$argon2id$..."} or {"name": "bob", "password": "..."}.
    /// Blank lines and lines that start with # are skipped. A line that cannot be taken is reported
    /// by its number and the others go on; then the exit code is 7.
    #[command(verbatim_doc_comment)]
    Import {
        /// The file, or - for stdin
        file: PathBuf,
    },
}

impl Args {
    /// Whether it prints columns.
    pub(crate) fn lists(&self) -> bool {
        matches!(self.action, Action::Ls | Action::Show { .. })
    }
}

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
