//! `sessctl watch`: changes as they happen, across a restart of the server, until told to stop.

use rustix::process::Signal;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout},
};

use crate::{
    home::{Home, ended},
    server::{Server, lines, next},
};

/// A running watch. Dropped, it is killed.
struct Watch {
    _child: Child,
    events: Lines<BufReader<ChildStdout>>,
    talk: Lines<BufReader<ChildStderr>>,
}

impl Watch {
    async fn of(server: &Server<'_>, arguments: &[&str]) -> Self {
        let format: &[&str] = if arguments.contains(&"-o") {
            &[]
        } else {
            &["-o", "jsonl"]
        };
        let arguments = [&["watch"], format, arguments].concat();
        let mut child = server.sessctl(&arguments).spawn().unwrap();
        let mut watch = Self {
            events: lines(&mut child),
            talk: BufReader::new(child.stderr.take().unwrap()).lines(),
            _child: child,
        };
        watch.hears("watching unix:").await;
        watch
    }

    /// Waits for a line of its talk.
    async fn hears(&mut self, words: &str) {
        loop {
            let line = next(&mut self.talk).await;
            if line.expect("it goes on").contains(words) {
                return;
            }
        }
    }

    /// The next event, which must be of this kind.
    async fn sees(&mut self, kind: &str) -> Value {
        loop {
            let line = next(&mut self.events).await.expect("it goes on");
            let event: Value = serde_json::from_str(&line).unwrap();
            // Changes of a session and gaps may come between at any time.
            if !matches!(event["type"].as_str(), Some("changed" | "resync")) {
                assert_eq!(event["type"], kind, "{event}");
                return event;
            }
        }
    }
}

#[tokio::test]
async fn sign_ins_and_ends_are_told_with_reason_and_actor() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("before").await;
    let mut watch = Watch::of(&server, &[]).await;
    server.login("alice").await;
    let created = watch.sees("created").await;
    assert_eq!(created["session"]["user"], "alice");
    let handle = created["session"]["handle"].as_str().unwrap();
    // Who ends it is whom the kernel says is at the socket, not whom the environment names.
    let mut id = home.program("id");
    id.arg("-un");
    let me = ended(id).await.ok().trim_end().to_owned();

    server.run(&["revoke", handle]).await.ok();
    let end = watch.sees("ended").await;
    assert_eq!(end["session"]["handle"], handle);
    assert_eq!(
        (&end["reason"], &end["actor"]),
        (&"revoked".into(), &me.into())
    );
    assert!(end["rev"].as_u64() > created["rev"].as_u64(), "{end}");

    server.login("bob").await;
    watch.sees("created").await;
    server
        .run(&["login", "carol", "--profile", "bob"])
        .await
        .ok();
    let mut kinds = [watch.next_kind().await, watch.next_kind().await];
    kinds.sort();
    assert_eq!(kinds, ["created", "ended replaced"]);
    server.run(&["logout", "--profile", "bob"]).await.ok();
    assert_eq!(watch.sees("ended").await["reason"], "logout");
}

impl Watch {
    async fn next_kind(&mut self) -> String {
        let line = next(&mut self.events).await.expect("it goes on");
        let event: Value = serde_json::from_str(&line).unwrap();
        match (event["type"].as_str(), event["reason"].as_str()) {
            (Some(kind), Some(reason)) => format!("{kind} {reason}"),
            (kind, _) => kind.unwrap_or_default().to_owned(),
        }
    }
}

#[tokio::test]
async fn a_filter_keeps_other_users_out() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let mut watch = Watch::of(&server, &["user=bob"]).await;
    server.login("alice").await;
    server.login("bob").await;
    assert_eq!(watch.sees("created").await["session"]["user"], "bob");
    server.run(&["revoke", "--all", "-y"]).await.ok();
    assert_eq!(watch.sees("ended").await["session"]["user"], "bob");
}

#[tokio::test]
async fn a_watch_survives_a_restart_of_its_server() {
    for by in [Signal::TERM, Signal::KILL] {
        let home = Home::new();
        let server = home.serve(&[]).await;
        let mut watch = Watch::of(&server, &[]).await;
        let server = server.restarts(by).await;
        watch.hears("trying again in").await;
        watch.hears("watching unix:").await;
        server.login("alice").await;
        let created = watch.sees("created").await;
        assert_eq!(created["session"]["user"], "alice", "{by:?}");
    }
}

#[tokio::test]
async fn a_watch_for_a_while_ends_with_0_by_itself() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let done = server.run(&["watch", "--for", "1s"]).await;
    assert_eq!(done.ok(), "");
}

#[tokio::test]
async fn for_people_a_change_is_one_line() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let mut watch = Watch::of(&server, &["-o", "table"]).await;
    server.login("alice").await;
    let line = next(&mut watch.events).await.expect("it goes on");
    assert!(line.contains("created") && line.contains("alice"), "{line}");
    server.run(&["revoke", "--all", "-y"]).await.ok();
    let line = next(&mut watch.events).await.expect("it goes on");
    assert!(
        line.contains("ended") && line.contains("revoked by "),
        "{line}"
    );
}
