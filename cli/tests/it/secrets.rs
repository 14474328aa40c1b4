//! The id of a session lives in the cookie jar and nowhere else: not in the store, its journal, any log or output.

use std::{collections::BTreeSet, path::PathBuf};

use rustix::process::Signal;

use crate::{
    home::{Done, Home, finished},
    server::{Server, lines, next},
};

const PASSWORD: &str = "hunter2-correct-horse";

/// Everything that commands said.
#[derive(Default)]
struct Said(Vec<String>);

impl Said {
    async fn run(&mut self, server: &Server<'_>, arguments: &[&str]) {
        let mut command = server.sessctl(arguments);
        command
            .env("RUST_LOG", "trace")
            .env("SESSCTL_PASSWORD", PASSWORD);
        self.take(crate::home::ended(command).await);
    }

    fn take(&mut self, done: Done) {
        assert!(matches!(done.code, 0 | 3), "{done:?}");
        self.0.push(done.stdout);
        self.0.push(done.stderr);
    }
}

/// What is in every jar now: cookie values that must be nowhere else.
fn values(home: &Home) -> BTreeSet<String> {
    let jars = home.jars().into_iter();
    jars.map(|path| std::fs::read_to_string(path).unwrap())
        .filter(|jar| jar.contains("sid="))
        .map(|jar| crate::story::cookie_in(&jar))
        .collect()
}

fn holds(bytes: &[u8], needle: &str) -> bool {
    bytes
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

/// The files that a server leaves on disk, all but jars.
fn traces(home: &Home) -> Vec<PathBuf> {
    let mut files: Vec<_> = ["data", "run", "config", "tmp", "work"]
        .iter()
        .flat_map(|dir| home.files(dir))
        .filter(|path| path.extension().is_none_or(|end| end != "sock"))
        .collect();
    files.push(home.path("log"));
    files
}

#[tokio::test]
async fn no_cookie_value_and_no_password_leaves_the_jar() {
    for format in ["text", "json"] {
        let home = Home::new();
        let mut serve = home.sessctl(&["serve", "--auth", "open", "--listen", "127.0.0.1:0"]);
        serve.args(["--log-requests", "--log-format", format]);
        serve.env("RUST_LOG", "trace");
        let server = home.started(serve).await;
        let mut watch = server.sessctl(&["watch", "-o", "jsonl"]);
        let mut watch = watch.env("RUST_LOG", "trace").spawn().unwrap();
        let mut talk = tokio::io::BufReader::new(watch.stderr.take().unwrap());
        let mut line = String::new();
        tokio::io::AsyncBufReadExt::read_line(&mut talk, &mut line)
            .await
            .unwrap();
        let mut events = lines(&mut watch);

        let (mut ids, mut said) = (BTreeSet::new(), Said::default());
        for user in ["alice", "bob"] {
            said.run(&server, &["login", user]).await;
            ids.append(&mut values(&home));
            said.0.push(next(&mut events).await.expect("an event"));
        }
        for command in [
            &["dashboard"][..],
            &["get", "/", "-v"],
            &["status", "-o", "json"],
            &["status", "-v"],
            &["ls"],
            &["ls", "-o", "json"],
            &["ls", "-o", "jsonl"],
            &["ls", "-o", "name"],
            &["stats", "-o", "json"],
            &["jar", "ls", "-o", "json"],
            &["profile", "show", "-o", "json"],
        ] {
            said.run(&server, command).await;
        }
        let handle = server.handle_of("bob").await;
        said.run(&server, &["show", &handle, "-o", "json"]).await;
        look(&home, &ids, &said.0);
        said.run(&server, &["revoke", &handle, "-o", "json"]).await;
        said.run(&server, &["dashboard", "-v"]).await;
        said.run(&server, &["login", "carol"]).await;
        ids.append(&mut values(&home));
        said.run(&server, &["logout"]).await;
        said.run(&server, &["login", "dave"]).await;
        ids.append(&mut values(&home));
        assert_eq!(ids.len(), 4, "a new id for each sign-in");

        crate::server::signal(&watch, Signal::INT);
        while let Some(event) = next(&mut events).await {
            said.0.push(event);
        }
        finished(watch).await;
        // Killed, so that the journal of the store is still there.
        server.ends(Signal::KILL).await;
        look(&home, &ids, &said.0);
        let log = home.read("log");
        assert!(
            log.contains("GET") && log.contains("login"),
            "it did log: {log}"
        );
        let store = home.path("data/sessctl/sessions.db");
        assert!(store.exists() && store.with_file_name("sessions.db-wal").exists());
    }
}

/// Looks for each id and the password in everything but the jars.
fn look(home: &Home, ids: &BTreeSet<String>, said: &[String]) {
    for needle in ids.iter().map(String::as_str).chain([PASSWORD]) {
        assert!(needle.len() >= 20, "an id is long");
        for path in traces(home) {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!holds(&bytes, needle), "{} holds a secret", path.display());
        }
        for text in said {
            assert!(!text.contains(needle), "said a secret: {text}");
        }
    }
    for jar in home.jars() {
        let bytes = std::fs::read(jar).unwrap();
        assert!(!holds(&bytes, PASSWORD), "a jar holds no password");
    }
}
