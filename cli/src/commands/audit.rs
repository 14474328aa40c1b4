//! `sessctl audit`: is that server's session handling sound?
//!
//! The checks live in `sessctl_client::audit`. Here is what can be said of the server, and how the report is printed: for
//! people (`shown`), as JSON (`document`), and as the files that CI systems read (`junit`, `sarif`).

mod document;
mod junit;
mod sarif;
mod shown;

use std::{path::PathBuf, str::FromStr};

use clap::ValueEnum;
use http::Method;
use sessctl_api::text::clean;
use sessctl_client::{
    Profile, Secret,
    audit::{Audit, Exercise, Outcome, Report, Severity},
};

use tokio::signal::unix::SignalKind;

use super::login;
use crate::{
    context::{Context, USER_AGENT},
    exit::{Code, Failure, check_writable, failed, unwritable},
    global::Format,
    output,
    secrets::PasswordArgs,
    signals::Signals,
    site_args::{SiteArgs, site_paths},
    trust,
};

/// Check whether a server's session handling is sound
///
///   sessctl audit http://127.0.0.1:8080
///   sessctl audit http://127.0.0.1:8080 --user alice --password-file alice.pw --check /account
///   sessctl audit --profile blog --fail-on medium --junit audit.xml --sarif audit.sarif
///   sessctl audit http://127.0.0.1:8080 --user alice --write 'POST /cart item={word}' --read /cart
///
/// Does from outside what an attacker or a careless network would do, and says what came of it:
/// whether a sign-in gives a new id, whether a sign-out ends the session, whether other sites can sign
/// users in or out, what wrong passwords give away, and more. A finding has evidence, or is not made;
/// it names the requirement of OWASP's ASVS 5.0 that it is about, and says how to mend it. Without a
/// user only what strangers can see is checked.
///
/// Signs in some thirty times as that user and out again, and sends about thirty wrong passwords: at
/// most two in a row for that account, and seven in all (thirteen where times differ). Use an account
/// made for tests. Nothing else is changed but what sessions of its own hold, at a sessctl server or
/// as --write says.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The server [default: the profile's]
    url: Option<String>,
    /// Sign in as this user [default: that of a profile that is named]
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    #[command(flatten)]
    password: PasswordArgs,
    /// Check only what strangers can see, whoever the profile names
    #[arg(long, conflicts_with = "user")]
    no_user: bool,
    /// Exit with 9 from this severity on
    #[arg(long, value_name = "SEVERITY", value_enum, default_value_t = FailOn::Low)]
    fail_on: FailOn,
    /// A request that writes into the session, to see whether parallel ones lose anything; {word} is another one each time
    #[arg(long, value_name = "'METHOD PATH BODY'", requires = "read")]
    write: Option<Write>,
    /// The page that shows what was written
    #[arg(long, value_name = "PATH", requires = "write")]
    read: Option<String>,
    /// Also try twelve wrong passwords in a row for the account, and then the right one: it may be locked for a while
    #[arg(long)]
    may_lock: bool,
    /// Write the report to this file as JUnit XML as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the report to this file as SARIF 2.1.0 as well
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
    /// The server is yours, or its owner asked you to: needed for all that are not on this machine
    #[arg(long)]
    i_own_this: bool,
    #[command(flatten)]
    site: SiteArgs,
}

/// From where on findings are a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Low,
    Medium,
    High,
    Never,
}

impl FailOn {
    fn severity(self) -> Option<Severity> {
        match self {
            Self::Low => Some(Severity::Low),
            Self::Medium => Some(Severity::Medium),
            Self::High => Some(Severity::High),
            Self::Never => None,
        }
    }
}

/// What `--write` says.
#[derive(Debug, Clone)]
struct Write {
    method: Method,
    path: String,
    body: String,
}

