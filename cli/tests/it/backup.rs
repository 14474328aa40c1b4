//! `sessctl store backup`: a whole copy of a store, also of one that is being written, and what a copy is good for.

use std::{cell::Cell, fs, os::unix::fs::PermissionsExt as _, path::Path};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    home::{Home, NOTHING, ended},
    server::Server,
};

/// The users of the sessions in a store file.
async fn users_in(home: &Home, file: &str) -> Vec<String> {
    let source = format!("sqlite:{file}");
    let listed = home
        .run(&["ls", "-o", "jsonl", "--source", &source])
        .await
        .ok();
    let user = |line: &str| {
        let session: Value = serde_json::from_str(line).unwrap();
        session["user"].as_str().unwrap().to_owned()
    };
    let mut users: Vec<_> = listed.lines().map(user).collect();
    users.sort();
    users
}

async fn backup(home: &Home, to: &str) {
    home.run(&["store", "backup", to]).await.ok();
}

#[tokio::test]
async fn a_copy_holds_what_was_there_says_where_from_and_opens_nothing() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let jar = server
        .run(&["jar", "path", "--profile", "alice"])
        .await
        .ok();
    let cookie = crate::story::cookie_in(&fs::read_to_string(jar.trim_end()).unwrap());
    let (from, to) = (home.text("data/sessctl/sessions.db"), home.text("copy.db"));

    let done = home.run(&["store", "backup", &to]).await;
    assert!(done.stderr.contains("no cookie that works"), "{done:?}");
    let bytes = fs::metadata(&to).unwrap().len();
    assert_eq!(
        done.ok(),
        format!("copied {bytes} bytes from sqlite:{from} to {to}\n")
    );
    assert_eq!(
        fs::metadata(&to).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let copy = fs::read(&to).unwrap();
    let holds = |text: &str| copy.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(holds("alice") && !holds(&cookie));

    let named = [
        "store",
        "backup",
        "other.db",
        "--source",
        &format!("sqlite:{to}"),
        "-o",
        "json",
    ];
    let told: Value = serde_json::from_str(&home.run(&named).await.ok()).unwrap();
    assert_eq!(told["source"], format!("sqlite:{to}"));
    assert_eq!(told["file"], "other.db");
    assert_eq!(
        told["bytes"],
        fs::metadata(home.path("work/other.db")).unwrap().len()
    );
    server.login("bob").await;
    for copy in [&to, &home.text("work/other.db")] {
        assert_eq!(users_in(&home, copy).await, ["alice"]);
    }
    assert_eq!(home.files("work").len(), 1, "nothing else is left");
}

#[tokio::test]
async fn a_copy_that_is_served_lets_its_sessions_in() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let copy = home.text("copy.db");
    backup(&home, &copy).await;
    server.login("bob").await;
    let address = server.public.strip_prefix("http://").unwrap().to_owned();
    server.ends(Signal::KILL).await;

    let server = home
        .serve_at(&address, &["--store", &format!("sqlite:{copy}")])
        .await;
    server.run(&["dashboard", "--profile", "alice"]).await.ok();
    server
        .run(&["dashboard", "--profile", "bob"])
        .await
        .fails(3, &[]);
    server.ends(Signal::TERM).await;

    // As the help says: with the journal of the old file gone, the copy takes its place.
    let store = home.text("data/sessctl/sessions.db");
    for beside in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{store}{beside}"));
    }
    fs::copy(&copy, &store).unwrap();
    let server = home.serve_at(&address, &[]).await;
    server.run(&["dashboard", "--profile", "alice"]).await.ok();
    server
        .run(&["dashboard", "--profile", "bob"])
        .await
        .fails(3, &[]);
}

#[tokio::test]
async fn a_copy_made_while_the_server_writes_is_whole() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let is_copied = Cell::new(false);
    let writes = async {
        let mut written = 0;
        while !is_copied.get() || written < 100 {
            let n = written;
            written += 1;
            let form = [("username", format!("user{n:06}"))];
            let login = client.post(format!("{}/login", server.public)).form(&form);
            assert_eq!(login.send().await.unwrap().status(), 200);
        }
        written
    };
    let copies = async {
        for n in 0..5 {
            backup(&home, &home.text(&format!("copy{n}.db"))).await;
        }
        is_copied.set(true);
    };
    let (written, ()) = tokio::join!(writes, copies);
    let mut before = 0;
    for n in 0..5 {
        let users = users_in(&home, &home.text(&format!("copy{n}.db"))).await;
        let first: Vec<_> = (0..users.len()).map(|n| format!("user{n:06}")).collect();
        assert_eq!(users, first, "one after the other, none left out");
        assert!(users.len() >= before);
        before = users.len();
    }
    assert!(before > 0 && before <= written, "{before} of {written}");
    let live = server.run(&["ls", "-q"]).await.ok();
    assert_eq!(live.lines().count(), written);
}

