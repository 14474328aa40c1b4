//! The dashboard over a real server, at three sizes: what happens is seen, what is ended has ended.

use crossterm::event::KeyCode;
use rustix::process::Signal;

use crate::{home::Home, stage::Stage};

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
