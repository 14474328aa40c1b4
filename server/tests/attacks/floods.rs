//! What brought HTTP/2 servers down, against one that does not speak it.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    task::JoinSet,
};

use crate::{common::memory, connect, others_are_served};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// One HTTP/2 frame.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [length[1], length[2], length[3], kind, flags];
    [&head[..], &stream.to_be_bytes(), payload].concat()
}

/// `GET / https` by the static table, with the host `x`.
const HEADERS: &[u8] = &[0x82, 0x84, 0x87, 0x41, 0x01, b'x'];

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Each stream opened and taken back at once.
fn rapid_reset() -> Vec<u8> {
    let streams = (0..5_000).map(|n| 2 * n + 1);
    let pairs = streams.map(|stream| {
        let open = frame(1, END_STREAM | END_HEADERS, stream, HEADERS);
        [open, frame(3, 0, stream, &[0, 0, 0, 8])].concat()
    });
    pairs.collect::<Vec<_>>().concat()
}

/// Headers that never end.
fn continuations() -> Vec<u8> {
    let start = frame(1, END_STREAM, 1, HEADERS);
    let more = frame(9, 0, 1, &[0, 1, b'x', 1, b'y']).repeat(20_000);
    [start, more].concat()
}

fn settings() -> Vec<u8> {
    frame(4, 0, 0, &[0, 3, 0, 0, 0, 100]).repeat(20_000)
}

fn pings() -> Vec<u8> {
    frame(6, 0, 0, &[7; 8]).repeat(20_000)
}

/// A body of nothing, again and again.
fn empty_data() -> Vec<u8> {
    let start = frame(1, END_HEADERS, 1, HEADERS);
    [start, frame(0, 0, 1, &[]).repeat(20_000)].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_of_http_2_end_at_the_preface() {
    let server = memory().await;
    let mut attackers = JoinSet::new();
    for (what, flood) in [
        ("rapid reset", rapid_reset()),
        ("continuations", continuations()),
        ("settings", settings()),
        ("pings", pings()),
        ("empty data", empty_data()),
    ] {
        let bytes = [PREFACE, &frame(4, 0, 0, &[]), &flood].concat();
        for _ in 0..20 {
            let mut stream = connect(&server).await;
            let bytes = bytes.clone();
            attackers.spawn(async move {
                // Errors say that the server has closed, which it may as soon as it likes.
                let _ = stream.write_all(&bytes).await;
                let mut answer = Vec::new();
                let _ = stream.read_to_end(&mut answer).await;
                let shown = String::from_utf8_lossy(&answer);
                assert!(answer.len() < 500, "{what}: {shown:?}");
                assert!(
                    answer.is_empty() || shown.starts_with("HTTP/1.1 400 "),
                    "{what}: {shown:?}"
                );
            });
        }
    }
    others_are_served(&server, "alice").await;
    while let Some(attacker) = attackers.join_next().await {
        attacker.unwrap();
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_come_and_go_hold_nobody_up() {
    let server = memory().await;
    let mut attackers = JoinSet::new();
    for _ in 0..8 {
        let address = crate::address(&server).to_owned();
        attackers.spawn(async move {
            for _ in 0..500 {
                // An error says that there are too many for now.
                if let Ok(mut stream) = tokio::net::TcpStream::connect(&address).await {
                    let _ = stream.write_all(b"GET / HTTP/1.1\r\n").await;
                }
            }
        });
    }
    others_are_served(&server, "alice").await;
    while let Some(attacker) = attackers.join_next().await {
        attacker.unwrap();
    }
    server.stop().await;
}
