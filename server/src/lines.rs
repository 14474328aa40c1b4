//! Lines that two servers may read in two ways.
//!
//! Where a proxy and the server behind it do not agree on where a request ends, one client can put words into another's
//! mouth. hyper takes a lone line feed for the end of a line, a length beside a transfer coding, the same length twice
//! and two hosts; here these are spoilt before it sees them, so that it answers 400 and closes.
//!
//! Only heads are looked at: a body is as long as its head says, and nothing is read after one that came in chunks
//! (its answer closes the connection).

use memchr::memchr;

/// How much of a line that came in pieces is kept: enough for any length and coding that somebody means.
const KEPT: usize = 64;

/// What a byte becomes that must not be taken for what it is; no head may hold it.
const SPOILT: u8 = 0;

/// Follows the heads on a connection.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    at: At,
    /// The start of a line whose end has not come.
    start: Start,
    said: Said,
}

#[derive(Debug, Default, Clone, Copy)]
enum At {
    /// Before a request; empty lines may come.
    #[default]
    Between,
    Head,
    /// In a body with so many bytes to come.
    Body(u64),
    /// Whatever comes is no head.
    Nowhere,
}

/// What a head says of its request.
#[derive(Debug, Default, Clone, Copy)]
struct Said {
    length: Option<u64>,
    has_coding: bool,
    has_host: bool,
}

#[derive(Debug)]
struct Start {
    bytes: [u8; KEPT],
    /// How long it is, also beyond what is kept.
    len: usize,
    last: u8,
}

impl Default for Start {
    fn default() -> Self {
        Self {
            bytes: [0; KEPT],
            len: 0,
            last: 0,
        }
    }
}

impl Lines {
    /// Looks at the bytes that came next, and spoils what nobody should send.
    pub(crate) fn check(&mut self, bytes: &mut [u8]) {
        let mut from = 0;
        while from < bytes.len() {
            let rest = &mut bytes[from..];
            match self.at {
                At::Nowhere => return,
                At::Body(left) => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    from += here;
                    let left = left - here as u64;
                    self.at = if left == 0 {
                        At::Between
                    } else {
                        At::Body(left)
                    };
                }
                At::Between | At::Head => {
                    let Some(end) = memchr(b'\n', rest) else {
                        self.start.add(rest);
                        return;
                    };
                    if self.take(&rest[..end]).is_none() {
                        rest[end] = SPOILT;
                        self.at = At::Nowhere;
                    }
                    from += end + 1;
                }
            }
        }
    }

    /// Takes a whole line, without its line feed; `None` if nobody should send it.
    fn take(&mut self, end: &[u8]) -> Option<()> {
        if self.start.len == 0 {
            return self.judge(end.strip_suffix(b"\r")?);
        }
        self.start.add(end);
        let start = std::mem::take(&mut self.start);
        if start.last != b'\r' {
            return None;
        }
        match start.bytes.get(..start.len - 1) {
            Some(line) => self.judge(line),
            // Nothing this long is a length or a coding, unless somebody plays with blanks.
            None => self.judge_start(&start.bytes),
        }
    }

    fn judge(&mut self, line: &[u8]) -> Option<()> {
        match self.at {
            At::Between if line.is_empty() => {}
            At::Between => self.at = At::Head,
            _ if line.is_empty() => self.at = self.said.take().after(),
            _ => self.said.add(line)?,
        }
        Some(())
    }

    /// The same of a long line's start.
    fn judge_start(&mut self, start: &[u8]) -> Option<()> {
        if matches!(self.at, At::Between) {
            self.at = At::Head;
            return Some(());
        }
        let (name, _) = split(start).unwrap_or((start, b""));
        match () {
            () if is(name, b"content-length") || is(name, b"transfer-encoding") => None,
            () if is(name, b"host") => self.said.add(b"host:"),
            () => Some(()),
        }
    }
}

impl Start {
    fn add(&mut self, more: &[u8]) {
        let Some(last) = more.last() else {
            return;
        };
        self.last = *last;
        let free = self.bytes.get_mut(self.len..).unwrap_or_default();
        let fits = free.len().min(more.len());
        free[..fits].copy_from_slice(&more[..fits]);
        self.len += more.len();
    }
}