impl FromStr for Write {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, ' ');
        let method = parts.next().and_then(|word| word.parse::<Method>().ok());
        let (method, path) = method
            .zip(parts.next().filter(|path| path.starts_with('/')))
            .ok_or("it is written as 'METHOD /PATH BODY', such as 'POST /cart item={word}'")?;
        let body = parts.next().unwrap_or_default().to_owned();
        if !path.contains("{word}") && !body.contains("{word}") {
            return Err(
                "{word} has to stand somewhere: what is written must be another thing each time"
                    .to_owned(),
            );
        }
        let path = path.to_owned();
        Ok(Self { method, path, body })
    }
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let aimed = args.url.as_deref().map(|url| context.aimed_at(url));
    let context = aimed.as_ref().unwrap_or(context);
    let audit = prepare(context, &args).await?;
    for file in [&args.junit, &args.sarif].into_iter().flatten() {
        check_writable(file)?;
    }
    let as_words = context.format() == Format::Table;
    if as_words {
        shown::begin(&audit)?;
    }
    let user = audit.user.as_deref().unwrap_or("nobody");
    let user = clean(user).into_owned();
    let told = |outcome: &Outcome| {
        if as_words {
            // A reader who left shows at the end.
            let _ = shown::outcome(outcome);
        }
    };
    let mut signals = Signals::listen(&[SignalKind::interrupt(), SignalKind::terminate()])?;
    let mut signal = None;
    let stop = async { signal = Some(signals.next().await) };
    let ending = audit.run(&told, stop).await?;
    if !ending.are_all_out {
        output::say!(
            "sessctl: not everybody could be signed out again: sessions of {user} may live on"
        );
    }
    let Some(report) = ending.report else {
        output::say!("sessctl: stopped before its end");
        return Ok(signal.map_or(Code::INTERRUPTED, Code::of_signal));
    };
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => {
            output::document(format, &document::of(&report))?;
        }
        Format::Name => {
            for (check, _) in report.findings() {
                output::line(check.id)?;
            }
        }
        Format::Table => shown::end(&report)?,
    }
    let from = args.fail_on.severity();
    if let Some(file) = &args.junit {
        let junit = junit::of(&report, from);
        std::fs::write(file, junit).map_err(|error| unwritable(file, &error))?;
    }
    if let Some(file) = &args.sarif {
        let sarif = serde_json::to_string_pretty(&sarif::of(&report));
        let sarif = sarif.map_err(failed)?;
        std::fs::write(file, sarif).map_err(|error| unwritable(file, &error))?;
    }
    if let Some(gone) = ending.gone {
        return Err(gone.into());
    }
    verdict(&report, from)
}

/// Everything that is needed, before anything is sent that has to do with passwords.
async fn prepare(context: &Context, args: &Args) -> Result<Audit, Failure> {
    let old = context.profile()?;
    let own = context.config.own_profile(context.profile_name());
    let own = own.cloned().unwrap_or_default();
    args.site.check()?;
    login::stray::refuse(context, &old, &own)?;
    let known = if context.is_home(&old) {
        old
    } else {
        Profile::default()
    };
    let profile = args.site.over(known);
    let base = context.server(&profile)?;
    trust::refuse_others(&base, args.i_own_this, "an audit does what attackers do")?;
    context.refuse_stray_password(&profile, args.password.is_said())?;
    let user = match &args.user {
        Some(user) => Some(user.clone()),
        None if args.no_user || !context.profile_is_named() => None,
        None => profile.user.clone(),
    };
    let password = password(context, args, &profile, user.as_deref()).await?;
    let exercise = args.write.clone().zip(args.read.clone());
    Ok(Audit {
        base,
        paths: site_paths(&profile),
        timeout: context.timeout(),
        user_agent: USER_AGENT.to_owned(),
        user,
        password,
        may_lock: args.may_lock,
        exercise: exercise.map(|(write, read)| Exercise {
            is_json: write.body.trim_start().starts_with(['{', '[', '"']),
            method: write.method,
            path: write.path,
            body: write.body,
            read,
        }),
    })
}

async fn password(
    context: &Context,
    args: &Args,
    profile: &Profile,
    user: Option<&str>,
) -> Result<Option<Secret>, Failure> {
    match user {
        Some(user) => {
            let site = context.site(profile, Some(site_paths(profile)))?;
            login::password(context, &args.password, &site, user).await
        }
        None if args.password.is_said() => Err(Failure::new(
            Code::USAGE,
            "a password without a user: name one with --user; nothing was sent",
        )),
        None => Ok(None),
    }
}

fn verdict(report: &Report, from: Option<Severity>) -> Result<Code, Failure> {
    let Some(from) = from else {
        return Ok(Code::OK);
    };
    let findings = report.findings().into_iter();
    let count = findings
        .filter(|(_, finding)| finding.severity >= from)
        .count();
    if count == 0 {
        return Ok(Code::OK);
    }
    let findings = if count == 1 { "finding" } else { "findings" };
    let what = match from {
        Severity::Low => format!("{count} {findings}"),
        from => format!("{count} {findings} of severity {} or worse", from.word()),
    };
    Err(Failure::new(Code::CHECK_FAILED, what))
}
