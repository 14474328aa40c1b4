//! A real Express app with express-session, driven by the real binary. Needs node and npm.

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    apps::{App, Kind},
    home::{Home, ended},
    server::{next, signal},
};

#[tokio::test]
async fn the_tutorials_app_is_driven_from_login_to_logout() {
    for arguments in [&[][..], &["--get-logout"]] {
        let home = Home::new();
        let Some(app) = App::start(&home, Kind::Express, arguments).await else {
            return;
        };
        app.run(&["dashboard"]).await.ok();
        let login = app
            .run(&["login", "alice", "--password-file", "/dev/null"])
            .await;
        login.fails(2, &["no password"]);
        let needed = app.run(&["login", "alice"]).await;
        needed.fails(2, &["--password-stdin", "nothing was sent"]);
        signs_in(&app, "alice").await;
        let page = app.run(&["dashboard"]).await.ok();
        assert_eq!(page, "Welcome back, alice");
        let status = app.run(&["status"]).await.ok();
        assert!(status.contains("not a sessctl server"), "{status}");
        assert!(status.contains("alice, signed in"), "{status}");
        assert!(
            status.contains("until when this server does not say"),
            "{status}"
        );

        let out = app.run(&["logout"]).await.ok();
        assert_eq!(out, "Logout successful\n", "{arguments:?}");
        let stranger = app.run(&["dashboard"]).await;
        stranger.fails(
            3,
            &["Please Login in Again", "strangers", "sessctl login alice"],
        );
        assert_eq!(app.run(&["status"]).await.code, 3);
        // Again under another name: the profile's page of strangers still holds.
        signs_in(&app, "bob").await;
        let page = app.run(&["dashboard"]).await.ok();
        assert_eq!(page, "Welcome back, bob");
    }
}

#[tokio::test]
async fn a_profile_keeps_the_paths_and_fields_of_an_app_with_its_own() {
    let home = Home::new();
    let Some(app) = App::start(&home, Kind::Express, &["--paths"]).await else {
        return;
    };
    let mut unnamed = home.sessctl(&["login", "alice", "--server", &app.url]);
    unnamed.env("SESSCTL_PASSWORD", "any");
    ended(unnamed)
        .await
        .fails(4, &["there is no login at", "--login-path"]);

    let mut login = home.sessctl(&["login", "alice", "--server", &app.url, "--profile", "shop"]);
    login.args(["--login-path", "/users/sign_in", "--dashboard-path", "/me"]);
    login.args(["--logout-path", "/users/sign_out", "--user-field", "email"]);
    login.env("SESSCTL_PASSWORD", "any");
    ended(login).await.ok();
    let page = home.run(&["dashboard", "--profile", "shop"]).await.ok();
    assert_eq!(page, "Welcome back, alice");
    let shown = home
        .run(&["profile", "show", "shop", "-o", "json"])
        .await
        .ok();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["logout_path"], "/users/sign_out");
    assert_eq!(shown["user_field"], "email");
    home.run(&["logout", "--profile", "shop"]).await.ok();
    let out = home.run(&["dashboard", "--profile", "shop"]).await;
    out.fails(3, &["Please Login in Again"]);
    let mut again = home.sessctl(&["login", "--profile", "shop"]);
    again.env("SESSCTL_PASSWORD", "any");
    ended(again).await.ok();
    home.run(&["dashboard", "--profile", "shop"]).await.ok();
}

#[tokio::test]
async fn an_app_that_lost_its_sessions_shows_as_signed_out_and_one_that_is_gone_as_unreachable() {
    let home = Home::new();
    let Some(mut app) = App::start(&home, Kind::Express, &[]).await else {
        return;
    };
    signs_in(&app, "alice").await;
    app.run(&["dashboard"]).await.ok();
    signal(&app.child, Signal::HUP);
    assert_eq!(next(&mut app.says).await.as_deref(), Some("lost"));
    let out = app.run(&["dashboard"]).await;
    out.fails(3, &["Please Login in Again", "sessctl login alice"]);
    assert_eq!(app.run(&["status"]).await.code, 3);

    signs_in(&app, "alice").await;
    signal(&app.child, Signal::TERM);
    app.child.wait().await.unwrap();
    app.run(&["dashboard"])
        .await
        .fails(6, &["nothing listens at"]);
    app.run(&["logout"]).await.fails(6, &["the cookie is kept"]);
}

async fn signs_in(app: &App<'_>, user: &str) {
    let done = app.run_with("any", &["login", user]).await.ok();
    assert_eq!(done, format!("signed in as {user} at {}\n", app.url));
}
