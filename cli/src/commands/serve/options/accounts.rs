//! Who may sign in, how often, and for how long.

use std::time::Duration;

use clap::ValueEnum;
use sessctl_api::span;
use sessctl_server::{Auth, Config};
use sessctl_store::{OnLimit, SessionLimit, Settings};

use super::{ACCOUNTS, OrOff};
use crate::{
    commands::serve::faults::Faults,
    exit::{Code, Failure},
};

/// Who may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AuthChoice {
    /// Whoever has an account and its password: `sessctl user add NAME` makes one
    Users,
    /// Anybody by any name, without a password; on this machine only
    Open,
}

/// What happens at one sign-in too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnLimitChoice {
    /// The new sign-in is refused
    Deny,
    /// The session that was used the longest ago ends
    Oldest,
}

/// The accounts.
#[derive(Debug, clap::Args)]
pub(in crate::commands::serve) struct AccountArgs {
    /// Who may sign in [default: users]
    #[arg(
        long,
        env = "SESSCTL_AUTH",
        value_name = "WHO",
        value_enum,
        help_heading = ACCOUNTS
    )]
    auth: Option<AuthChoice>,
    /// How long after a sign-in what is sensitive, such as ending the user's other sessions, needs no password again
    /// [default: 10m]
    #[arg(long, env = "SESSCTL_FRESH", value_name = "SPAN", value_parser = span::parse, help_heading = ACCOUNTS)]
    fresh: Option<Duration>,
    /// How long a session lives, idle or not, whose user ticks "remember me"; off: nobody can; one that has begun keeps
    /// what held then [default: 30d]
    #[arg(
        long,
        env = "SESSCTL_REMEMBER",
        value_name = "SPAN|off",
        value_parser = remember,
        help_heading = ACCOUNTS
    )]
    remember: Option<OrOff<Duration>>,
    /// The most sessions that one account may have [default: any number]
    #[arg(
        long,
        env = "SESSCTL_MAX_SESSIONS",
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = ACCOUNTS
    )]
    max_sessions: Option<u32>,
    /// What happens at one more [default: deny]
    #[arg(
        long,
        env = "SESSCTL_ON_LIMIT",
        value_name = "WHAT",
        value_enum,
        help_heading = ACCOUNTS
    )]
    on_limit: Option<OnLimitChoice>,
}

fn remember(text: &str) -> Result<OrOff<Duration>, String> {
    match OrOff::parse(text, span::parse)? {
        OrOff::On(Duration::ZERO) => {
            Err("must be longer than nothing; to remember nobody, say off".to_owned())
        }
        said => Ok(said),
    }
}

impl AccountArgs {
    pub(in crate::commands::serve) fn auth(&self) -> Auth {
        match self.auth {
            None | Some(AuthChoice::Users) => Auth::Users,
            Some(AuthChoice::Open) => Auth::Open,
        }
    }

    pub(in crate::commands::serve) fn apply(
        self,
        config: &mut Config,
        settings: &mut Settings,
        faults: &mut Faults,
    ) {
        config.fresh = self.fresh.unwrap_or(config.fresh);
        settings.wants_password = Some(config.auth == Auth::Users);
        if let Some(remember) = self.remember {
            settings.remember = remember.on();
        }
        let then = match self.on_limit {
            None | Some(OnLimitChoice::Deny) => OnLimit::Deny,
            Some(OnLimitChoice::Oldest) => OnLimit::Oldest,
        };
        if self.max_sessions.is_some() && config.auth == Auth::Open && faults.knows(&["auth"]) {
            let fault = "--max-sessions counts the sessions of an account, and with --auth open there are no accounts";
            faults.add(Failure::new(Code::USAGE, fault).hint("leave one of the two out"));
        }
        settings.limit = self.max_sessions.map(|most| SessionLimit { most, then });
        if self.on_limit.is_some() && settings.limit.is_none() && faults.knows(&["max_sessions"]) {
            let fault =
                "--on-limit says what happens at one session too many, and there is no limit";
            faults.add(
                Failure::new(Code::USAGE, fault).hint("set one with --max-sessions, such as 5"),
            );
        }
    }
}
