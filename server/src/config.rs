//! What the server is told at its start.

use std::time::Duration;

use sessctl_api::Network;

use crate::{
    Audit,
    gate::{CookieOptions, Secure},
};

/// Who may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Any non-empty name, no password: for trying things out, on loopback only.
    Open,
    /// Whoever has an account and its password.
    Users,
}

impl Auth {
    /// The word for it in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Users => "users",
        }
    }
}

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Config {
    pub auth: Auth,
    /// The origin that browsers see, such as `https://example.org`. `None`: what the Host header says.
    pub public_origin: Option<String>,
    /// Proxies whose word about the client's address is taken (`X-Forwarded-For`); nobody else's is.
    pub trusted_proxies: Vec<Network>,
    /// How many connections the public listener holds; at one more the one that waits the longest is closed.
    pub max_connections: usize,
    /// How long after a sign-in what is sensitive needs no password again.
    pub fresh: Duration,
    /// Where actions and refusals are written down.
    pub audit: Audit,
    /// Whether every request leaves a log line.
    pub log_requests: bool,
    /// The session cookie.
    pub cookie: CookieOptions,
    /// Whether every answer to a live session gives its cookie again (express-session's `rolling`).
    pub rolling: bool,
    /// Whether a session that a request did not change is saved all the same (express-session's `resave`). Nothing
    /// comes of it: every request moves last seen, and a save applies what changed and nothing else.
    pub resave: bool,
}

impl Config {
    /// Whether browsers reach it by HTTPS; `is_tls`: its listener speaks TLS itself.
    pub(crate) fn is_https(&self, is_tls: bool) -> bool {
        let origin = self.public_origin.as_deref();
        origin.map_or(is_tls, |origin| origin.starts_with("https://"))
    }

    /// The defaults for a way to sign in.
    pub fn new(auth: Auth) -> Self {
        Self {
            auth,
            public_origin: None,
            trusted_proxies: Vec::new(),
            max_connections: 10_000,
            fresh: Duration::from_secs(10 * 60),
            audit: Audit::default(),
            log_requests: false,
            cookie: CookieOptions::default(),
            rolling: false,
            resave: false,
        }
    }

    /// What follows from a listener that speaks TLS: without a public address of another kind the cookie is secure.
    #[must_use]
    pub fn over_tls(mut self) -> Self {
        if self.public_origin.is_none() && self.cookie.secure == Secure::Auto {
            self.cookie.secure = Secure::Always;
        }
        self
    }
}
