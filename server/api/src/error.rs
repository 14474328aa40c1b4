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
    /// 401: no session came with the request.
    pub const NOT_SIGNED_IN: &str = "not_signed_in";
    /// 401 or 404: the session has ended; the body says how.
    pub const SESSION_ENDED: &str = "session_ended";
    /// 404.
    pub const NOT_FOUND: &str = "not_found";
    /// 405.
    pub const METHOD_NOT_ALLOWED: &str = "method_not_allowed";
    /// 400.
    pub const BAD_REQUEST: &str = "bad_request";
    /// 400: the filter was not understood; `text` and `at` say where.
    pub const BAD_FILTER: &str = "bad_filter";
    /// 408: the body did not come in time.
    pub const TOO_SLOW: &str = "too_slow";
    /// 413: the session's data would exceed its limits.
    pub const DATA_LIMIT: &str = "data_limit";
    /// 413.
    pub const TOO_LARGE: &str = "too_large";
    /// 415.
    pub const UNSUPPORTED_MEDIA_TYPE: &str = "unsupported_media_type";
    /// 421: for a host that this server does not answer for.
    pub const WRONG_HOST: &str = "wrong_host";
    /// 403: sent by another site.
    pub const CROSS_SITE: &str = "cross_site";
    /// 403: this caller may not.
    pub const FORBIDDEN: &str = "forbidden";
    /// 409: `found` sessions are selected, not `expected`.
    pub const COUNT_MISMATCH: &str = "count_mismatch";
    /// 401: the user name or the password is wrong, or such tries are not heard for now.
    pub const WRONG_PASSWORD: &str = "wrong_password";
    /// 403: the password has to be given again before this is done.
    pub const FRESH_LOGIN: &str = "fresh_login";
    /// 403: the user has as many sessions as one may have.
    pub const TOO_MANY_SESSIONS: &str = "too_many_sessions";
    /// 409: an account or token of that name is there already.
    pub const EXISTS: &str = "exists";
    /// 401 on the admin listener: no valid token came with the request.
    pub const BAD_TOKEN: &str = "bad_token";
    /// 503: too many sign-ins wait; `Retry-After` says for how long not to try.
    pub const BUSY: &str = "busy";
    /// 503: the store is out of order.
    pub const UNAVAILABLE: &str = "unavailable";
    /// 500.
    pub const INTERNAL: &str = "internal";
}
