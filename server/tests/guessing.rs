//! Somebody tries ids: nothing opens, and the operator is told once.
//!
//! One test in a file of its own: what is captured is captured for the whole process.

mod common;

use std::time::Duration;

use common::{TEXT, log::capture, memory, sid};
use sessctl_store::SessionId;

#[tokio::test]
async fn many_unknown_ids_of_one_source_are_in_the_log_once_a_minute() {
    let log = capture();
    let server = memory().await;
    let live = server.login("alice").await;
    let told = || log.text().matches("guessing ").count();
    let guess = async |times: u32| {
        for _ in 0..times {
            let id = SessionId::random().cookie_value();
            let request = server.get("/dashboard", TEXT).header("cookie", sid(&id));
            assert_eq!(request.send().await.unwrap().status(), 401);
            assert!(server.lets_in(&live).await);
        }
    };
    guess(19).await;
    assert_eq!(told(), 0, "{}", log.text());
    guess(1).await;
    assert_eq!(told(), 1, "{}", log.text());
    guess(100).await;
    assert_eq!(told(), 1);
    server.forward(Duration::from_secs(60));
    guess(20).await;
    assert_eq!(told(), 2);

    let text = log.text();
    let line = text
        .lines()
        .find(|line| line.contains("guessing "))
        .unwrap();
    for part in ["refused", "127.0.0.1", "unknown_ids", "count=20"] {
        assert!(line.contains(part), "{part} is missing: {line}");
    }
    server.stop().await;
}
