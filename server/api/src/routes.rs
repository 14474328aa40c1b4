//! Every path of both listeners, once.

/// The public listener.
pub mod public {
    pub const ROOT: &str = "/";
    pub const LOGIN: &str = "/login";
    pub const LOGOUT: &str = "/logout";
    pub const DASHBOARD: &str = "/dashboard";
    pub const SESSION: &str = "/session";
    /// One value of the session's own data, with its key as the last segment.
    pub const DATA: &str = "/session/data/{key}";
    pub const HEALTHZ: &str = "/healthz";
    /// The stylesheet of the pages.
    pub const STYLE: &str = "/style.css";

    /// All fixed paths, for matching without regard to case and a trailing slash.
    pub const ALL: [&str; 7] = [ROOT, LOGIN, LOGOUT, DASHBOARD, SESSION, HEALTHZ, STYLE];
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
