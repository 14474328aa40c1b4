//! Lists in every format, their columns picked and put in order.

use serde_json::Value;

use crate::{
    home::{Home, ended},
    server::Server,
};

/// Every command that lists, with what its columns are called.
const LISTS: [(&[&str], &str); 12] = [
    (&["ls"], "handle"),
    (&["ls", "--ended"], "reason"),
    (&["log"], "action"),
    (&["stats"], "active"),
    (&["profile", "ls"], "server"),
    (&["profile", "show", "alice"], "login_path"),
    (&["jar", "ls"], "cookies"),
    (&["jar", "show", "--profile", "alice"], "http_only"),
    (&["data", "ls", "--profile", "alice"], "key"),
    (&["user", "ls"], "sessions"),
    (&["user", "show", "root"], "password_set"),
    (&["token", "ls"], "scope"),
];

/// A server with something in each of these lists: alice is signed in, bob was, and is awkwardly called.
async fn with_all(home: &Home) -> Server<'_> {
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let bob = ["login", "b,o \"b\"", "--profile", "bob"];
    server.run(&bob).await.ok();
    server.run(&["logout", "--profile", "bob"]).await.ok();
    let set = ["data", "set", "theme", "dark", "--profile", "alice"];
    server.run(&set).await.ok();
    let add = ["user", "add", "root", "--generate"];
    server.run(&add).await.ok();
    server.run(&["token", "add", "ci"]).await.ok();
    server
}

/// Reads CSV as RFC 4180 has it, with a line end of its own.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut is_quoted) = (vec![], vec![], String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(!is_quoted && cell.is_empty() && row.is_empty(), "{text}");
    rows
}

#[tokio::test]
async fn every_list_is_there_in_every_format() {
    let home = Home::new();
    let server = with_all(&home).await;
    for (words, field) in LISTS {
        let run = async |format: &str, more: &[&str]| {
            let words = [words, &["-o", format], more].concat();
            server.run(&words).await.ok()
        };
        let (table, wide) = (run("table", &[]).await, run("wide", &[]).await);
        assert!(wide.len() >= table.len(), "{words:?}: {wide}");
        let rows = csv(&run("csv", &[]).await);
        let columns = rows[0].len();
        assert!(rows[0].iter().any(|name| name == field), "{rows:?}");
        assert!(rows.len() > 1, "{words:?} lists something");
        assert!(rows.iter().all(|row| row.len() == columns), "{rows:?}");
        let bare = csv(&run("csv", &["--no-headers"]).await);
        assert_eq!(bare.len(), rows.len() - 1, "{words:?}");
        let lines = run("jsonl", &["--fields", field]).await;
        for line in lines.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let keys: Vec<_> = line.as_object().unwrap().keys().collect();
            assert_eq!(keys, [field], "{words:?}");
        }
        assert!(!lines.is_empty());
        let wrong = server.run(&[words, &["--fields", "handel"]].concat()).await;
        let said = wrong.fails(2, &["--fields: there is no field \"handel\" here"]);
        assert!(said.contains(field), "it lists what there is: {said}");
    }
}

#[tokio::test]
async fn fields_pick_and_order_and_a_mistyped_one_is_guessed() {
    let home = Home::new();
    let server = with_all(&home).await;
    let run = async |words: &[&str]| server.run(words).await;
    let table = run(&["ls", "--fields", "user,handle"]).await.ok();
    assert!(table.starts_with("USER   HANDLE\nalice  "), "{table}");
    let bare = run(&["ls", "--fields", "user", "--no-headers"]).await;
    assert_eq!(bare.ok(), "alice\n");
    let json = run(&["ls", "--fields", "user,age", "-o", "json"])
        .await
        .ok();
    assert!(json.contains("{\"user\":\"alice\",\"age\":"), "{json}");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["schema"], &json["total"]), (&1.into(), &1.into()));
    let ended = ["ls", "--ended", "-o", "csv", "--fields", "user,reason"];
    let rows = csv(&run(&ended).await.ok());
    assert_eq!(rows, [["user", "reason"], ["b,o \"b\"", "logout"]]);
    run(&["ls", "--fields", "usr"])
        .await
        .fails(2, &["did you mean user?", "handle,user,client"]);
    run(&["ls", "--fields", "user", "-o", "name"])
        .await
        .fails(2, &["names alone", "--no-headers"]);
    let one = ["stats", "--fields", "active,users", "--no-headers"];
    assert_eq!(run(&one).await.ok(), "1\n1\n");
}

#[tokio::test]
async fn variables_say_the_same_and_a_flag_beats_them() {
    let home = Home::new();
    let server = with_all(&home).await;
    let with = async |words: &[&str], variables: &[(&str, &str)]| {
        let mut command = server.sessctl(words);
        command.envs(variables.iter().copied());
        ended(command).await
    };
    let csv = [
        ("SESSCTL_OUTPUT", "csv"),
        ("SESSCTL_FIELDS", "user"),
        ("SESSCTL_NO_HEADERS", "1"),
    ];
    assert_eq!(with(&["ls"], &csv).await.ok(), "alice\n");
    let flag = with(&["ls", "-o", "jsonl", "--fields", "requests"], &csv).await;
    assert!(flag.ok().starts_with("{\"requests\":"));
    let unknown = with(&["token", "ls"], &csv).await;
    unknown.fails(2, &["SESSCTL_FIELDS: there is no field \"user\" here"]);
    // What has no columns does not mind.
    let status = with(&["status", "--profile", "alice"], &csv).await.ok();
    assert!(status.contains("alice, live as"), "{status}");
    let quiet = with(&["ls"], &[("SESSCTL_QUIET", "1")]).await.ok();
    assert_eq!(quiet.trim().len(), 12, "{quiet}");
    let all = with(&["revoke", "--all"], &[("SESSCTL_YES", "1")]).await;
    assert!(all.ok().contains("(alice)"));
}

#[tokio::test]
async fn what_has_no_columns_refuses_them_before_it_does_anything() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    for (words, says) in [
        (&["login", "alice", "-o", "csv"][..], "-o csv is for lists"),
        (&["status", "--fields", "user"], "--fields is for lists"),
        (&["revoke", "--all", "-y", "-o", "csv"], "nothing was done"),
        (&["user", "add", "a", "--fields", "name"], "json, jsonl"),
    ] {
        server.run(words).await.fails(2, &[says]);
    }
    assert!(home.jars().is_empty());
    // Wide is a table where there is no more to show.
    let wide = server.run(&["login", "alice", "-o", "wide"]).await;
    assert!(wide.ok().starts_with("signed in as alice"));
}

#[tokio::test]
async fn what_a_stranger_chose_does_not_act_on_a_terminal_in_csv() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let login = client
        .post(format!("{}/login", server.public))
        .header("User-Agent", "a\"b, \u{9b}2J")
        .form(&[("username", "=1+1")]);
    assert_eq!(login.send().await.unwrap().status(), 200);
    let text = server.run(&["ls", "-o", "csv"]).await.ok();
    assert!(!text.contains('\u{9b}'), "{text}");
    let rows = csv(&text);
    assert_eq!(rows[1][1], "=1+1");
    assert!(rows[1].last().unwrap().contains("a\"b, "), "{rows:?}");
}
