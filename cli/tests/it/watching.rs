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
        let event = self.next_event().await;
        assert_eq!(event["type"], kind, "{event}");
        event
    }

    /// The next sign-in or end: changes of a session and gaps may come between at any time.
    async fn next_event(&mut self) -> Value {
        loop {
            let line = next(&mut self.events).await.expect("it goes on");
            let event: Value = serde_json::from_str(&line).unwrap();
            if !matches!(event["type"].as_str(), Some("changed" | "resync")) {
                return event;
            }
        }
    }

    /// The same for people.
    async fn next_line(&mut self) -> String {
        loop {
            let line = next(&mut self.events).await.expect("it goes on");
            if !line.contains(" changed ") {
                return line;
            }
        }
    }
}

/// Who the kernel says is at the socket, in the product's words.
async fn me(home: &Home) -> String {
    let mut id = home.program("id");
    id.arg("-un");
    let name = ended(id).await;
    match name.code {
        0 => name.stdout.trim_end().to_owned(),
        _ => format!("uid {}", rustix::process::geteuid().as_raw()),
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
    server.run(&["revoke", handle]).await.ok();
    let end = watch.sees("ended").await;
    assert_eq!(end["session"]["handle"], handle);
    // Not whom the environment names.
    assert_eq!(
        (&end["reason"], &end["actor"]),
        (&"revoked".into(), &me(&home).await.into())
    );
    assert!(end["rev"].as_u64() > created["rev"].as_u64(), "{end}");

    server.login("bob").await;
    watch.sees("created").await;
    server
        .run(&["login", "carol", "--profile", "bob"])
        .await
        .ok();
    let mut events = [watch.next_event().await, watch.next_event().await];
    events.sort_by_key(|event| event["type"].to_string());
    assert_eq!(
        (&events[0]["type"], &events[1]["type"], &events[1]["reason"]),
        (&"created".into(), &"ended".into(), &"replaced".into())
    );
    server.run(&["logout", "--profile", "bob"]).await.ok();
    assert_eq!(watch.sees("ended").await["reason"], "logout");
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
        server.ends(by).await;
        let server = home.serve(&[]).await;
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
    let line = watch.next_line().await;
    assert!(line.contains("created") && line.contains("alice"), "{line}");
    server.run(&["revoke", "--all", "-y"]).await.ok();
    let line = watch.next_line().await;
    assert!(
        line.contains("ended") && line.contains("revoked by "),
        "{line}"
    );
}
