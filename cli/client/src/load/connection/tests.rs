//! Real sockets, and servers that answer by script.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::*;

const ASK: &[u8] = b"GET / HTTP/1.1\r\n\r\n";
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to a server that answers each request by the next of these, in pieces, and then closes.
async fn scripted(answers: Vec<Vec<u8>>, piece: usize) -> Connection {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        for answer in answers {
            let mut asked = [0; ASK.len()];
            if stream.read_exact(&mut asked).await.is_err() {
                return;
            }
            for part in answer.chunks(piece) {
                if stream.write_all(part).await.is_err() {
                    return;
                }
                tokio::task::yield_now().await;
            }
        }
    });
    Connection::new(Box::new(TcpStream::connect(address).await.unwrap()))
}

async fn ask(connection: &mut Connection) -> Result<Answer, Fault> {
    let asked = timeout(PATIENCE, connection.ask(ASK, true)).await;
    asked.expect("it never hangs")
}

async fn answer_to(text: &[u8], piece: usize) -> Result<Answer, Fault> {
    ask(&mut scripted(vec![text.to_vec()], piece).await).await
}

#[tokio::test]
async fn answers_are_put_together_wherever_they_are_cut() {
    let texts = [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;x\r\nhe\r\n3\r\nllo\r\n0\r\nt: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    ];
    for text in texts {
        for piece in 1..=text.len() {
            let answer = answer_to(text, piece).await.unwrap();
            let shown = String::from_utf8_lossy(text);
            assert_eq!(
                (answer.status, &*answer.body),
                (200, &b"hello"[..]),
                "{piece}: {shown}"
            );
            assert_eq!(answer.bytes, text.len() as u64, "{piece}: {shown}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_none_wherever_that_is() {
    let texts = [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ];
    for text in texts {
        for end in 0..text.len() {
            let answer = answer_to(&text[..end], 64).await;
            assert_eq!(answer.unwrap_err(), Fault::Closed, "{end}");
        }
    }
}

#[tokio::test]
async fn what_is_no_http_is_malformed() {
    let long = [
        b"HTTP/1.1 200 OK\r\nx: ".to_vec(),
        vec![b'y'; 2 * head::MOST_HEAD],
    ]
    .concat();
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(10_000);
    for text in [
        &b"SSH-2.0-OpenSSH_9\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x50",
        b"\x00\x00\x00\x00",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        &long,
        &interim,
    ] {
        let fault = answer_to(text, 4096).await.unwrap_err();
        assert_eq!(fault, Fault::Malformed, "{:?}", &text[..text.len().min(40)]);
    }
}

#[tokio::test]
async fn any_garbage_is_a_fault_or_an_answer_and_never_a_panic() {
    let seed = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nset-cookie: a=b\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    for at in 0..seed.len() {
        for byte in [0, b'\n', b'\r', b' ', b'0', b'9', b'f', b';', 0x80, 0xff] {
            let mut text = seed.to_vec();
            text[at] = byte;
            // Either is right; that it comes back is what counts.
            let _ = answer_to(&text, 16).await;
        }
    }
}

#[tokio::test]
async fn a_connection_is_used_again_only_while_that_is_safe() {
    let good = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_vec();
    let mut open = scripted(vec![good.clone(), good.clone(), good.clone()], 64).await;
    for _ in 0..2 {
        assert_eq!(ask(&mut open).await.unwrap().body, b"ok");
        assert!(open.is_ready().await);
    }
    for last in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"[..],
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more",
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
    ] {
        let mut open = scripted(vec![last.to_vec(), good.clone()], 64).await;
        assert_eq!(ask(&mut open).await.unwrap().body, b"ok");
        assert!(!open.is_ready().await, "{}", String::from_utf8_lossy(last));
    }
    // Closed by the server after an answer that promised otherwise.
    let mut open = scripted(vec![good], 64).await;
    ask(&mut open).await.unwrap();
    let closed = async {
        while open.is_ready().await {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, closed).await.expect("the end is seen");
    assert_eq!(ask(&mut open).await.unwrap_err(), Fault::Closed);
    assert!(open.was_silent());
}

#[tokio::test]
async fn a_body_that_nobody_reads_is_counted_and_dropped() {
    let size = 3 << 20;
    let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n").into_bytes();
    let head = text.len();
    let text = [text, vec![b'x'; size]].concat();
    let mut open = scripted(vec![text.clone(), text], 1 << 16).await;
    let dropped = open.ask(ASK, false).await.unwrap();
    assert_eq!(dropped.bytes, (head + size) as u64);
    assert!(dropped.body.is_empty());
    assert_eq!(ask(&mut open).await.unwrap().body.len(), size);
    let endless = [
        b"HTTP/1.1 200 OK\r\n\r\n".to_vec(),
        vec![b'x'; MOST_KEPT + 1],
    ]
    .concat();
    assert_eq!(
        answer_to(&endless, 1 << 16).await.unwrap_err(),
        Fault::Malformed
    );
}
