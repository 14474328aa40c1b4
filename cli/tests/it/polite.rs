//! How the binary behaves among others: pipes that close, nobody to ask, words that are nearly right, and panics.

use crate::{
    home::{Home, SESSCTL, ended},
    peers,
    tmux::Tmux,
};

/// A password as long as the rules want, which is to be seen nowhere.
const PLANTED: &str = "planted-Password-9f2c";

#[tokio::test]
async fn a_reader_who_has_seen_enough_is_no_failure_of_any_list() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    server.login("bob").await;
    let handle = server.handle_of("bob").await;
    for key in ["a", "b"] {
        let set = ["data", "set", key, "1", "--profile", "alice"];
        server.run(&set).await.ok();
    }
    for name in ["ci", "ops"] {
        server.run(&["token", "add", name]).await.ok();
        server.run(&["user", "add", name, "--generate"]).await.ok();
    }
    server.run(&["revoke", &handle]).await.ok();
    for list in [
        "ls",
        "ls --ended",
        "log",
        "stats",
        "user ls",
        "token ls",
        "profile ls",
        "profile show alice",
        "jar ls",
        "jar show --profile alice",
        "data ls --profile alice",
        "jar export --profile alice",
        "get / --profile alice",
        "man",
        "completions bash",
        "--help",
    ] {
        for format in ["table", "wide", "json", "jsonl", "csv", "name"] {
            // Nobody reads at all: the first write fails already.
            let script = r#"{ "$0" "$@"; echo "code $?" >&2; } | true"#;
            let mut pipe = home.program("sh");
            pipe.args(["-c", script, SESSCTL]).args(list.split(' '));
            pipe.env("SESSCTL_OUTPUT", format);
            pipe.env("SESSCTL_SERVER", &server.public);
            let done = ended(pipe).await;
            assert_eq!(done.stderr, "code 0\n", "{list} {format}");
        }
    }
    let mut pipe = home.program("sh");
    pipe.args(["-c", r#""$0" log | head -1"#, SESSCTL]);
    let first = ended(pipe).await.ok();
    assert!(first.starts_with("TIME"), "{first}");
}

/// At a terminal, where it would ask.
#[tokio::test]
async fn nothing_is_asked_with_no_input_and_the_way_around_is_named() {
    if !peers::present(&["tmux"]) {
        return;
    }
    let home = Home::new();
    let server = home.serve_accounts(&[]).await;
    for user in ["alice", "bob"] {
        let mut add = server.sessctl(&["user", "add", user]);
        add.env("SESSCTL_PASSWORD", PLANTED);
        ended(add).await.ok();
    }
    let mut login = server.sessctl(&["login", "alice"]);
    login.env("SESSCTL_PASSWORD", PLANTED);
    ended(login).await.ok();
    for (words, code, way) in [
        ("revoke --all", 8, "--yes"),
        ("revoke --user alice", 8, "--yes"),
        ("user rm bob", 8, "--yes"),
        ("jar clear --all", 8, "--yes"),
        ("login bob --profile bob", 2, "--password-stdin"),
        ("login --profile bob", 2, "sessctl login USER"),
        ("user add carol", 2, "--password-stdin"),
        ("user passwd bob", 2, "--password-stdin"),
    ] {
        for said in [format!("{words} --no-input"), words.to_owned()] {
            let is_flag = said.ends_with("--no-input");
            let variable = if is_flag { "" } else { "SESSCTL_NO_INPUT=1 " };
            let _ = std::fs::remove_file(home.path("code"));
            let server = &server.public;
            let script = format!(
                "SESSCTL_SERVER={server} {variable}'{SESSCTL}' {said}
                 echo $? >../code; echo back in the shell; exec cat"
            );
            let terminal = Tmux::run(&home, (160, 24), &script);
            terminal.sees("back in the shell").await;
            let screen = terminal.screen();
            let seen = home.read("code");
            assert_eq!(seen.trim_end(), code.to_string(), "{said}: {screen}");
            assert!(screen.contains(way), "{said}: {screen}");
        }
    }
    assert_eq!(server.run(&["ls", "-q"]).await.ok().lines().count(), 1);
    let users = server.run(&["user", "ls", "-q"]).await.ok();
    assert_eq!(users, "alice\nbob\n");
    assert_eq!(home.jars().len(), 1);
}

#[tokio::test]
async fn words_that_are_nearly_right_are_guessed_and_none_is_cut_short() {
    let home = Home::new();
    for (words, near) in [
        (&["lss"][..], "'ls'"),
        (&["dashbord"], "'dashboard'"),
        (&["user", "pasword"], "'passwd'"),
        (&["ls", "--limt", "1"], "'--limit'"),
        (&["ls", "--profil", "x"], "'--profile'"),
        (&["ls", "-o", "jsn"], "'json'"),
        (&["completions", "bsh"], "'bash'"),
        (&["ls", "--sort", "idel"], "idle"),
        (&["ls", "--fields", "hanlde"], "handle"),
        (&["man", "dashbord"], "dashboard"),
    ] {
        let wrong = home.run(words).await;
        wrong.fails(2, &[near]);
    }
    // What begins like a command is none: another version may have one more.
    for words in [
        &["dash"][..],
        &["rev", "--all", "-y"],
        &["user", "dis", "a"],
    ] {
        home.run(words).await.fails(2, &["unrecognized subcommand"]);
    }
    for (alias, command) in [("whoami", "status"), ("top", "tui")] {
        let of = async |name: &str| home.run(&[name, "--help"]).await.ok();
        assert_eq!(of(alias).await, of(command).await);
        let first = home.run(&["--help"]).await.ok();
        assert!(first.contains(&format!("(alias {alias})")), "{first}");
    }
}

/// Everything that may hold a secret, with one in it: no output of any command repeats it.
#[tokio::test]
async fn a_planted_secret_is_said_by_no_command_and_no_mistake() {
    let home = Home::new();
    let server = home.serve_accounts(&[]).await;
    let run = async |words: &[&str]| {
        let mut command = server.sessctl(words);
        command.env("SESSCTL_PASSWORD", PLANTED);
        command.env("SESSCTL_TOKEN", PLANTED);
        command.env("RUST_BACKTRACE", "full");
        ended(command).await
    };
    run(&["user", "add", "alice"]).await.ok();
    run(&["login", "alice", "--profile", "alice", "-v"])
        .await
        .ok();
    let jar = home.jars().pop().unwrap();
    let cookie = crate::story::cookie_in(&std::fs::read_to_string(&jar).unwrap());
    let netscape = run(&["jar", "export", "--profile", "alice"]).await.ok();
    assert!(netscape.contains(&cookie), "the one that is meant to tell");
    let shown = ["jar", "show", "--show-secrets", "--profile", "alice"];
    assert!(run(&shown).await.ok().contains(&cookie));
    // A jar and settings that nobody can read, with secrets in them.
    let broken = home.write("tmp/broken.json", &format!("{{\"sid\": \"{cookie}\""));
    let broken = broken.to_str().unwrap();
    let at = format!("redis://user:{PLANTED}@127.0.0.1:1");
    let there = format!("https://user:{PLANTED}@127.0.0.1:1");
    let file = home.write("tmp/passwords", &format!("{PLANTED}\n"));
    let file = file.to_str().unwrap();
    let handle = server.handle_of("alice").await;
    for words in [
        &["status"][..],
        &["dashboard"],
        &["get", "/session", "-i"],
        &["get", "/dashboard", "--curl"],
        &["get", "/no-such-page", "-o", "json"],
        &["head", "/login"],
        &[
            "post",
            "/login",
            "--curl",
            "-d",
            "username=a",
            "-d",
            "password=x",
        ],
        &["data", "ls"],
        &["jar", "ls"],
        &["jar", "show"],
        &["jar", "doctor"],
        &["profile", "show"],
        &["profile", "show", "--source", &at],
        &["ls"],
        &["ls", "--source", &at],
        &["ls", "--source", &there],
        &["ls", "--source", "http://127.0.0.1:1"],
        &["log"],
        &["stats"],
        &["user", "ls"],
        &["user", "show", "alice"],
        &["user", "add", "alice"],
        &["user", "add", "b", "--password-file", file],
        &["token", "ls"],
        &["show", &handle],
        &["why", &handle],
        &["login", "alice", "--server", "http://127.0.0.1:1"],
        &["login", "nobody", "--profile", "other"],
        &["login", "alice", "--password-file", "/no/such/file"],
        &["dashboard", "--jar", broken],
        &["jar", "show", "--jar", broken],
        &["jar", "doctor", "--jar", broken],
        &["serve", "--store", &at],
        &["serve", "--print-config"],
        &["serve", "--check-config"],
        &["audit", "--user", "alice"],
        &[
            "load",
            "--name",
            "alice",
            "--users",
            "2",
            "--duration",
            "1s",
        ],
        &["revoke", "--all", "-y"],
        &["dashboard"],
        &["logout"],
    ] {
        for more in [&[][..], &["-v"], &["-v", "-o", "json"]] {
            let words = [words, &["--profile", "alice"], more].concat();
            let is_new = words.contains(&"other");
            let words = if is_new {
                [words[..2].to_vec(), more.to_vec()].concat()
            } else {
                words
            };
            let done = run(&words).await;
            for secret in [PLANTED, &cookie] {
                let said = format!("{}{}", done.stdout, done.stderr);
                assert!(!said.contains(secret), "{words:?} said {secret}: {done:?}");
            }
        }
    }
    let log = home.read("log");
    assert!(!log.contains(PLANTED) && !log.contains(&cookie), "{log}");
}
