//! `sessctl completions`.

use clap_complete::Shell;

use crate::exit::{Code, Failure};

/// Print a completion script for a shell
///
/// For bash: `source <(sessctl completions bash)`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &Args, mut whole: clap::Command) -> Result<Code, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut whole, "sessctl", &mut script);
    crate::output::body(&script)?;
    Ok(Code::OK)
}
