//! Requests whose end two servers could see in two places: refused, the connection closed, and never two answers.

mod common;

use common::{Server, memory};

/// What an attacker wants taken for a request of its own.
const SMUGGLED: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Heads that must be refused whatever follows, each up to its last header.
#[rustfmt::skip] // a table, a line a case
const REFUSED: &[(&str, &str)] = &[
    ("a length and a coding", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked"),
    ("a coding and a length", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 4"),
    ("a coding and no body", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 0"),
    ("a coding in HTTP/1.0", "POST /login HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked"),
    ("the same length twice", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 4"),
    ("two lengths", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 5"),
    ("two lengths in a line", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4, 4"),
    ("a length with a sign", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: +4"),
    ("a length below nothing", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -4"),
    ("a length with a space", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1 4"),
    ("a hexadecimal length", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0x4"),
    ("a length with a dot", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4.0"),
    ("no number", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: "),
    ("more than there is", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18446744073709551616"),
    ("a length before a space before the colon", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length : 4"),
    ("a coding before a space before the colon", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked"),
    ("a coding before a tab before the colon", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding\t: chunked"),
    ("two codings", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    ("a coding that hides another", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-encoding: cow"),
    ("a coding of another name", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked"),
    ("a coding in quotes", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: \"chunked\""),
    ("no coding", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: identity"),
    ("an empty coding", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "),
    ("a list of codings", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked"),
    ("a list that ends otherwise", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity"),
    ("a coding after a vertical tab", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\x0bchunked"),
    ("a coding with a parameter", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked;a=b"),
    ("a lone line feed after the first line", "GET /healthz HTTP/1.1\nHost: localhost"),
    ("a lone line feed between headers", "GET /healthz HTTP/1.1\r\nHost: localhost\nX-A: b"),
    ("a length behind a lone line feed", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\nContent-Length: 43"),
    ("a coding behind a lone line feed", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\nTransfer-Encoding: chunked"),
    ("a lone carriage return", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\rContent-Length: 43"),
    ("a line feed before all", "\nGET /healthz HTTP/1.1\r\nHost: localhost"),
    ("a folded header", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c"),
    ("a folded length", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length:\r\n 4"),
    ("a folded coding", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\r\n\tchunked"),
    ("a folded first header", "GET /healthz HTTP/1.1\r\n Host: localhost"),
    ("two hosts", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: y"),
    ("the same host twice", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nhost: x"),
    ("one host in the line, another below", "GET http://example.org/healthz HTTP/1.1\r\nHost: localhost"),
    ("a user in the line", "GET http://x@example.org/healthz HTTP/1.1\r\nHost: example.org"),
    ("a NUL in a value", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: a\0b"),
    ("a NUL in a name", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-\0A: b"),
    ("a NUL in the path", "GET /heal\0thz HTTP/1.1\r\nHost: localhost"),
    ("a space in the path", "GET /heal thz HTTP/1.1\r\nHost: localhost"),
    ("two spaces", "GET  /healthz HTTP/1.1\r\nHost: localhost"),
    ("a tab", "GET\t/healthz HTTP/1.1\r\nHost: localhost"),
    ("no version", "GET /healthz\r\nHost: localhost"),
    ("no such version", "GET /healthz HTTP/1.7\r\nHost: localhost"),
    ("a name with a space", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX A: b"),
    ("no name", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n: b"),
    ("no colon", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A"),
];

/// Bodies in chunks with something odd about them, each of which a lenient server would take to end early.
#[rustfmt::skip] // a table, a line a case
const ODD_CHUNKS: &[(&str, &str)] = &[
    ("a plain end", "0\r\n\r\n"),
    ("an extension", "0;a=b\r\n\r\n"),
    ("a line feed in an extension", "0;a\nb\r\n\r\n"),
    ("a lone line feed after the size", "0\n\r\n"),
    ("a lone line feed at the end", "0\r\n\n"),
    ("a lone carriage return", "0\r\r\n\r\n"),
    ("a sign", "+0\r\n\r\n"),
    ("a prefix", "0x0\r\n\r\n"),
    ("a space before", " 0\r\n\r\n"),
    ("a space behind", "0 \r\n\r\n"),
    ("no size", "\r\n\r\n"),
    ("a size over all limits", "ffffffffffffffffff\r\n\r\n"),
    ("a size that turns over", "10000000000000000\r\n\r\n"),
    ("more than the size", "1\r\nab\r\n0\r\n\r\n"),
    ("no line after the chunk", "1\r\na0\r\n\r\n"),
    ("a length in a trailer", "0\r\nContent-Length: 9\r\n\r\n"),
    ("a folded trailer", "0\r\nX-A: b\r\n c\r\n\r\n"),
];

fn answers(text: &str) -> usize {
    text.matches("HTTP/1.").count()
}

/// Sends what is odd with a request behind it, whole and byte by byte.
async fn send(server: &Server, what: &str, bytes: &str) -> String {
    let whole = server.raw(bytes.as_bytes()).await;
    let dripped = server.drip(bytes.as_bytes()).await;
    let status = |text: &str| text.lines().next().map(str::to_owned);
    assert_eq!(status(&whole), status(&dripped), "{what}");
    assert_eq!(answers(&dripped), answers(&whole), "{what}: {dripped}");
    whole
}

#[tokio::test]
async fn a_request_that_ends_in_two_places_is_refused_and_its_connection_closed() {
    let server = memory().await;
    for (what, head) in REFUSED {
        let bytes = format!("{head}\r\n\r\n0\r\n\r\n{SMUGGLED}");
        let answer = send(&server, what, &bytes).await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{what}: {answer:?}");
        assert_eq!(answers(&answer), 1, "{what}: {answer:?}");
        assert!(answer.contains("connection: close"), "{what}: {answer:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn such_a_request_is_refused_behind_a_good_one_too() {
    let server = memory().await;
    for (what, head) in REFUSED {
        let bytes = format!("{SMUGGLED}{head}\r\n\r\n0\r\n\r\n{SMUGGLED}");
        let answer = server.raw(bytes.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{what}: {answer:?}");
        assert!(answer.contains("HTTP/1.1 400 "), "{what}: {answer:?}");
        assert_eq!(answers(&answer), 2, "{what}: {answer:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_answered_behind_a_body_in_chunks() {
    let server = memory().await;
    for path in ["/login", "/logout", "/healthz", "/nowhere"] {
        for method in ["POST", "GET"] {
            for (what, chunks) in ODD_CHUNKS {
                let bytes = format!(
                    "{method} {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}{SMUGGLED}"
                );
                let answer = server.raw(bytes.as_bytes()).await;
                let what = format!("{method} {path}, {what}: {answer:?}");
                assert!(answers(&answer) <= 1, "{what}");
                assert!(
                    path == "/healthz" || !answer.ends_with("\r\n\r\nok\n"),
                    "{what}"
                );
                assert!(!answer.starts_with("HTTP/1.1 5"), "{what}");
            }
        }
    }
    server.stop().await;
}

/// A length counts for every method, and what it covers is no request.
#[tokio::test]
async fn a_body_that_nobody_reads_is_not_taken_for_a_request() {
    let server = memory().await;
    for line in [
        "GET /healthz",
        "POST /logout",
        "DELETE /healthz",
        "OPTIONS /",
        "TRACE /",
        "GET /nowhere",
        "BREW /",
    ] {
        let bytes = format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{SMUGGLED}GET /dashboard HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            SMUGGLED.len()
        );
        let answer = server.raw(bytes.as_bytes()).await;
        // The next request may be answered or its connection be closed; the body never is one.
        let first = answer.lines().next().unwrap_or_default().to_owned();
        let rest = answer.strip_prefix(&first).unwrap_or_default();
        assert!(!rest.contains("HTTP/1.1 200 "), "{line}: {answer:?}");
        assert!(answers(&answer) <= 2, "{line}: {answer:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let server = memory().await;
    let long = "a".repeat(17 * 1024);
    let many = "X-A: b\r\n".repeat(200);
    for (what, head, status) in [
        (
            "a path",
            format!("GET /{long} HTTP/1.1\r\nHost: localhost"),
            "HTTP/1.1 4",
        ),
        (
            "a header",
            format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-A: {long}"),
            "HTTP/1.1 431 ",
        ),
        (
            "many headers",
            format!("GET / HTTP/1.1\r\n{many}Host: localhost"),
            "HTTP/1.1 431 ",
        ),
    ] {
        let answer = server.drip(format!("{head}\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with(status), "{what}: {answer:?}");
    }
    server.stop().await;
}

/// Words that another protocol begins with.
#[tokio::test]
async fn other_protocols_are_not_spoken() {
    let server = memory().await;
    for start in [
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        "\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03",
        "EHLO example.org\r\n\r\n",
        "*1\r\n$4\r\nPING\r\n\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ] {
        let answer = server.raw(start.as_bytes()).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 400 "),
            "{start:?}: {answer:?}"
        );
    }
    let upgrade = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
    let answer = server.raw(upgrade.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn no_answer_names_what_the_server_is_made_of() {
    let server = memory().await;
    for request in [
        "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html",
        "GET /nowhere HTTP/1.1\r\nHost: localhost",
        "TRACE / HTTP/1.1\r\nHost: localhost\r\nCookie: sid=secret",
        "GET / HTTP/9.9\r\nHost: localhost",
        "nonsense",
    ] {
        let answer = server
            .raw(format!("{request}\r\nConnection: close\r\n\r\n").as_bytes())
            .await
            .to_lowercase();
        for word in [
            "\r\nserver:",
            "x-powered-by",
            "hyper",
            "axum",
            "rust",
            env!("CARGO_PKG_VERSION"),
            "secret",
        ] {
            assert!(!answer.contains(word), "{request}: {word} in {answer}");
        }
    }
    server.stop().await;
}
