//! Which servers may be asked, and for what.
//!
//! The file that `SSL_CERT_FILE` names is read by the TLS library alone, which passes over one that is not there and then
//! finds fault with every server.

use std::{fs, path::Path};

use sessctl_api::text::clean;
use sessctl_client::is_loopback;
use url::Url;

use crate::exit::{Code, Failure};

/// Refuses a file of certificates that can vouch for no server, before a server is asked by HTTPS.
pub(crate) fn check(server: &Url) -> Result<(), Failure> {
    let said = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty());
    match said.filter(|_| server.scheme() == "https") {
        Some(path) => check_file(Path::new(&path)),
        None => Ok(()),
    }
}

/// Refuses to do something to somebody else's server by a slip of the finger. `danger` says what that would be.
pub(crate) fn refuse_others(server: &Url, i_own_this: bool, danger: &str) -> Result<(), Failure> {
    if i_own_this || is_loopback(server) {
        return Ok(());
    }
    let what = format!("{server} is not on this machine, and {danger}; nothing was sent");
    let hint = "if it is yours, or its owner asked you to, add: --i-own-this";
    Err(Failure::new(Code::REFUSED, what).hint(hint))
}

fn check_file(path: &Path) -> Result<(), Failure> {
    let why = match fs::read(path) {
        Ok(pem) if holds_certificate(&pem) => return Ok(()),
        Ok(_) => "which holds no certificate in PEM".to_owned(),
        Err(error) => format!("which cannot be read: {error}"),
    };
    let shown = path.to_string_lossy();
    let what = format!(
        "SSL_CERT_FILE names {}, {why}; nothing was sent",
        clean(&shown)
    );
    let hint = "name the file of the certificate that the server shows, or of its CA; unset, the system's own CAs are trusted";
    Err(Failure::new(Code::USAGE, what).hint(hint))
}

fn holds_certificate(pem: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
    pem.windows(BEGIN.len()).any(|part| part == BEGIN)
}
