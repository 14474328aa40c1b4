//! The audit log as operators read it, `/metrics` and `/readyz`.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::{collections::HashMap, fs};

use common::{Server, TEXT, memory, memory_with, operator::refused, operator::three_sessions, sid};
use reqwest::Method;
use serde_json::{Value, json};
use sessctl_server::Audit;
use tempfile::tempdir;

/// What the log tells, without when.
async fn told(server: &Server, filter: &str) -> Vec<Value> {
    let request = server
        .admin(Method::GET, "/v1/log")
        .query(&[("filter", filter)]);
    let (status, page) = common::status_and_json(request.send().await.unwrap()).await;
    assert_eq!(status, 200, "{page}");
    let mut records: Vec<Value> = page["records"].as_array().unwrap().clone();
    for record in &mut records {
        record.as_object_mut().unwrap().remove("at").unwrap();
    }
    records
}

/// Whom the operator of these tests is called.
async fn me(server: &Server) -> String {
    let order = json!({"select": {"handles": ["000000000000"]}});
    server.order("/v1/revocations", &order).await;
    let records = told(server, "action=revoke handle=000000000000").await;
    records[0]["actor"].as_str().unwrap().to_owned()
}

async fn revoke(server: &Server, select: &Value) {
    let (status, report) = server
        .order("/v1/revocations", &json!({"select": select}))
        .await;
    assert_eq!(status, 200, "{report}");
}

#[tokio::test]
async fn every_order_to_end_sessions_is_written_down_with_who_and_what_came_of_it() {
    let server = memory().await;
    three_sessions(&server).await;
    let me = me(&server).await;
    let by_me = |mut record: Value| {
        record["actor"] = json!(me);
        record["from"] = json!("unix");
        record["action"] = json!("revoke");
        record
    };
    let alice = server.handle_of("alice").await;
    revoke(&server, &json!({"handles": [alice]})).await;
    revoke(&server, &json!({"handles": [alice]})).await;
    let mismatch = json!({"select": "all", "expect": 7});
    refused(&server, "/v1/revocations", &mismatch, 409, "count_mismatch").await;
    let nonsense = json!({"select": "everything"});
    refused(&server, "/v1/revocations", &nonsense, 400, "bad_request").await;
    let dry = json!({"select": "all", "dry_run": true});
    assert_eq!(server.order("/v1/revocations", &dry).await.0, 200);
    let mut left: Vec<_> = Vec::new();
    for user in ["bob", "carol"] {
        left.push((user, server.handle_of(user).await));
    }
    revoke(&server, &json!({"filter": "user=*o*"})).await;

    let mut expected: Vec<Value> = [
        json!({"result": "refused", "handle": "000000000000", "why": "not_found", "count": 0}),
        json!({"result": "done", "user": "alice", "handle": alice, "count": 1}),
        json!({"result": "done", "user": "alice", "handle": alice, "why": "already_ended", "count": 0}),
        json!({"result": "refused", "why": "count_mismatch"}),
        json!({"result": "refused", "why": "bad_request"}),
        json!({"result": "done", "why": "filter user=*o*", "count": 2}),
    ]
    .into_iter()
    .map(by_me)
    .collect();
    let mut records = told(&server, "action=revoke").await;
    let ended = records.split_off(expected.len());
    assert_eq!(records, expected);
    expected = left
        .iter()
        .map(|(user, handle)| by_me(json!({"result": "done", "user": user, "handle": handle})))
        .collect();
    assert_eq!(ended.len(), 2);
    for record in expected {
        assert!(ended.contains(&record), "{record} is not in {ended:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_bulk_of_sessions_leaves_one_record_and_a_hundred() {
    let server = memory().await;
    for _ in 0..130 {
        server.login("alice").await;
    }
    revoke(&server, &json!("all")).await;
    let records = told(&server, "action=revoke").await;
    // A page has a hundred: the record of the order is the one before.
    assert_eq!(records.len(), 100);
    assert!(records.iter().all(|record| record["user"] == "alice"));
    let orders = told(&server, "action=revoke why=all").await;
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0]["count"], 130);
    server.stop().await;
}

