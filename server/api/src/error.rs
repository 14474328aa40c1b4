//! What a server answers when it refuses.

use serde::{Deserialize, Serialize};

use crate::Ended;

/// The JSON body of every refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// A fixed word for programs, one of [`codes`].
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl ErrorBody {
    /// Makes a body.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

/// The JSON body of a 401 on the public listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOut {
    /// [`codes::NOT_SIGNED_IN`] or, to the holder of an ended cookie alone, [`codes::SESSION_ENDED`].
    pub code: String,
    pub message: String,
    /// `open` when any name signs in without a password, `users` when accounts are checked.
    pub auth: String,
    /// How the session of the cookie that was sent ended.
    #[serde(flatten, default)]
    pub ended: Option<Ended>,
}

/// The words of [`ErrorBody::code`].
pub mod codes {
    pub const NOT_SIGNED_IN: &str = "not_signed_in";
    pub const SESSION_ENDED: &str = "session_ended";
    pub const WRONG_LOGIN: &str = "wrong_login";
    pub const NOT_FOUND: &str = "not_found";
    pub const METHOD_NOT_ALLOWED: &str = "method_not_allowed";
    pub const BAD_REQUEST: &str = "bad_request";
    pub const BAD_FILTER: &str = "bad_filter";
    pub const TOO_SLOW: &str = "too_slow";
    pub const TOO_LARGE: &str = "too_large";
    pub const UNSUPPORTED_MEDIA_TYPE: &str = "unsupported_media_type";
    pub const CROSS_SITE: &str = "cross_site";
    pub const FORBIDDEN: &str = "forbidden";
    pub const COUNT_MISMATCH: &str = "count_mismatch";
    pub const UNAVAILABLE: &str = "unavailable";
    pub const INTERNAL: &str = "internal";
}
