//! The admin API as its socket's owner meets it: its JSON, held by snapshots, and its refusals.

mod common;

use std::time::Duration;

use common::{
    REMOVAL, TEXT, memory,
    operator::{refused, shown, three_sessions},
    sid, sqlite,
};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn lists_show_every_live_session_newest_first() {
    let server = memory().await;
    let cookies = three_sessions(&server).await;
    let (status, list) = server.ask("/v1/sessions").await;
    assert_eq!(status, 200);
    shown!("list", &list);
    let handle = server.handle_of("alice").await;
    let (status, one) = server.ask(&format!("/v1/sessions/{handle}")).await;
    assert_eq!(status, 200);
    shown!("show", &one);
    assert_eq!(list["sessions"][2], one);
    for cookie in cookies {
        assert!(!list.to_string().contains(&cookie), "a cookie is listed");
    }
    server.stop().await;
}

#[tokio::test]
async fn stats_count_what_lives_and_what_ended() {
    let server = memory().await;
    three_sessions(&server).await;
    let again = server.login("alice").await;
    server.revoke(&server.handle_of("bob").await).await;
    let logout = server.post("/logout", TEXT).header("cookie", sid(&again));
    assert_eq!(logout.send().await.unwrap().status(), 200);
    let (status, stats) = server.ask("/v1/stats").await;
    assert_eq!(status, 200);
    shown!("stats", &stats);
    server.stop().await;
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap() {
    let server = memory().await;
    for n in 0..7 {
        server.login(&format!("user{n}")).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = server.ask(&format!("/v1/sessions?limit=3{cursor}")).await;
        assert_eq!((status, &page["total"]), (200, &json!(7)), "{page}");
        let shown = page["sessions"].as_array().unwrap();
        seen.extend(
            shown
                .iter()
                .map(|one| one["user"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        assert_eq!(shown.len(), 3);
        cursor = format!("&cursor={next}");
    }
    seen.sort();
    assert_eq!(seen, (0..7).map(|n| format!("user{n}")).collect::<Vec<_>>());
    let (_, all) = server.ask("/v1/sessions?limit=1000000").await;
    assert_eq!(all["sessions"].as_array().unwrap().len(), 7);
    server.stop().await;
}

#[tokio::test]
async fn a_page_lies_around_a_place_or_after_so_many_and_says_where() {
    let server = memory().await;
    for n in 0..9 {
        server.login(&format!("user{n}")).await;
        server.forward(Duration::from_secs(1));
    }
    let page = async |start: &str| {
        let path = format!("/v1/sessions?sort=created&limit=3{start}");
        let (status, page) = server.ask(&path).await;
        assert_eq!((status, &page["total"]), (200, &json!(9)), "{page}");
        let users = page["sessions"].as_array().unwrap().iter();
        let users: Vec<_> = users
            .map(|one| one["user"].as_str().unwrap().to_owned())
            .collect();
        let next = page["next"].as_str().map(str::to_owned);
        (users, page["offset"].as_u64().unwrap(), next)
    };
    let (users, offset, fourth) = page("&offset=1").await;
    assert_eq!(
        (users, offset),
        (vec!["user1".to_owned(), "user2".into(), "user3".into()], 1)
    );
    // The cursor of user3: a page after it, and one with it in its middle.
    let cursor = fourth.unwrap();
    let (users, offset, next) = page(&format!("&cursor={cursor}")).await;
    assert_eq!((&*users[0], offset, next.is_some()), ("user4", 4, true));
    let (users, offset, _) = page(&format!("&around={cursor}")).await;
    assert_eq!((&*users[1], offset), ("user3", 2));
    let (users, offset, next) = page("&offset=18446744073709551615").await;
    assert_eq!((&*users[2], offset, next), ("user8", 6, None));
    server.stop().await;
}

#[tokio::test]
async fn the_values_that_most_sessions_share_are_told() {
    let server = memory().await;
    for user in ["alice", "bob", "alice", "carol", "bob", "alice"] {
        server.login(user).await;
    }
    let top = async |query: &str| {
        let (status, top) = server.ask(&format!("/v1/top?{query}")).await;
        assert_eq!(status, 200, "{top}");
        top
    };
    let expected = json!({"schema": 1, "total": 6, "counts": [
        {"value": "alice", "sessions": 3}, {"value": "bob", "sessions": 2}]});
    assert_eq!(top("field=user&limit=2").await, expected);
    let curl = json!([{"value": "curl", "sessions": 6}]);
    assert_eq!(top("field=client").await["counts"], curl);
    let here = json!([{"value": "127.0.0.1", "sessions": 2}]);
    assert_eq!(top("field=ip&filter=user%3Dbob").await["counts"], here);
    let none = Value::Null;
    for path in [
        "/v1/top",
        "/v1/top?field=user&sort=user",
        "/v1/top?field=user&limit=x",
    ] {
        refused(&server, path, &none, 400, "bad_request").await;
    }
    let refusal = refused(&server, "/v1/top?field=handle", &none, 400, "bad_request").await;
    assert_eq!(
        refusal["message"],
        "values of \"handle\" are not counted, only those of user, client and ip"
    );
    let path = "/v1/top?field=user&filter=user%3C3";
    refused(&server, path, &none, 400, "bad_filter").await;
    server.stop().await;
}

#[tokio::test]
async fn an_operator_reads_what_a_session_holds_until_it_ends() {
    let server = sqlite().await;
    let cookie = server.login("alice").await;
    let path = format!("/v1/sessions/{}/data", server.handle_of("alice").await);
    let none = json!({"schema": 1, "data": {}});
    assert_eq!(server.ask(&path).await, (200, none));
    let put = server.request(Method::PUT, "/session/data/theme", TEXT);
    let put = put
        .header("cookie", sid(&cookie))
        .json(&json!(["dark", null]));
    assert_eq!(put.send().await.unwrap().status(), 204);
    let held = json!({"schema": 1, "data": {"theme": ["dark", null]}});
    assert_eq!(server.ask(&path).await, (200, held));
    server.revoke(&server.handle_of("alice").await).await;
    let none = Value::Null;
    let refusal = refused(&server, &path, &none, 404, "session_ended").await;
    assert_eq!(refusal["ended"]["reason"], "revoked");
    let path = "/v1/sessions/000000000000/data";
    let refusal = refused(&server, path, &none, 404, "not_found").await;
    assert!(
        refusal.as_object().unwrap().contains_key("ended"),
        "it is no unknown path"
    );
    refused(
        &server,
        "/v1/sessions/nothandle/data",
        &none,
        400,
        "bad_request",
    )
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_question_that_is_wrong_is_refused_and_says_where() {
    let server = memory().await;
    let none = Value::Null;
    let answer = refused(
        &server,
        "/v1/sessions?filter=idle%3E10x",
        &none,
        400,
        "bad_filter",
    )
    .await;
    shown!("bad_filter", &answer);
    for path in [
        "/v1/sessions?filter=user%3C3",
        "/v1/events?filter=nofield%3D1",
    ] {
        let answer = refused(&server, path, &none, 400, "bad_filter").await;
        assert!(
            answer["at"].is_u64() && answer["text"].is_string(),
            "{answer}"
        );
    }
    for path in [
        "/v1/sessions?limit=many",
        "/v1/sessions?limit=-1",
        "/v1/sessions?limit=1&limit=2",
        "/v1/sessions?cursor=nonsense",
        "/v1/sessions?around=nonsense",
        "/v1/sessions?offset=-1",
        "/v1/sessions?offset=half",
        "/v1/events?filter=a&filter=b",
        "/v1/sessions/nothandle",
        "/v1/sessions/%ff",
        "/v1/sessions/ILOU00000000",
        "/v1/sessions?ended=perhaps",
        "/v1/sessions/000000000000?ended=1",
        "/v1/sessions/000000000000?ende=true",
    ] {
        refused(&server, path, &none, 400, "bad_request").await;
    }
    for starts in [
        "cursor=a&around=b",
        "around=b&offset=1",
        "cursor=a&offset=1",
    ] {
        let path = format!("/v1/sessions?{starts}");
        let refusal = refused(&server, &path, &none, 400, "bad_request").await;
        let text = refusal["message"].as_str().unwrap();
        assert!(
            text.starts_with("cursor, around and offset each say"),
            "{text}"
        );
    }
    refused(&server, "/v1/nowhere", &none, 404, "not_found").await;
    refused(&server, "/dashboard", &none, 404, "not_found").await;
    refused(
        &server,
        "/v1/sessions",
        &json!({}),
        405,
        "method_not_allowed",
    )
    .await;
    server.stop().await;
}

#[tokio::test]
async fn an_unknown_handle_is_404_and_an_ended_one_says_how_it_ended() {
    let server = memory().await;
    refused(
        &server,
        "/v1/sessions/000000000000",
        &Value::Null,
        404,
        "not_found",
    )
    .await;
    let path = "/v1/sessions/000000000000?ended=true";
    refused(&server, path, &Value::Null, 404, "not_found").await;
    server.login("alice").await;
    let handle = server.handle_of("alice").await;
    server.revoke(&handle).await;
    let path = format!("/v1/sessions/{handle}");
    let answer = refused(&server, &path, &Value::Null, 404, "session_ended").await;
    shown!("ended", &answer);
    server.stop().await;
}

#[tokio::test]
async fn ended_sessions_are_listed_and_told_to_those_who_ask_for_them() {
    let server = memory().await;
    let cookies = three_sessions(&server).await;
    let handle = server.handle_of("alice").await;
    server.revoke(&handle).await;
    server.forward(Duration::from_secs(1));
    let logout = server
        .post("/logout", TEXT)
        .header("cookie", sid(&cookies[1]));
    assert_eq!(logout.send().await.unwrap().status(), 200);
    let (status, list) = server.ask("/v1/sessions?ended=true").await;
    assert_eq!(status, 200);
    shown!("ended_list", &list);
    let (status, one) = server
        .ask(&format!("/v1/sessions/{handle}?ended=true"))
        .await;
    assert_eq!((status, &one), (200, &list["sessions"][1]));
    let (_, revoked) = server
        .ask("/v1/sessions?ended=true&filter=reason%3Drevoked")
        .await;
    assert_eq!(revoked["sessions"], json!([one]));
    for cookie in cookies {
        assert!(!list.to_string().contains(&cookie), "a cookie is listed");
    }
    // A live one is the same either way.
    let path = format!("/v1/sessions/{}", server.handle_of("carol").await);
    let (status, carol) = server.ask(&format!("{path}?ended=true")).await;
    assert_eq!((status, &carol), (200, &server.ask(&path).await.1));
    let (_, live) = server.ask("/v1/sessions?ended=false").await;
    assert_eq!(live["sessions"], json!([carol]));
    server.stop().await;
}

#[tokio::test]
async fn pages_of_ended_sessions_follow_each_other_without_a_gap() {
    let server = memory().await;
    for n in 0..7 {
        let user = format!("user{n}");
        server.login(&user).await;
        server.revoke(&server.handle_of(&user).await).await;
        server.forward(Duration::from_secs(n % 2));
    }
    let (mut seen, mut path) = (Vec::new(), "/v1/sessions?ended=true&limit=3".to_owned());
    loop {
        let (status, page) = server.ask(&path).await;
        assert_eq!((status, &page["total"]), (200, &json!(7)), "{page}");
        let shown = page["sessions"].as_array().unwrap();
        seen.extend(
            shown
                .iter()
                .map(|one| one["user"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/v1/sessions?ended=true&limit=3&cursor={next}");
    }
    seen.sort();
    assert_eq!(seen, (0..7).map(|n| format!("user{n}")).collect::<Vec<_>>());
    server.stop().await;
}

#[tokio::test]
async fn a_lookup_turns_a_cookie_into_a_handle_and_never_echoes_it() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    let handle = server.handle_of("alice").await;
    let ask = async || server.order("/v1/lookup", &json!({"cookie": cookie})).await;
    assert_eq!(ask().await, (200, json!({"handle": handle, "ended": null})));
    server.revoke(&handle).await;
    let (status, answer) = ask().await;
    assert_eq!(status, 200);
    assert_eq!(answer["handle"], json!(handle));
    assert_eq!(answer["ended"]["reason"], "revoked");
    assert!(!answer.to_string().contains(&cookie));
    for unknown in [
        "A".repeat(22),
        "x".repeat(9_000),
        String::new(),
        "\u{1b}[2J".to_owned(),
    ] {
        let body = json!({"cookie": unknown});
        let answer = refused(&server, "/v1/lookup", &body, 404, "not_found").await;
        assert!(
            unknown.is_empty() || !answer.to_string().contains(&unknown),
            "{answer}"
        );
    }
    for body in [json!({"cookie": 5}), json!({"kookie": cookie})] {
        let answer = refused(&server, "/v1/lookup", &body, 400, "bad_request").await;
        assert!(!answer.to_string().contains(&cookie), "{answer}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_two_listeners_know_nothing_of_each_other() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    for path in [
        "/v1/sessions",
        "/v1/stats",
        "/v1/events",
        "/v1/lookup",
        "/V1/Sessions/",
    ] {
        for method in [Method::GET, Method::POST] {
            let request = server
                .request(method, path, TEXT)
                .header("cookie", sid(&cookie));
            assert_eq!(request.send().await.unwrap().status(), 404, "{path}");
        }
    }
    for path in ["/login", "/logout", "/session", "/"] {
        let request = server
            .admin(Method::POST, path)
            .header("cookie", sid(&cookie));
        assert_eq!(request.send().await.unwrap().status(), 404, "{path}");
    }
    // A session's cookie neither opens the admin API nor is it touched by it.
    let requests = async || server.ask("/v1/sessions").await.1["sessions"][0]["requests"].clone();
    let before = requests().await;
    let request = server
        .admin(Method::GET, "/v1/stats")
        .header("cookie", sid(&cookie));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(requests().await, before);
    let request = server
        .admin(Method::GET, "/v1/stats")
        .header("cookie", "sid=x");
    let lines = common::set_cookies(&request.send().await.unwrap());
    assert!(
        !lines.contains(&REMOVAL.to_owned()),
        "the gate stands before the admin API"
    );
    server.stop().await;
}
