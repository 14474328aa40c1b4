//! A request whose body is held back: who it is from has been looked at, and what it wants is not known yet.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// See the module's own text.
pub(crate) struct Held {
    stream: TcpStream,
    body: String,
}

impl Held {
    /// Sends the head to a server by its URL. Returns once the server waits for the body.
    pub(crate) async fn begin(url: &str, line: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let address = url.split('/').nth(2).unwrap();
        let headers: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\
             Expect: 100-continue\r\n{headers}\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).await.unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self {
            stream,
            body: body.to_owned(),
        }
    }

    /// Sends the body, and returns the answer as it comes.
    pub(crate) async fn end(mut self) -> String {
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}
