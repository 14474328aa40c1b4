//! What a running server is asked by signals: to end, or to read anew what may have changed.

use std::io::{self, IsTerminal as _};

use rustix::process::Signal;
use sessctl_api::{AuditRecord, AuditResult, audit::actions};
use sessctl_server::{Audit, Tls};
use sessctl_store::{Clock as _, SystemClock};

use super::notify::{Told, tell};
use crate::signals::Signals;

/// Who listens to the signals.
#[derive(Debug)]
pub(super) struct Asked {
    signals: Signals,
    tls: Option<Tls>,
    audit: Audit,
    /// A terminal that goes away says so with the signal that asks others to read anew.
    has_terminal: bool,
}

impl Asked {
    pub(super) fn new(signals: Signals, tls: Option<Tls>, audit: Audit) -> Self {
        Self {
            signals,
            tls,
            audit,
            has_terminal: io::stdin().is_terminal(),
        }
    }

    /// Resolves once the server is asked to end.
    pub(super) async fn until_end(mut self) {
        while self.signals.next().await == Signal::HUP.as_raw() && !self.lost_terminal() {
            tell(Told::Reloading);
            self.reload().await;
            tell(Told::Ready);
        }
        tell(Told::Stopping);
    }

    fn lost_terminal(&self) -> bool {
        self.has_terminal && !io::stdin().is_terminal()
    }

    async fn reload(&self) {
        let Some(tls) = self.tls.clone() else {
            tracing::info!("nothing to read again on SIGHUP: there is no TLS certificate");
            return;
        };
        // It reads files.
        let reloaded = tokio::task::spawn_blocking(move || tls.reload()).await;
        let why = match reloaded {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(whole(&error)),
            Err(error) => Some(error.to_string()),
        };
        let result = match why {
            None => AuditResult::Done,
            Some(_) => AuditResult::Failed,
        };
        self.audit.note(AuditRecord {
            why: why.map(|why| format!("{why}; the certificate from before stays in force")),
            ..AuditRecord::new(SystemClock.now(), actions::TLS_RELOAD, result)
        });
    }
}

/// An error with its causes.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
