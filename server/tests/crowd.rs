//! More connections than a listener may have: who goes, who stays, and what the one too many is told.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use common::{Server, memory_with, sqlite_with};
use rusqlite::Connection;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const ASKS: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
/// And no other request comes.
const LAST: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const MOST: usize = 8;

async fn crowded() -> Server {
    memory_with(|config| config.max_connections = MOST).await
}

async fn connect(server: &Server) -> TcpStream {
    let address = server.url.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// Asks, and says whether there was an answer.
async fn is_answered(stream: &mut TcpStream) -> bool {
    let mut text = Vec::new();
    if stream.write_all(ASKS).await.is_err() {
        return false;
    }
    while !text.ends_with(b"\r\n\r\nok\n") {
        let Ok(byte) = stream.read_u8().await else {
            return false;
        };
        text.push(byte);
    }
    true
}

/// Sends a sign-in that has to wait: somebody else is writing to the store.
async fn keep_busy(server: &Server) -> TcpStream {
    let mut stream = connect(server).await;
    let whole = b"POST /login HTTP/1.1\r\nHost: localhost\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\nusername=a";
    stream.write_all(whole).await.unwrap();
    stream
}

/// Begins a request whose body never comes.
async fn begin(server: &Server) -> TcpStream {
    let mut stream = connect(server).await;
    let start = b"POST /login HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\n";
    stream.write_all(start).await.unwrap();
    // The handler asks for the body.
    let mut line = [0; 25];
    stream.read_exact(&mut line).await.unwrap();
    assert_eq!(&line, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

async fn all_of(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // An error says that the server closed it.
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn the_connection_that_has_waited_the_longest_makes_room() {
    let server = crowded().await;
    let mut waiting = Vec::new();
    for _ in 0..MOST {
        let mut stream = connect(&server).await;
        assert!(is_answered(&mut stream).await);
        waiting.push(stream);
    }
    for _ in 0..3 {
        let mut late = connect(&server).await;
        assert!(is_answered(&mut late).await, "a newcomer was not let in");
        waiting.push(late);
    }
    // The first three went, the others did not.
    for (place, stream) in waiting.iter_mut().enumerate().skip(3) {
        assert!(is_answered(stream).await, "number {place} was closed");
    }
    for stream in waiting.drain(..3) {
        assert_eq!(all_of(stream).await, "");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_request_that_is_being_answered_is_not_cut_off() {
    let server = sqlite_with(|config| config.max_connections = MOST).await;
    let writer = Connection::open(server.file.as_ref().unwrap()).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut busy = Vec::new();
    for _ in 0..MOST {
        busy.push(keep_busy(&server).await);
    }
    let told = loop {
        let mut late = connect(&server).await;
        late.write_all(LAST).await.unwrap();
        let told = all_of(late).await;
        // Until the server has read what the others sent, they make room.
        if !told.starts_with("HTTP/1.1 200 ") && !told.is_empty() {
            break told;
        }
    };
    assert!(told.starts_with("HTTP/1.1 503 "), "{told:?}");
    assert!(told.contains("\r\nretry-after: 1\r\n"), "{told:?}");
    assert!(told.contains("please try again"), "{told:?}");
    writer.execute_batch("ROLLBACK").unwrap();
    for stream in &mut busy {
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
    }
    // Now that they go, there is room again: a connection at a time, and by the next second for all.
    drop(busy);
    let mut told = String::new();
    for _ in 0..10_000 {
        let mut late = connect(&server).await;
        late.write_all(LAST).await.unwrap();
        told = all_of(late).await;
        if told.starts_with("HTTP/1.1 200 ") {
            break;
        }
    }
    assert!(told.starts_with("HTTP/1.1 200 "), "{told:?}");
    server.stop().await;
}

#[tokio::test]
async fn whoever_says_nothing_keeps_nobody_out() {
    let server = crowded().await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(connect(&server).await);
        let mut begun = connect(&server).await;
        begun
            .write_all(b"GET / HTTP/1.1\r\nX-Slow: ")
            .await
            .unwrap();
        silent.push(begun);
        let mut stream = connect(&server).await;
        assert!(is_answered(&mut stream).await);
    }
    server.stop().await;
}

#[tokio::test]
async fn whoever_holds_back_what_a_request_lacks_keeps_nobody_out() {
    let server = crowded().await;
    let mut unfinished = Vec::new();
    for round in 0..MOST * 3 {
        unfinished.push(begin(&server).await);
        let mut stream = connect(&server).await;
        assert!(is_answered(&mut stream).await, "round {round}");
    }
    // The oldest went for them. The latest is here, and is answered when the rest comes.
    assert_eq!(all_of(unfinished.swap_remove(0)).await, "");
    let mut latest = begin(&server).await;
    latest.write_all(b"username=a").await.unwrap();
    let mut status = [0; 12];
    latest.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    drop(unfinished);
    server.stop().await;
}

/// The admin socket has room of its own.
#[tokio::test]
async fn a_crowd_outside_keeps_no_operator_out() {
    let server = crowded().await;
    let mut busy = Vec::new();
    for _ in 0..MOST {
        busy.push(begin(&server).await);
    }
    let (status, _) = server.ask("/v1/stats").await;
    assert_eq!(status, 200);
    drop(busy);
    server.stop().await;
}
