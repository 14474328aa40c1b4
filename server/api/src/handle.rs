//! The public name of a session.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Crockford's base32 alphabet in lower case: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The public, random name of a session: 12 lower-case Crockford base32 characters (60 bits).
///
/// A handle lists, shows and ends a session; it never opens one. It is unrelated to the id in the cookie and
/// survives a rotation of that id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Handle([u8; Self::LEN]);

/// Returned for text that is not a handle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{:?} is not a session handle: 12 characters of 0-9 and a-z without i, l, o, u", crate::text::clean(.0))]
pub struct BadHandle(pub String);

impl Handle {
    /// Characters in a handle.
    pub const LEN: usize = 12;

    /// Makes a handle of the low 60 bits of a random number.
    pub fn from_random(mut bits: u64) -> Self {
        Self(std::array::from_fn(|_| {
            let digit = ALPHABET[(bits & 31) as usize];
            bits >>= 5;
            digit
        }))
    }

    /// Returns the handle as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a handle holds ASCII only")
    }
}

impl FromStr for Handle {
    type Err = BadHandle;

    fn from_str(text: &str) -> Result<Self, BadHandle> {
        let bytes: [u8; Self::LEN] = text
            .as_bytes()
            .try_into()
            .map_err(|_| BadHandle(text.to_owned()))?;
        if bytes.iter().all(|b| ALPHABET.contains(b)) {
            Ok(Self(bytes))
        } else {
            Err(BadHandle(text.to_owned()))
        }
    }
}

impl TryFrom<String> for Handle {
    type Error = BadHandle;

    fn try_from(text: String) -> Result<Self, BadHandle> {
        text.parse()
    }
}

impl From<Handle> for String {
    fn from(handle: Handle) -> Self {
        handle.as_str().to_owned()
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_reads_back_as_itself() {
        for bits in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef] {
            let handle = Handle::from_random(bits);
            assert_eq!(handle.as_str().parse::<Handle>().unwrap(), handle);
            assert_eq!(handle.as_str().len(), Handle::LEN);
        }
        assert_ne!(Handle::from_random(1), Handle::from_random(2));
    }

    #[test]
    fn what_is_no_handle_is_refused() {
        for text in [
            "",
            "short",
            "0123456789abc",
            "0123456789ai",
            "0123456789AB",
            "0123456789a\u{e9}",
        ] {
            assert!(
                text.parse::<Handle>().is_err(),
                "{text:?} was taken for a handle"
            );
        }
    }
}
