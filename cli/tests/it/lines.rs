//! `sessctl tui --plain`, and the settings of the dashboard: what they may say, and what is said of what they may not.

use rustix::process::Signal;

use crate::{
    home::{Home, finished},
    server::{lines, next, signal},
};

#[tokio::test]
async fn the_plain_dashboard_tells_what_lives_and_then_each_change_in_a_line() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let mut child = server.sessctl(&["tui", "--plain"]).spawn().unwrap();
    let mut told = lines(&mut child);
    let line = next(&mut told).await.unwrap();
    assert!(line.starts_with("1 session at unix:"), "{line}");
    let line = next(&mut told).await.unwrap();
    let handle = server.handle_of("alice").await;
    assert!(
        line.starts_with("alice, ") && line.contains(&handle),
        "{line}"
    );
    assert_eq!(
        next(&mut told).await.unwrap(),
        "now every change, as it comes"
    );
    server.login("bob").await;
    let line = next(&mut told).await.unwrap();
    assert!(line.contains(" signed in: bob, "), "{line}");
    server.run(&["revoke", "--all", "-y"]).await.ok();
    for _ in 0..2 {
        let line = next(&mut told).await.unwrap();
        assert!(line.contains(" ended, revoked by "), "{line}");
        assert!(!line.contains('\u{1b}'), "{line:?}");
    }
    signal(&child, Signal::TERM);
    assert_eq!(finished(child).await.code, 143);
}

#[tokio::test]
async fn a_terminal_that_can_do_nothing_gets_lines_and_a_reader_that_goes_ends_them() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let mut command = server.sessctl(&["tui", "user=alice"]);
    let mut child = command.env("TERM", "dumb").spawn().unwrap();
    let mut told = lines(&mut child);
    let line = next(&mut told).await.unwrap();
    assert!(
        line.starts_with("1 session that matches user=alice at"),
        "{line}"
    );
    drop(told);
    // The next line finds nobody.
    server.run(&["logout", "--profile", "alice"]).await.ok();
    assert_eq!(finished(child).await.code, 0);
}

#[tokio::test]
async fn a_server_that_goes_away_is_told_once_and_found_again() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let mut child = server.sessctl(&["tui", "--plain"]).spawn().unwrap();
    let mut told = lines(&mut child);
    while next(&mut told).await.unwrap() != "now every change, as it comes" {}
    let server = server.restarts(Signal::KILL).await;
    let line = next(&mut told).await.unwrap();
    assert!(line.starts_with("no connection: "), "{line}");
    let line = next(&mut told).await.unwrap();
    assert!(line.starts_with("0 sessions at "), "{line}");
    server.login("carol").await;
    while !next(&mut told).await.unwrap().contains("signed in: carol") {}
    signal(&child, Signal::INT);
    assert_eq!(finished(child).await.code, 130);
}

#[tokio::test]
async fn what_the_settings_of_the_dashboard_may_not_say_is_refused_with_its_line() {
    let home = Home::new();
    for (text, says) in [
        (
            "theme = \"pink\"",
            "line 2: [tui] theme: \"pink\" is no theme; there are terminal, light",
        ),
        ("theme = 5", "line 2: [tui] theme: wants a text in quotes"),
        (
            "thme = \"dark\"",
            "line 2: [tui] thme: is not known; did you mean theme?",
        ),
        ("glyphs = \"runes\"", "[tui] glyphs: \"runes\" is no"),
        ("mouse = \"yes\"", "[tui] mouse: wants true or false"),
        (
            "columns = [\"usr\"]",
            "[tui] columns: \"usr\" is no column; did you mean user?",
        ),
        ("sort = \"idle:up\"", "[tui] sort: \"up\" is no direction"),
        (
            "keys = { \"list.end\" = [\"q\"] }",
            "[tui] keys: q would mean both list.end and list.quit",
        ),
        (
            "keys = { \"list.ned\" = \"X\" }",
            "[tui] keys: \"list.ned\" is nothing that a key does",
        ),
    ] {
        home.write("config/sessctl/config.toml", &format!("[tui]\n{text}\n"));
        let done = home.run(&["tui"]).await;
        done.fails(2, &[says, "config.toml"]);
        // They are no matter to other commands.
        home.run(&["profile", "ls"]).await.ok();
    }
    home.write(
        "config/sessctl/config.toml",
        "[profile.x]\nread_only = \"yes\"\n",
    );
    let done = home.run(&["profile", "ls"]).await;
    done.fails(2, &["line 2: profile.x.read_only must be true or false"]);
}

#[tokio::test]
async fn flags_of_the_dashboard_that_make_no_sense_are_refused_before_anything_is_asked() {
    let home = Home::new();
    for (arguments, says) in [
        (
            &["tui", "--theme", "pink"][..],
            "--theme: \"pink\" is no theme; there are terminal,",
        ),
        (
            &["tui", "--glyphs", "runes"],
            "--glyphs: \"runes\" is no kind of signs; there are braille,",
        ),
        (
            &["tui", "--sort", "idel"],
            "--sort: no field \"idel\" to sort by; did you mean idle?",
        ),
        (
            &["tui", "--ascii", "--glyphs", "block"],
            "cannot be used with",
        ),
        (&["tui", "user="], ""),
    ] {
        home.run(arguments).await.fails(2, &[says]);
    }
}