#[tokio::test]
async fn what_the_clock_ends_is_written_down_too() {
    let server = memory().await;
    server.login("alice").await;
    let handle = server.handle_of("alice").await;
    server.forward(common::IDLE);
    let expected = json!({"action": "expire", "result": "done", "user": "alice", "handle": handle, "why": "idle"});
    // The sweeper comes once a second.
    loop {
        let records = told(&server, "action=expire").await;
        if let [record] = &records[..] {
            assert_eq!(*record, expected);
            break;
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_lookup_is_written_down_without_the_cookie() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    let handle = server.handle_of("alice").await;
    for value in [&cookie, "nonsense"] {
        server.order("/v1/lookup", &json!({"cookie": value})).await;
    }
    let records = told(&server, "action=lookup").await;
    assert_eq!(records[0]["handle"], json!(handle));
    assert_eq!(records[1]["result"], "refused");
    assert!(!format!("{records:?}").contains(&cookie));
    server.stop().await;
}

#[tokio::test]
async fn whoever_reads_what_a_session_holds_is_written_down_without_it() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    let handle = server.handle_of("alice").await;
    let put = server.request(Method::PUT, "/session/data/note", TEXT);
    let put = put.header("cookie", sid(&cookie)).json(&json!("canary"));
    assert_eq!(put.send().await.unwrap().status(), 204);
    let me = me(&server).await;
    for handle in [&*handle, "000000000000"] {
        server.ask(&format!("/v1/sessions/{handle}/data")).await;
    }
    let records = told(&server, "action=data_read").await;
    let by_me = |handle, result| json!({"action": "data_read", "actor": me, "from": "unix", "handle": handle, "result": result});
    let mut done = by_me(&*handle, "done");
    done["user"] = json!("alice");
    let mut refused = by_me("000000000000", "refused");
    refused["why"] = json!("not_found");
    assert_eq!(records, [done, refused]);
    assert!(
        !told(&server, "")
            .await
            .iter()
            .any(|record| record.to_string().contains("canary"))
    );
    server.stop().await;
}

#[tokio::test]
async fn the_log_is_a_file_that_outlives_the_server() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let open = || Audit::open(&path).unwrap();
    let server = memory_with(|config| config.audit = open()).await;
    me(&server).await;
    server.stop().await;
    let lines = || -> Vec<Value> {
        let text = fs::read_to_string(&path).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let actions = |lines: Vec<Value>| -> Vec<Value> {
        lines
            .into_iter()
            .map(|mut line| line["action"].take())
            .collect()
    };
    assert_eq!(actions(lines()), ["start", "revoke", "stop"]);
    for line in lines() {
        assert_eq!(line["at"], "2027-01-15T08:00:00Z");
    }
    let server = memory_with(|config| config.audit = open()).await;
    assert_eq!(
        told(&server, "").await.len(),
        4,
        "the run before is told of"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_hostile_name_stays_in_its_field() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    let server = memory_with(|config| config.audit = Audit::open(&path).unwrap()).await;
    let name = "eve\u{1b}[2J\n{\"at\":\"2027-01-15T08:00:00Z\",\"action\":\"stop\",\"result\":\"done\"}\u{202e}\u{2028}";
    server.login(name).await;
    let all = json!({"select": "all"});
    assert_eq!(server.order("/v1/revocations", &all).await.0, 200);
    let records = told(&server, "action=revoke").await;
    assert!(
        records[0]["user"]
            .as_str()
            .unwrap()
            .starts_with("eve\\u{1b}")
    );
    server.stop().await;
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.matches("\"action\":\"stop\"").count(), 1);
    for hostile in ['\u{1b}', '\u{202e}', '\u{2028}'] {
        assert!(!text.contains(hostile));
    }
}

#[tokio::test]
async fn the_log_is_asked_by_time_filter_and_number() {
    let server = memory().await;
    for minute in 0..5 {
        let order = json!({"select": {"handles": [format!("00000000000{minute}")]}});
        server.order("/v1/revocations", &order).await;
        server.forward(std::time::Duration::from_secs(60));
    }
    let ask = async |query: &str| {
        let (status, page) = server.ask(&format!("/v1/log?{query}")).await;
        assert_eq!(status, 200, "{page}");
        let records = page["records"].as_array().unwrap();
        let handles: Vec<_> = records
            .iter()
            .filter_map(|record| record["handle"].as_str()?.chars().last())
            .collect();
        (
            handles.into_iter().collect::<String>(),
            page["more"].clone(),
        )
    };
    assert_eq!(ask("").await, ("01234".to_owned(), json!(false)));
    assert_eq!(ask("limit=2").await, ("34".to_owned(), json!(true)));
    let since = "since=2027-01-15T08:01:00Z&until=2027-01-15T08:03:00Z";
    assert_eq!(ask(since).await, ("12".to_owned(), json!(false)));
    assert_eq!(ask("filter=handle%3D*3").await.0, "3");
    assert_eq!(ask("filter=handle!%3D*3+from%3Dunix").await.0, "0124");
    for (query, code) in [
        ("since=yesterday", "bad_request"),
        ("limit=many", "bad_request"),
        ("colour=red", "bad_request"),
        ("filter=colour%3Dred", "bad_filter"),
    ] {
        refused(
            &server,
            &format!("/v1/log?{query}"),
            &Value::Null,
            400,
            code,
        )
        .await;
    }
    server.stop().await;
}

/// The numbers of `/metrics`, by name and labels.
async fn measured(server: &Server) -> HashMap<String, f64> {
    let answer = server.admin(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(common::content_type(&answer).starts_with("text/plain; version=0.0.4"));
    let text = answer.text().await.unwrap();
    assert!(!text.contains("alice"), "a user is named: {text}");
    let mut described = String::new();
    let mut numbers = HashMap::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            described = comment.split(' ').nth(1).unwrap().to_owned();
            continue;
        }
        let (name, number) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with(&described), "{name} is not described");
        let before = numbers.insert(name.to_owned(), number.parse().unwrap());
        assert_eq!(before, None, "{name} twice");
    }
    numbers
}

