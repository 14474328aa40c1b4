//! What a newcomer should not stumble over: whole lists, the right code, hints that can be typed as they stand.

use rustix::process::Signal;

use crate::home::Home;

#[tokio::test]
async fn a_list_that_is_piped_is_whole() {
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for n in 0..120 {
        let login = client
            .post(format!("{}/login", server.public))
            .form(&[("username", format!("user{n}"))]);
        assert_eq!(login.send().await.unwrap().status(), 200);
    }
    let table = server.run(&["ls"]).await.ok();
    assert_eq!(table.lines().count(), 121);
    let cut = server.run(&["ls", "--limit", "5"]).await;
    assert!(cut.stderr.contains("5 of 120 live sessions"), "{cut:?}");
}

#[tokio::test]
async fn an_ended_session_is_not_found_and_says_how_it_ended() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let handle = server.handle_of("alice").await;
    server.run(&["revoke", &handle]).await.ok();
    server
        .run(&["show", &handle])
        .await
        .fails(5, &[&handle, "it ended, revoked by"]);
}

#[tokio::test]
async fn the_hint_to_sign_in_again_keeps_the_profile() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server
        .run(&["login", "al ice", "--profile", "p1"])
        .await
        .ok();
    server.run(&["revoke", "--all", "-y"]).await.ok();
    let out = server.run(&["dashboard", "--profile", "p1"]).await;
    out.fails(3, &["sessctl login 'al ice' --profile p1"]);
}

#[tokio::test]
async fn a_source_that_is_said_at_login_is_kept_in_the_profile() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let source = format!("unix:{}", server.socket().display());
    server
        .run(&["login", "alice", "--profile", "p1", "--source", &source])
        .await
        .ok();
    let listed = home.run(&["ls", "-q", "--profile", "p1"]).await.ok();
    assert_eq!(listed.lines().count(), 1);
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_before_anything_is_made() {
    let home = Home::new();
    for (words, says) in [
        (&["--public-url", "foo"][..], "https://example.org"),
        (&["--"], "no command after --"),
        (&["--store", "foo.db"], "\"foo.db\""),
    ] {
        home.cannot_serve(words).await.fails(2, &[says]);
    }
    home.run(&["ls", "--source", "foo"])
        .await
        .fails(2, &["\"foo\"", "unix:PATH"]);
    assert!(home.files("data").is_empty());
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_told_from_none() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(server.pid().unwrap().cast_signed()).unwrap(),
        Signal::STOP,
    )
    .unwrap();
    let silent = home.run(&["ls", "--timeout", "1s"]).await;
    silent.fails(
        6,
        &[
            "no answer from the admin socket",
            server.socket().to_str().unwrap(),
        ],
    );
}

#[tokio::test]
async fn help_is_found_where_people_look_for_it() {
    let home = Home::new();
    let first = home.run(&["help"]).await.ok();
    assert!(first.contains("Exit codes"), "{first}");
    let of_ls = home.run(&["help", "ls"]).await.ok();
    assert!(of_ls.contains("user=alice and idle>10m"), "{of_ls}");
}

#[tokio::test]
async fn the_cookies_of_a_profile_that_is_gone_can_still_be_cleared() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server
        .run(&["login", "alice", "--profile", "p1"])
        .await
        .ok();
    server.run(&["profile", "rm", "p1"]).await.ok();
    assert_eq!(home.jars().len(), 1);
    server.run(&["jar", "clear", "--profile", "p1"]).await.ok();
    assert!(home.jars().is_empty());
}

#[tokio::test]
async fn a_password_file_that_cannot_be_read_is_named() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let binary = home.path("binary");
    std::fs::write(&binary, b"\xff\xfe\n").unwrap();
    let endless = home.write("endless", &"x".repeat(70_000));
    let directory = home.path("work");
    for (path, code, says) in [
        (&directory, 1, "directory"),
        (&binary, 1, "UTF-8"),
        (&endless, 2, "too long"),
    ] {
        let path = path.to_str().unwrap();
        let login = server
            .run(&["login", "alice", "--password-file", path])
            .await;
        login.fails(code, &[path, says, "nothing was sent"]);
    }
    assert!(home.jars().is_empty());
}
