//! Where an admin API is: a socket of this machine, or an address. No I/O.

use std::{fmt, path::PathBuf};

use url::Url;

use crate::{Error, address};

/// Where an admin API is.
#[derive(Debug)]
pub(super) enum Place {
    Socket(PathBuf),
    Remote(Url),
}

impl Place {
    /// An address that a token may be sent to: over TLS, or on this machine.
    pub(super) fn remote(url: &Url) -> Result<Self, Error> {
        let shown = address::written(url);
        let bad = |why: &str| Error::BadInput(format!("source {shown:?}: {why}"));
        if let Err(why) = address::check_server(url) {
            // Not repeated: what makes it unfit may be a password in it.
            return Err(Error::BadInput(format!("source address: {why}")));
        }
        if url.path() != "/" {
            return Err(bad("it must end after the port"));
        }
        if url.scheme() == "http" && !address::is_loopback(url) {
            return Err(bad(
                "a token goes over plain http to this machine alone: use https://, or a tunnel such as ssh -L",
            ));
        }
        Ok(Self::Remote(url.clone()))
    }

    /// What a path of the API is put behind. For a socket any host does: it names nothing.
    pub(super) fn base(&self) -> &str {
        match self {
            Self::Socket(_) => "http://localhost",
            Self::Remote(url) => address::written(url),
        }
    }

    /// The place as the middle of a sentence.
    pub(super) fn long_name(&self) -> String {
        match self {
            Self::Socket(_) => format!("the admin socket {self}"),
            Self::Remote(_) => format!("the admin listener {self}"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => path.display().fmt(f),
            Self::Remote(url) => f.write_str(address::written(url)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_tls_or_stays_on_this_machine() {
        let remote = |text: &str| Place::remote(&Url::parse(text).unwrap());
        for text in [
            "https://example.org:7000",
            "http://127.0.0.1:7000/",
            "http://localhost:7000",
            "http://[::1]:7000",
        ] {
            let place = remote(text).unwrap();
            assert_eq!(place.base(), text.trim_end_matches('/'));
        }
        for (text, why) in [
            ("http://example.org:7000", "https://"),
            ("http://127.0.0.1.example.org", "https://"),
            ("https://example.org/v1", "after the port"),
            ("https://u:hunter2@example.org", "user name or password"),
            ("https://example.org/?token=hunter2", "before ?"),
        ] {
            let error = remote(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
