//! Servers that lie, close, go away or end sessions, and those that are not ours to load.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::Router;
use rustix::process::Signal;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::{count, live, read};
use crate::{
    home::{Home, finished},
    server::signal,
};

#[tokio::test]
async fn a_server_off_this_machine_is_asked_nothing_without_a_yes() {
    let home = Home::new();
    // An address of this machine's own that is not loopback would be loaded; a listener tells.
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("http://0.0.0.0:{port}");
    let refused = home
        .run(&["load", "--server", &url, "--no-login", "--duration", "1s"])
        .await;
    refused.fails(
        4,
        &["not on this machine", "nothing was sent", "--i-own-this"],
    );
    let asked = tokio::time::timeout(Duration::ZERO, listener.accept()).await;
    assert!(asked.is_err(), "somebody came");

    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(async || "ok")).await });
    let words = [
        "load",
        "--server",
        &url,
        "--no-login",
        "--duration",
        "1s",
        "--i-own-this",
    ];
    home.run(&words).await.ok();
}

#[tokio::test]
async fn every_way_not_to_answer_has_its_name() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let number = AtomicUsize::new(0);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let turn = number.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut asked = vec![0; 4096];
                let _ = stream.read(&mut asked).await;
                let answer: &[u8] = match (turn, turn % 4) {
                    // Whether it is there is asked by another client, which must be content.
                    (0 | 1, _) => {
                        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
                    }
                    (_, 0) => b"SSH-2.0-x\r\n",
                    (_, 1) => b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nok",
                    (_, 2) => b"HTTP/1.1 500 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                    _ => b"",
                };
                let _ = stream.write_all(answer).await;
                if answer.is_empty() {
                    // Says nothing until the other side has gone.
                    let _ = stream.read(&mut asked).await;
                }
            });
        }
    });
    let words = [
        "load",
        "--server",
        &url,
        "--no-login",
        "--users",
        "4",
        "--duration",
        "3s",
        "--timeout",
        "1s",
        "-o",
        "json",
    ];
    let done = home.run(&words).await;
    let document = read(&done);
    for outcome in ["malformed", "closed", "500", "timeout"] {
        assert!(
            count(&document, "view", outcome) > 0,
            "{outcome}: {document}"
        );
    }
    assert!(matches!(done.code, 1 | 6 | 7), "{done:?}");
    home.run(&["load", "--server", "http://127.0.0.1:1", "--no-login"])
        .await
        .fails(6, &["nothing listens at"]);
}

#[tokio::test]
async fn a_connection_that_is_closed_without_a_word_costs_no_view() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut asked = vec![0; 4096];
                if stream.read(&mut asked).await.is_ok_and(|read| read > 0) {
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                    let _ = stream.write_all(answer).await;
                }
            });
        }
    });
    let words = [
        "load",
        "--server",
        &url,
        "--no-login",
        "--users",
        "3",
        "--duration",
        "1s",
        "-o",
        "json",
    ];
    let done = home.run(&words).await;
    let document = read(&done);
    assert_eq!((done.code, &document["errors"]), (0, &0.into()), "{done:?}");
    assert!(count(&document, "view", "200") > 6, "{document}");
}

#[tokio::test]
async fn a_session_that_is_ended_meanwhile_is_an_error_and_its_user_signs_in_again() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let words = [
        "load",
        "--users",
        "3",
        "--duration",
        "1h",
        "--think",
        "20ms",
        "-o",
        "json",
    ];
    let child = server.sessctl(&words).spawn().unwrap();
    let all_in = async || while live(&server).await != 3 {};
    all_in().await;
    server.run(&["revoke", "--all", "-y"]).await.ok();
    all_in().await;
    signal(&child, Signal::INT);
    let document = read(&finished(child).await);
    assert_eq!(count(&document, "view", "401"), 3, "{document}");
    let logins = ["200", "not signed in"].map(|outcome| count(&document, "login", outcome));
    assert_eq!(logins.iter().sum::<u64>(), 6, "{document}");
    assert_eq!(live(&server).await, 0);
}

#[tokio::test]
async fn a_server_that_goes_away_is_unreachable_from_then_on() {
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    let words = [
        "load",
        "--users",
        "2",
        "--duration",
        "4s",
        "--think",
        "10ms",
        "-o",
        "json",
    ];
    let child = server.sessctl(&words).spawn().unwrap();
    while live(&server).await != 2 {}
    server.ends(Signal::KILL).await;
    let done = finished(child).await;
    assert_eq!(done.code, 7, "{done:?}");
    assert!(
        done.stderr
            .contains("could not sign out (unreachable): 2 sessions may live on"),
        "{done:?}"
    );
    let document = read(&done);
    assert!(count(&document, "view", "unreachable") > 2, "{document}");
    assert_eq!(
        (
            count(&document, "logout", "unreachable"),
            &document["left_behind"]
        ),
        (2, &2.into())
    );
}
