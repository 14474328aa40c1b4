//! Whose address a request has: the connection's, unless a trusted proxy says otherwise.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use common::{Server, TEXT, memory, memory_with};
use sessctl_api::Network;

async fn behind_proxy() -> Server {
    memory_with(|config| config.trusted_proxies = vec![Network::parse("127.0.0.0/8").unwrap()])
        .await
}

/// The address that a session remembers which began with these headers; `None` if the login was refused.
async fn ip_after(server: &Server, user: &str, headers: &[(&str, &str)]) -> Option<String> {
    let mut login = server.post("/login", TEXT).form(&[("username", user)]);
    for (name, value) in headers {
        login = login.header(*name, *value);
    }
    let status = login.send().await.unwrap().status();
    if status == 400 {
        return None;
    }
    assert_eq!(status, 200, "{headers:?}");
    let (_, page) = server
        .ask(&format!("/v1/sessions?filter=user%3D{user}"))
        .await;
    Some(page["sessions"][0]["ip"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_trusted_proxy_is_believed_about_the_client() {
    let server = behind_proxy().await;
    for (user, sent, ip) in [
        ("a", "192.0.2.1", "192.0.2.1"),
        ("b", "1.1.1.1, 192.0.2.1", "192.0.2.1"),
        ("c", "192.0.2.1, 127.0.0.9", "192.0.2.1"),
        ("d", "::ffff:192.0.2.1", "192.0.2.1"),
        ("e", "2001:db8::1", "2001:db8::1"),
    ] {
        let found = ip_after(&server, user, &[("x-forwarded-for", sent)]).await;
        assert_eq!(found.as_deref(), Some(ip), "{sent}");
    }
    assert_eq!(ip_after(&server, "f", &[]).await.unwrap(), "127.0.0.1");
    server.stop().await;
}

#[tokio::test]
async fn a_header_that_cannot_be_read_is_refused() {
    let server = behind_proxy().await;
    for sent in ["", "unknown", "192.0.2.1, x", "localhost", "\u{fc}"] {
        let found = ip_after(&server, "mallory", &[("x-forwarded-for", sent)]).await;
        assert_eq!(found, None, "{sent:?}");
    }
    let twice = [
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-for", "192.0.2.2"),
    ];
    assert_eq!(ip_after(&server, "mallory", &twice).await, None);
    assert_eq!(server.stats().await.created, Some(0));
    server.stop().await;
}

#[tokio::test]
async fn nobody_else_is_believed() {
    let near = memory().await;
    // A proxy is trusted, but it is another one.
    let far = memory_with(|config| {
        config.trusted_proxies = vec![Network::parse("192.0.2.0/24").unwrap()];
    })
    .await;
    for server in [near, far] {
        let forged = [
            ("x-forwarded-for", "203.0.113.9"),
            ("x-forwarded-for", "nonsense"),
            ("x-real-ip", "203.0.113.9"),
            ("forwarded", "for=203.0.113.9;proto=https;host=evil.example"),
        ];
        assert_eq!(
            ip_after(&server, "alice", &forged).await.unwrap(),
            "127.0.0.1"
        );
        server.stop().await;
    }
}

#[tokio::test]
async fn of_a_trusted_proxy_no_other_header_counts() {
    let server = behind_proxy().await;
    let others = [
        ("x-real-ip", "203.0.113.9"),
        ("forwarded", "for=203.0.113.9;proto=https;host=evil.example"),
        ("x-client-ip", "203.0.113.9"),
        ("remote-addr", "203.0.113.9"),
        ("remote-user", "root"),
        ("x-original-url", "/logout"),
        ("x-rewrite-url", "/logout"),
    ];
    assert_eq!(
        ip_after(&server, "alice", &others).await.unwrap(),
        "127.0.0.1"
    );
    // Nor does a host that it forwards make another site ours.
    let foreign = server
        .post("/login", TEXT)
        .header("origin", "https://evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .form(&[("username", "bob")]);
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    let page = server
        .get("/dashboard", TEXT)
        .header("remote-user", "root")
        .header("user-agent", "kube-probe/1.30");
    assert_eq!(page.send().await.unwrap().status(), 401);
    server.stop().await;
}
