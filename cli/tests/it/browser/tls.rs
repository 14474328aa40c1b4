//! The same over TLS: there the cookie has the name that binds it to its host.

use super::stage::{PASSWORD, set};
use crate::{certificate::Certificate, home::Home};

#[tokio::test]
async fn over_tls_the_cookie_is_the_hosts_own_and_really_goes() {
    let home = Home::new();
    let certificate = Certificate::make(&home);
    let Some((server, driver)) = set(&home, &certificate.flags()).await else {
        return;
    };
    assert!(server.public.starts_with("https://"));
    let browser = driver.browser("alice").await;
    browser.sign_in(&server, "alice", PASSWORD).await;
    let cookies = browser.cookies().await;
    let [cookie] = &cookies[..] else {
        panic!("{cookies:?}");
    };
    assert_eq!(cookie.name(), "__Host-sid");
    assert_eq!(cookie.secure(), Some(true));
    assert_eq!(cookie.http_only(), Some(true));
    assert_eq!(cookie.path(), Some("/"));
    // A leading dot would say that hosts below share it.
    assert_eq!(cookie.domain(), Some("127.0.0.1"));
    browser.press("Log out").await;
    browser.says("Logged out successfully").await;
    assert!(
        browser.cookies().await.is_empty(),
        "the browser has let it go"
    );
    browser.goto(&format!("{}/dashboard", server.public)).await;
    browser.says("Sign in").await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}
