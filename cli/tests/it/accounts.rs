//! Signing in where accounts are checked: refused, remembered, signed out elsewhere, and thrown out.

use axum::{
    Json, Router,
    http::StatusCode,
    response::IntoResponse as _,
    routing::{delete, get},
};
use serde_json::{Value, json};

use crate::{
    home::{Done, Home, ended, fed},
    server::Server,
    stub::Stub,
    users::{PASSWORD, add},
};

async fn login(server: &Server<'_>, arguments: &[&str], password: &str) -> Done {
    let mut login = server.sessctl(&[&["login"], arguments].concat());
    login.env("SESSCTL_PASSWORD", password);
    ended(login).await
}

#[tokio::test]
async fn a_wrong_password_is_refused_like_a_name_that_nobody_has() {
    let home = Home::new();
    add(&home, "alice", PASSWORD).await;
    let server = home.serve_accounts(&[]).await;
    let mut said = Vec::new();
    for (name, password) in [("alice", "wrong-SECRET-words"), ("nobody", PASSWORD)] {
        let refused = login(&server, &[name], password).await;
        said.push(refused.fails(4, &["not signed in", "Wrong user name or password"]));
    }
    assert_eq!(said[0], said[1]);
    assert!(!said[0].contains("SECRET"));
    let nobody = server.run(&["login", "alice"]).await;
    nobody.fails(2, &["a password is needed", "nothing was sent"]);
    login(&server, &["alice"], PASSWORD).await.ok();
    let page = server.run(&["dashboard"]).await.ok();
    assert!(page.contains("alice"), "{page}");
}

#[tokio::test]
async fn who_is_remembered_stays_for_longer() {
    let home = Home::new();
    add(&home, "alice", PASSWORD).await;
    let server = home.serve_accounts(&[]).await;
    login(&server, &["alice", "--profile", "short"], PASSWORD)
        .await
        .ok();
    let long = ["alice", "--profile", "long", "--remember"];
    login(&server, &long, PASSWORD).await.ok();
    let lines = server.run(&["ls", "-o", "jsonl"]).await.ok();
    let mut ends: Vec<_> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|session| session["idle_expires"].as_str().unwrap().to_owned())
        .collect();
    ends.sort();
    let day = |text: &str| text[..10].to_owned();
    assert_ne!(day(&ends[0]), day(&ends[1]), "{ends:?}");
}

#[tokio::test]
async fn a_server_that_remembers_nobody_does_not_let_it_look_so() {
    let home = Home::new();
    add(&home, "alice", PASSWORD).await;
    for (remember, is_said) in [("off", true), ("7d", false)] {
        let server = home.serve_accounts(&["--remember", remember]).await;
        let done = login(&server, &["alice", "--remember"], PASSWORD).await;
        let said = "--remember changed nothing, for this server remembers nobody";
        assert_eq!(done.stderr.contains(said), is_said, "{done:?}");
        done.ok();
    }
}

#[tokio::test]
async fn signing_out_elsewhere_leaves_this_one_and_everywhere_leaves_none() {
    let home = Home::new();
    add(&home, "alice", PASSWORD).await;
    add(&home, "bob", PASSWORD).await;
    let server = home.serve_accounts(&[]).await;
    for (name, profile) in [
        ("alice", "one"),
        ("alice", "two"),
        ("alice", "three"),
        ("bob", "bob"),
    ] {
        login(&server, &[name, "--profile", profile], PASSWORD)
            .await
            .ok();
    }
    let others = server
        .run(&["logout", "--others", "--profile", "one"])
        .await
        .ok();
    let at = &server.public;
    assert_eq!(others, format!("2 other sessions of yours ended at {at}\n"));
    server.run(&["dashboard", "--profile", "one"]).await.ok();
    for gone in ["two", "three"] {
        let page = server.run(&["dashboard", "--profile", gone]).await;
        page.fails(3, &["your session ended"]);
    }
    let again = ["logout", "--others", "--profile", "two"];
    server.run(&again).await.fails(3, &["sessctl login"]);
    login(&server, &["alice", "--profile", "two"], PASSWORD)
        .await
        .ok();
    let everywhere = ["logout", "--everywhere", "--profile", "two", "-o", "json"];
    let out: Value = serde_json::from_str(&server.run(&everywhere).await.ok()).unwrap();
    assert_eq!(
        (&out["ended_others"], &out["signed_out"]),
        (&1.into(), &true.into())
    );
    let left = server.run(&["ls", "-o", "jsonl"]).await.ok();
    assert!(left.lines().count() == 1 && left.contains("bob"), "{left}");
    // Without a session nobody knows whose others to end: that must not look as if they had ended.
    let nothing = ["logout", "--everywhere", "--profile", "two"];
    server.run(&nothing).await.fails(3, &["not signed in"]);
}

