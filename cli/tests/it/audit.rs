//! `sessctl log`: what happened, asked of a server and read from its file.

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    home::Home,
    users::{PASSWORD, add, with_password},
};

#[tokio::test]
async fn what_happened_is_listed_by_filter_and_time() {
    let home = Home::new();
    add(&home, "alice", PASSWORD).await;
    let server = home.serve_accounts(&[]).await;
    let url = &server.public;
    let login = ["login", "alice", "--server", url];
    let wrong = with_password(&home, &login, "wrong-words-entirely").await;
    assert_eq!(wrong.code, 4);
    with_password(&home, &login, PASSWORD).await.ok();
    home.run(&["user", "disable", "alice"]).await.ok();

    let table = home.run(&["log"]).await.ok();
    assert!(table.starts_with("TIME "), "{table}");
    for words in [
        "login",
        "refused",
        "wrong password",
        "user_disable",
        "ended 1",
    ] {
        assert!(table.contains(words), "{words} in {table}");
    }
    assert!(!table.contains('\u{1b}'), "no colours in a pipe");
    for (filter, count) in [
        (&["action=login"][..], 2),
        (&["action=login", "and", "result=refused"], 1),
        (&["action=user-remove"], 0),
        (&["user=nobody"], 0),
        (&["action=login", "--limit", "1"], 1),
        (&["action=login", "--since", "1h"], 2),
        (&["action=login", "--until", "1h"], 0),
        (&["--since", "2200-01-01"], 0),
    ] {
        let lines = [&["log", "-o", "jsonl"], filter].concat();
        let lines = home.run(&lines).await.ok();
        assert_eq!(lines.lines().count(), count, "{filter:?} {lines}");
    }
    let page = home.run(&["log", "-o", "json", "--limit", "1"]).await.ok();
    let page: Value = serde_json::from_str(&page).unwrap();
    assert_eq!((&page["schema"], &page["more"]), (&1.into(), &true.into()));
    let cut = home.run(&["log", "--limit", "1"]).await;
    assert!(cut.stderr.contains("--limit"), "{cut:?}");
    for wrong in [
        &["log", "--since", "yesterday"][..],
        &["log", "--limit", "0"],
        &["log", "colour=red"],
        &["log", "action=user_remov"],
        &["log", "result=user_remove"],
        &["log", "--since", "1h", "--until", "2h"],
    ] {
        assert_eq!(home.run(wrong).await.code, 2, "{wrong:?}");
    }
    assert!(
        !home
            .run(&["log", "-o", "json"])
            .await
            .ok()
            .contains(PASSWORD)
    );
}

#[tokio::test]
async fn without_a_server_the_log_is_read_from_its_file() {
    let home = Home::new();
    home.run(&["log"])
        .await
        .fails(6, &["there is no log", "sessions.audit.jsonl"]);
    let server = home.serve(&[]).await;
    server.login("alice").await;
    server.ends(Signal::TERM).await;
    // As a server writes it, and the file that was put aside before it.
    let line = |second: u8, user: &str| {
        format!(
            "{{\"at\":\"2026-11-23T10:00:{second:02}Z\",\"action\":\"login\",\"result\":\"done\",\"actor\":\"{user}\"}}\n"
        )
    };
    home.write("data/sessctl/sessions.audit.jsonl.1", &line(1, "older"));
    home.write(
        "data/sessctl/sessions.audit.jsonl",
        &format!("{}torn\n{}", line(2, "ne\\u202ewer"), line(3, "newest")),
    );
    let store = format!("sqlite:{}", home.text("data/sessctl/sessions.db"));
    for words in [&["log"][..], &["log", "--source", &store]] {
        let table = home.run(words).await.ok();
        let who: Vec<_> = table
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().nth(3).unwrap())
            .collect();
        assert_eq!(who, ["older", "ne\\u{202e}wer", "newest"]);
    }
    let some = home.run(&["log", "actor=newest", "-o", "jsonl"]).await.ok();
    assert_eq!(some.lines().count(), 1);
}

#[tokio::test]
async fn what_is_done_to_a_store_without_its_server_is_written_down_too() {
    let home = Home::new();
    add(&home, "alice", PASSWORD).await;
    home.run(&["user", "disable", "alice"]).await.ok();
    home.run(&["user", "rm", "alice", "-y"]).await.ok();
    home.run(&["token", "add", "ci"]).await.ok();
    home.run(&["user", "rm", "alice", "-y"]).await.fails(5, &[]);
    let lines = home.run(&["log", "-o", "jsonl"]).await.ok();
    let records: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let deeds: Vec<_> = records.iter().map(|record| &record["action"]).collect();
    assert_eq!(
        deeds,
        ["user_add", "user_disable", "user_remove", "token_add"]
    );
    let is_signed = |record: &Value| record["actor"].is_string() && record["from"] == "store";
    assert!(records.iter().all(is_signed), "{lines}");
    assert!(!lines.contains(PASSWORD) && !lines.contains("sctl_"));
    let file = home.path("data/sessctl/sessions.audit.jsonl");
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let quiet = Home::new();
    let mut off = quiet.sessctl(&["token", "add", "ci"]);
    off.env("SESSCTL_AUDIT_LOG", "off");
    crate::home::ended(off).await.ok();
    assert!(!quiet.path("data/sessctl/sessions.audit.jsonl").exists());
}
