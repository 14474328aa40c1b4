//! A certificate for this machine, made for one test.

use std::{os::unix::fs::PermissionsExt as _, path::PathBuf};

use crate::home::Home;

pub(crate) struct Certificate {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

impl Certificate {
    pub(crate) fn make(home: &Home) -> Self {
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let cert = home.write("tls/cert.pem", &made.cert.pem());
        let key = home.write("tls/key.pem", &made.signing_key.serialize_pem());
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        Self { cert, key }
    }

    /// What `serve` is told of it.
    pub(crate) fn flags(&self) -> [&str; 4] {
        [
            "--tls-cert",
            self.cert.to_str().unwrap(),
            "--tls-key",
            self.key.to_str().unwrap(),
        ]
    }
}