impl Said {
    fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Takes a header line; `None` if it does not go with those before.
    fn add(&mut self, line: &[u8]) -> Option<()> {
        // Nearly all other headers are told apart by their first byte.
        match line.first()? | 0x20 {
            b'c' | b't' | b'h' => {}
            _ => return Some(()),
        }
        let Some((name, value)) = split(line) else {
            return Some(());
        };
        if is(name, b"content-length") {
            if self.has_coding || self.length.is_some() {
                return None;
            }
            self.length = Some(length(value)?);
        } else if is(name, b"transfer-encoding") {
            if self.has_coding || self.length.is_some() || !is(value.trim_ascii(), b"chunked") {
                return None;
            }
            self.has_coding = true;
        } else if is(name, b"host") {
            if self.has_host {
                return None;
            }
            self.has_host = true;
        }
        Some(())
    }

    /// What follows the head.
    fn after(self) -> At {
        match self {
            Self {
                has_coding: true, ..
            } => At::Nowhere,
            Self {
                length: Some(length @ 1..),
                ..
            } => At::Body(length),
            _ => At::Between,
        }
    }
}

fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr(b':', line)?;
    Some((&line[..colon], &line[colon + 1..]))
}

fn is(name: &[u8], wanted: &[u8]) -> bool {
    name.eq_ignore_ascii_case(wanted)
}

/// A length of digits alone.
fn length(value: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(value.trim_ascii()).ok()?;
    let are_digits = digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| are_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of some bytes that come in pieces of a size.
    fn checked(bytes: &str, piece: usize) -> String {
        let mut lines = Lines::default();
        let mut bytes = bytes.as_bytes().to_vec();
        bytes.chunks_mut(piece).for_each(|piece| lines.check(piece));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_two_servers_read_alike_passes() {
        let long = "x".repeat(500);
        for requests in [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nhost:x\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na\nbPOST / HTTP/1.1\r\nContent-Length: 0\r\nHost: x\r\n\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n1\na\n0\n\n",
            &format!(
                "GET /{long} HTTP/1.1\r\nCookie: {long}\r\nContent-{long}: 1\r\nHost: {long}\r\n\r\n"
            ),
            "nonsense\r\n\r\n",
        ] {
            for piece in [1, 2, 3, 7, 64, 10_000] {
                assert_eq!(checked(requests, piece), requests, "in pieces of {piece}");
            }
        }
    }

    #[test]
    fn what_two_servers_may_read_differently_is_spoilt() {
        let blanks = " ".repeat(100);
        for head in [
            "\n",
            "GET / HTTP/1.1\n",
            "GET / HTTP/1.1\r\nHost: x\n",
            "GET / HTTP/1.1\r\nHost: x\r\n\n",
            "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 3\r\ncontent-length: 3\r\n",
            "GET / HTTP/1.1\r\nContent-Length: +3\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 3, 3\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 1 1\r\n",
            "GET / HTTP/1.1\r\nContent-Length:\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n",
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n",
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "GET / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n",
            "GET / HTTP/1.1\r\nTransfer-Encoding: identity\r\n",
            &format!("GET / HTTP/1.1\r\nContent-Length:{blanks}3\r\n"),
            &format!("GET / HTTP/1.1\r\nTransfer-Encoding:{blanks}chunked\r\n"),
            "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.1\n",
        ] {
            let spoilt = format!("{}\0", &head[..head.len() - 1]);
            for piece in [1, 2, 3, 7, 64, 10_000] {
                // Nothing after it is looked at.
                let (head, spoilt) = (format!("{head}a\nb"), format!("{spoilt}a\nb"));
                let found = checked(&head, piece);
                // A long line with blanks is only spoilt where it came in pieces.
                if piece == 10_000 && head.contains(&blanks) {
                    continue;
                }
                assert_eq!(found, spoilt, "{head:?} in pieces of {piece}");
            }
        }
    }
}
