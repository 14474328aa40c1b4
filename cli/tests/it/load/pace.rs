//! A fixed rate: what is due is counted from then on, whatever the server does.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, http::StatusCode};
use tokio::time::Instant;

use super::{count, read};
use crate::{home::Home, stub::Stub};

#[tokio::test]
async fn a_stall_shows_at_a_fixed_rate_and_not_without() {
    const STALL: Duration = Duration::from_millis(300);
    let home = Home::new();
    let stalled = Arc::new(Mutex::new(None::<Instant>));
    let page = {
        let stalled = Arc::clone(&stalled);
        move || {
            // The whole server holds its breath once, some time after the first request.
            let begin = *stalled.lock().unwrap().get_or_insert_with(Instant::now) + STALL;
            async move {
                if (begin..begin + STALL).contains(&Instant::now()) {
                    tokio::time::sleep_until(begin + STALL).await;
                }
                StatusCode::OK
            }
        }
    };
    let stub = Stub::serve(Router::new().fallback(page)).await;
    let load = [
        "load",
        "--server",
        &stub.url,
        "--no-login",
        "--users",
        "1",
        "--duration",
        "1s",
        "-o",
        "json",
    ];
    let at_rate = read(&home.run(&[&load[..], &["--rate", "200"]].concat()).await);
    let view = &at_rate["phases"][0];
    // A third of the views was due while the server stood still.
    for (name, least) in [("p99_ms", 250.0), ("p90_ms", 150.0)] {
        assert!(view[name].as_f64().unwrap() > least, "{name}: {view}");
    }
    assert_eq!(view["count"], 200, "each moment is counted");

    *stalled.lock().unwrap() = None;
    let closed = read(&home.run(&load).await);
    assert!(
        closed["phases"][0]["p90_ms"].as_f64().unwrap() < 150.0,
        "{closed}"
    );
}

#[tokio::test]
async fn what_a_server_is_too_slow_for_is_counted_as_unsent() {
    let home = Home::new();
    let slow = async || {
        tokio::time::sleep(Duration::from_millis(200)).await;
        StatusCode::OK
    };
    let stub = Stub::serve(Router::new().fallback(slow)).await;
    let words = [
        "load",
        "--server",
        &stub.url,
        "--no-login",
        "--users",
        "2",
        "--duration",
        "1s",
        "--rate",
        "100",
        "-o",
        "json",
    ];
    let done = home.run(&words).await;
    assert_eq!(done.code, 7, "{done:?}");
    assert!(
        done.stderr.contains("never sent") && done.stderr.contains("--users"),
        "{done:?}"
    );
    let document = read(&done);
    let (sent, unsent) = (
        count(&document, "view", "200"),
        count(&document, "view", "unsent"),
    );
    assert_eq!(sent + unsent, 100, "{document}");
    assert!((1..=12).contains(&sent), "{document}");
}
