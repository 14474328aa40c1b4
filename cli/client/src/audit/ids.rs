//! How hard ids are to guess, as far as a sample of them shows. It can prove weakness and never strength. No I/O.

use std::collections::HashSet;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use percent_encoding::percent_decode_str;

/// What is wrong with a sample of ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Weakness {
    /// The server gave the same one twice.
    Repeated,
    /// They are numbers, and each is close to the one before.
    Counted {
        /// The widest step between two that follow each other.
        step: u128,
    },
    /// So few characters change that no more than this many bits can be random.
    Short { bits: u32 },
}

/// The bits that an id must have (ASVS 5.0, 7.2.3).
pub(super) const ENOUGH: u32 = 128;

/// Looks at ids in the order in which they were given, two or more.
pub(super) fn weakness(ids: &[&str]) -> Option<Weakness> {
    if ids.iter().collect::<HashSet<_>>().len() < ids.len() {
        return Some(Weakness::Repeated);
    }
    if let Some(step) = widest_step(ids) {
        return Some(Weakness::Counted { step });
    }
    let bits = most_bits(ids);
    (bits < ENOUGH).then_some(Weakness::Short { bits })
}

/// The widest step if all are numbers that grow by little.
fn widest_step(ids: &[&str]) -> Option<u128> {
    // Many steps of a counter are small; of random numbers none is.
    const SMALL: u128 = 1 << 24;
    if ids.len() < 4 {
        return None;
    }
    for radix in [10, 16] {
        let numbers: Option<Vec<_>> = ids
            .iter()
            .map(|id| u128::from_str_radix(id, radix).ok())
            .collect();
        let Some(numbers) = numbers else { continue };
        let widest = numbers
            .windows(2)
            .map(|pair| pair[1].abs_diff(pair[0]))
            .max();
        if let Some(step) = widest.filter(|step| *step < SMALL) {
            return Some(step);
        }
    }
    None
}

/// An upper bound: each place that changes counts in full for the alphabet that the whole sample uses.
fn most_bits(ids: &[&str]) -> u32 {
    let shortest = ids.iter().map(|id| id.len()).min().unwrap_or(0);
    let all: Vec<_> = ids.iter().map(|id| id.as_bytes()).collect();
    let changes = |at: usize| all.iter().any(|id| id[at] != all[0][at]);
    let places = (0..shortest).filter(|at| changes(*at)).count();
    let longest = ids.iter().map(|id| id.len()).max().unwrap_or(0);
    let places = places + (longest - shortest);
    let bits = places as f64 * f64::from(alphabet(&all)).log2();
    bits.ceil() as u32
}

/// How many characters there are of the kinds that were seen: a small sample does not show each.
fn alphabet(ids: &[&[u8]]) -> u32 {
    let has = |is: fn(&u8) -> bool| ids.iter().any(|id| id.iter().any(is));
    let is_hex = |byte: &u8| byte.is_ascii_hexdigit() || !byte.is_ascii_alphanumeric();
    if ids.iter().all(|id| id.iter().all(is_hex)) {
        let letters = has(|byte| byte.is_ascii_alphabetic());
        return if letters { 16 } else { 10 };
    }
    let marks: HashSet<u8> = ids
        .iter()
        .flat_map(|id| id.iter().copied())
        .filter(|byte| !byte.is_ascii_alphanumeric())
        .collect();
    let kinds = [
        (has(u8::is_ascii_digit), 10),
        (has(u8::is_ascii_lowercase), 26),
        (has(u8::is_ascii_uppercase), 26),
        // Base64 has two, other alphabets have as many as are seen.
        (!marks.is_empty(), marks.len().max(2) as u32),
    ];
    kinds
        .iter()
        .filter(|(is_there, _)| *is_there)
        .map(|(_, size)| size)
        .sum()
}

/// Whether it holds what it stands for, signed: a JSON Web Token, or what Flask and Django sign.
pub(super) fn is_signed_token(id: &str) -> bool {
    let holds = |part: &str| part.starts_with("eyJ") || part.starts_with("eJ");
    id.contains(['.', ':']) && id.split(['.', ':']).any(holds)
}

/// An id of the same look that the server never gave: each letter and digit another of its kind.
pub(super) fn forged(id: &str, mut random: impl FnMut(u8) -> u8) -> String {
    let forge = |byte: u8| match byte {
        b'0'..=b'9' => b'0' + random(10),
        b'a'..=b'f' => b'a' + random(6),
        b'g'..=b'z' => b'g' + random(20),
        b'A'..=b'F' => b'A' + random(6),
        b'G'..=b'Z' => b'G' + random(20),
        other => other,
    };
    // A percent sign and what it encodes stay together.
    let mut bytes = Vec::with_capacity(id.len());
    let mut rest = id.bytes();
    let mut forge = forge;
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { byte } else { forge(byte) });
        if byte == b'%' {
            bytes.extend(rest.by_ref().take(2));
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// A cookie's value without the encoding of addresses.
pub(super) fn decoded(value: &str) -> String {
    percent_decode_str(value).decode_utf8_lossy().into_owned()
}

/// What stands behind base64 of either alphabet, if it is that.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    // Shorter text is base64 by chance.
    if text.len() < 8 {
        return None;
    }
    let url_safe = URL_SAFE_NO_PAD.decode(text);
    url_safe.or_else(|_| STANDARD_NO_PAD.decode(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_ids_are_told_by_what_a_sample_shows() {
        for (ids, weak) in [
            (&["a1", "b2", "a1"][..], Some(Weakness::Repeated)),
            (
                &["1001", "1002", "1005", "1007"],
                Some(Weakness::Counted { step: 3 }),
            ),
            (
                &["00ff", "0100", "0101", "0102"],
                Some(Weakness::Counted { step: 1 }),
            ),
            (
                &["x9a1bcdef", "x9b2bcdef", "x9c3bcdef"],
                Some(Weakness::Short { bits: 11 }),
            ),
            // 32 hexadecimal digits are 128 bits.
            (
                &[
                    "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
                    "1234567890abcdef1234567890abcdef",
                    "fedcba0987654321fedcba0987654321",
                ],
                None,
            ),
        ] {
            assert_eq!(weakness(ids), weak, "{ids:?}");
        }
    }

    #[test]
    fn signed_tokens_are_known_by_their_looks() {
        for token in [
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.x",
            ".eJwljjEO.aQ.c2ln",
            "eyJ1IjoxfQ:1abc:sig",
        ] {
            assert!(is_signed_token(token), "{token}");
        }
        for id in ["s%3AeJyW.sig", "eyJhbGciOiJub25lIn0", "0f1e2d3c"] {
            assert!(!is_signed_token(id), "{id}");
        }
    }

    #[test]
    fn a_forged_id_looks_like_one_and_is_none() {
        let mut at = 0;
        let forged = forged("s%3AaZ-09.g_", |below| {
            at += 1;
            at % below
        });
        assert_eq!(forged.len(), 12);
        assert!(
            forged.contains("%3A") && forged.contains('-') && forged.ends_with('_'),
            "{forged}"
        );
        assert_ne!(forged, "s%3AaZ-09.g_");
    }
}
