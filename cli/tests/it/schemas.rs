//! What programs read is what the checked-in schemas say, key by key: they and the output cannot drift apart.

use std::{cell::RefCell, collections::BTreeSet, fs, path::PathBuf};

use boon::{Compiler, Schemas};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::{
    home::{Done, Home, ended, fed, finished},
    server::{lines, next, signal},
    users::PASSWORD,
};

/// The schemas, and which of them something was held against.
struct Shelf {
    dir: PathBuf,
    used: RefCell<BTreeSet<String>>,
}

impl Shelf {
    fn new() -> Self {
        Self {
            dir: PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schema"),
            used: RefCell::default(),
        }
    }

    /// Why a value is not what a schema says, if it is not.
    fn refusal(&self, name: &str, value: &Value) -> Option<String> {
        let (file, inside) = name.split_once('#').unwrap_or((name, ""));
        self.used.borrow_mut().insert(file.to_owned());
        let path = self.dir.join(format!("{file}.json"));
        let mut place = format!("file://{}", path.display());
        if !inside.is_empty() {
            place = format!("{place}#/$defs/{inside}");
        }
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        let index = compiler.compile(&place, &mut schemas).unwrap();
        let refusal = schemas.validate(value, index).err();
        refusal.map(|refusal| format!("{refusal:#}"))
    }

    #[track_caller]
    fn holds(&self, name: &str, value: &Value) {
        if let Some(refusal) = self.refusal(name, value) {
            panic!("{name}: {refusal}\n{value:#}");
        }
    }

    /// Holds the one document of a command against its schema; a document has one line.
    #[track_caller]
    fn document(&self, name: &str, done: &Done) -> Value {
        assert_eq!(done.stdout.lines().count(), 1, "one document: {done:?}");
        let value = serde_json::from_str(&done.stdout).unwrap();
        self.holds(name, &value);
        assert_eq!(value["schema"], 1, "{done:?}");
        value
    }

    /// Holds every line of a command against its schema.
    #[track_caller]
    fn lines(&self, name: &str, text: &str) {
        assert!(!text.is_empty(), "{name}: something is printed");
        for line in text.lines() {
            self.holds(name, &serde_json::from_str(line).unwrap());
        }
    }
}

