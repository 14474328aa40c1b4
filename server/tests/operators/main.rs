//! Who may call the admin API, and accounts and tokens over it.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod accounts;
#[path = "../common/mod.rs"]
mod common;
mod peers;
mod tokens;

use common::{Server, status_and_json};
use reqwest::Method;
use serde_json::{Value, json};

/// Long enough to be one, and found wherever it turns up.
pub(crate) const PASSWORD: &str = "canary in a coal mine";

pub(crate) async fn ask(server: &Server, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let mut request = server.admin(method, path);
    if !body.is_null() {
        request = request.json(body);
    }
    status_and_json(request.send().await.unwrap()).await
}

pub(crate) async fn add_alice(server: &Server) {
    let body = json!({"name": "alice", "credential": {"password": PASSWORD}});
    let (status, user) = ask(server, Method::POST, "/v1/users", &body).await;
    assert_eq!((status, &user["name"]), (201, &json!("alice")), "{user}");
}

/// Makes a token that lasts for a minute, and returns its secret.
pub(crate) async fn mint(server: &Server, name: &str, scope: &str) -> String {
    let body = json!({"name": name, "scope": scope, "lifetime": 60});
    let (status, minted) = ask(server, Method::POST, "/v1/tokens", &body).await;
    assert_eq!((status, &minted["token"]["scope"]), (201, &json!(scope)));
    minted["secret"].as_str().unwrap().to_owned()
}

/// The newest records of the log about one action, without when.
pub(crate) async fn told(server: &Server, action: &str) -> Vec<Value> {
    let (status, mut page) = server
        .ask(&format!("/v1/log?filter=action%3D{action}"))
        .await;
    assert_eq!(status, 200);
    let records = page["records"].as_array_mut().unwrap();
    for record in &mut *records {
        record.as_object_mut().unwrap().remove("at");
    }
    records.clone()
}
