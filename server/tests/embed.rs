//! Somebody else's application under our gate, as `examples/embed` wires it: the command line's whole view of it.

mod common;
#[path = "../examples/embed/shop.rs"]
mod shop;

use common::{REMOVAL, TEXT, client, given, set_cookies, sid, status_and_json};
use reqwest::{Client, Method, Response};
use serde_json::json;
use sessctl_server::{AdminAddress, AdminListener};
use sessctl_store::Sessions;
use tokio::{net::TcpListener, sync::oneshot};

#[tokio::test]
async fn an_applications_sessions_are_listed_and_ended_over_its_admin_socket() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("admin.sock");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let admin = AdminListener::bind(&AdminAddress::unix(&socket))
        .await
        .unwrap();
    let sessions = Sessions::in_memory(common::settings(&common::clock()));
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(shop::serve(listener, admin, sessions, async {
        // An error says that the test is over.
        let _ = stopped.await;
    }));
    let browser = client();
    let ask = async |method: Method, path: &str, cookie: &str| -> Response {
        let request = browser
            .request(method, format!("{url}{path}"))
            .header("accept", TEXT);
        request.header("cookie", cookie).send().await.unwrap()
    };
    let operator = Client::builder()
        .no_proxy()
        .unix_socket(socket.clone())
        .build()
        .unwrap();

    let stranger = ask(Method::POST, "/buy", "").await;
    assert_eq!(
        (stranger.status().as_u16(), set_cookies(&stranger)),
        (401, Vec::new())
    );
    let alice = sid(&given(&ask(Method::POST, "/in/alice", "").await).unwrap());
    let bob = sid(&given(&ask(Method::POST, "/in/bob", "").await).unwrap());
    let bought = ask(Method::POST, "/buy", &alice).await;
    assert_eq!(bought.text().await.unwrap(), "alice has 1 in the cart\n");

    let list = operator.get("http://admin/v1/sessions?filter=user%3Dalice");
    let (_, page) = status_and_json(list.send().await.unwrap()).await;
    let session = &page["sessions"][0];
    assert_eq!(page["total"], 1, "{page}");
    assert_eq!(
        (&session["ip"], &session["ua"]),
        (&json!("127.0.0.1"), &json!(common::UA))
    );
    let order = json!({"select": {"handles": [session["handle"]]}});
    let revoke = operator.post("http://admin/v1/revocations").json(&order);
    let (_, report) = status_and_json(revoke.send().await.unwrap()).await;
    assert_eq!(report["outcomes"][0]["result"], "revoked", "{report}");

    let dead = ask(Method::POST, "/buy", &alice).await;
    assert_eq!(
        (dead.status().as_u16(), set_cookies(&dead)),
        (401, vec![REMOVAL.to_owned()])
    );
    assert_eq!(ask(Method::POST, "/buy", &bob).await.status(), 200);
    let again = given(&ask(Method::POST, "/in/bob", &bob).await).unwrap();
    assert_ne!(sid(&again), bob, "a new sign-in has a new id");
    assert_eq!(ask(Method::POST, "/buy", &bob).await.status(), 401);
    let list = operator.get("http://admin/v1/sessions?filter=user%3Dbob");
    let (_, page) = status_and_json(list.send().await.unwrap()).await;
    assert_eq!(page["total"], 1, "{page}");
    assert_eq!(page["sessions"][0]["ua"], common::UA, "it was forgotten");

    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    assert!(!socket.exists(), "the socket's file was left behind");
}
