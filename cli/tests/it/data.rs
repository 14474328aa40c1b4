//! `sessctl data`: what a session holds, from the command line to the store of a real server.

use axum::http::StatusCode;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    home::{Home, fed},
    server::Server,
    stub::{Stub, always},
};

/// A server with a session of alice's.
async fn with_alice<'h>(home: &'h Home, arguments: &[&str]) -> Server<'h> {
    let server = home.serve(arguments).await;
    server.run(&["login", "alice"]).await.ok();
    server
}

/// Everything that the session holds.
async fn held(server: &Server<'_>) -> Value {
    let all = server.run(&["data", "ls", "-o", "json"]).await.ok();
    let mut all: Value = serde_json::from_str(&all).unwrap();
    assert_eq!(all["schema"], 1);
    all["data"].take()
}

#[tokio::test]
async fn a_value_is_json_if_it_is_that_and_else_a_text() {
    let home = Home::new();
    let server = with_alice(&home, &[]).await;
    for (words, value) in [
        (&["theme", "dark"][..], json!("dark")),
        (&["n", "5"], json!(5)),
        (&["below", "-5"], json!(-5)),
        (&["on", "true"], json!(true)),
        (&["nil", "null"], json!(null)),
        (&["cart", "[\"tea\", {\"n\": 2}]"], json!(["tea", {"n": 2}])),
        (&["pin", "1234", "--string"], json!("1234")),
        (&["--string", "dash", "-"], json!("-")),
        (&["a b/ü", ""], json!("")),
        (&["dashes", "--", "--string"], json!("--string")),
    ] {
        let said = server.run(&[&["data", "set"], words].concat()).await.ok();
        assert!(said.ends_with(&format!(" = {value}\n")), "{said}");
        let key = words.iter().find(|word| **word != "--string").unwrap();
        let got = server.run(&["data", "get", key]).await.ok();
        assert_eq!(got, format!("{value}\n"), "{key}");
        assert_eq!(held(&server).await[key], value);
    }
    for (value, says) in [
        ("{\"a\": 1", "looks like JSON"),
        ("123456789012345678901", "more digits"),
    ] {
        let refused = server.run(&["data", "set", "theme", value]).await;
        refused.fails(2, &[says, "nothing was sent", "--string"]);
    }
    let nothing = server.run(&["data", "set", "theme"]).await;
    nothing.fails(
        2,
        &["\"theme\"", "data set theme VALUE", "data set theme -"],
    );
    assert_eq!(held(&server).await["theme"], "dark");
}

#[tokio::test]
async fn stdin_is_read_when_that_is_said_and_only_then() {
    let home = Home::new();
    let server = with_alice(&home, &[]).await;
    let pipe = |words: &[&str], input: &'static str| {
        let words = [&["data", "set", "key"], words].concat();
        fed(server.sessctl(&words), input)
    };
    for (words, input, value) in [
        (&["-"][..], "{\"a\":\n [1]}\n", json!({"a": [1]})),
        (&["--stdin"], "\"text\"", json!("text")),
        (
            &["--stdin", "--string"],
            "two\nlines\n",
            json!("two\nlines"),
        ),
        (&["typed"], "\"piped\"", json!("typed")),
        (&["--string", "-"], "piped", json!("-")),
    ] {
        pipe(words, input).await.ok();
        assert_eq!(held(&server).await, json!({"key": value}), "{words:?}");
    }
    let text = pipe(&["-"], "dark\n").await;
    text.fails(2, &["stdin is not JSON", "nothing was sent", "--string"]);
    let none = pipe(&[], "1").await;
    none.fails(2, &["what is to be kept"]);
    let both = pipe(&["1", "--stdin"], "2").await;
    both.fails(2, &["cannot be used with"]);
    assert_eq!(held(&server).await, json!({"key": "-"}));
}

#[tokio::test]
async fn a_text_comes_out_raw_if_wanted_and_a_key_that_is_not_there_is_5() {
    let home = Home::new();
    let server = with_alice(&home, &[]).await;
    server
        .run(&["data", "set", "text", "a\t\"b\"\n\u{202e}c"])
        .await
        .ok();
    server.run(&["data", "set", "list", "[1, 2]"]).await.ok();
    let get = async |words: &[&str]| server.run(&[&["data", "get"], words].concat()).await;
    assert_eq!(get(&["text"]).await.ok(), "\"a\\t\\\"b\\\"\\n\\u202ec\"\n");
    for raw in ["-r", "--raw"] {
        assert_eq!(get(&["text", raw]).await.ok(), "a\t\"b\"\n\u{202e}c\n");
        assert_eq!(get(&[raw, "list"]).await.ok(), "[1,2]\n");
    }
    let none = get(&["Text"]).await;
    none.fails(5, &["nothing under \"Text\"", "sessctl data ls"]);
    for _ in 0..2 {
        server.run(&["data", "unset", "text"]).await.ok();
        get(&["text", "-r"]).await.fails(5, &[]);
    }
    for (key, says) in [
        ("..", "cannot be a key"),
        ("", "cannot be a key"),
        ("sessctl.x", "must not begin with"),
        ("a\u{1b}", "control characters"),
    ] {
        for words in [&["get", key][..], &["set", key, "1"], &["unset", key]] {
            let refused = server.run(&[&["data"], words].concat()).await;
            refused.fails(2, &[says]);
        }
    }
}

