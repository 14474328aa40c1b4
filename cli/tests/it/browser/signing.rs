//! Signing in and out.

use super::stage::{PASSWORD, set};
use crate::home::Home;

#[tokio::test]
async fn one_signs_in_sees_the_dashboard_and_leaves_nothing_for_the_back_button() {
    let home = Home::new();
    let Some((server, driver)) = set(&home, &[]).await else {
        return;
    };
    let browser = driver.browser("alice").await;
    // Who wants the dashboard is sent to the form and, signed in, back.
    browser.goto(&format!("{}/dashboard", server.public)).await;
    assert!(browser.place().await.starts_with("/?next=%2Fdashboard"));
    browser.enter("alice", PASSWORD).await;
    browser.says("Welcome back, alice").await;
    assert_eq!(browser.place().await, "/dashboard");
    // No script of the page's own could read it, nor any other.
    assert_eq!(browser.run("return document.cookie").await, "");
    assert_eq!(browser.cookies().await.len(), 1);
    browser.shot("dashboard").await;

    browser.press("Log out").await;
    browser.says("Logged out successfully").await;
    assert_eq!(browser.cookies().await.len(), 0, "the cookie is gone");
    // The dashboard, and the form before it. Its browser would have shown them as they were.
    for _ in 0..2 {
        browser.back().await;
        browser.says("Sign in").await;
        assert!(!browser.text().await.contains("alice"));
    }
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_wrong_password_is_said_inline_and_the_name_is_kept() {
    let home = Home::new();
    let Some((server, driver)) = set(&home, &[]).await else {
        return;
    };
    let browser = driver.browser("alice").await;
    browser.goto(&format!("{}/sessions", server.public)).await;
    browser.enter("alice", "a wrong password").await;
    browser.says("Wrong user name or password").await;
    assert_eq!(browser.value("username").await, "alice");
    assert_eq!(browser.value("password").await, "");
    assert_eq!(browser.cookies().await.len(), 0);
    // The words are tied to the field, for those who hear the page.
    assert!(browser.has("[role=alert]#fault").await);
    assert!(browser.has("input[aria-describedby~=fault]").await);
    browser.shot("wrong-password").await;
    // And where one wanted to go is kept too.
    browser.enter("alice", PASSWORD).await;
    browser.says("Your sessions").await;
    assert_eq!(browser.place().await, "/sessions");
}

#[tokio::test]
async fn one_signs_in_by_keyboard_alone() {
    let home = Home::new();
    let Some((server, driver)) = set(&home, &[]).await else {
        return;
    };
    let browser = driver.browser("alice").await;
    browser.goto(&server.public).await;
    // The name's field has the focus already.
    browser.keys(&format!("alice\t{PASSWORD}\n")).await;
    browser.says("Welcome back, alice").await;
}
