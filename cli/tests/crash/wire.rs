//! HTTP/1.1 over one kept connection, to a port or a socket: so lean that the server is what is loaded.

use std::{fmt::Write as _, io, net::SocketAddr, path::Path, time::Duration};

use serde_json::Value;
use tokio::{
    io::{
        AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _,
        BufReader,
    },
    net::{TcpStream, UnixStream},
    time,
};

/// How long anything may take: far more than it needs, so that only what hangs fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A connection that is used for one request after the other.
pub(crate) struct Connection(BufReader<Box<dyn Stream>>);

/// What to ask.
pub(crate) struct Request<'a> {
    method: &'static str,
    path: &'a str,
    headers: String,
    body: String,
}

/// A whole answer: what is cut off is none.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl<'a> Request<'a> {
    pub(crate) fn get(path: &'a str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &'a str) -> Self {
        Self::new("POST", path)
    }

    pub(crate) fn put(path: &'a str) -> Self {
        Self::new("PUT", path)
    }

    pub(crate) fn delete(path: &'a str) -> Self {
        Self::new("DELETE", path)
    }

    fn new(method: &'static str, path: &'a str) -> Self {
        Self {
            method,
            path,
            headers: "Host: localhost\r\nAccept: application/json\r\n".to_owned(),
            body: String::new(),
        }
    }

    pub(crate) fn cookie(mut self, value: &str) -> Self {
        write!(self.headers, "Cookie: sid={value}\r\n").unwrap();
        self
    }

    pub(crate) fn agent(mut self, name: &str) -> Self {
        write!(self.headers, "User-Agent: {name}\r\n").unwrap();
        self
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.headers.push_str("Content-Type: application/json\r\n");
        self.body = body.to_string();
        self
    }
}

impl Answer {
    /// The body as JSON; `null` where it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body, for people.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The session cookie that it sets.
    pub(crate) fn new_cookie(&self) -> Option<String> {
        let set = self.header("set-cookie")?.strip_prefix("sid=")?;
        let value = set.split(';').next()?;
        (!value.is_empty()).then(|| value.to_owned())
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(found, _)| found == name)?;
        Some(value)
    }
}

impl Connection {
    pub(crate) async fn tcp(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(Box::new(stream))))
    }

    pub(crate) async fn unix(path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path).await?;
        Ok(Self(BufReader::new(Box::new(stream))))
    }

    /// Sends a request and reads its answer. An error says that there was none, or not all of it.
    pub(crate) async fn ask(&mut self, request: Request<'_>) -> io::Result<Answer> {
        let asked = async {
            self.send(request).await?;
            let (status, headers) = self.head().await?;
            let mut answer = Answer {
                status,
                headers,
                body: Vec::new(),
            };
            // An answer without a length has no body: the server knows the length of all it says but event streams.
            let length = answer.header("content-length");
            let length = length.map_or(0, |length| length.parse().unwrap());
            answer.body.resize(length, 0);
            self.0.read_exact(&mut answer.body).await?;
            Ok(answer)
        };
        let within = time::timeout(PATIENCE, asked).await;
        within.unwrap_or_else(|_| panic!("a request got neither an answer nor an end"))
    }

    /// Begins an event stream.
    pub(crate) async fn watch(&mut self, path: &str) -> io::Result<u16> {
        self.send(Request::get(path)).await?;
        Ok(self.head().await?.0)
    }

    /// The next event of a stream. The server writes each into a chunk of its own, so that a line of data is whole.
    pub(crate) async fn event(&mut self) -> io::Result<Value> {
        loop {
            if let Some(data) = self.line().await?.strip_prefix("data: ")
                && let Ok(event) = serde_json::from_str(data)
            {
                return Ok(event);
            }
        }
    }

    pub(crate) async fn send(&mut self, request: Request<'_>) -> io::Result<()> {
        let Request {
            method,
            path,
            headers,
            body,
        } = request;
        let length = body.len();
        let text =
            format!("{method} {path} HTTP/1.1\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        self.0.write_all(text.as_bytes()).await
    }

    async fn head(&mut self) -> io::Result<(u16, Vec<(String, String)>)> {
        let first = self.line().await?;
        let status = first
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no HTTP: {first:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line().await?;
            match line.split_once(':') {
                Some((name, value)) => {
                    headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
                None => return Ok((status, headers)),
            }
        }
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).await?;
        if line.ends_with('\n') {
            line.truncate(line.trim_end().len());
            Ok(line)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}
