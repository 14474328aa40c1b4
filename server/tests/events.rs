//! The event stream over the admin socket, and how the server stops while somebody watches.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use common::{Server, TEXT, memory, sid};
use reqwest::{Method, Response};
use serde_json::Value;
use tokio::net::TcpStream;

/// One server-sent event.
#[derive(Debug)]
struct Sent {
    name: String,
    id: Option<u64>,
    data: Value,
}

/// A watcher of the event stream.
struct Watch {
    response: Response,
    read: String,
}

impl Watch {
    async fn of(server: &Server, path: &str) -> Self {
        let response = server.admin(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(common::content_type(&response), "text/event-stream");
        Self {
            response,
            read: String::new(),
        }
    }

    /// The next event; `None` once the stream has ended in order.
    async fn next(&mut self) -> Option<Sent> {
        loop {
            while let Some((block, rest)) = self.read.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.read = rest;
                // A block of comments alone says that the stream lives.
                if let Some(sent) = parse(&block) {
                    return Some(sent);
                }
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

fn parse(block: &str) -> Option<Sent> {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    Some(Sent {
        name: field("event")?.to_owned(),
        id: field("id").map(|id| id.parse().unwrap()),
        data: serde_json::from_str(field("data")?).unwrap(),
    })
}

#[tokio::test]
async fn a_watcher_hears_resync_first_and_then_each_change_with_its_number() {
    let server = memory().await;
    server.login("before").await;
    let mut watch = Watch::of(&server, "/v1/events").await;
    let first = watch.next().await.unwrap();
    assert_eq!((&*first.name, first.id), ("resync", None));

    let cookie = server.login("alice").await;
    let handle = server.handle_of("alice").await;
    let created = watch.next().await.unwrap();
    assert_eq!(created.name, "created");
    assert_eq!(created.data["session"]["user"], "alice");
    assert_eq!(created.data["session"]["handle"], *handle);

    server.forward(std::time::Duration::from_secs(3));
    assert!(server.lets_in(&cookie).await);
    let changed = watch.next().await.unwrap();
    assert_eq!(changed.name, "changed");
    assert_eq!(changed.data["session"]["seen"], "2027-01-15T08:00:03Z");

    server.revoke(&handle).await;
    let ended = watch.next().await.unwrap();
    assert_eq!(ended.name, "ended");
    assert_eq!(ended.data["reason"], "revoked");
    assert!(ended.data["actor"].is_string());

    let mut last = 0;
    for event in [created, changed, ended] {
        let rev = event.id.unwrap();
        assert!(rev > last, "revisions do not grow");
        assert_eq!(event.data["rev"], rev);
        assert_eq!(event.data["type"], *event.name);
        assert!(!event.data.to_string().contains(&cookie), "{event:?}");
        last = rev;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_watcher_of_one_user_hears_of_no_other() {
    let server = memory().await;
    let mut watch = Watch::of(&server, "/v1/events?filter=user%3Dbob").await;
    assert_eq!(watch.next().await.unwrap().name, "resync");
    for user in ["alice", "bob"] {
        server.login(user).await;
    }
    let sent = watch.next().await.unwrap();
    assert_eq!(
        (&*sent.name, &sent.data["session"]["user"]),
        ("created", &"bob".into())
    );
    server.stop().await;
}

#[tokio::test]
async fn a_replaced_and_an_expired_session_are_told_with_their_reasons() {
    let server = memory().await;
    let mut watch = Watch::of(&server, "/v1/events").await;
    assert_eq!(watch.next().await.unwrap().name, "resync");
    let cookie = server.login("alice").await;
    let form = [("username", "bob")];
    let login = server
        .post("/login", TEXT)
        .form(&form)
        .header("cookie", sid(&cookie));
    assert_eq!(login.send().await.unwrap().status(), 200);
    let mut told = Vec::new();
    while told.len() < 3 {
        let sent = watch.next().await.unwrap();
        told.push((
            sent.name,
            sent.data["session"]["user"].clone(),
            sent.data["reason"].clone(),
        ));
    }
    assert!(
        told.contains(&("ended".into(), "alice".into(), "replaced".into())),
        "{told:?}"
    );
    server.forward(common::IDLE);
    let expired = watch.next().await.unwrap();
    assert_eq!(
        (&*expired.name, &expired.data["reason"]),
        ("ended", &"idle".into())
    );
    server.stop().await;
}

#[tokio::test]
async fn an_open_stream_ends_in_order_when_the_server_stops() {
    let mut server = memory().await;
    let mut watches = Vec::new();
    for _ in 0..3 {
        let mut watch = Watch::of(&server, "/v1/events").await;
        assert_eq!(watch.next().await.unwrap().name, "resync");
        watches.push(watch);
    }
    server.begin_stop();
    for mut watch in watches {
        // A stream that was cut off instead would be an error here.
        assert!(watch.next().await.is_none());
    }
    server.stop().await;
}

#[tokio::test]
async fn connections_that_ask_nothing_do_not_hold_the_server_up() {
    let server = memory().await;
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let silent = TcpStream::connect(&address).await.unwrap();
    // Kept alive by its pool after an answer.
    assert!(!server.lets_in(&"A".repeat(22)).await);
    server.stop().await;
    drop(silent);
}
