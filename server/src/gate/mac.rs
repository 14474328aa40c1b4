//! Signing the cookie's value: HMAC-SHA-256, as express-session's `secret` does.
//!
//! An id has 128 random bits of its own, so a signature makes no forgery harder that anybody could try. It lets a
//! server turn such tries away before it looks anything up, and cuts off every cookie at once when a secret goes.

use std::{fmt, sync::Arc};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Bytes of a signature: half of what SHA-256 gives, as many as the id has.
const LENGTH: usize = 16;

/// The shortest secret, in bytes.
const SHORTEST: usize = 16;

/// The secrets of a server: the first signs, all are good for reading. Without any, cookies are not signed.
#[derive(Clone, Default)]
pub struct Secrets(Arc<[Hmac<Sha256>]>);

/// Why secrets cannot be used. It never quotes one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSecrets {
    /// An empty list would mean that nothing is signed, which nobody says by naming secrets.
    #[error("there is no secret in it: write one a line, the newest first")]
    None,
    /// The one of this number, counted from 1, can be guessed.
    #[error("secret {0} is too short: at least {SHORTEST} bytes")]
    TooShort(usize),
}

impl Secrets {
    /// Takes secrets, the one that signs first.
    pub fn new<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Result<Self, BadSecrets> {
        let keys: Vec<_> = secrets
            .into_iter()
            .zip(1..)
            .map(|(secret, number)| {
                let secret = secret.as_ref();
                if secret.len() < SHORTEST {
                    return Err(BadSecrets::TooShort(number));
                }
                Ok(Hmac::new_from_slice(secret).expect("HMAC takes keys of any length"))
            })
            .collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(BadSecrets::None);
        }
        Ok(Self(keys.into()))
    }

    /// Takes the secrets of a file: one a line; blank lines and those that start with `#` say nothing.
    pub fn from_lines(text: &str) -> Result<Self, BadSecrets> {
        let lines = text.lines().map(str::trim);
        Self::new(lines.filter(|line| !line.is_empty() && !line.starts_with('#')))
    }

    /// Whether there is none, so that nothing is signed.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The signature of a cookie, by the first secret.
    pub(super) fn sign(&self, name: &str, value: &str) -> Option<String> {
        let signature = over(self.0.first()?, name, value).finalize().into_bytes();
        Some(BASE64_URL_SAFE_NO_PAD.encode(&signature[..LENGTH]))
    }

    /// Which of the secrets made this signature of a cookie.
    pub(super) fn verify(&self, name: &str, value: &str, signature: &[u8]) -> Option<usize> {
        // Room for what the decoder may write before it knows that it is too much.
        let mut bytes = [0; LENGTH + 2];
        let length = BASE64_URL_SAFE_NO_PAD
            .decode_slice(signature, &mut bytes)
            .ok()?;
        if length != LENGTH {
            return None;
        }
        // Takes the same time wherever two signatures differ.
        let is_by = |key| {
            over(key, name, value)
                .verify_truncated_left(&bytes[..LENGTH])
                .is_ok()
        };
        self.0.iter().position(is_by)
    }
}

/// The name is signed too, so that no other cookie of this host passes for ours; it holds no `=`.
fn over(key: &Hmac<Sha256>, name: &str, value: &str) -> Hmac<Sha256> {
    key.clone()
        .chain_update(name)
        .chain_update("=")
        .chain_update(value)
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} hidden)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "a new secret, long enough";
    const OLD: &str = "an old secret, long enough";

    #[test]
    fn the_first_secret_signs_and_all_verify() {
        let (old, both) = (
            Secrets::new([OLD]).unwrap(),
            Secrets::new([NEW, OLD]).unwrap(),
        );
        let by_old = old.sign("sid", "ID").unwrap();
        let by_new = both.sign("sid", "ID").unwrap();
        assert_eq!((by_old.len(), by_new.len()), (22, 22));
        assert_eq!(both.verify("sid", "ID", by_old.as_bytes()), Some(1));
        assert_eq!(both.verify("sid", "ID", by_new.as_bytes()), Some(0));
        assert_eq!(old.verify("sid", "ID", by_new.as_bytes()), None);
    }

    #[test]
    fn a_signature_holds_for_one_name_and_one_value() {
        let secrets = Secrets::new([NEW]).unwrap();
        let good = secrets.sign("sid", "ID").unwrap();
        for (name, value, signature) in [
            ("sid", "IE", good.as_str()),
            ("sie", "ID", &good),
            ("sid", "ID", ""),
            ("sid", "ID", "A"),
            ("sid", "ID", &good[..20]),
            ("sid", "ID", &good[..21]),
            ("sid", "ID", &format!("{good}A")),
            ("sid", "ID", &"A".repeat(4096)),
            ("sid", "ID", "!!!!!!!!!!!!!!!!!!!!!!"),
        ] {
            assert_eq!(
                secrets.verify(name, value, signature.as_bytes()),
                None,
                "{name}={value} {signature}"
            );
        }
    }

    #[test]
    fn a_file_holds_a_secret_a_line() {
        let text = format!("# rotated in May\n\n{NEW}\r\n  {OLD}  \n");
        let secrets = Secrets::from_lines(&text).unwrap();
        let old = Secrets::new([OLD]).unwrap().sign("sid", "ID").unwrap();
        assert_eq!(secrets.verify("sid", "ID", old.as_bytes()), Some(1));
        for (text, fault) in [
            ("", BadSecrets::None),
            ("# none\n\n", BadSecrets::None),
            ("short", BadSecrets::TooShort(1)),
            (&format!("{NEW}\nshort"), BadSecrets::TooShort(2)),
        ] {
            assert_eq!(Secrets::from_lines(text).unwrap_err(), fault, "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let secrets = Secrets::new([NEW, OLD]).unwrap();
        assert_eq!(format!("{secrets:?}"), "Secrets(2 hidden)");
    }
}
