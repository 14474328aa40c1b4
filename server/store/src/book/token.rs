//! What a token's secret is made of, and what of it is kept.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sessctl_api::{Secret, Token};
use sha2::{Digest as _, Sha256};

/// Tells people, and programs that look for lost secrets, what it is.
const PREFIX: &str = Token::PREFIX;

/// SHA-256 of a token's secret: it opens nothing. Tokens are found by it, so that how long a look takes says nothing
/// of any secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenDigest(pub(crate) [u8; 32]);

impl TokenDigest {
    /// Draws a secret of 256 random bits.
    pub(crate) fn mint() -> (Secret, Self) {
        let bits: [u8; 32] = rand::random();
        let secret = Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits)));
        let digest = Self::of(&secret);
        (secret, digest)
    }

    pub(crate) fn of(secret: &Secret) -> Self {
        let hash = Sha256::new()
            .chain_update(b"sessctl-token-v1")
            .chain_update(secret.expose())
            .finalize();
        Self(hash.into())
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_says_what_it_is_and_is_found_again() {
        let (secret, digest) = TokenDigest::mint();
        assert!(secret.expose().starts_with("sctl_"));
        assert_eq!(secret.expose().len(), 5 + 43);
        assert_eq!(TokenDigest::of(&secret), digest);
        assert_ne!(TokenDigest::mint().1, digest);
    }
}
