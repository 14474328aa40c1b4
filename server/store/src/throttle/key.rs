//! Under what something is counted.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::book::Source;

/// What is counted, under a hash of the name and the address: people type passwords where names belong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(pub(crate) [u8; 16]);

impl Key {
    /// An account, tried from anywhere that it does not know.
    pub(crate) fn of_account(name: &str) -> Self {
        Self::of(b"account", &[name])
    }

    /// An account, tried from anywhere at all.
    pub(super) fn of_account_anywhere(name: &str) -> Self {
        Self::of(b"anywhere", &[name])
    }

    /// An account, tried from where it was signed in before.
    pub(crate) fn of_known(name: &str, source: Source) -> Self {
        Self::of(b"known", &[&source.to_string(), name])
    }

    pub(super) fn of_source(source: Source) -> Self {
        Self::of(b"source", &[&source.to_string()])
    }

    fn of(kind: &[u8], parts: &[&str]) -> Self {
        let mut hash = Sha256::new()
            .chain_update(b"sessctl-throttle-v1 ")
            .chain_update(kind);
        for part in parts {
            // An address has no space, and the name comes last.
            hash.update(b" ");
            hash.update(part);
        }
        let hash: [u8; 32] = hash.finalize().into();
        let (key, _) = hash.split_at(16);
        Self(key.try_into().expect("it was split there"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
