//! Where sessions are kept, how long they live, and what they may hold.

use std::{path::PathBuf, time::Duration};

use sessctl_api::span;
use sessctl_server::Config;
use sessctl_store::Settings;

use super::{SESSIONS, yes_or_no};
use crate::{
    commands::serve::faults::Faults,
    exit::{Code, Failure},
    store::Store,
};

/// The sessions.
#[derive(Debug, clap::Args)]
pub(in crate::commands::serve) struct SessionArgs {
    /// What keeps them: sqlite:FILE, or memory: which forgets them with the server [default: a file in the data
    /// directory]
    #[arg(
        long,
        env = "SESSCTL_STORE",
        hide_env_values = true,
        value_name = "URL",
        help_heading = SESSIONS
    )]
    store: Option<String>,
    /// End one when no request came for this long; one that has begun keeps what held then [default: 30m]
    #[arg(long, env = "SESSCTL_IDLE", value_name = "SPAN", value_parser = span::parse, help_heading = SESSIONS)]
    idle: Option<Duration>,
    /// End one this long after its sign-in, whatever comes; one that has begun keeps what held then [default: 12h]
    #[arg(long, env = "SESSCTL_ABSOLUTE", value_name = "SPAN", value_parser = span::parse, help_heading = SESSIONS)]
    absolute: Option<Duration>,
    /// How long it is remembered why one ended, and who ended it [default: 1d]
    #[arg(long, env = "SESSCTL_KEEP_ENDED", value_name = "SPAN", value_parser = span::parse, help_heading = SESSIONS)]
    keep_ended: Option<Duration>,
    /// Begin one, without a user, for every visitor who opens a page, not only at sign-in [default: no]
    #[arg(
        long,
        env = "SESSCTL_SAVE_UNINITIALIZED",
        value_name = "yes|no",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "yes",
        value_parser = yes_or_no,
        help_heading = SESSIONS
    )]
    save_uninitialized: Option<bool>,
    /// The most that one may hold, in KiB of JSON [default: 64]
    #[arg(
        long,
        env = "SESSCTL_DATA_LIMIT",
        value_name = "KIB",
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = SESSIONS
    )]
    data_limit: Option<u32>,
    /// The most keys that one may hold [default: 64]
    #[arg(
        long,
        env = "SESSCTL_DATA_KEYS",
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = SESSIONS
    )]
    data_keys: Option<u32>,
    /// Changes nothing: kept for those who know it from express-session. Every request moves last seen, and a save
    /// writes only what changed [default: no]
    #[arg(
        long,
        env = "SESSCTL_RESAVE",
        value_name = "yes|no",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "yes",
        value_parser = yes_or_no,
        help_heading = SESSIONS
    )]
    resave: Option<bool>,
}

impl SessionArgs {
    /// Applies what was said and tells the store, with a file for it if nobody named one.
    pub(in crate::commands::serve) fn apply(
        self,
        own_file: PathBuf,
        config: &mut Config,
        settings: &mut Settings,
        faults: &mut Faults,
    ) -> Option<Store> {
        settings.idle = self.idle.unwrap_or(settings.idle);
        settings.absolute = self.absolute.unwrap_or(settings.absolute);
        if settings.idle.is_zero() || settings.absolute.is_zero() {
            let fault = "--idle and --absolute must be longer than nothing";
            faults.add(Failure::new(Code::USAGE, fault));
        }
        // Nobody said so where the usual idle limit is longer than a short life: that one counts for nothing then.
        if let (Some(idle), true) = (self.idle, faults.knows(&["idle", "absolute"]))
            && idle > settings.absolute
        {
            let (idle, absolute) = (span::short(idle), span::short(settings.absolute));
            let fault = format!(
                "--idle {idle} is longer than --absolute {absolute}: the session would be over before"
            );
            let hint = format!("say --absolute {idle} or longer, or --idle {absolute} or shorter");
            faults.add(Failure::new(Code::USAGE, fault).hint(hint));
        }
        settings.keep_ended = self.keep_ended.unwrap_or(settings.keep_ended);
        settings.save_uninitialized = self.save_uninitialized.unwrap_or(false);
        if let Some(kib) = self.data_limit {
            settings.max_data = (kib as usize).saturating_mul(1024);
        }
        if let Some(keys) = self.data_keys {
            settings.max_keys = keys as usize;
        }
        config.resave = self.resave.unwrap_or(false);
        faults.take(Store::of(self.store.as_deref(), own_file))
    }
}