#[tokio::test]
async fn the_list_is_a_table_for_people_and_json_for_programs() {
    let home = Home::new();
    let server = with_alice(&home, &[]).await;
    let none = server.run(&["data", "ls"]).await;
    assert!(none.stderr.contains("holds nothing"), "{none:?}");
    assert_eq!(none.ok(), "");
    let evil = "\u{1b}[2J\u{202e}".to_owned() + &"x".repeat(500);
    server.run(&["data", "set", "evil", &evil]).await.ok();
    server.run(&["data", "set", "b\u{202e}", "1"]).await.ok();
    let table = server.run(&["data", "ls"]).await.ok();
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("KEY") && lines[0].ends_with("VALUE"));
    assert!(lines[1].starts_with("b\\u{202e}") && lines[1].ends_with("  1"));
    assert!(lines[2].ends_with('…') && lines[2].len() < 100, "{table}");
    assert!(!table.contains(['\u{1b}', '\u{202e}']), "{table:?}");
    let bare = server.run(&["data", "ls", "--no-headers"]).await.ok();
    assert_eq!(bare.lines().count(), 2);
    let lines = server.run(&["data", "ls", "-o", "jsonl"]).await.ok();
    assert!(!lines.contains('\u{202e}'), "{lines:?}");
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last, json!({"key": "evil", "value": evil}));
    for names in [&["-q"][..], &["-o", "name"]] {
        let keys = server.run(&[&["data", "ls"], names].concat()).await.ok();
        assert_eq!(keys, "b\\u{202e}\nevil\n");
    }
    let set = server
        .run(&["data", "set", "n", "5", "-o", "json"])
        .await
        .ok();
    let set: Value = serde_json::from_str(&set).unwrap();
    assert_eq!(set, json!({"schema": 1, "key": "n", "value": 5}));
}

#[tokio::test]
async fn who_is_not_signed_in_is_told_how_that_came() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let all = [
        &["data", "ls"][..],
        &["data", "get", "a"],
        &["data", "set", "a", "1"],
        &["data", "unset", "a"],
    ];
    for words in all {
        let stranger = server.run(words).await;
        stranger.fails(3, &["not signed in", "sign in again with: sessctl login"]);
    }
    for words in all {
        server.run(&["login", "alice", "--profile", "a"]).await.ok();
        server.run(&["revoke", "--all", "-y"]).await.ok();
        let out = server.run(&[words, &["--profile", "a"]].concat()).await;
        out.fails(3, &["revoked by ", "sessctl login alice --profile a"]);
    }
    assert_eq!(server.run(&["ls", "-q"]).await.ok(), "");
}

#[tokio::test]
async fn a_full_session_says_what_it_may_hold_and_keeps_what_it_had() {
    let home = Home::new();
    let server = with_alice(&home, &["--data-limit", "1", "--data-keys", "2"]).await;
    server.run(&["data", "set", "a", "1"]).await.ok();
    let long = "x".repeat(2_000);
    let full = server.run(&["data", "set", "a", &long]).await;
    full.fails(1, &["at most 1024 bytes", "data unset KEY", "--data-limit"]);
    server.run(&["data", "set", "b", "2"]).await.ok();
    let full = server.run(&["data", "set", "c", "3"]).await;
    full.fails(1, &["at most 2 keys"]);
    assert_eq!(held(&server).await, json!({"a": 1, "b": 2}));
}

#[tokio::test]
async fn a_server_of_another_kind_is_named_and_a_dead_one_is_6() {
    let home = Home::new();
    let others = [
        Stub::serve(always(StatusCode::NOT_FOUND)).await,
        Stub::serve(always(StatusCode::OK)).await,
    ];
    for words in [
        &["data", "ls"][..],
        &["data", "get", "a"],
        &["data", "set", "a", "1"],
        &["data", "unset", "a"],
    ] {
        for other in &others {
            let refused = home.run(&[words, &["--server", &other.url]].concat()).await;
            refused.fails(1, &[&other.url, "is not a sessctl server", "--server"]);
        }
        let dead = [words, &["--server", "http://127.0.0.1:5"]].concat();
        home.run(&dead).await.fails(6, &["nothing listens"]);
    }
    let busy = Stub::serve(always(StatusCode::SERVICE_UNAVAILABLE)).await;
    let busy = home.run(&["data", "get", "a", "--server", &busy.url]).await;
    busy.fails(6, &["503"]);
}

#[tokio::test]
async fn what_was_set_survives_the_server_and_is_found_by_filters() {
    let home = Home::new();
    let server = with_alice(&home, &[]).await;
    server.login("bob").await;
    server.run(&["data", "set", "theme", "dark"]).await.ok();
    let server = server.restarts(Signal::KILL).await;
    assert_eq!(held(&server).await, json!({"theme": "dark"}));
    let dark = server
        .run(&["ls", "-o", "jsonl", "data.theme=dark"])
        .await
        .ok();
    assert!(
        dark.lines().count() == 1 && dark.contains("\"alice\""),
        "{dark}"
    );
    server
        .run(&["revoke", "-y", "--filter", "data.theme~^d"])
        .await
        .ok();
    server
        .run(&["data", "ls"])
        .await
        .fails(3, &["not signed in"]);
    server.run(&["dashboard", "--profile", "bob"]).await.ok();
}
