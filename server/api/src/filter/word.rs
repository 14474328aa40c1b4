//! A bare word: text that appears, in any case, in what people know a session by.

use std::net::IpAddr;

use memchr::memchr2_iter;

use crate::network::AddressText;
use crate::{View, field::Field};

/// A word to look for, made ready once for a million sessions.
#[derive(Debug, Clone)]
pub(super) struct Word {
    lower: String,
    /// Whether an address could contain it, of IPv4 and of IPv6; the text of the address is made only then.
    in_v4: bool,
    in_v6: bool,
}

impl Word {
    /// `None` for empty text, which would appear everywhere.
    pub(super) fn new(word: &str) -> Option<Self> {
        let lower = word.to_lowercase();
        if lower.is_empty() {
            return None;
        }
        let made_of = |belongs: fn(u8) -> bool| lower.bytes().all(belongs);
        Some(Self {
            in_v4: made_of(|b| b.is_ascii_digit() || b == b'.'),
            in_v6: made_of(|b| b.is_ascii_hexdigit() || b == b'.' || b == b':'),
            lower,
        })
    }

    /// Whether it appears in the user, the address, the client or the user agent.
    pub(super) fn appears(&self, view: &View<'_>) -> bool {
        [view.user, view.client, view.ua]
            .into_iter()
            .flatten()
            .any(|text| self.is_in(text))
            || view
                .address(Field::Ip)
                .is_some_and(|ip| self.is_in_address(ip))
    }

    fn is_in_address(&self, ip: IpAddr) -> bool {
        let possible = if ip.is_ipv4() { self.in_v4 } else { self.in_v6 };
        possible && AddressText::new(ip).as_str().contains(self.lower.as_str())
    }

    fn is_in(&self, text: &str) -> bool {
        if !text.is_ascii() {
            // Rare enough to be copied; a few letters beyond ASCII have ASCII ones as their lower case.
            return text.to_lowercase().contains(self.lower.as_str());
        }
        let (text, word) = (text.as_bytes(), self.lower.as_bytes());
        let first = word[0];
        memchr2_iter(first, first.to_ascii_uppercase(), text).any(|at| {
            text.get(at..at + word.len())
                .is_some_and(|part| part.eq_ignore_ascii_case(word))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_case() {
        for (word, text, found) in [
            ("fire", "Mozilla Firefox", true),
            ("FOX", "Mozilla Firefox", true),
            ("firefoxx", "Mozilla Firefox", false),
            ("ff", "fof ff", true),
            ("山", "YAMADA 山田", true),
            ("山", "yamada", false),
            ("zoë", "ZOË", true),
            ("zo", "ZOË", true),
            ("k", "\u{212a}", true),
        ] {
            assert_eq!(
                Word::new(word).unwrap().is_in(text),
                found,
                "{word} in {text}"
            );
        }
        assert!(Word::new("").is_none());
    }
}
