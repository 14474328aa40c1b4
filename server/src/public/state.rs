//! What public handlers share: what they may use, and the refusal of a stranger.

use std::{net::IpAddr, sync::Arc};

use sessctl_api::{AuditRecord, AuditResult, SignedOut, codes};
use sessctl_store::{Entry, Sessions};

use crate::{Config, error::AppError, gate::EndedSession};

/// What every public handler may use.
#[derive(Debug, Clone)]
pub(crate) struct PublicState {
    pub(crate) sessions: Sessions,
    pub(crate) config: Arc<Config>,
    /// Whether browsers see this server by HTTPS.
    pub(crate) is_https: bool,
    /// Whether signing out lets a browser forget all of this site: only where nobody else's pages are on it.
    pub(crate) clears_site: bool,
}

impl PublicState {
    pub(crate) fn new(sessions: Sessions, config: Config, is_https: bool) -> Self {
        let cookie = &config.cookie;
        Self {
            is_https,
            clears_site: cookie.domain.is_none() && cookie.path == "/",
            sessions,
            config: Arc::new(config),
        }
    }

    /// A record of now for the audit log; what else is known is put in by whoever notes it.
    pub(crate) fn record(
        &self,
        action: &'static str,
        result: AuditResult,
        from: Option<IpAddr>,
    ) -> AuditRecord {
        let now = self.sessions.clock().now();
        AuditRecord {
            from: from.map(|ip| ip.to_string()),
            ..AuditRecord::new(now, action, result)
        }
    }

    /// A session may end while it is asked, written to or proved, or its password be changed: then it is the holder's no
    /// longer.
    pub(crate) fn still_lives(&self, entry: &Arc<Entry>) -> Result<(), AppError> {
        if self.sessions.is_shut_out() {
            return Err(signed_out(&self.config, None));
        }
        entry.ended().map_or(Ok(()), |ended| {
            let entry = Arc::clone(entry);
            Err(signed_out(
                &self.config,
                Some(EndedSession { entry, ended }),
            ))
        })
    }
}

/// The 401 of every page that wants a session.
pub(crate) fn signed_out(config: &Config, ended: Option<EndedSession>) -> AppError {
    const TEXT: &str = "Please log in";
    let ended = ended.map(|session| session.ended);
    let (code, message) = match &ended {
        Some(ended) => (
            codes::SESSION_ENDED,
            format!("{TEXT}: your session ended, {}", ended.in_words()),
        ),
        None => (codes::NOT_SIGNED_IN, TEXT.to_owned()),
    };
    let body = SignedOut {
        code: code.to_owned(),
        message,
        auth: config.auth.as_str().to_owned(),
        ended,
    };
    AppError::signed_out(&body, TEXT)
}
