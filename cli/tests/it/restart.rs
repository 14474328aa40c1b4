//! What outlives a server, by whichever way it ended: live sessions do, ended ones do not.

use rustix::process::Signal;

use crate::home::{Home, NOTHING};

#[tokio::test]
async fn live_sessions_live_and_revoked_ones_stay_dead_after_every_kind_of_restart() {
    for by in [Signal::TERM, Signal::KILL] {
        let home = Home::new();
        let server = home.serve(&[]).await;
        server.login("alice").await;
        server.login("bob").await;
        let jar = server
            .run(&["jar", "path", "--profile", "alice"])
            .await
            .ok();
        let jar = jar.trim_end();
        let cookie = std::fs::read(jar).unwrap();
        let handle = server.handle_of("alice").await;
        server.run(&["revoke", &handle]).await.ok();

        let server = server.restarts(by).await;
        let page = server.run(&["dashboard", "--profile", "bob"]).await.ok();
        assert_eq!(page.trim_end(), "Welcome back, bob", "{by:?}");
        let left = server.run(&["ls", "-q"]).await.ok();
        assert_eq!(left.lines().count(), 1, "{by:?}: {left}");
        // Twice, with a copy of the cookie from before: it never opens anything again.
        for _ in 0..2 {
            std::fs::write(jar, &cookie).unwrap();
            let dead = server.run(&["dashboard", "--profile", "alice"]).await;
            dead.fails(3, &["Please log in"]);
        }
        let again = server.run(&["revoke", &handle]).await;
        let again = again.ok();
        assert!(again.contains("had ended"), "{again}");
        server.run(&["dashboard", "--profile", "bob"]).await.ok();
    }
}

#[tokio::test]
async fn a_login_and_a_logout_are_durable_before_they_are_answered() {
    let home = Home::new();
    let mut server = home.serve(&[]).await;
    for round in 0..3 {
        server.login("alice").await;
        server = server.restarts(Signal::KILL).await;
        let in_again = server.run(&["dashboard", "--profile", "alice"]).await;
        assert_eq!(in_again.ok().trim_end(), "Welcome back, alice", "{round}");

        let jar = server
            .run(&["jar", "path", "--profile", "alice"])
            .await
            .ok();
        let cookie = std::fs::read(jar.trim_end()).unwrap();
        server.run(&["logout", "--profile", "alice"]).await.ok();
        server = server.restarts(Signal::KILL).await;
        std::fs::write(jar.trim_end(), &cookie).unwrap();
        let out = server.run(&["dashboard", "--profile", "alice"]).await;
        out.fails(3, &["Please log in"]);
        assert_eq!(server.run(&["ls", "-q"]).await.ok(), "", "{round}");
    }
}

#[tokio::test]
async fn sigterm_and_ctrl_c_end_a_server_with_0_and_remove_its_socket() {
    for by in [Signal::TERM, Signal::INT] {
        let home = Home::new();
        let server = home.serve(&[]).await;
        server.run(&["login", "alice"]).await.ok();
        let socket = server.socket();
        assert!(socket.exists());
        assert_eq!(server.ends(by).await.code(), Some(0), "{by:?}");
        assert!(!socket.exists(), "{by:?}");
        let gone = home.run(&["ls"]).await;
        let socket = socket.to_str().unwrap();
        gone.fails(6, &["no server of yours answers", socket, "sessctl serve"]);
    }
}

#[tokio::test]
async fn a_signal_that_comes_the_moment_the_server_is_ready_is_heeded() {
    let home = Home::new();
    for _ in 0..10 {
        let server = home.serve(&[]).await;
        let socket = server.socket();
        assert_eq!(server.ends(Signal::TERM).await.code(), Some(0));
        assert!(!socket.exists());
    }
}

#[tokio::test]
async fn a_server_in_memory_forgets_with_its_end_and_leaves_no_file() {
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    server.run(&["login", "alice"]).await.ok();
    server.run(&["dashboard"]).await.ok();
    assert_eq!(home.files("data"), NOTHING);
    let address = server.public.clone();
    server.ends(Signal::TERM).await;
    let address = address.strip_prefix("http://").unwrap();
    let server = home.serve_at(address, &["--store", "memory:"]).await;
    server
        .run(&["dashboard"])
        .await
        .fails(3, &["Please log in"]);
}
