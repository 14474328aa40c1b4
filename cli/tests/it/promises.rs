//! What the command line promises beside its codes: where it looks, what it keeps, and what it says next.

use axum::http::StatusCode;

use crate::{
    home::{Home, SESSCTL, fed},
    peers,
    server::Server,
    stub::{Stub, always},
    tmux::Tmux,
    users::PASSWORD,
};

/// One failure of each kind, in one table: its code, what is said of it and what to do next. The codes that more than
/// one thing has are told apart in `exits`.
#[tokio::test]
async fn every_code_has_its_words() {
    let home = Home::new();
    let server = home.serve_accounts(&[]).await;
    let add = server.sessctl(&["user", "add", "alice", "--password-stdin"]);
    fed(add, PASSWORD).await.ok();
    server.login_with("alice", PASSWORD).await;
    let handle = server.handle_of("alice").await;
    let broken = Stub::serve(always(StatusCode::INTERNAL_SERVER_ERROR)).await;
    let away = Stub::serve(always(StatusCode::SERVICE_UNAVAILABLE)).await;
    let not_executable = home.write("work/plain", "no program");
    let not_executable = not_executable.to_str().unwrap();
    let alice = ["--profile", "alice"];
    for (code, words, says) in [
        (0, &["ls", "user=nobody"][..], &["0 live sessions"][..]),
        (1, &["get", "/", "--server", &broken.url], &["answered 500"]),
        (2, &["revoke"], &["HANDLE", "--help"]),
        (2, &["ls", "--server", "http://x"], &["--source"]),
        (2, &["show", "abcd"], &["is not a handle", "sessctl ls"]),
        (
            2,
            &["login", "alice"],
            &[
                "--password-stdin",
                "--password-file",
                "SESSCTL_PASSWORD",
                "nothing was sent",
            ],
        ),
        (3, &["dashboard"], &["Please log in", "sessctl login"]),
        (
            4,
            &["login", "alice", "--password-file", "wrong"],
            &["Wrong user name or password"],
        ),
        (
            5,
            &["show", "000000000000"],
            &["no live session 000000000000"],
        ),
        (5, &["user", "show", "nobody"], &["no account \"nobody\""]),
        (5, &["token", "rm", "nothing"], &["no token \"nothing\""]),
        (5, &["status", "--profile", "nobody"], &["known: alice"]),
        (
            6,
            &["get", "/", "--server", &away.url],
            &["503", "try again"],
        ),
        (6, &["ls", "--source", "unix:/nowhere"], &["/nowhere"]),
        (
            6,
            &["ls", "--profile", "alice"],
            &["names no source", "--source unix:PATH"],
        ),
        (
            6,
            &["logout", "--server", "http://127.0.0.1:1"],
            &["nothing listens"],
        ),
        (
            7,
            &["revoke", &handle, "000000000000", "--dry-run"],
            &["dry run"],
        ),
        (8, &["revoke", "--all"], &["not confirmed", "--yes"]),
        (
            9,
            &["revoke", "--all", "-y", "--expect", "5"],
            &["nothing was ended"],
        ),
        (9, &["get", "/", "--expect-status", "418"], &["418"]),
        (126, &["as", "alice", "--", not_executable], &["cannot run"]),
        (
            127,
            &["as", "alice", "--", "no-such-program"],
            &["cannot run"],
        ),
    ] {
        home.write("work/wrong", "not-the-password\n");
        let done = server.run(words).await;
        assert_eq!(done.code, code, "{words:?}: {done:?}");
        for says in says {
            assert!(done.stderr.contains(says), "{words:?}: {done:?}");
        }
        // The format never changes the code.
        if !words.contains(&"--") {
            let again = server.run(&[words, &["-o", "json"]].concat()).await;
            assert_eq!(again.code, code, "{words:?}: {again:?}");
        }
    }
    let page = server.run(&[&["dashboard"], &alice[..]].concat()).await;
    page.ok();
}

#[tokio::test]
async fn signing_out_without_a_session_is_done_and_a_server_that_is_away_keeps_the_cookie() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let none = server.run(&["logout"]).await.ok();
    assert!(
        none.contains("there was no session to sign out of"),
        "{none}"
    );
    server.run(&["login", "alice"]).await.ok();
    let public = server.public.clone();
    server.ends(rustix::process::Signal::TERM).await;
    let away = home.run(&["logout", "--server", &public]).await;
    away.fails(6, &["the cookie is kept", "sessctl logout --local"]);
    assert_eq!(home.jars().len(), 1);
    let local = ["logout", "--local", "--server", &public];
    assert!(home.run(&local).await.ok().contains("is forgotten"));
    assert!(home.jars().is_empty());
}

#[tokio::test]
async fn who_takes_the_place_of_another_is_told_and_how_to_keep_both() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.run(&["login", "alice"]).await.ok();
    let bob = server.run(&["login", "bob"]).await;
    assert!(
        bob.stderr
            .contains("alice was signed in here and is no more")
    );
    assert!(bob.stderr.contains("sessctl login bob --profile NAME"));
    bob.ok();
}

/// Sessions until two handles begin with the same four characters: of 5,000 no two do so once in 150,000 times.
async fn two_alike(server: &Server<'_>) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let login = format!("{}/login", server.public);
    for round in 0..50 {
        let logins = (0..100).map(|n| {
            let user = [("username", format!("user{round}-{n}"))];
            client.post(&login).form(&user).send()
        });
        for answer in futures_util::future::join_all(logins).await {
            assert_eq!(answer.unwrap().status(), 200);
        }
    }
    let handles = server.run(&["ls", "-q"]).await.ok();
    let mut begun: Vec<_> = handles.lines().map(|handle| &handle[..4]).collect();
    begun.sort_unstable();
    let alike = begun.windows(2).find(|pair| pair[0] == pair[1]);
    alike.expect("two that begin alike")[0].to_owned()
}

#[tokio::test]
async fn at_a_terminal_the_beginning_of_a_handle_will_do_if_it_is_that_of_one() {
    if !peers::present(&["tmux"]) {
        return;
    }
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    server.login("alice").await;
    let alice = server.handle_of("alice").await;
    let alike = two_alike(&server).await;
    // A longer beginning, since four characters may be those of others here.
    for (typed, code, says) in [
        (&alice[..11], "0", alice.as_str()),
        (&alike, "2", "could be any of"),
        ("uuuu", "5", "no live session"),
    ] {
        let _ = std::fs::remove_file(home.path("code"));
        let script = format!("'{SESSCTL}' show {typed}; echo $? >../code; echo done; exec cat");
        let terminal = Tmux::run(&home, (100, 30), &script);
        terminal.sees("done").await;
        let screen = terminal.screen();
        assert!(screen.contains(says), "{screen}");
        assert_eq!(home.read("code").trim_end(), code, "{screen}");
        // Off a terminal none is guessed.
        let piped = server.run(&["show", typed]).await;
        piped.fails(2, &["is not a handle"]);
    }
}