#[tokio::test]
async fn the_store_is_the_one_that_serve_would_take() {
    let home = Home::new();
    let in_file = |name: &str| format!("sqlite:{}", home.text(name));
    let source_of = async |command: &mut tokio::process::Command, copy: &str| {
        command.args(["store", "backup", copy, "-o", "json"]);
        let told = ended(std::mem::replace(command, home.sessctl(&[])))
            .await
            .ok();
        serde_json::from_str::<Value>(&told).unwrap()["source"].clone()
    };
    let make = async |name: &str| {
        let server = home.serve(&["--store", &in_file(name)]).await;
        server.ends(Signal::TERM).await;
    };
    for name in [
        "data/sessctl/sessions.db",
        "set.db",
        "variable.db",
        "flag.db",
    ] {
        make(name).await;
    }
    let default = source_of(&mut home.sessctl(&[]), "1").await;
    assert_eq!(default, in_file("data/sessctl/sessions.db"));
    let table = format!("[serve]\nstore = \"{}\"\n", in_file("set.db"));
    home.write("work/sessctl.toml", &table);
    assert_eq!(
        source_of(&mut home.sessctl(&[]), "2").await,
        in_file("set.db")
    );
    let mut variable = home.sessctl(&[]);
    variable.env("SESSCTL_STORE", in_file("variable.db"));
    assert_eq!(source_of(&mut variable, "3").await, in_file("variable.db"));
    let mut flag = home.sessctl(&["--source", &in_file("flag.db")]);
    flag.env("SESSCTL_STORE", in_file("variable.db"));
    assert_eq!(source_of(&mut flag, "4").await, in_file("flag.db"));
    let profile = format!("[profile.p]\nsource = \"{}\"\n", in_file("flag.db"));
    home.write("work/sessctl.toml", &profile);
    let mut profile = home.sessctl(&["--profile", "p"]);
    assert_eq!(source_of(&mut profile, "5").await, in_file("flag.db"));
}

#[tokio::test]
async fn what_cannot_be_copied_is_refused_with_what_to_do_instead() {
    let home = Home::new();
    let server: Server<'_> = home.serve(&[]).await;
    let copy = home.text("copy.db");
    let to = |words: &[&str]| {
        let mut command = home.sessctl(&["store", "backup", &copy]);
        command.args(words);
        command
    };
    let socket = ended(to(&["--source", &server.admin])).await;
    socket.fails(2, &[&server.admin, "socket", "--source sqlite:FILE"]);
    let mut memory = to(&[]);
    memory.env("SESSCTL_STORE", "memory:");
    let memory = ended(memory).await;
    memory.fails(
        2,
        &["in memory", "end with their server", "--store sqlite:FILE"],
    );
    let mut secret = to(&[]);
    secret.env("SESSCTL_SOURCE", "redis://:hunter2@db");
    let said = ended(secret).await.fails(2, &["--source sqlite:FILE"]);
    assert!(!said.contains("hunter2"), "{said}");
    let public = ended(to(&["--server", &server.public])).await;
    public.fails(2, &["--server is for signing in"]);
    let none = ended(to(&["--source", "sqlite:/no/such.db"])).await;
    none.fails(6, &["no store /no/such.db", "--source"]);
    let foreign = home.write("foreign.db", "no database at all");
    let foreign = format!("sqlite:{}", foreign.display());
    let foreign = ended(to(&["--source", &foreign])).await;
    foreign.fails(6, &["foreign.db"]);
    assert!(!Path::new(&copy).exists());
    assert_eq!(home.files("work"), NOTHING);
}

#[tokio::test]
async fn an_existing_file_is_never_overwritten_and_a_failed_copy_leaves_none() {
    use std::os::unix::ffi::OsStrExt as _;
    let home = Home::new();
    let server = home.serve(&[]).await;
    let taken = home.write("taken", "mine");
    std::os::unix::fs::symlink("/no/such", home.path("link")).unwrap();
    for name in ["taken", "link", "work", "data/sessctl/sessions.db"] {
        let path = home.text(name);
        let refused = home.run(&["store", "backup", &path]).await;
        refused.fails(1, &[&path, "there already"]);
    }
    assert_eq!(fs::read_to_string(&taken).unwrap(), "mine");
    let nowhere = home.run(&["store", "backup", "no/such/dir/copy"]).await;
    nowhere.fails(1, &["cannot write the copy no/such/dir/copy"]);
    let mut odd = home.sessctl(&["store", "backup"]);
    odd.arg(std::ffi::OsStr::from_bytes(b"odd\xff"));
    ended(odd).await.fails(2, &["UTF-8"]);
    assert_eq!(home.files("work"), NOTHING);
    server.login("alice").await;
}
