//! What shells offer at TAB: real shells, live handles, and nothing at all from what hangs.

use std::time::{Duration, Instant};

use tokio::net::UnixListener;

use crate::{
    home::{Done, Home, SESSCTL, ended},
    peers,
    server::Server,
};

/// The binary as a script of ours calls it: with the words of a line, of which the last is being typed.
async fn offered(home: &Home, words: &[&str]) -> Done {
    let mut command = home.sessctl(&["--", "sessctl"]);
    command.args(words).env("SESSCTL_COMPLETE", "fish");
    ended(command).await
}

async fn with_two(home: &Home) -> Server<'_> {
    let server = home.serve(&[]).await;
    server.login("alice").await;
    server.login("bob").await;
    server
}

#[tokio::test]
async fn what_is_there_just_now_is_offered() {
    let home = Home::new();
    let server = with_two(&home).await;
    let alice = server.handle_of("alice").await;
    let bob = server.handle_of("bob").await;
    let begun = &alice[..4];
    for (words, says) in [
        (&["show", ""][..], &[&*alice, "\talice sessctl", &bob][..]),
        (&["show", begun], &[&alice]),
        (&["revoke", &bob, ""], &[&alice]),
        (&["why", ""], &[&alice]),
        (&["wait", "--for", "gone="], &[&format!("gone={alice}")]),
        (&["revoke", "--user", "a"], &["alice\tsigned in"]),
        (&["user", "show", ""], &["alice", "bob"]),
        (&["ls", "--profile", ""], &["alice\talice http://", "bob"]),
        (&["as", "alice,b"], &["alice,bob"]),
        (&["profile", "use", ""], &["alice", "bob"]),
        (&["profile", "show", "b"], &["bob"]),
        (&["profile", "rm", "b"], &["bob"]),
        (&["ls", "-o", ""], &["jsonl", "csv"]),
        (&["completions", ""], &["elvish", "powershell"]),
        (&["prof"], &["profile"]),
    ] {
        let offer = offered(&home, words).await;
        assert_eq!((offer.code, &*offer.stderr), (0, ""), "{words:?}");
        for says in says {
            assert!(offer.stdout.contains(says), "{words:?}: {offer:?}");
        }
    }
    let other = offered(&home, &["show", begun]).await.stdout;
    assert!(!other.contains(&bob) || bob.starts_with(begun), "{other}");
    // One that ended is told of, and can be ended no more.
    server.run(&["revoke", &bob]).await.ok();
    assert!(offered(&home, &["why", ""]).await.stdout.contains(&bob));
    assert!(!offered(&home, &["show", ""]).await.stdout.contains(&bob));
}

#[tokio::test]
async fn a_source_that_the_line_names_is_asked() {
    let (home, other) = (Home::new(), Home::new());
    let server = with_two(&home).await;
    let alice = server.handle_of("alice").await;
    let source = ["show", "--source", &server.admin, ""];
    assert!(offered(&other, &source).await.stdout.contains(&alice));
    assert!(!offered(&other, &["show", ""]).await.stdout.contains(&alice));
}

#[tokio::test]
async fn what_hangs_costs_a_moment_and_says_nothing() {
    let home = Home::new();
    let socket = home.path("run/silent.sock");
    // It takes connections and never answers.
    let _silent = UnixListener::bind(&socket).unwrap();
    let source = format!("unix:{}", socket.display());
    let fast = offered(&home, &["show", "--source", "unix:/nowhere", ""]).await;
    for words in [["show"].as_slice(), &["user", "show"]] {
        let words = [words, &["--source", &source, ""]].concat();
        let begun = Instant::now();
        let offer = offered(&home, &words).await;
        // Far more than the 200 ms, for machines that do much else; without a cap it takes 10 s.
        assert!(begun.elapsed() < Duration::from_secs(3), "{offer:?}");
        assert_eq!((offer.code, &*offer.stderr), (0, ""));
        assert!(!offer.stdout.is_empty(), "flags are offered all the same");
    }
    assert_eq!((fast.code, &*fast.stderr), (0, ""));
    // Nor do broken settings say anything.
    home.write("config/sessctl/config.toml", "[");
    let offer = offered(&home, &["ls", "--profile", ""]).await;
    assert_eq!((offer.code, &*offer.stderr, &*offer.stdout), (0, "", ""));
}

#[tokio::test]
async fn a_name_that_bash_would_run_is_not_put_into_the_line() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    for user in ["$(reboot)", "a;b", "anna"] {
        server.run(&["login", user]).await.ok();
    }
    let offer = offered(&home, &["revoke", "--user", ""]).await.stdout;
    assert!(
        !offer.contains("reboot") && !offer.contains("a;b"),
        "{offer}"
    );
    assert!(offer.contains("anna"), "{offer}");
}

/// A shell that reads our script and completes a line, `$WORD` being what stands there so far.
async fn asked_by(home: &Home, shell: &str, arguments: &[&str], script: &str) -> Option<String> {
    if !peers::present(&[shell]) {
        return None;
    }
    std::os::unix::fs::symlink(SESSCTL, home.path("tmp/sessctl")).ok();
    let mut command = home.program(shell);
    let path = format!("{}:{}", home.text("tmp"), std::env::var("PATH").unwrap());
    command.args(arguments).arg(script).env("PATH", path);
    let done = ended(command).await;
    assert_eq!((done.code, &*done.stderr), (0, ""), "{shell}: {done:?}");
    Some(done.stdout)
}

#[tokio::test]
async fn bash_offers_a_live_handle() {
    let home = Home::new();
    let server = with_two(&home).await;
    let alice = server.handle_of("alice").await;
    let script = "source <(sessctl completions bash)
        COMP_WORDS=(sessctl show ''); COMP_CWORD=2; COMP_TYPE=9
        _clap_complete_sessctl sessctl '' show
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    if let Some(said) = asked_by(&home, "bash", &["--norc", "-c"], script).await {
        assert!(said.lines().any(|line| line == alice), "{said}");
    }
}

#[tokio::test]
async fn fish_and_zsh_understand_their_scripts() {
    let home = Home::new();
    let server = with_two(&home).await;
    let alice = server.handle_of("alice").await;
    let fish = "sessctl completions fish | source; complete -C 'sessctl show '";
    if let Some(said) = asked_by(&home, "fish", &["--no-config", "-c"], fish).await {
        assert!(said.contains(&format!("{alice}\talice")), "{said}");
    }
    let zsh = "autoload -U compinit; compinit -u; source <(sessctl completions zsh)
        print -r -- ${_comps[sessctl]}";
    if let Some(said) = asked_by(&home, "zsh", &["-f", "-c"], zsh).await {
        assert!(said.contains("sessctl"), "{said}");
    }
}
