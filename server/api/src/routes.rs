//! Every path of both listeners, once.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode};

/// What is escaped in a path segment: all but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn segment(text: &str) -> PercentEncode<'_> {
    percent_encoding::utf8_percent_encode(text, SEGMENT)
}

/// The public listener.
pub mod public {
    pub const ROOT: &str = "/";
    pub const LOGIN: &str = "/login";
    pub const LOGOUT: &str = "/logout";
    pub const DASHBOARD: &str = "/dashboard";
    pub const SESSION: &str = "/session";
    /// One value of the session's data, with its key as the last segment.
    pub const DATA: &str = "/session/data/{key}";
    pub const HEALTHZ: &str = "/healthz";
    /// The stylesheet of the pages.
    pub const STYLE: &str = "/style.css";
    /// The one that makes browsers forget the pages of who was signed in before.
    pub const FORGET: &str = "/forget.css";
    /// Their icon.
    pub const ICON: &str = "/icon.svg";

    /// The user's own sessions: the page, and ending one (`handle`) or all others by its forms.
    pub const SESSIONS: &str = "/sessions";
    pub const END_SESSION: &str = "/sessions/end";
    pub const END_OTHERS: &str = "/sessions/end-others";
    /// The same for programs: `DELETE` ends the user's other sessions.
    pub const OTHERS: &str = "/session/others";
    /// Changing the own password.
    pub const PASSWORD: &str = "/password";

    /// All fixed paths, for matching without regard to case and a trailing slash.
    pub const ALL: [&str; 14] = [
        ROOT,
        LOGIN,
        LOGOUT,
        DASHBOARD,
        SESSION,
        HEALTHZ,
        STYLE,
        FORGET,
        ICON,
        SESSIONS,
        END_SESSION,
        END_OTHERS,
        OTHERS,
        PASSWORD,
    ];

    /// The path of one value of the session's data.
    ///
    /// The keys `.`, `..` and the empty one have no path: every URL parser resolves them away, escaped or not.
    pub fn data(key: &str) -> String {
        format!("{SESSION}/data/{}", super::segment(key))
    }
}

/// The admin listener.
pub mod admin {
    pub const SESSIONS: &str = "/v1/sessions";
    /// With the handle as its last segment.
    pub const SESSION: &str = "/v1/sessions/{handle}";
    /// What it holds.
    pub const SESSION_DATA: &str = "/v1/sessions/{handle}/data";
    pub const TOP: &str = "/v1/top";
    pub const LOOKUP: &str = "/v1/lookup";
    pub const REVOCATIONS: &str = "/v1/revocations";
    pub const EVENTS: &str = "/v1/events";
    pub const STATS: &str = "/v1/stats";
    pub const USERS: &str = "/v1/users";
    /// With the name as its last segment.
    pub const USER: &str = "/v1/users/{name}";
    pub const TOKENS: &str = "/v1/tokens";
    /// With the name as its last segment.
    pub const TOKEN: &str = "/v1/tokens/{name}";
    pub const LOG: &str = "/v1/log";
    pub const METRICS: &str = "/metrics";
    pub const READYZ: &str = "/readyz";

    /// The path of one session.
    pub fn session(handle: crate::Handle) -> String {
        format!("{SESSIONS}/{handle}")
    }

    /// The path of what one session holds.
    pub fn session_data(handle: crate::Handle) -> String {
        format!("{SESSIONS}/{handle}/data")
    }

    /// The path of one account.
    pub fn user(name: &str) -> String {
        format!("{USERS}/{}", super::segment(name))
    }

    /// The path of one token.
    pub fn token(name: &str) -> String {
        format!("{TOKENS}/{}", super::segment(name))
    }
}

#[cfg(test)]
mod tests {
    use super::public;

    #[test]
    fn a_key_is_one_segment_whatever_is_in_it() {
        for (key, path) in [
            ("theme", "/session/data/theme"),
            ("a b/c", "/session/data/a%20b%2Fc"),
            ("100%?#", "/session/data/100%25%3F%23"),
            ("山", "/session/data/%E5%B1%B1"),
            ("a-b._~", "/session/data/a-b._~"),
        ] {
            assert_eq!(public::data(key), path);
        }
        assert!(public::DATA.starts_with(public::SESSION));
    }
}
