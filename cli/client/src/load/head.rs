//! What the head of an answer says: its status, how long its body is, and the few headers that matter here. No I/O.

use httparse::{EMPTY_HEADER, Response, Status};
use reqwest::header::HeaderValue;

use super::body::{Body, Chunks, Malformed};

/// More headers than any answer needs.
const MOST_HEADERS: usize = 128;

/// The largest head, in bytes.
pub(super) const MOST_HEAD: usize = 64 << 10;

/// The head of an answer.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    /// Its own length.
    pub(super) length: usize,
    pub(super) body: Body,
    /// Whether the connection can be used again.
    pub(super) keeps: bool,
    pub(super) set_cookies: Vec<HeaderValue>,
    /// Only of a redirect.
    pub(super) location: Option<String>,
    /// Only where somebody wants to read the body.
    pub(super) content_type: Option<String>,
}

/// Reads a head; nothing while it is not complete.
pub(super) fn read(bytes: &[u8], is_read: bool) -> Result<Option<Head>, Malformed> {
    let mut headers = [EMPTY_HEADER; MOST_HEADERS];
    let mut response = Response::new(&mut headers);
    let length = match response.parse(bytes) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) if bytes.len() <= MOST_HEAD => return Ok(None),
        Ok(Status::Partial) | Err(_) => return Err(Malformed),
    };
    let status = response.code.ok_or(Malformed)?;
    let mut head = Head {
        status,
        length,
        body: Body::UntilClose,
        // HTTP/1.0 closes unless it says otherwise.
        keeps: response.version == Some(1),
        set_cookies: Vec::new(),
        location: None,
        content_type: None,
    };
    let (mut size, mut coding) = (None, None);
    for header in response.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        match header.name.len() {
            8 if (300..400).contains(&status) && is("location") => {
                head.location = std::str::from_utf8(header.value).ok().map(str::to_owned);
            }
            10 if is("connection") => {
                for word in header.value.split(|byte| *byte == b',') {
                    let word = word.trim_ascii();
                    if word.eq_ignore_ascii_case(b"close") {
                        head.keeps = false;
                    } else if word.eq_ignore_ascii_case(b"keep-alive") {
                        head.keeps = true;
                    }
                }
            }
            10 if is("set-cookie") => {
                head.set_cookies
                    .extend(HeaderValue::from_bytes(header.value));
            }
            12 if is_read && is("content-type") => {
                head.content_type = std::str::from_utf8(header.value).ok().map(str::to_owned);
            }
            14 if is("content-length") => size = Some(one_size(header.value, size)?),
            17 if is("transfer-encoding") => coding = Some(header.value),
            _ => {}
        }
    }
    head.body = match (status, coding, size) {
        (100..200 | 204 | 304, ..) => Body::Length(0),
        // Both at once is how answers are smuggled (RFC 9112, section 6.3): what follows is not trusted.
        (_, Some(coding), size) => {
            head.keeps &= size.is_none();
            let last = coding.rsplit(|byte| *byte == b',').next();
            match last.map(<[u8]>::trim_ascii) {
                Some(last) if last.eq_ignore_ascii_case(b"chunked") => {
                    Body::Chunked(Chunks::default())
                }
                _ => Body::UntilClose,
            }
        }
        (_, None, Some(size)) => Body::Length(size),
        (_, None, None) => Body::UntilClose,
    };
    head.keeps &= head.body != Body::UntilClose;
    Ok(Some(head))
}

/// A length, which may be said again and again but not otherwise.
fn one_size(value: &[u8], before: Option<u64>) -> Result<u64, Malformed> {
    let mut size = before;
    for digits in value.split(|byte| *byte == b',') {
        let digits = digits.trim_ascii();
        let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        let text = std::str::from_utf8(digits).ok().filter(|_| is_number);
        let said = text.and_then(|text| text.parse().ok()).ok_or(Malformed)?;
        if size.is_some_and(|size| size != said) {
            return Err(Malformed);
        }
        size = Some(said);
    }
    size.ok_or(Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<Option<Head>, Malformed> {
        read(text.as_bytes(), true)
    }

    #[test]
    fn how_long_a_body_is_follows_from_its_head() {
        let chunked = || Body::Chunked(Chunks::default());
        for (text, body, keeps) in [
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
                Body::Length(5),
                true,
            ),
            (
                "HTTP/1.1 200\r\nContent-Length: 5, 5\r\nCONTENT-LENGTH: 5\r\n\r\n",
                Body::Length(5),
                true,
            ),
            (
                "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
                Body::Length(5),
                false,
            ),
            (
                "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\n",
                Body::Length(5),
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: x, Close\r\n\r\n",
                Body::Length(5),
                false,
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n",
                chunked(),
                true,
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
                chunked(),
                false,
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                Body::UntilClose,
                false,
            ),
            ("HTTP/1.1 200 OK\r\n\r\n", Body::UntilClose, false),
            ("HTTP/1.1 204 No Content\r\n\r\n", Body::Length(0), true),
            (
                "HTTP/1.1 304 x\r\ncontent-length: 99\r\n\r\n",
                Body::Length(0),
                true,
            ),
            ("HTTP/1.1 100 Continue\r\n\r\n", Body::Length(0), true),
        ] {
            let head = head(text).unwrap().unwrap();
            assert_eq!((head.body, head.keeps), (body, keeps), "{text}");
            assert_eq!(head.length, text.len());
        }
    }

    #[test]
    fn cookies_places_and_kinds_are_kept_and_nothing_else() {
        let text = "HTTP/1.1 302 Found\r\nSet-Cookie: a=1\r\nset-cookie: b=2; Path=/\r\nLocation: /x\r\nContent-Type: text/html\r\ncontent-length: 0\r\n\r\n";
        let head = head(text).unwrap().unwrap();
        assert_eq!(head.set_cookies, ["a=1", "b=2; Path=/"]);
        assert_eq!(head.location.as_deref(), Some("/x"));
        assert_eq!(head.content_type.as_deref(), Some("text/html"));
        let fast = read(text.replace("302", "200").as_bytes(), false);
        let fast = fast.unwrap().unwrap();
        assert_eq!((fast.location, fast.content_type), (None, None));
    }

    #[test]
    fn a_head_in_pieces_is_waited_for_and_what_is_no_head_is_refused() {
        let text = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";
        for end in 0..text.len() {
            assert!(head(&text[..end]).unwrap().is_none(), "{end}");
        }
        for text in [
            "SSH-2.0-OpenSSH\r\n",
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 abc\r\n\r\n",
            "\u{15}\u{3}\u{1}",
            "HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
        ] {
            assert_eq!(head(text).unwrap_err(), Malformed, "{text:?}");
        }
        let endless = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(MOST_HEAD));
        assert_eq!(head(&endless).unwrap_err(), Malformed);
    }
}
