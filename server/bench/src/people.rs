//! Who visits: names, addresses, programs and cookies, each computed from a number.
//!
//! A million of them need no memory in the load generator, and everybody who knows the number knows the cookie.

use std::net::Ipv4Addr;

use serde_json::json;
use sessctl_api::Handle;
use sessctl_store::SessionId;
use sha2::{Digest as _, Sha256};

/// What the visitors' programs call themselves.
const AGENTS: [&str; 20] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:139.0) Gecko/20100101 Firefox/139.0",
    "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/138.0.0.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; SAMSUNG SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "curl/8.14.1",
    "python-requests/2.32.4",
    "Go-http-client/2.0",
    "okhttp/4.12.0",
];

/// How many bytes of data a session holds on average; a few more or less, so that there is a size to sort by.
const DATA: usize = 100;
const MORE_OR_LESS: usize = 4;

/// A visitor, by number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person(pub(crate) u64);

impl Person {
    /// A user name of 12 bytes that nobody else has; the first letter goes around the alphabet.
    pub(crate) fn name(self) -> String {
        let letter = char::from(b'a' + (self.0 % 26) as u8);
        format!("{letter}{:011}", self.0)
    }

    /// An address; a quarter of all are in 10.0.0.0/8.
    pub(crate) fn ip(self) -> Ipv4Addr {
        let [a, b, c, d] = ((scatter(self.0 ^ 0x1b) >> 32) as u32).to_be_bytes();
        match a % 4 {
            0 => Ipv4Addr::new(10, b, c, d),
            _ => Ipv4Addr::new(80 + a % 100, b, c, d),
        }
    }

    pub(crate) fn agent(self) -> &'static str {
        AGENTS[(scatter(self.0 ^ 0x0a) % AGENTS.len() as u64) as usize]
    }

    /// Whether the data say `"theme": "dark"`, as those of a quarter do.
    pub(crate) fn likes_dark(self) -> bool {
        scatter(self.0 ^ 0xda).is_multiple_of(4)
    }

    /// A JSON object of about 100 bytes.
    pub(crate) fn data(self) -> String {
        let theme = if self.likes_dark() { "dark" } else { "light" };
        let bare = json!({"theme": theme, "notes": ""}).to_string().len();
        let more = (scatter(self.0 ^ 0x51) % (2 * MORE_OR_LESS as u64 + 1)) as usize;
        let notes = "n".repeat(DATA - MORE_OR_LESS + more - bare);
        json!({"theme": theme, "notes": notes}).to_string()
    }

    pub(crate) fn handle(self) -> Handle {
        // Two people with one handle would be one session too few in the server's count, and the run would fail.
        Handle::from_random(scatter(self.0 ^ 0x4a))
    }

    /// How many milliseconds ago the session was seen last: up to two hours.
    pub(crate) fn idle(self) -> i64 {
        (scatter(self.0 ^ 0x5e) % 7_200_000).cast_signed()
    }

    /// How many requests the session had.
    pub(crate) fn requests(self) -> i64 {
        (scatter(self.0 ^ 0x4e) % 1_000 + 1).cast_signed()
    }

    /// What the cookie says.
    pub(crate) fn cookie(self) -> String {
        SessionId::from_bits(self.bits()).cookie_value()
    }

    /// What the store keeps of the cookie: `SessionId::digest`, which is the store's own affair. If it changes, the
    /// first request of a visitor is refused and the run fails.
    pub(crate) fn digest(self) -> [u8; 32] {
        Sha256::new()
            .chain_update(b"sessctl-sid-v1")
            .chain_update(self.bits().to_le_bytes())
            .finalize()
            .into()
    }

    fn bits(self) -> u128 {
        (u128::from(scatter(self.0)) << 64) | u128::from(self.0)
    }
}

/// Spreads numbers evenly over 64 bits (splitmix64).
pub(crate) fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_person_has_what_the_table_of_limits_says() {
        for number in [0, 1, 25, 999_999] {
            let person = Person(number);
            assert_eq!(person.name().len(), 12);
            assert!(person.data().len().abs_diff(DATA) <= MORE_OR_LESS);
            assert_eq!(person.cookie().len(), 22);
        }
        let dark = (0..10_000).filter(|n| Person(*n).likes_dark()).count();
        let private = (0..10_000).filter(|n| Person(*n).ip().octets()[0] == 10);
        assert!((2_300..2_700).contains(&dark), "{dark}");
        assert!((2_300..2_700).contains(&private.count()));
    }
}
