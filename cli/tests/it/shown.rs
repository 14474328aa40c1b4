//! What operators are shown of one session, and what is counted.

use serde_json::{Value, json};

use crate::{home::Home, server::Server};

/// A server with a session of alice's and one of bob's.
async fn with_two(home: &Home) -> Server<'_> {
    let server = home.serve(&[]).await;
    for user in ["alice", "bob"] {
        server.login(user).await;
    }
    server
}

#[tokio::test]
async fn what_a_session_holds_is_shown_to_an_operator_and_that_is_written_down() {
    let home = Home::new();
    let server = with_two(&home).await;
    let (alice, bob) = (
        server.handle_of("alice").await,
        server.handle_of("bob").await,
    );
    let hostile = "a\u{1b}[2Jb\u{202e}";
    for (key, value) in [
        ("theme", "dark"),
        ("cart", "[\"tea\", 2]"),
        ("note", hostile),
    ] {
        let set = ["data", "set", key, value, "--profile", "alice"];
        server.run(&set).await.ok();
    }
    let show = async |handle: &str, format: &str| {
        let words = ["show", handle, "--data", "-o", format];
        server.run(&words).await
    };
    assert_eq!(
        show(&alice, "table").await.ok(),
        "cart = [\"tea\",2]\nnote = \"a\\u001b[2Jb\\u{202e}\"\ntheme = \"dark\"\n"
    );
    let whole: Value = serde_json::from_str(&show(&alice, "json").await.ok()).unwrap();
    let held = json!({"theme": "dark", "cart": ["tea", 2], "note": hostile});
    assert_eq!(whole, json!({"schema": 1, "data": held}));
    assert_eq!(show(&alice, "name").await.ok(), "cart\nnote\ntheme\n");
    assert!(
        show(&alice, "jsonl")
            .await
            .ok()
            .starts_with("{\"key\":\"cart\"")
    );
    let nothing = show(&bob, "table").await;
    assert!(
        nothing.stderr.contains("it holds nothing"),
        "{}",
        nothing.stderr
    );
    assert_eq!(nothing.ok(), "");

    server.run(&["revoke", &alice, "-y"]).await.ok();
    show(&alice, "table")
        .await
        .fails(5, &["revoked by", "sessctl why"]);
    let log = server
        .run(&["log", "action=data_read", "-o", "jsonl"])
        .await
        .ok();
    let log: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(log.len(), 6);
    assert_eq!(
        (&log[0]["user"], &log[0]["handle"]),
        (&json!("alice"), &json!(alice))
    );
    assert_eq!(
        (&log[5]["result"], &log[5]["why"]),
        (&json!("refused"), &json!("session_ended"))
    );
}

#[tokio::test]
async fn stats_count_requests_too() {
    let home = Home::new();
    let server = with_two(&home).await;
    for _ in 0..2 {
        server.run(&["dashboard", "--profile", "bob"]).await.ok();
    }
    let stats = server.run(&["stats"]).await.ok();
    let requests = stats.lines().find_map(|line| line.strip_prefix("requests"));
    let requests = requests.unwrap().trim().to_owned();
    assert!(requests.parse::<u64>().unwrap() >= 2, "{stats}");
    let json = server.run(&["stats", "-o", "json"]).await.ok();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["requests"].to_string(), requests);
}
