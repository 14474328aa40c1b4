//! What `sessctl user` can be told.

use std::{path::PathBuf, sync::LazyLock};

use clap::Subcommand;
use clap_complete::ArgValueCompleter;
use sessctl_api::{NAME_RULES, PASSWORD_RULES};

use super::new_password::NewPasswordArgs;
use crate::complete;

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
    pub(super) action: Action,
}

/// What a new account is held against.
static RULES: LazyLock<String> =
    LazyLock::new(|| format!("{NAME_RULES}\n\nThe password: {PASSWORD_RULES}"));

#[derive(Debug, Subcommand)]
pub(super) enum Action {
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
