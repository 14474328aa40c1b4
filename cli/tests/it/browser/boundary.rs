//! What other sites may not do with somebody's browser.

use axum::{Router, response::Html, routing::get};

use super::stage::{PASSWORD, set};
use crate::home::Home;

/// A site of somebody else's, on a host of another name: to the browser another site altogether.
async fn other_site(page: String) -> String {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let site = Router::new().route("/", get(async move || Html(page)));
    tokio::spawn(async move { axum::serve(socket, site).await });
    format!("http://localhost:{port}/")
}

fn form(action: &str, fields: &str) -> String {
    format!(
        "<!doctype html><form action={action:?} method=post>{fields}<button>Win a prize</button></form>"
    )
}

#[tokio::test]
async fn another_sites_form_changes_nothing() {
    let home = Home::new();
    let Some((server, driver)) = set(&home, &[]).await else {
        return;
    };
    server.add_user("mallory", "a password of mallory").await;
    let browser = driver.browser("alice").await;
    browser.sign_in(&server, "alice", PASSWORD).await;
    let login = "<input type=hidden name=username value=mallory>
        <input type=hidden name=password value='a password of mallory'>";
    for (path, fields) in [
        ("/logout", ""),
        ("/login", login),
        ("/sessions/end-others", ""),
        ("/password", "<input type=hidden name=current value=x>"),
    ] {
        let target = format!("{}{path}", server.public);
        browser.goto(&other_site(form(&target, fields)).await).await;
        browser.press("Win a prize").await;
        browser.says("sent by another site").await;
        browser.goto(&format!("{}/dashboard", server.public)).await;
        browser.says("Welcome back, alice").await;
    }
    let left = server.run(&["ls", "-q"]).await.ok();
    assert_eq!(left.lines().count(), 1, "and nobody else is signed in");
}

#[tokio::test]
async fn another_sites_link_and_picture_sign_nobody_out() {
    let home = Home::new();
    let Some((server, driver)) = set(&home, &[]).await else {
        return;
    };
    let browser = driver.browser("alice").await;
    browser.sign_in(&server, "alice", PASSWORD).await;
    let page = format!(
        "<!doctype html><img src={0:?} alt=''><iframe src={0:?}></iframe><a href={0:?}>A link</a>",
        format!("{}/logout", server.public)
    );
    browser.goto(&other_site(page).await).await;
    browser.click("a").await;
    browser.says("Log out?").await;
    browser.goto(&format!("{}/dashboard", server.public)).await;
    browser.says("Welcome back, alice").await;
}

#[tokio::test]
async fn a_hostile_name_is_text_and_nothing_else() {
    let home = Home::new();
    let Some((server, driver)) = set(&home, &[]).await else {
        return;
    };
    let name = "<img src=x onerror=document.title='owned'>\"'&amp;";
    server.add_user(name, PASSWORD).await;
    let browser = driver.browser("mallory").await;
    browser.sign_in(&server, name, PASSWORD).await;
    for path in ["/dashboard", "/", "/sessions"] {
        browser.goto(&format!("{}{path}", server.public)).await;
        browser.says(name).await;
        assert!(!browser.has("img").await);
        assert_ne!(browser.run("return document.title").await, "owned");
    }
}
