//! How a page is recognised later: as the page that strangers get.

/// What an answer looked like. The one that strangers get at the dashboard is kept in the profile.
///
/// The body is compared byte for byte, by a 64-bit hash: a page that embeds a changing token or the time never
/// equals itself. `Site::login` notices such pages and says so; for them a sign-in that has ended is recognised only
/// by a 401, a redirect to the login page or a login form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// The last answer's status.
    pub status: u16,
    /// Hash of its body, 16 hexadecimal digits.
    pub body: String,
    /// The path (or, on another server, the address) where redirects led.
    pub location: Option<String>,
}

impl Fingerprint {
    /// Makes the fingerprint of an answer.
    pub fn new(status: u16, body: &[u8], location: Option<String>) -> Self {
        Self {
            status,
            body: format!("{:016x}", fnv1a(body)),
            location,
        }
    }
}

/// A mark that tells two secrets apart, and gives neither away: 16 bits.
pub(crate) fn mark(bytes: &[u8]) -> String {
    format!("{:04x}", fnv1a(bytes) & 0xffff)
}

/// FNV-1a: fixed for all times and machines, unlike std's hasher, which files could not keep. It recognises a page;
/// nobody gains by making two collide.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