#[tokio::test]
async fn metrics_count_sessions_revocations_and_records_and_name_nobody() {
    let server = memory().await;
    let cookies = [server.login("alice").await, server.login("alice").await];
    let before = measured(&server).await;
    assert_eq!(before["sessctl_ready"], 1.0);
    assert_eq!(before["sessctl_sessions"], 2.0);
    assert_eq!(before["sessctl_session_users"], 1.0);
    assert_eq!(before["sessctl_sessions_created_total"], 2.0);
    assert_eq!(before["sessctl_revoke_seconds_count"], 0.0);
    assert!(before["sessctl_connections{listener=\"admin\"}"] >= 1.0);
    let logout = server
        .post("/logout", TEXT)
        .header("cookie", sid(&cookies[0]));
    assert_eq!(logout.send().await.unwrap().status(), 200);
    revoke(&server, &json!("all")).await;
    let after = measured(&server).await;
    assert_eq!(after["sessctl_sessions"], 0.0);
    assert_eq!(before["sessctl_requests_total"], 0.0);
    assert_eq!(after["sessctl_requests_total"], 1.0, "the logout");
    for reason in ["logout", "revoked"] {
        let name = format!("sessctl_sessions_ended_total{{reason=\"{reason}\"}}");
        assert_eq!(after[&name], 1.0, "{reason}");
    }
    assert_eq!(after["sessctl_revoke_seconds_count"], 1.0);
    assert_eq!(after["sessctl_revoke_seconds_bucket{le=\"+Inf\"}"], 1.0);
    let records = "sessctl_audit_records_total{action=\"revoke\",result=\"done\"}";
    assert_eq!(after[records], 1.0);
    assert_eq!(after["sessctl_audit_lost_total"], 0.0);
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_has_loaded_all_is_ready() {
    let server = memory().await;
    let answer = server.admin(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "ready\n");
    for path in ["/readyz", "/metrics", "/v1/log", "/v1/users", "/v1/tokens"] {
        let public = server.get(path, TEXT).send().await.unwrap();
        assert_eq!(public.status(), 404, "{path} is on the public listener");
    }
    server.stop().await;
}
