//! Just enough HTTP/1.1 for a load generator: one request at a time on a connection that stays open.
//!
//! A complete client would cost more processor time than the servers that it measures, on the same cores. Anything that
//! these servers do not send (chunked bodies, interim answers) is an error and not a guess.

use std::ops::Range;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// An open connection, and what was read from it last.
#[derive(Debug)]
pub(crate) struct Connection<S> {
    stream: S,
    buffer: Vec<u8>,
}

/// An answer that lies in the connection's buffer.
#[derive(Debug)]
pub(crate) struct Answer<'b> {
    pub(crate) status: u16,
    head: &'b [u8],
    pub(crate) body: &'b [u8],
}

/// What the head of an answer says about the rest.
struct Shape {
    status: u16,
    head: usize,
    body: Range<usize>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            buffer: Vec::with_capacity(4096),
        }
    }

    /// Sends a request and reads its whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let shape = loop {
            self.read_some().await?;
            if let Some(shape) = shape(&self.buffer)? {
                break shape;
            }
        };
        while self.buffer.len() < shape.body.end {
            self.read_some().await?;
        }
        if self.buffer.len() > shape.body.end {
            bail!("the server sent more than its answer");
        }
        Ok(Answer {
            status: shape.status,
            head: &self.buffer[..shape.head],
            body: &self.buffer[shape.body],
        })
    }

    async fn read_some(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the server closed the connection in the middle of an answer");
        }
        Ok(())
    }
}

impl<'b> Answer<'b> {
    /// The value of the first header of a name, which is given in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&'b [u8]> {
        lines(self.head).find_map(|line| value_of(line, name))
    }

    /// The answer in words, for messages.
    pub(crate) fn describe(&self) -> String {
        let body = String::from_utf8_lossy(self.body);
        let start: String = body.chars().take(200).collect();
        format!("{} {:?}", self.status, start)
    }
}

/// Reads the head of an answer; `None` if it is not complete.
fn shape(bytes: &[u8]) -> Result<Option<Shape>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = &bytes[..end + 2];
    let status = head
        .get(9..12)
        .filter(|_| head.starts_with(b"HTTP/1.1 "))
        .and_then(number)
        .context("the server does not speak HTTP/1.1")?;
    let length = lines(head)
        .find_map(|line| value_of(line, "content-length"))
        .and_then(number)
        .context("the server does not say how long its answer is")?;
    let start = end + 4;
    Ok(Some(Shape {
        status: u16::try_from(status)?,
        head: end + 2,
        body: start..start + length,
    }))
}

/// The header lines of a head, without their ends.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|byte| *byte == b'\n')
        .skip(1)
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn value_of<'h>(line: &'h [u8], name: &str) -> Option<&'h [u8]> {
    let (key, rest) = line.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b":")?;
    key.eq_ignore_ascii_case(name.as_bytes())
        .then(|| value.trim_ascii())
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nset-cookie: sid=abc; Path=/\r\n\r\nok\n";

    #[tokio::test]
    async fn an_answer_in_pieces_is_put_together() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut connection = Connection::new(near);
        let server = tokio::spawn(async move {
            let mut asked = [0; 4];
            far.read_exact(&mut asked).await.unwrap();
            for piece in ANSWER.chunks(7) {
                far.write_all(piece).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        let answer = connection.ask(b"ask\n").await.unwrap();
        assert_eq!((answer.status, answer.body), (200, &b"ok\n"[..]));
        assert_eq!(answer.header("set-cookie"), Some(&b"sid=abc; Path=/"[..]));
        assert_eq!(answer.header("location"), None);
        server.await.unwrap();
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(shape(b"HTTP/1.1 200 OK\r\nContent-Le").unwrap().is_none());
        assert!(shape(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(shape(b"HTTP/2 200\r\ncontent-length: 0\r\n\r\n").is_err());
    }
}
