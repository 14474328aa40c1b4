//! Clients that take their time: with their headers, with their body, with reading.

use std::time::Duration;

use tokio::{io::AsyncWriteExt as _, task::JoinSet};

use crate::{
    common::{Server, memory},
    connect, others_are_served,
};

const ATTACKERS: usize = 200;

/// Holds many connections, each of which sends a start and then a byte from time to time.
async fn drip(server: &Server, start: &'static [u8], byte: &'static [u8]) -> JoinSet<()> {
    let mut attackers = JoinSet::new();
    for _ in 0..ATTACKERS {
        let mut stream = connect(server).await;
        stream.write_all(start).await.unwrap();
        attackers.spawn(async move {
            // An error says that the server had enough.
            while stream.write_all(byte).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }
    attackers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_headers_hold_nobody_up() {
    let server = memory().await;
    let attack = drip(&server, b"GET /dashboard HTTP/1.1\r\nX-Slow: ", b"x").await;
    others_are_served(&server, "alice").await;
    drop(attack);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_bodies_hold_nobody_up() {
    let server = memory().await;
    let start = b"POST /login HTTP/1.1\r\nHost: localhost\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nusername=";
    let attack = drip(&server, start, b"m").await;
    others_are_served(&server, "alice").await;
    assert_eq!(
        server.stats().await.created,
        Some(10),
        "an unfinished login began a session"
    );
    drop(attack);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_readers_hold_nobody_up() {
    const ASKS: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n";
    let server = memory().await;
    let mut attackers = JoinSet::new();
    for _ in 0..ATTACKERS / 4 {
        let mut stream = connect(&server).await;
        attackers.spawn(async move {
            // Writes until the server takes no more, because nobody reads its answers.
            while stream.write_all(ASKS).await.is_ok() {}
        });
    }
    others_are_served(&server, "alice").await;
    attackers.shutdown().await;
    server.stop().await;
}
