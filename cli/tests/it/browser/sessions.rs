//! One's own sessions: seeing them, ending them, and another password.

use super::stage::{NEW_PASSWORD, PASSWORD, set};
use crate::home::Home;

#[tokio::test]
async fn ending_another_browsers_session_signs_it_out() {
    let home = Home::new();
    let Some((server, driver)) = set(&home, &[]).await else {
        return;
    };
    let (here, there) = (driver.browser("here").await, driver.browser("there").await);
    here.sign_in(&server, "alice", PASSWORD).await;
    there.sign_in(&server, "alice", PASSWORD).await;
    server.login_with("alice", PASSWORD).await;

    here.goto(&format!("{}/sessions", server.public)).await;
    here.says("Your sessions").await;
    here.says("Chrome on Linux").await;
    here.says("this one").await;
    here.shot("sessions").await;
    // One of the two others, whichever comes first, and then whoever is left.
    here.click("ul.sessions button").await;
    here.counts("ul.sessions button", 1).await;
    let left = server.run(&["ls", "-q", "user=alice"]).await.ok();
    assert_eq!(left.lines().count(), 2);
    here.press("End all others").await;
    here.counts("ul.sessions button", 0).await;
    let left = server.run(&["ls", "-q", "user=alice"]).await.ok();
    assert_eq!(left.lines().count(), 1);

    there.reload().await;
    there.says("You ended this session").await;
    there.says("Sign in").await;
    assert!(!there.text().await.contains("Welcome back"));
    there.shot("ended").await;
    here.goto(&format!("{}/dashboard", server.public)).await;
    here.says("Welcome back, alice").await;
    assert_eq!(here.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn another_password_keeps_this_browser_and_signs_out_the_others() {
    let home = Home::new();
    let Some((server, driver)) = set(&home, &[]).await else {
        return;
    };
    let (here, there) = (driver.browser("here").await, driver.browser("there").await);
    here.sign_in(&server, "alice", PASSWORD).await;
    there.sign_in(&server, "alice", PASSWORD).await;
    let before = here.cookies().await[0].value().to_owned();

    here.goto(&format!("{}/password", server.public)).await;
    here.change_password("not the password", NEW_PASSWORD).await;
    here.says("Wrong").await;
    here.change_password(PASSWORD, "alice").await;
    here.says("at least").await;
    here.shot("password").await;
    here.change_password(PASSWORD, NEW_PASSWORD).await;
    here.says("password is changed").await;
    let after = here.cookies().await[0].value().to_owned();
    assert_ne!(before, after, "the session has another id");
    here.goto(&format!("{}/dashboard", server.public)).await;
    here.says("Welcome back, alice").await;

    there.reload().await;
    there.says("Sign in").await;
    there.enter("alice", PASSWORD).await;
    there.says("Wrong user name or password").await;
    there.enter("alice", NEW_PASSWORD).await;
    there.says("Welcome back, alice").await;
}