/// Every command that prints a document, in an order in which each has something to say. The name before a `|` is that
/// of its lines in `-o jsonl`.
#[tokio::test]
async fn every_document_is_what_its_schema_says() {
    let (home, shelf) = (Home::new(), Shelf::new());
    let server = home.serve(&[]).await;
    shelf.holds("ready", &server.ready);
    let run = async |words: &[&str]| {
        let words = [words, &["-o", "json"]].concat();
        server.run(&words).await
    };

    let mut watch = server.sessctl(&["watch", "-o", "jsonl"]).spawn().unwrap();
    let mut talk = BufReader::new(watch.stderr.take().unwrap()).lines();
    next(&mut talk).await.expect("it watches");
    let mut events = lines(&mut watch);

    shelf.document("status", &run(&["status"]).await);
    for user in ["alice", "bob", "carol"] {
        let login = ["login", user, "--profile", user];
        shelf.document("login", &run(&login).await);
        let event: Value = serde_json::from_str(&next(&mut events).await.unwrap()).unwrap();
        shelf.holds("event", &event);
    }
    let alice = server.handle_of("alice").await;
    let bob = server.handle_of("bob").await;
    for (schema, words) in [
        (
            "kept",
            &["data", "set", "cart", "[1]", "--profile", "alice"][..],
        ),
        ("kept", &["data", "unset", "nothing", "--profile", "alice"]),
        ("data", &["data", "ls", "--profile", "alice"]),
        ("status", &["status", "--profile", "alice"]),
        ("dashboard", &["dashboard", "--profile", "alice"]),
        ("dashboard", &["dashboard"]),
        ("page", &["get", "/dashboard", "--profile", "alice"]),
        ("page", &["head", "/", "--expect-status", "404"]),
        ("page", &["post", "/login", "-d", "username=dave"]),
        ("page", &["put", "/nothing", "-d", "x"]),
        ("page", &["patch", "/nothing", "-d", "x"]),
        ("page", &["delete", "/nothing"]),
        ("session", &["show", &alice]),
        ("data", &["show", &alice, "--data"]),
        ("revoked", &["revoke", &bob, "--dry-run"]),
        ("revoked", &["revoke", &bob, "000000000000"]),
        ("revoked", &["revoke", &bob]),
        ("session", &["why", &bob]),
        ("session", &["why", &alice]),
        ("status", &["status", "--profile", "bob"]),
        ("dashboard", &["dashboard", "--profile", "bob"]),
        ("logout", &["logout", "--others", "--profile", "carol"]),
        ("logout", &["logout", "--local", "--profile", "carol"]),
        ("logout", &["logout", "--profile", "carol"]),
        ("sessions", &["ls"]),
        ("sessions", &["ls", "--limit", "1"]),
        ("sessions", &["ls", "--ended"]),
        ("sessions", &["ls", "user=nobody"]),
        ("stats", &["stats"]),
        ("log", &["log"]),
        ("profiles", &["profile", "ls"]),
        ("profile", &["profile", "show", "alice"]),
        ("jars", &["jar", "ls"]),
        ("cookies", &["jar", "show", "--profile", "alice"]),
        (
            "cookies",
            &["jar", "show", "--profile", "alice", "--show-secrets"],
        ),
        ("jar-doctor", &["jar", "doctor", "--profile", "alice"]),
        ("user", &["user", "add", "root", "--generate"]),
        ("user", &["user", "show", "root"]),
        ("user", &["user", "passwd", "root", "--generate"]),
        ("user", &["user", "disable", "root"]),
        ("users", &["user", "ls"]),
        ("user", &["user", "enable", "root"]),
        ("user", &["user", "rm", "root", "-y"]),
        ("users", &["user", "ls"]),
        ("token-made", &["token", "add", "ci"]),
        ("tokens", &["token", "ls"]),
        ("token", &["token", "rm", "ci"]),
        ("audit", &["audit"]),
        ("audit", &["audit", "--user", "grace"]),
        (
            "load",
            &[
                "load",
                "--duration",
                "1s",
                "--users",
                "2",
                "--fail-if",
                "p99>1h",
            ],
        ),
        (
            "load",
            &["load", "--duration", "1s", "--rate", "20", "--no-login"],
        ),
    ] {
        shelf.document(schema, &run(words).await);
    }
    let import = server.sessctl(&["user", "import", "-", "-o", "json"]);
    let line = json!({"name": "erin", "password": PASSWORD}).to_string();
    shelf.document("import", &fed(import, &format!("{line}\nnonsense\n")).await);
    let add = server.sessctl(&["user", "add", "frank", "--password-stdin", "-o", "json"]);
    shelf.document("user", &fed(add, PASSWORD).await);
    server.run(&["token", "add", "ci"]).await.ok();

    for (schema, words) in [
        ("common#session", &["ls"][..]),
        ("common#session", &["ls", "--ended"]),
        ("common#record", &["log"]),
        ("common#user", &["user", "ls"]),
        ("common#token", &["token", "ls"]),
        ("common#profile", &["profile", "ls"]),
        ("common#jar", &["jar", "ls"]),
        ("common#cookie", &["jar", "show", "--profile", "alice"]),
        ("common#pair", &["data", "ls", "--profile", "alice"]),
        ("common#pair", &["show", &alice, "--data"]),
        ("common#outcome", &["revoke", &bob]),
        ("session", &["show", &alice]),
        ("stats", &["stats"]),
        (
            "common#load_line",
            &["load", "--duration", "1s", "--users", "1"],
        ),
    ] {
        let words = [words, &["-o", "jsonl"]].concat();
        shelf.lines(schema, &server.run(&words).await.stdout);
    }
    signal(&watch, Signal::INT);
    while let Some(event) = next(&mut events).await {
        shelf.lines("event", &event);
    }
    finished(watch).await;
    shelf.holds("event", &json!({"type": "resync"}));
    let copy = home.text("tmp/copy.db");
    let backup = home.sessctl(&["store", "backup", &copy, "-o", "json"]);
    shelf.document("backup", &ended(backup).await);

    let all = fs::read_dir(&shelf.dir).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        path.file_stem().unwrap().to_str().unwrap().to_owned()
    });
    let all: BTreeSet<_> = all.collect();
    assert_eq!(all, *shelf.used.borrow(), "no schema without its document");
}

#[tokio::test]
async fn a_key_more_and_a_key_less_are_noticed() {
    let (home, shelf) = (Home::new(), Shelf::new());
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let handle = server.handle_of("alice").await;
    for (schema, words, inside) in [
        ("sessions", &["ls"][..], "/sessions/0"),
        ("sessions", &["ls"], ""),
        ("session", &["show", &handle], ""),
        ("stats", &["stats"], "/ended"),
        ("log", &["log"], "/records/0"),
        ("profiles", &["profile", "ls"], "/profiles/0"),
        ("status", &["status", "--profile", "alice"], "/session"),
    ] {
        let done = server.run(&[words, &["-o", "json"]].concat()).await;
        let value = shelf.document(schema, &done);
        let mut more = value.clone();
        more.pointer_mut(inside).unwrap()["surplus"] = json!(1);
        assert!(shelf.refusal(schema, &more).is_some(), "{schema}{inside}");
        let mut less = value;
        let object = less.pointer_mut(inside).unwrap().as_object_mut().unwrap();
        let key = object.keys().next().unwrap().clone();
        object.remove(&key);
        assert!(shelf.refusal(schema, &less).is_some(), "{schema} {key}");
    }
}
