//! Where a sign-in sends a browser: to pages of this server, whatever somebody wrote into the link that led there.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use common::{HTML, Server, given, header_of, memory};

const CORPUS: &str = include_str!("corpus/next.txt");

fn payloads() -> Vec<String> {
    let lines = CORPUS.lines().filter(|line| line.starts_with('"'));
    let payloads: Vec<String> = lines
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    assert!(payloads.len() >= 300, "only {}", payloads.len());
    payloads
}

async fn sent_to(server: &Server, next: &str) -> String {
    let form = [("username", "alice"), ("next", next)];
    let request = server.post("/login", HTML).form(&form);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 303, "{next:?}");
    assert!(given(&answer).is_some(), "{next:?} costs the sign-in");
    header_of(&answer, "location").to_owned()
}

#[tokio::test]
async fn nobody_is_sent_away_by_any_payload_of_the_corpus() {
    let server = memory().await;
    for next in payloads() {
        assert_eq!(sent_to(&server, &next).await, "/dashboard", "{next:?}");
        let page = server.get("/", HTML).query(&[("next", &next)]);
        let page = page.send().await.unwrap().text().await.unwrap();
        assert!(
            page.contains("name=\"next\" value=\"/dashboard\""),
            "{next:?} is in the form: {page}"
        );
        assert!(!page.contains("evil"), "{next:?} is on the page: {page}");
    }
    server.stop().await;
}

#[tokio::test]
async fn pages_of_this_server_are_come_back_to() {
    let server = memory().await;
    for next in [
        "/",
        "/sessions",
        "/session?x=1#y",
        "/a/b?c=d&e=%2F#f",
        "/a%20b/c.d/~e",
        "/@alice",
        "/%E5%B1%B1",
        "/search?q=https://example.org//x/../y",
    ] {
        assert_eq!(sent_to(&server, next).await, next);
    }
    server.stop().await;
}
