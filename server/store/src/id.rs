//! The secret in the cookie, and what of it is kept.

use std::fmt;

use sha2::{Digest as _, Sha256};
use tower_sessions_core::session::Id;

/// The secret in the cookie: 128 random bits, 22 characters of base64url.
///
/// It has no `Display` and a redacting `Debug`; [`SessionId::cookie_value`] is the only way out.
#[derive(Clone, Copy)]
pub struct SessionId(Id);

impl SessionId {
    /// Draws a new id from the operating system's generator.
    pub fn random() -> Self {
        Self(Id::default())
    }

    /// Makes an id of given bits: for tests that need two equal ones.
    pub fn from_bits(bits: u128) -> Self {
        Self(Id(bits.cast_signed()))
    }

    /// Reads a cookie's value; `None` if no id can look like that.
    pub fn parse(value: &str) -> Option<Self> {
        let bytes = decode(value.as_bytes().try_into().ok()?)?;
        Some(Self(Id(i128::from_le_bytes(bytes))))
    }

    /// The value to put into the cookie, and nowhere else.
    pub fn cookie_value(&self) -> String {
        self.0.to_string()
    }

    /// What a store may keep of it: SHA-256 over a domain label and the id's bytes.
    pub(crate) fn digest(&self) -> Digest {
        let hash = Sha256::new()
            .chain_update(b"sessctl-sid-v1")
            .chain_update(self.0.0.to_le_bytes())
            .finalize();
        Digest(hash.into())
    }

    pub(crate) fn from_tower(id: Id) -> Self {
        Self(id)
    }

    pub(crate) fn to_tower(self) -> Id {
        self.0
    }
}

/// What a character of base64url stands for (RFC 4648, section 5); 64 for any other byte.
const VALUES: [u8; 256] = {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut values = [64; 256];
    let mut at = 0;
    while at < 64 {
        values[ALPHABET[at] as usize] = at as u8;
        at += 1;
    }
    values
};

/// Decodes the one length that an id has. Every request passes here: a general decoder takes several times as long.
fn decode(text: &[u8; 22]) -> Option<[u8; 16]> {
    let (first, last) = text.split_at(21);
    let (mut bits, mut all) = (0_u128, 0);
    for character in first {
        let value = VALUES[usize::from(*character)];
        all |= value;
        bits = bits << 6 | u128::from(value);
    }
    // The last character has room for six bits where two are left: the others are zero.
    let last = VALUES[usize::from(last[0])];
    if (all | last) & 64 != 0 || last & 15 != 0 {
        return None;
    }
    Some((bits << 2 | u128::from(last >> 4)).to_be_bytes())
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

/// The key under which a session is kept. It opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Digest(pub(crate) [u8; 32]);

impl Digest {
    /// The same as four numbers; each is as random as a hash.
    pub(crate) fn words(&self) -> [u64; 4] {
        let (words, _) = self.0.as_chunks::<8>();
        [0, 1, 2, 3].map(|at: usize| u64::from_le_bytes(words[at]))
    }

    pub(crate) fn from_words(words: [u64; 4]) -> Self {
        let mut bytes = [0; 32];
        for (to, word) in bytes.chunks_exact_mut(8).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        Self(bytes)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Enough to tell two apart in a test's message.
        write!(f, "Digest({:02x}{:02x}..)", self.0[0], self.0[1])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_cookie_value_reads_back_as_the_same_id() {
        let id = SessionId::random();
        let again = SessionId::parse(&id.cookie_value()).unwrap();
        assert_eq!(id.digest(), again.digest());
        assert_ne!(id.digest(), SessionId::random().digest());
    }

    #[test]
    fn ids_are_read_as_tower_sessions_writes_them() {
        for bits in [0, 1, -1, i128::MIN, i128::MAX, 0x0123_4567_89ab_cdef << 60] {
            let value = Id(bits).to_string();
            assert_eq!(SessionId::parse(&value).unwrap().to_tower(), Id(bits));
        }
        for _ in 0..1000 {
            let id = SessionId::random();
            let read = SessionId::parse(&id.cookie_value()).unwrap();
            assert_eq!(read.to_tower(), id.to_tower());
        }
    }

    /// What a generator with a bias, a clock or fewer symbols than it claims would not pass.
    #[test]
    fn random_ids_use_every_bit_and_never_repeat() {
        const DRAWN: usize = 1_000_000;
        let ids: HashSet<_> = (0..DRAWN)
            .map(|_| SessionId::random().to_tower().0)
            .collect();
        assert_eq!(ids.len(), DRAWN, "one came twice");
        for bit in 0..128 {
            let raised = ids.iter().filter(|id| *id >> bit & 1 == 1).count();
            // Ten standard deviations, of 500 each.
            assert!(raised.abs_diff(DRAWN / 2) < 5_000, "bit {bit}: {raised}");
        }
        let mut symbols = HashSet::new();
        for id in ids.iter().take(1_000) {
            symbols.extend(tower_sessions_core::session::Id(*id).to_string().bytes());
        }
        assert_eq!(symbols.len(), 64, "the whole alphabet");
    }

    #[test]
    fn malformed_values_are_no_ids() {
        let good = SessionId::random().cookie_value();
        let longer = format!("{good}A");
        let padded = format!("{}=", &good[..21]);
        // The last character carries two bits of the id; any other value of its four unused bits is no id.
        let loose = format!("{}B", "A".repeat(21));
        for bad in [
            "",
            "x",
            &good[..21],
            &longer,
            &padded,
            &loose,
            "../../../../etc/passwd",
            "AAAAAAAAAAAAAAAAAAAAA\u{e9}",
        ] {
            assert!(
                SessionId::parse(bad).is_none(),
                "{bad:?} was taken for an id"
            );
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let id = SessionId::random();
        assert!(!format!("{id:?}").contains(&id.cookie_value()[..8]));
    }
}
