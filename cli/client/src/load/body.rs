//! How long an answer's body is, and taking it in as it arrives, in whatever pieces (RFC 9112, sections 6 and 7). No I/O.

/// A body that breaks its own rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// How the end of a body is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes are left.
    Length(u64),
    Chunked(Chunks),
    /// It ends with the connection.
    UntilClose,
}

/// Where in a chunked body we are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chunks {
    at: At,
    /// Of the chunk's size while that is read, then of its data.
    left: u64,
    /// Bytes that are no data, so that nobody sends them forever.
    overhead: u32,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the first digit of a size.
    #[default]
    Size,
    Digits,
    /// Behind the size: what is said there is nobody's business.
    Extension,
    SizeEnd,
    Data,
    DataEnd,
    DataEndLine,
    /// At the start of a line behind the last chunk.
    Trailer,
    TrailerLine,
    LastLine,
    Done,
}

/// The most that may stand around the data of one body: sizes, extensions, trailers.
const MOST_OVERHEAD: u32 = 1 << 20;

/// A chunk's size may have no more digits than fit.
const MOST_SIZE: u64 = u64::MAX >> 4;

impl Body {
    /// Takes what has arrived, and says how much of it belongs to the body; data goes to `keep`.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        mut keep: impl FnMut(&[u8]),
    ) -> Result<usize, Malformed> {
        match self {
            Self::Length(left) => {
                let here = (bytes.len() as u64).min(*left);
                *left -= here;
                let here = usize::try_from(here).expect("no more than a slice has");
                keep(&bytes[..here]);
                Ok(here)
            }
            Self::Chunked(chunks) => chunks.take(bytes, keep),
            Self::UntilClose => {
                keep(bytes);
                Ok(bytes.len())
            }
        }
    }

    /// Whether nothing is missing.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::Chunked(chunks) => chunks.at == At::Done,
            Self::UntilClose => false,
        }
    }
}

impl Chunks {
    fn take(&mut self, bytes: &[u8], mut keep: impl FnMut(&[u8])) -> Result<usize, Malformed> {
        let mut used = 0;
        while let Some(byte) = bytes.get(used).copied()
            && self.at != At::Done
        {
            if self.at == At::Data {
                let rest = &bytes[used..];
                let here = (rest.len() as u64).min(self.left);
                self.left -= here;
                let here = usize::try_from(here).expect("no more than a slice has");
                keep(&rest[..here]);
                used += here;
                if self.left == 0 {
                    self.at = At::DataEnd;
                }
                continue;
            }
            self.at = self.step(byte)?;
            used += 1;
            self.overhead += 1;
            if self.overhead > MOST_OVERHEAD {
                return Err(Malformed);
            }
        }
        Ok(used)
    }

    fn step(&mut self, byte: u8) -> Result<At, Malformed> {
        Ok(match (self.at, byte) {
            (At::Size | At::Digits, digit) if digit.is_ascii_hexdigit() => {
                if self.left > MOST_SIZE {
                    return Err(Malformed);
                }
                let digit = char::from(digit).to_digit(16).unwrap_or_default();
                self.left = self.left << 4 | u64::from(digit);
                At::Digits
            }
            (At::Digits, b';' | b' ' | b'\t') => At::Extension,
            (At::Digits | At::Extension, b'\r') => At::SizeEnd,
            (At::Digits | At::Extension | At::SizeEnd, b'\n') => match self.left {
                0 => At::Trailer,
                _ => At::Data,
            },
            (At::Extension, _) => At::Extension,
            (At::DataEnd, b'\r') => At::DataEndLine,
            (At::DataEnd | At::DataEndLine, b'\n') => At::Size,
            (At::Trailer, b'\r') => At::LastLine,
            (At::Trailer | At::LastLine, b'\n') => At::Done,
            (At::TrailerLine, b'\n') => At::Trailer,
            (At::Trailer | At::TrailerLine, _) => At::TrailerLine,
            _ => return Err(Malformed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(bytes: &[u8], piece: usize) -> Result<(Vec<u8>, usize, bool), Malformed> {
        let mut body = Body::Chunked(Chunks::default());
        let (mut data, mut used) = (Vec::new(), 0);
        for part in bytes.chunks(piece) {
            used += body.take(part, |bytes| data.extend_from_slice(bytes))?;
        }
        Ok((data, used, body.is_whole()))
    }

    #[test]
    fn chunks_are_put_together_wherever_they_are_cut() {
        let bytes =
            b"4;name=\"x\"\r\nWiki\r\n00a \r\npedia in\r\n\r\n2\r\nch\r\n0\r\nExpires: 1\r\n\r\n";
        for piece in 1..=bytes.len() {
            let (data, used, is_whole) = whole(bytes, piece).unwrap();
            assert_eq!(data, b"Wikipedia in\r\nch", "{piece}");
            assert_eq!((used, is_whole), (bytes.len(), true), "{piece}");
        }
        let (_, used, is_whole) = whole(b"0\r\n\r\nHTTP/1.1", 64).unwrap();
        assert_eq!(
            (used, is_whole),
            (5, true),
            "what follows is another's answer"
        );
    }

    #[test]
    fn what_is_no_chunk_is_refused_and_what_is_cut_off_is_not_whole() {
        for bytes in [
            &b"\r\n"[..],
            b"x\r\n",
            b"-1\r\n",
            b"4\r\nWiki5\r\n",
            b"4\rWiki",
            b"11111111111111111\r\n",
            b"0\r\n\rx",
        ] {
            assert_eq!(whole(bytes, 64), Err(Malformed), "{bytes:?}");
        }
        for bytes in [
            &b"4\r\nWi"[..],
            b"4\r\nWiki\r\n",
            b"0\r\n",
            b"0\r\na: b\r\n",
        ] {
            assert!(!whole(bytes, 64).unwrap().2, "{bytes:?}");
        }
        let endless = [b"1;".as_slice(), &vec![b'x'; 2 << 20]].concat();
        assert_eq!(whole(&endless, 4096), Err(Malformed));
    }
}
