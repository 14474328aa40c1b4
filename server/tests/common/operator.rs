//! What the tests of the admin API share: some sessions, refusals, and snapshots of its JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::Server;

/// Snapshots in which handles and the operator's name do not change from run to run.
macro_rules! shown {
    ($name:literal, $value:expr) => {
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(true);
        settings.add_redaction(".**.handle", "[handle]");
        settings.add_redaction(".**.actor", "[operator]");
        settings.add_filter("revoked by [^\"]+", "revoked by [operator]");
        settings.add_filter("[0-9a-hjkmnp-tv-z]{12}\\b", "[handle]");
        settings.bind(|| insta::assert_json_snapshot!($name, $value));
    };
}

#[allow(unused_imports, reason = "each test file uses its part")]
pub(crate) use shown;

/// Three sessions, a minute apart, the first with two requests more.
pub(crate) async fn three_sessions(server: &Server) -> Vec<String> {
    let mut cookies = Vec::new();
    for user in ["alice", "bob", "carol"] {
        cookies.push(server.login(user).await);
        server.forward(Duration::from_secs(60));
    }
    for _ in 0..2 {
        assert!(server.lets_in(&cookies[0]).await);
    }
    cookies
}

pub(crate) async fn refused(
    server: &Server,
    path: &str,
    body: &Value,
    status: u16,
    code: &str,
) -> Value {
    let (found, answer) = if body.is_null() {
        server.ask(path).await
    } else {
        server.order(path, body).await
    };
    assert_eq!(
        (found, &answer["code"]),
        (status, &json!(code)),
        "{path} {body}: {answer}"
    );
    answer
}
