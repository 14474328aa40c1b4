//! `POST /v1/revocations`: what is ended, what is reported, and what is refused.

mod common;

use common::{
    memory,
    operator::{refused, shown, three_sessions},
};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_revocation_reports_each_handle_and_holds() {
    let server = memory().await;
    let cookies = three_sessions(&server).await;
    let alice = server.handle_of("alice").await;
    let bob = server.handle_of("bob").await;
    server.revoke(&bob).await;
    let select = json!({"handles": [alice, bob, "000000000000"]});
    let dry = json!({"select": select, "dry_run": true});
    let (status, report) = server.order("/v1/revocations", &dry).await;
    assert_eq!(status, 200);
    shown!("revoke_dry_run", &report);
    assert!(server.lets_in(&cookies[0]).await, "a dry run ended it");
    let (status, report) = server
        .order("/v1/revocations", &json!({"select": select}))
        .await;
    assert_eq!(status, 200);
    shown!("revoke", &report);
    assert!(!server.lets_in(&cookies[0]).await);
    assert!(server.lets_in(&cookies[2]).await, "one too many ended");
    server.stop().await;
}

#[tokio::test]
async fn a_filter_and_all_end_what_they_select() {
    let server = memory().await;
    let cookies = three_sessions(&server).await;
    for (select, left) in [
        (json!({"filter": "user=alice"}), [false, true, true]),
        (json!("all"), [false; 3]),
    ] {
        let (status, report) = server
            .order("/v1/revocations", &json!({"select": select}))
            .await;
        assert_eq!(status, 200, "{report}");
        for (cookie, lives) in cookies.iter().zip(left) {
            assert_eq!(server.lets_in(cookie).await, lives, "{select}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_count_or_order_ends_nothing() {
    let server = memory().await;
    let cookies = three_sessions(&server).await;
    let order = json!({"select": "all", "expect": 2});
    let answer = refused(&server, "/v1/revocations", &order, 409, "count_mismatch").await;
    shown!("count_mismatch", &answer);
    for (select, code) in [
        (json!({"filter": ""}), "bad_filter"),
        (json!({"filter": "alice"}), "bad_filter"),
        (json!({"filter": "user=alice and"}), "bad_filter"),
        (json!({"handles": ["ALICE"]}), "bad_request"),
        (json!("everything"), "bad_request"),
        (json!({"all": true, "handles": []}), "bad_request"),
        (json!(null), "bad_request"),
    ] {
        refused(
            &server,
            "/v1/revocations",
            &json!({"select": select}),
            400,
            code,
        )
        .await;
    }
    for body in ["", "{", "select=all"] {
        let request = server.admin(Method::POST, "/v1/revocations").body(body);
        assert_eq!(request.send().await.unwrap().status(), 400, "{body:?}");
    }
    for cookie in &cookies {
        assert!(server.lets_in(cookie).await);
    }
    server.stop().await;
}
