//! `sessctl as`: one command for several users.

use clap_complete::ArgValueCompleter;
use tokio::signal::unix::SignalKind;

use crate::{
    child::Child,
    complete,
    context::Context,
    exit::{Code, Failure},
    output,
    signals::Signals,
};

/// Run a command once for each of several profiles
///
///   sessctl as alice,bob -- sessctl dashboard
///   sessctl as alice,bob,carol -- sh smoke.sh
///
/// Each run finds its profile in SESSCTL_PROFILE, as sessctl itself does. Exits 0 when all did, with a
/// single profile's own code, and else 7.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Their names, with commas between
    #[arg(required = true, value_delimiter = ',', value_name = "PROFILES", add = ArgValueCompleter::new(complete::profiles))]
    profiles: Vec<String>,
    /// The command and its arguments
    #[arg(required = true, last = true, value_name = "CMD")]
    command: Vec<String>,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    // All of them before the first is run.
    for name in &args.profiles {
        context
            .config
            .profile(name)
            .ok_or_else(|| context.no_profile(name))?;
    }
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let mut signals = Signals::listen(&kinds)?;
    let mut failed = Vec::new();
    for name in &args.profiles {
        if args.profiles.len() > 1 && !context.global.quiet {
            output::say!("sessctl: as {name}");
        }
        let mut child = Child::start(&args.command, |child| {
            child.env("SESSCTL_PROFILE", name).env_remove("SESSCTL_JAR");
        })?;
        let code = child.wait(&mut signals).await?;
        if code.0 > 128 {
            // Whoever ends one of them means all.
            return Ok(code);
        }
        if code != Code::OK {
            failed.push((name, code));
        }
    }
    match &failed[..] {
        [] => Ok(Code::OK),
        [(_, code)] if args.profiles.len() == 1 => Ok(*code),
        _ => {
            let failed: Vec<_> = failed
                .iter()
                .map(|(name, code)| format!("{name} with {}", code.0))
                .collect();
            let what = format!("failed as {}", failed.join(", "));
            Err(Failure::new(Code::PARTLY, what))
        }
    }
}
