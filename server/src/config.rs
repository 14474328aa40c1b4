//! What the server is told at its start.

/// Who may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Any non-empty name, no password: for trying things out, on loopback only.
    Open,
}

impl Auth {
    /// The word for it in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
        }
    }
}

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct Config {
    pub auth: Auth,
    /// The origin that browsers see, such as `https://example.org`. `None`: what the Host header says.
    pub public_origin: Option<String>,
    /// Whether every request leaves a log line.
    pub log_requests: bool,
    /// Name of the session cookie.
    pub cookie_name: &'static str,
}

impl Config {
    /// The defaults for a way to sign in.
    pub fn new(auth: Auth) -> Self {
        Self {
            auth,
            public_origin: None,
            log_requests: false,
            cookie_name: "sid",
        }
    }

    /// Whether browsers reach the server by HTTPS, so that the cookie must never leave without it.
    pub fn is_https(&self) -> bool {
        self.public_origin
            .as_deref()
            .is_some_and(|origin| origin.starts_with("https://"))
    }
}
