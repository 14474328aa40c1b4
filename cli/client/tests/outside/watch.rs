//! The event stream: first a resync, then what happens, and an error when it ends.

use std::convert::Infallible;

use axum::{
    Router,
    body::Body,
    http::{StatusCode, header},
    routing::get,
};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use sessctl_api::{EndReason, EventKind, Filter, Notice, Registry, RegistryError};

use crate::admin::{AT, admin, on_socket, session};

fn event(rev: u64, kind: &str, user: &str) -> String {
    let reason = (kind == "ended").then_some("revoked");
    let data = json!({"rev": rev, "at": AT, "type": kind, "reason": reason, "actor": null,
        "session": session(user)});
    format!("id: {rev}\nevent: {kind}\ndata: {data}\n\n")
}

/// Sends the text in pieces of so many bytes, then ends or (if asked) stays silent.
fn events(text: String, piece: usize) -> Router {
    let handler = async move || {
        let pieces: Vec<_> = text
            .into_bytes()
            .chunks(piece)
            .map(|piece| Ok::<_, Infallible>(piece.to_vec()))
            .collect();
        (
            [(header::CONTENT_TYPE, "text/event-stream")],
            Body::from_stream(stream::iter(pieces)),
        )
    };
    Router::new().route("/v1/events", get(handler))
}

#[tokio::test]
async fn a_watch_begins_with_one_resync_and_tells_what_happens() {
    let text = [
        ": hello\n\nevent: resync\ndata: {}\n\n",
        &event(1, "created", "zoë"),
        ": keep-alive\n\nevent: later\ndata: ?\n\n",
        &event(2, "ended", "zoë"),
        "event: resync\ndata:\n\n",
    ]
    .concat();
    for piece in [1, 7, 100_000] {
        let dir = tempfile::tempdir().unwrap();
        let admin = admin(on_socket(dir.path(), events(text.clone(), piece)));
        let stream = admin
            .watch("user=zoë".parse().unwrap(), None)
            .await
            .unwrap();
        let mut notices: Vec<_> = stream.collect().await;
        let last = notices.pop().unwrap().unwrap_err();
        assert!(
            matches!(last, RegistryError::Unreachable { .. }),
            "{last:?}"
        );
        assert!(
            last.to_string().contains("ended the event stream"),
            "{last}"
        );
        let notices: Vec<_> = notices.into_iter().map(Result::unwrap).collect();
        let [
            Notice::Resync,
            Notice::Event(one),
            Notice::Event(two),
            Notice::Resync,
        ] = &notices[..]
        else {
            panic!("{notices:?}");
        };
        assert_eq!((one.rev, one.kind), (1, EventKind::Created));
        assert_eq!(one.session.user.as_deref(), Some("zoë"));
        assert_eq!((two.rev, two.reason), (2, Some(EndReason::Revoked)));
    }
}

#[tokio::test]
async fn an_event_that_makes_no_sense_ends_the_watch() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("event: created\ndata: {{}}\n\n{}", event(1, "created", "a"));
    let admin = admin(on_socket(dir.path(), events(text, 4096)));
    let stream = admin.watch(Filter::default(), None).await.unwrap();
    let notices: Vec<_> = stream.collect().await;
    assert_eq!(notices.len(), 2, "{notices:?}");
    assert!(matches!(notices[1], Err(RegistryError::Broken { .. })));
}

#[tokio::test]
async fn a_refused_watch_is_an_error_at_once() {
    let body = json!({"code": "bad_filter", "message": "bad", "at": 0, "text": "x"}).to_string();
    let handler = async move || {
        (
            StatusCode::BAD_REQUEST,
            [(header::CONTENT_TYPE, "application/json")],
            body,
        )
    };
    let dir = tempfile::tempdir().unwrap();
    let router = Router::new().route("/v1/events", get(handler));
    let admin = admin(on_socket(dir.path(), router));
    let Err(error) = admin.watch(Filter::default(), None).await else {
        panic!("a refusal is no stream");
    };
    assert!(matches!(error, RegistryError::BadFilter(_)), "{error:?}");
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_dead() {
    let handler = async || {
        (
            [(header::CONTENT_TYPE, "text/event-stream")],
            Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>()),
        )
    };
    let dir = tempfile::tempdir().unwrap();
    let router = Router::new().route("/v1/events", get(handler));
    let silence = std::time::Duration::from_millis(100);
    let admin = admin(on_socket(dir.path(), router)).with_silence(silence);
    let mut stream = admin.watch(Filter::default(), None).await.unwrap();
    assert!(matches!(stream.next().await, Some(Ok(Notice::Resync))));
    let error = stream.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("fell silent"), "{error}");
    assert!(stream.next().await.is_none());
}
