//! Colours: none in a pipe, some where they are asked for, and never what alone tells something.

use crate::{
    home::{Done, Home, ended},
    server::Server,
};

async fn with(server: &Server<'_>, words: &[&str], variables: &[(&str, &str)]) -> Done {
    let mut command = server.sessctl(words);
    command.envs(variables.iter().copied());
    ended(command).await
}

/// The text without what colours it.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        let (_, rest) = part.split_once('m').expect("only colours");
        all + rest
    })
}

#[tokio::test]
async fn a_pipe_gets_plain_bytes_unless_colour_is_asked_for() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    server.login("bob").await;
    let handle = server.handle_of("alice").await;
    server.run(&["revoke", &handle]).await.ok();
    for words in [
        &["ls"][..],
        &["ls", "--ended"],
        &["ls", "--ended", "-o", "wide"],
        &["show", &server.handle_of("bob").await, "--fields", "user"],
        &["log", "action=login"],
        &["--help"],
        &["ls", "--help"],
        &["ls", "-h"],
    ] {
        let dull = with(&server, words, &[]).await.ok();
        assert!(!dull.contains('\u{1b}'), "{dull}");
        let always = [words, &["--color", "always"]].concat();
        for (words, variables) in [
            (&always[..], &[("NO_COLOR", "1")][..]),
            (words, &[("SESSCTL_COLOR", "always")]),
            (words, &[("FORCE_COLOR", "1")]),
            (words, &[("CLICOLOR_FORCE", "1")]),
        ] {
            let bright = with(&server, words, variables).await.ok();
            assert!(bright.contains("\u{1b}["), "{words:?} {variables:?}");
            assert_eq!(plain(&bright).lines().count(), dull.lines().count());
        }
        let no = [("FORCE_COLOR", "1"), ("NO_COLOR", "1")];
        let no = with(&server, words, &no).await.ok();
        assert!(!no.contains('\u{1b}'), "NO_COLOR comes first: {no}");
    }
    let ended = with(&server, &["ls", "--ended", "--color=always"], &[]).await;
    assert!(ended.ok().contains("\u{1b}[33mrevoked by "));
    let bare = ["ls", "--color", "always", "-o", "csv"];
    let csv = with(&server, &bare, &[]).await.ok();
    assert!(!csv.contains('\u{1b}'), "for programs: {csv}");
}

#[tokio::test]
async fn talk_is_coloured_by_its_own_stream() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    for (words, says) in [
        (
            &["show", "000000000000"][..],
            "\u{1b}[1;31msessctl:\u{1b}[0m no ",
        ),
        (&["lss"], "error:"),
        (&["ls", "--limit"], "error:"),
    ] {
        let dull = with(&server, words, &[]).await;
        assert!(!dull.stderr.contains('\u{1b}'), "{dull:?}");
        let bright = with(&server, &[words, &["--color=always"]].concat(), &[]).await;
        assert!(bright.stderr.contains(says), "{bright:?}");
        assert!(bright.stderr.contains('\u{1b}'), "{bright:?}");
        assert_eq!(bright.code, dull.code);
    }
    // What a server logs is talk too.
    for (color, is_bright) in [("always", true), ("never", false)] {
        let words = ["serve", "--auth", "open", "--color", color, "--", "true"];
        let log = home.run(&words).await.stderr;
        assert_eq!(log.contains('\u{1b}'), is_bright, "{log}");
    }
    let wrong = with(&server, &["ls", "--color", "pink"], &[]).await;
    wrong.fails(2, &["auto, always, never"]);
}
