//! The dashboard over a real server, at three sizes: what happens is seen, what is ended has ended.

use crossterm::event::KeyCode;
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    home::{Home, until},
    stage::Stage,
};

const SIZES: [(u16, u16); 3] = [(80, 24), (160, 50), (40, 10)];

#[tokio::test]
async fn a_session_shows_after_its_login_and_goes_with_its_end() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    for size in SIZES {
        let stage = Stage::open(&server, size);
        stage.sees("live").await;
        stage.sees("0 sessions").await;
        server.login("alice").await;
        stage.sees("alice").await;
        stage.sees("1 session").await;
        server.login("bob").await;
        stage.sees("bob").await;
        server.run(&["logout", "--profile", "alice"]).await.ok();
        stage.sees("signed out").await;
        stage.sees("1 session").await;
        stage.types("jk");
        stage.sees_no("alice").await;
        assert!(stage.screen().contains("bob"), "{}", stage.screen());
        server.run(&["revoke", "--all", "-y"]).await.ok();
        stage.sees("revoked by").await;
        stage.sees("0 sessions").await;
        stage.presses(KeyCode::Esc);
        stage.sees_no("bob").await;
        stage.quits().await;
    }
}

#[tokio::test]
async fn x_and_y_end_exactly_the_session_that_the_question_names() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    for size in SIZES {
        for user in ["alice", "bob", "carol"] {
            server.login(user).await;
        }
        let stage = Stage::open(&server, size);
        stage.sees("carol").await;
        let handle = server.handle_of("bob").await;
        stage.types("/user=bob");
        stage.presses(KeyCode::Enter);
        stage.sees_no("carol").await;
        stage.types("x");
        stage.sees("End this session?").await;
        stage.sees(&handle).await;
        // Other words first: only yes ends it.
        stage.types("n");
        stage.sees_no("End this session?").await;
        server.run(&["dashboard", "--profile", "bob"]).await.ok();
        stage.types("x");
        stage.sees("y ends it").await;
        stage.types("y");
        stage.sees("(bob)").await;
        let out = server.run(&["dashboard", "--profile", "bob"]).await;
        out.fails(3, &["Please log in", "revoked by"]);
        for user in ["alice", "carol"] {
            let page = server.run(&["dashboard", "--profile", user]).await.ok();
            assert_eq!(page.trim_end(), format!("Welcome back, {user}"));
        }
        stage.quits().await;
        server.run(&["revoke", "--all", "-y"]).await.ok();
    }
}

#[tokio::test]
async fn a_killed_server_shows_as_lost_and_the_dashboard_comes_back_with_it() {
    for size in SIZES {
        let home = Home::new();
        let server = home.serve(&[]).await;
        server.login("alice").await;
        let stage = Stage::open(&server, size);
        stage.sees("alice").await;
        server.ends(Signal::KILL).await;
        stage.sees("reconnecting").await;
        stage.sees("stale for").await;
        assert!(
            stage.screen().contains("alice"),
            "what was known stays in sight"
        );

        let server = home.serve(&[]).await;
        server.login("bob").await;
        stage.sees("bob").await;
        stage.sees("live").await;
        stage.sees_no("stale for").await;
        stage.sees("2 sessions").await;
        stage.quits().await;
    }
}

#[tokio::test]
async fn a_session_shows_what_it_holds_and_the_other_sessions_of_its_user() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let first = server.handle_of("alice").await;
    server.login("carol").await;
    let again = ["login", "alice", "--profile", "elsewhere"];
    server.run(&again).await.ok();
    for (key, value) in [("lang", "fr"), ("theme", "very-dark")] {
        let set = ["data", "set", key, value, "--profile", "elsewhere"];
        server.run(&set).await.ok();
    }
    for size in SIZES {
        let stage = Stage::open(&server, size);
        stage.sees("carol").await;
        stage.types("/data.lang=fr");
        stage.sees_no("carol").await;
        stage.sees("1 session that match").await;
        stage.presses(KeyCode::Enter);
        stage.presses(KeyCode::Enter);
        stage.sees("state").await;
        // On a small screen it is further down.
        stage.types("jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj");
        stage.sees("1 more session of this user").await;
        stage.sees(&first).await;
        stage.sees("(11 bytes)").await;
        stage.sees("values hidden").await;
        assert!(!stage.screen().contains("very-dark"), "{}", stage.screen());
        stage.types("v");
        stage.sees("\"very-dark\"").await;
        stage.types("q");
        stage.quits().await;
    }
}

#[tokio::test]
async fn marked_sessions_end_together_and_no_other_and_each_can_be_asked_why() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let users = ["alice", "bob", "carol", "dave"];
    for size in SIZES {
        for user in users {
            server.login(user).await;
        }
        let handle = server.handle_of("alice").await;
        let stage = Stage::open(&server, size);
        stage.sees("dave").await;
        // By name, not by where they happen to stand.
        stage.types(":sort user");
        stage.presses(KeyCode::Enter);
        until("the order", || {
            let screen = stage.screen();
            screen.find("alice") < screen.find("dave")
        })
        .await;
        stage.types("g  j ");
        stage.sees("3 marked").await;
        stage.types("x");
        stage.sees("End 3 sessions?").await;
        stage.types("y");
        stage.sees("ended 3 of 3").await;
        stage.sees("1 session").await;
        for user in ["alice", "bob", "dave"] {
            let out = server.run(&["dashboard", "--profile", user]).await;
            out.fails(3, &["revoked by"]);
        }
        server.run(&["dashboard", "--profile", "carol"]).await.ok();
        stage.types(&format!(":why {handle}"));
        stage.presses(KeyCode::Enter);
        stage.sees("ended: revoked by").await;
        stage.types("q");
        stage.quits().await;
        server.run(&["revoke", "--all", "-y"]).await.ok();
    }
}

#[tokio::test]
async fn the_counts_of_the_server_and_its_busiest_users_are_in_sight() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    for profile in ["one", "other"] {
        let login = ["login", "alice", "--profile", profile];
        server.run(&login).await.ok();
    }
    server.login("bob").await;
    let stage = Stage::open(&server, (160, 50));
    stage.sees("logins/s").await;
    stage.sees("alice 2").await;
    stage.sees("live 3").await;
    server.run(&["revoke", "--all", "-y"]).await.ok();
    stage.sees("live 0").await;
    stage.sees("revoked 3").await;
    stage.types("o");
    stage.sees_no("logins/s").await;
    stage.quits().await;
}

#[tokio::test]
async fn a_server_that_hangs_is_seen_to_hang() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let stage = Stage::open(&server, (80, 24));
    stage.sees("live").await;
    let pid = server.pid().and_then(|pid| i32::try_from(pid).ok());
    let pid = pid.and_then(Pid::from_raw).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    stage.sees("no answer for 4 s").await;
    assert!(stage.screen().contains("alice"), "{}", stage.screen());
    kill_process(pid, Signal::CONT).unwrap();
    stage.sees("live").await;
    stage.quits().await;
}
