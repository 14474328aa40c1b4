//! `sessctl watch` over a link that breaks: what happened meanwhile is told afterwards, once, or it is said to be lost.

use std::{path::PathBuf, process::Stdio};

use serde_json::Value;
use tokio::{
    io::{self, AsyncBufReadExt as _, BufReader},
    net::{UnixListener, UnixStream},
    process::Child,
    task::JoinSet,
};

use crate::{
    home::{Home, until},
    server::{Server, lines, next},
};

/// A socket before the server's, whose connections can be cut while the server goes on.
struct Link {
    path: PathBuf,
    target: PathBuf,
    open: Option<JoinSet<()>>,
}

impl Link {
    fn to(server: &Server<'_>) -> Self {
        let mut link = Self {
            path: server.home.path("run/link.sock"),
            target: server.socket(),
            open: None,
        };
        link.mend();
        link
    }

    fn mend(&mut self) {
        let listener = UnixListener::bind(&self.path).unwrap();
        let target = self.target.clone();
        let mut open = JoinSet::new();
        open.spawn(async move {
            // Dropped with this task, and the connections with it.
            let mut connections = JoinSet::new();
            loop {
                let (mut here, _) = listener.accept().await.unwrap();
                let mut there = UnixStream::connect(&target).await.unwrap();
                connections.spawn(async move {
                    let _ = io::copy_bidirectional(&mut here, &mut there).await;
                });
            }
        });
        self.open = Some(open);
    }

    async fn cut(&mut self) {
        let mut open = self.open.take().unwrap();
        open.shutdown().await;
        std::fs::remove_file(&self.path).unwrap();
    }
}

/// A watch through the link, its events and what it says.
fn watch(server: &Server<'_>, link: &Link, filter: &str) -> (Child, Told) {
    let source = format!("unix:{}", link.path.display());
    let words = ["watch", "-o", "jsonl", "--source", &source, filter];
    let mut command = server.sessctl(&words);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let told = Told {
        events: lines(&mut child),
        talk: BufReader::new(child.stderr.take().unwrap()).lines(),
    };
    (child, told)
}

struct Told {
    events: io::Lines<BufReader<tokio::process::ChildStdout>>,
    talk: io::Lines<BufReader<tokio::process::ChildStderr>>,
}

impl Told {
    async fn hears(&mut self, words: &str) {
        loop {
            let line = next(&mut self.talk).await;
            if line.expect("it goes on").contains(words) {
                return;
            }
        }
    }

    /// The next event but for changes: its type, and its user if it has one.
    async fn sees(&mut self) -> (String, String) {
        loop {
            let line = next(&mut self.events).await.expect("it goes on");
            let event: Value = serde_json::from_str(&line).unwrap();
            if event["type"] != "changed" {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                return (text(&event["type"]), text(&event["session"]["user"]));
            }
        }
    }
}

fn event(kind: &str, user: &str) -> (String, String) {
    (kind.to_owned(), user.to_owned())
}

#[tokio::test]
async fn what_happened_while_the_link_was_cut_is_told_after_it_once() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let mut link = Link::to(&server);
    let (_child, mut told) = watch(&server, &link, "user=a*");
    told.hears("watching").await;
    server.login("alice").await;
    assert_eq!(told.sees().await, event("created", "alice"));

    for round in ["a1", "a2"] {
        link.cut().await;
        told.hears("trying again in").await;
        server.login("bob").await;
        server.login(round).await;
        server.run(&["revoke", "--user", round, "-y"]).await.ok();
        link.mend();
        told.hears("watching").await;
        assert_eq!(told.sees().await, event("created", round));
        assert_eq!(told.sees().await, event("ended", round));
    }
    server.login("after").await;
    assert_eq!(
        told.sees().await,
        event("created", "after"),
        "nothing twice"
    );
}

#[tokio::test]
async fn a_server_that_was_started_anew_cannot_tell_and_the_watch_says_so() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let mut link = Link::to(&server);
    let (_child, mut told) = watch(&server, &link, "");
    told.hears("watching").await;
    server.login("alice").await;
    assert_eq!(told.sees().await, event("created", "alice"));
    link.cut().await;
    told.hears("trying again in").await;
    let socket = server.socket();
    let server = server.restarts(rustix::process::Signal::KILL).await;
    until("the new server's socket", || socket.exists()).await;
    link.mend();
    told.hears("watching").await;
    assert_eq!(told.sees().await, event("resync", ""));
    server.login("bob").await;
    assert_eq!(told.sees().await, event("created", "bob"));
}

#[tokio::test]
async fn a_watch_by_data_is_refused_because_events_carry_none() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let refused = server.run(&["watch", "data.theme=dark"]).await;
    refused.fails(2, &["live changes carry no data", "sessctl ls"]);
}
