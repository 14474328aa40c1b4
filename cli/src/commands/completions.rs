//! `sessctl completions`.

use clap::ValueEnum;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use crate::{
    complete,
    exit::{Code, Failure},
    output,
};

/// Print the script that makes a shell complete commands, flags, handles, users and profiles
///
///   source <(sessctl completions bash)                                    in ~/.bashrc
///   source <(sessctl completions zsh)                                     in ~/.zshrc, after compinit
///   sessctl completions fish > ~/.config/fish/completions/sessctl.fish
///   eval (sessctl completions elvish | slurp)                             in ~/.config/elvish/rc.elv
///   sessctl completions powershell | Out-String | Invoke-Expression       in $PROFILE
///
/// At TAB it asks sessctl, which has to be in the PATH: `sessctl show <TAB>` offers the handles of
/// live sessions, `--profile <TAB>` the profiles. What does not answer within 200 ms is left out.
/// Make the script anew with a new version of sessctl.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// For which shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Powershell,
}

pub(crate) fn run(args: &Args) -> Result<Code, Failure> {
    let shell: &dyn EnvCompleter = match args.shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
        Shell::Elvish => &Elvish,
        Shell::Powershell => &Powershell,
    };
    let mut script = Vec::new();
    let name = "sessctl";
    shell.write_registration(complete::VARIABLE, name, name, name, &mut script)?;
    output::body(&script)?;
    Ok(Code::OK)
}
