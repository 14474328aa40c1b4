//! Every path of both listeners, once.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// What is escaped in a path segment: all but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

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

    /// All fixed paths, for matching without regard to case and a trailing slash.
    pub const ALL: [&str; 7] = [ROOT, LOGIN, LOGOUT, DASHBOARD, SESSION, HEALTHZ, STYLE];

    /// The path of one value of the session's data.
    ///
    /// The keys `.`, `..` and the empty one have no path: every URL parser resolves them away, escaped or not.
    pub fn data(key: &str) -> String {
        let key = percent_encoding::utf8_percent_encode(key, super::SEGMENT);
        format!("{SESSION}/data/{key}")
    }
}

/// The admin listener.
pub mod admin {
    pub const SESSIONS: &str = "/v1/sessions";
    /// With the handle as its last segment.
    pub const SESSION: &str = "/v1/sessions/{handle}";
    pub const LOOKUP: &str = "/v1/lookup";
    pub const REVOCATIONS: &str = "/v1/revocations";
    pub const EVENTS: &str = "/v1/events";
    pub const STATS: &str = "/v1/stats";

    /// The path of one session.
    pub fn session(handle: crate::Handle) -> String {
        format!("{SESSIONS}/{handle}")
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
