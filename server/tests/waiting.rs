//! Connections that wait: too long without a request they are closed, and never while one is being answered.
//!
//! Time is tokio's own and leaps ahead whenever everybody waits.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::{io::ErrorKind, time::Duration};

use common::{Server, memory, sid};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream, UnixStream},
    time::Instant,
};

const ASKS: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A connection of which the system keeps little before it is read, so that whoever reads some lets the server go on.
async fn connect_narrowly(server: &Server) -> TcpStream {
    let address = server.url.strip_prefix("http://").unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    socket.connect(address.parse().unwrap()).await.unwrap()
}

async fn connect(server: &Server) -> TcpStream {
    let address = server.url.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// Seconds until the server closes the connection.
async fn closed_after(stream: &mut (impl AsyncRead + Unpin)) -> u64 {
    let start = Instant::now();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    start.elapsed().as_secs()
}

async fn read_until(stream: &mut (impl AsyncRead + Unpin), end: &str) {
    let mut text = Vec::new();
    while !text.ends_with(end.as_bytes()) {
        text.push(stream.read_u8().await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_no_whole_head_is_cut_off() {
    let server = memory().await;
    for start in ["", "GET", "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "] {
        let mut stream = connect(&server).await;
        stream.write_all(start.as_bytes()).await.unwrap();
        let seconds = closed_after(&mut stream).await;
        assert!((14..=17).contains(&seconds), "{start:?}: {seconds} s");
    }
    // Nor does it help to send a byte from time to time.
    let (mut incoming, mut outgoing) = connect(&server).await.into_split();
    let drip = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(2)).await;
            if outgoing.write_all(b"X").await.is_err() {
                return;
            }
        }
    });
    let start = Instant::now();
    // An error says that the server closed while a byte was under way.
    let _ = incoming.read_u8().await;
    let seconds = start.elapsed().as_secs();
    assert!((14..=17).contains(&seconds), "dripping: {seconds} s");
    drip.abort();
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_body_never_comes_is_given_up() {
    let server = memory().await;
    let start = "POST /v1/revocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
        Content-Length: 60\r\n\r\n{";
    // Nor does it help to send a byte from time to time.
    for pause in [600, 5] {
        let (mut incoming, mut outgoing) = UnixStream::connect(&server.socket)
            .await
            .unwrap()
            .into_split();
        outgoing.write_all(start.as_bytes()).await.unwrap();
        let drip = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(pause)).await;
                if outgoing.write_all(b" ").await.is_err() {
                    return;
                }
            }
        });
        let begun = Instant::now();
        // An error says that the server closed while a byte was under way.
        let _ = incoming.read_u8().await;
        let seconds = begun.elapsed().as_secs();
        assert!((19..=22).contains(&seconds), "{pause}: {seconds} s");
        drip.abort();
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_kept_for_a_minute_and_a_quarter_after_an_answer() {
    let server = memory().await;
    let mut stream = connect(&server).await;
    for _ in 0..3 {
        stream.write_all(ASKS).await.unwrap();
        read_until(&mut stream, "\r\n\r\nok\n").await;
        tokio::time::sleep(Duration::from_secs(70)).await;
    }
    stream.write_all(ASKS).await.unwrap();
    read_until(&mut stream, "\r\n\r\nok\n").await;
    let seconds = closed_after(&mut stream).await;
    assert!((74..=77).contains(&seconds), "{seconds} s");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_stream_may_last() {
    let server = memory().await;
    let mut stream = UnixStream::connect(&server.socket).await.unwrap();
    let asks = b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(asks).await.unwrap();
    read_until(&mut stream, "resync").await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    server.login("alice").await;
    read_until(&mut stream, "created").await;
    server.stop().await;
}

/// Asks again and again and reads nothing, until the server takes no more.
async fn ask_without_reading(stream: &mut TcpStream) {
    let many = ASKS.repeat(500);
    let mut rest = &many[..];
    // Never idle, as the clock would leap ahead of what is on its way.
    let mut in_vain = 0;
    while in_vain < 20_000 {
        match stream.try_write(rest) {
            Ok(count) => {
                rest = &rest[count..];
                if rest.is_empty() {
                    rest = &many;
                }
                in_vain = 0;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                in_vain += 1;
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_reads_is_given_up() {
    let server = memory().await;
    let mut stream = connect(&server).await;
    ask_without_reading(&mut stream).await;
    let start = Instant::now();
    // The server has not read what was sent last, so its end comes as an error.
    let closed = tokio::time::timeout(Duration::from_secs(120), async {
        while stream.write_all(b"G").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    closed.await.unwrap();
    let seconds = start.elapsed().as_secs();
    assert!((20..=40).contains(&seconds), "{seconds} s");
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_gets_all_of_its_answers() {
    let server = memory().await;
    let mut stream = connect_narrowly(&server).await;
    ask_without_reading(&mut stream).await;
    // As much as keeps the server going, at a pace at which it takes minutes.
    let mut some = vec![0; 2 << 20];
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(25)).await;
        read_busily(&mut stream, &mut some).await;
    }
    server.stop().await;
}

/// Reads without ever being idle: the paused clock would run on while bytes are on their way.
async fn read_busily(stream: &mut TcpStream, mut rest: &mut [u8]) {
    while !rest.is_empty() {
        match stream.try_read(rest) {
            Ok(0) => panic!("the server hung up"),
            Ok(count) => rest = &mut rest[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// A client that has sent its request may say that no more will come.
#[tokio::test]
async fn a_half_closed_connection_is_answered() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    let mut stream = connect(&server).await;
    let asks = format!(
        "GET /dashboard HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\r\n",
        sid(&cookie)
    );
    stream.write_all(asks.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("Welcome back, alice\n"), "{answer}");
    server.stop().await;
}
