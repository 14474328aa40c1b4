//! What public handlers share: what they may use, and the refusal of a stranger.

use std::sync::Arc;

use sessctl_api::{SignedOut, codes};
use sessctl_store::Sessions;

use crate::{Config, error::AppError, gate::EndedSession};

/// What every public handler may use.
#[derive(Debug, Clone)]
pub(crate) struct PublicState {
    pub(crate) sessions: Sessions,
    pub(crate) config: Arc<Config>,
    /// Whether browsers see this server by HTTPS.
    pub(crate) is_https: bool,
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