#[tokio::test]
async fn an_old_sign_in_gives_the_password_once_more_before_others_are_signed_out() {
    let home = Home::new();
    let others = async |body: String| match body.as_str() {
        r#"{"password":"right"}"# => Json(json!({"ended": 1})).into_response(),
        "" => {
            let body = json!({"code": "fresh_login", "message": "Give your password again"});
            (StatusCode::FORBIDDEN, Json(body)).into_response()
        }
        _ => {
            let body = json!({"code": "wrong_password", "message": "Wrong user name or password"});
            (StatusCode::UNAUTHORIZED, Json(body)).into_response()
        }
    };
    let stub = Stub::serve(Router::new().route("/session/others", delete(others))).await;
    let logout = ["logout", "--others", "--server", &stub.url];
    let asked = home.run(&logout).await;
    asked.fails(4, &["the password is needed again", "--password-stdin"]);
    let stdin = [&logout[..], &["--password-stdin"]].concat();
    let wrong = fed(home.sessctl(&stdin), "SECRET\n").await;
    let said = wrong.fails(4, &["Wrong user name or password"]);
    assert!(!said.contains("SECRET"), "{said}");
    let right = fed(home.sessctl(&stdin), "right\n").await.ok();
    assert!(
        right.starts_with("1 other session of yours ended"),
        "{right}"
    );
    let useless = ["logout", "--password-stdin", "--server", &stub.url];
    home.run(&useless)
        .await
        .fails(2, &["--others and --everywhere", "nothing was sent"]);
}

#[tokio::test]
async fn another_kind_of_server_cannot_sign_out_elsewhere_and_is_told_so() {
    let home = Home::new();
    let page = Router::new().route("/dashboard", get(async || "Hello"));
    let stub = Stub::serve(page).await;
    let logout = ["logout", "--others", "--server", &stub.url];
    home.run(&logout)
        .await
        .fails(1, &["only a sessctl server can", "nobody was signed out"]);
}

#[tokio::test]
async fn after_a_revoke_the_way_to_keep_a_user_out_is_said_where_there_is_an_account() {
    let home = Home::new();
    add(&home, "alice", PASSWORD).await;
    let server = home.serve_accounts(&[]).await;
    login(&server, &["alice"], PASSWORD).await.ok();
    let revoked = server.run(&["revoke", "--user", "alice", "-y"]).await;
    assert!(
        revoked.stderr.contains("alice can sign in again")
            && revoked.stderr.contains("sessctl user disable alice"),
        "{revoked:?}"
    );
    // Nothing to end, but somebody.
    server.run(&["revoke", "--user", "alice", "-y"]).await.ok();
    let nobody = server.run(&["revoke", "--user", "nobody", "-y"]).await;
    nobody.fails(5, &["there is no account \"nobody\"", "sessctl user ls"]);

    let open = Home::new();
    let server = open.serve(&[]).await;
    server.login("alice").await;
    let revoked = server.run(&["revoke", "--user", "alice", "-y"]).await;
    assert!(!revoked.stderr.contains("disable"), "{revoked:?}");
    // Where any name may sign in, nobody is unknown.
    server.run(&["revoke", "--user", "nobody", "-y"]).await.ok();
}
