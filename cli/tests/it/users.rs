//! `sessctl user`: accounts with and without a server, where passwords come from, and what is said.

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    home::{Done, Home, NOTHING, SESSCTL, ended, fed},
    peers,
    tmux::Tmux,
};

/// A password that breaks no rule.
pub(crate) const PASSWORD: &str = "seven-Purple-Kettles";

/// Adds an account with a password.
pub(crate) async fn add(home: &Home, name: &str, password: &str) {
    with_password(home, &["user", "add", name], password)
        .await
        .ok();
}

pub(crate) async fn with_password(home: &Home, arguments: &[&str], password: &str) -> Done {
    let mut command = home.sessctl(arguments);
    command.env("SESSCTL_PASSWORD", password);
    ended(command).await
}

async fn users(home: &Home) -> Vec<Value> {
    let lines = home.run(&["user", "ls", "-o", "jsonl"]).await.ok();
    let lines = lines.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn an_account_is_there_before_any_server_ever_ran_and_a_server_takes_it_up() {
    let home = Home::new();
    let none = home.run(&["user", "ls"]).await;
    assert_eq!((none.code, none.stdout.as_str()), (0, ""));
    assert!(none.stderr.contains("no accounts yet"), "{none:?}");
    assert_eq!(home.files("data"), NOTHING, "looking makes nothing");

    let added = with_password(&home, &["user", "add", "alice"], PASSWORD).await;
    assert!(added.stderr.contains("sessctl serve"), "{added:?}");
    let store = home.text("data/sessctl/sessions.db");
    assert_eq!(added.ok(), format!("added alice at sqlite:{store}\n"));

    let server = home.serve_accounts(&[]).await;
    let over = with_password(&home, &["user", "add", "bob"], PASSWORD).await;
    assert!(over.stderr.contains("sessctl login bob"), "{over:?}");
    assert_eq!(over.ok(), format!("added bob at {}\n", server.admin));
    for name in ["alice", "bob"] {
        let mut login = server.sessctl(&["login", name, "--profile", name]);
        login.env("SESSCTL_PASSWORD", PASSWORD);
        ended(login).await.ok();
    }
    let table = home.run(&["user", "ls"]).await.ok();
    assert!(table.starts_with("NAME   SESSIONS  LAST LOGIN"), "{table}");
    let known = users(&home).await;
    let names: Vec<_> = known.iter().map(|user| &user["name"]).collect();
    assert_eq!(names, ["alice", "bob"]);
    assert!(known.iter().all(|user| user["sessions"] == 1));
    assert!(known.iter().all(|user| user["last_login"].is_string()));
    server.ends(Signal::TERM).await;
    assert_eq!(users(&home).await.len(), 2, "they outlive the server");
}

#[tokio::test]
async fn a_password_comes_from_stdin_a_file_or_the_environment_and_from_no_argument() {
    let home = Home::new();
    let refused = home.run(&["user", "add", "alice"]).await;
    let ways = [
        "nothing was changed",
        "--password-stdin",
        "--password-file",
        "SESSCTL_PASSWORD",
        "--generate",
    ];
    refused.fails(2, &ways);
    for typed in [
        &["user", "add", "alice", PASSWORD][..],
        &["user", "add", "alice", "--password", PASSWORD],
        &["user", "passwd", "alice", PASSWORD],
        &["login", "alice", "--password", PASSWORD],
    ] {
        home.run(typed).await.fails(2, &["unexpected argument"]);
    }
    assert_eq!(home.files("data"), NOTHING);

    let stdin = home.sessctl(&["user", "add", "stdin", "--password-stdin"]);
    fed(stdin, &format!("{PASSWORD}\nmore\n")).await.ok();
    let file = home.write("open.pw", &format!("{PASSWORD}\n"));
    let file = file.to_str().unwrap();
    set_mode(file, 0o644);
    let open = home
        .run(&["user", "add", "file", "--password-file", file])
        .await;
    assert!(open.stderr.contains("chmod 600"), "{open:?}");
    open.ok();
    set_mode(file, 0o600);
    let closed = home
        .run(&["user", "passwd", "file", "--password-file", file])
        .await;
    assert_eq!(closed.stderr, "");
    add(&home, "variable", PASSWORD).await;

    let server = home.serve_accounts(&[]).await;
    for name in ["stdin", "file", "variable"] {
        let mut login = server.sessctl(&["login", name, "--profile", name]);
        login.env("SESSCTL_PASSWORD", PASSWORD);
        ended(login).await.ok();
    }
}

fn set_mode(path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_password_that_is_made_up_is_long_and_alone_on_stdout() {
    let home = Home::new();
    let made = home.run(&["user", "add", "alice", "--generate"]).await.ok();
    let again = home
        .run(&["user", "passwd", "alice", "--generate"])
        .await
        .ok();
    assert_ne!(made, again);
    for password in [&made, &again] {
        let password = password.strip_suffix('\n').unwrap();
        assert!(password.len() == 20 && password.bytes().all(|b| b.is_ascii_alphanumeric()));
    }
    let server = home.serve_accounts(&[]).await;
    let login = |password: &str| {
        let mut login = server.sessctl(&["login", "alice"]);
        login.env("SESSCTL_PASSWORD", password.trim_end());
        ended(login)
    };
    login(&made)
        .await
        .fails(4, &["Wrong user name or password"]);
    login(&again).await.ok();
    let json = home
        .run(&["user", "add", "bob", "--generate", "-o", "json"])
        .await
        .ok();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["password"].as_str().unwrap().len(), 20);
    assert_eq!(json["user"]["name"], "bob");
}

#[tokio::test]
async fn what_is_typed_at_a_terminal_is_asked_for_twice_and_not_shown() {
    if !peers::present(&["tmux"]) {
        return;
    }
    let home = Home::new();
    let script = format!(
        "'{SESSCTL}' user add alice; echo code $?; '{SESSCTL}' user add bob; echo code $?; exec cat"
    );
    let terminal = Tmux::run(&home, (200, 24), &script);
    terminal.sees("New password for alice at sqlite:").await;
    terminal.types(PASSWORD);
    terminal.sees("The same again:").await;
    terminal.types(PASSWORD);
    terminal.sees("added alice").await;
    terminal.sees("code 0").await;
    terminal.sees("New password for bob").await;
    terminal.types(PASSWORD);
    until_twice(&terminal, "The same again:").await;
    terminal.types("something-Else-4");
    terminal
        .sees("the two passwords differ; nothing was changed")
        .await;
    terminal.sees("code 2").await;
    assert!(!terminal.screen().contains(PASSWORD));
    assert_eq!(users(&home).await.len(), 1);
}

async fn until_twice(terminal: &Tmux<'_>, text: &str) {
    crate::home::until(text, || terminal.screen().matches(text).count() == 2).await;
}

#[tokio::test]
async fn passwd_disable_and_rm_end_sessions_and_say_how_many_and_where() {
    let home = Home::new();
    add(&home, "alice", PASSWORD).await;
    let server = home.serve_accounts(&[]).await;
    let sign_in = async |password: &str| {
        for profile in ["one", "two"] {
            let mut login = server.sessctl(&["login", "alice", "--profile", profile]);
            login.env("SESSCTL_PASSWORD", password);
            ended(login).await.ok();
        }
    };
    let gone = async |how: &str| {
        let page = server.run(&["dashboard", "--profile", "one"]).await;
        page.fails(3, &[how, " by "]);
        let past = home.run(&["ls", "--ended", "--limit", "1", "--no-headers"]);
        let past = past.await.ok();
        assert!(past.contains(how), "{past}");
        let handle = past.split_whitespace().next().unwrap();
        let told = home.run(&["why", handle]).await.ok();
        assert!(told.contains(how), "{told}");
    };
    let at = &server.admin;
    sign_in(PASSWORD).await;
    let changed = with_password(&home, &["user", "passwd", "alice"], "eight-Green-Kettles").await;
    assert_eq!(
        changed.ok(),
        format!("alice has another password at {at}; ended 2 sessions\n")
    );
    gone("password changed").await;
    sign_in("eight-Green-Kettles").await;
    let disabled = home.run(&["user", "disable", "alice"]).await.ok();
    assert_eq!(
        disabled,
        format!("disabled alice at {at}; ended 2 sessions\n")
    );
    gone("account disabled").await;
    let mut login = server.sessctl(&["login", "alice"]);
    login.env("SESSCTL_PASSWORD", "eight-Green-Kettles");
    ended(login)
        .await
        .fails(4, &["Wrong user name or password"]);
    let shown = home.run(&["user", "show", "alice"]).await.ok();
    assert!(shown.contains("disabled since "), "{shown}");
    let enabled = home.run(&["user", "enable", "alice"]).await.ok();
    assert_eq!(enabled, format!("alice can sign in again at {at}\n"));
    sign_in("eight-Green-Kettles").await;

    let asked = home.run(&["user", "rm", "alice"]).await;
    asked.fails(8, &["Remove alice and end 2 sessions at unix:", "--yes"]);
    assert_eq!(users(&home).await.len(), 1);
    let removed = home.run(&["user", "rm", "alice", "-y"]).await.ok();
    assert_eq!(
        removed,
        format!("removed alice at {at}; ended 2 sessions\n")
    );
    gone("account removed").await;
    assert!(users(&home).await.is_empty());
}

#[tokio::test]
async fn a_missing_account_is_not_found_and_a_taken_name_says_what_to_type() {
    let home = Home::new();
    add(&home, "alice", PASSWORD).await;
    for with_server in [false, true] {
        let _server = match with_server {
            true => Some(home.serve_accounts(&[]).await),
            false => None,
        };
        for action in [
            &["show", "bob"][..],
            &["passwd", "bob", "--generate"],
            &["disable", "bob"],
            &["enable", "bob"],
            &["rm", "bob"],
            &["rm", "bob", "-y"],
        ] {
            let done = home.run(&[&["user"], action].concat()).await;
            done.fails(5, &["there is no account \"bob\""]);
        }
        let twice = with_password(&home, &["user", "add", "alice"], PASSWORD).await;
        twice.fails(
            1,
            &["\"alice\" exists already", "sessctl user passwd alice"],
        );
        let short = with_password(&home, &["user", "add", "carol"], "short").await;
        short.fails(2, &["12 characters"]);
        let common = with_password(&home, &["user", "passwd", "alice"], "password1234").await;
        common.fails(2, &["password"]);
    }
}

#[tokio::test]
async fn a_hostile_name_is_shown_harmless() {
    let home = Home::new();
    let name = "<b>\u{202e}eve";
    let refused = with_password(&home, &["user", "add", name], PASSWORD).await;
    refused.fails(2, &["<b>\\u{202e}eve", "reading direction"]);
    // As it was added when that was not refused yet.
    add(&home, "eve", PASSWORD).await;
    let store = rusqlite::Connection::open(home.path("data/sessctl/sessions.db")).unwrap();
    store.execute("UPDATE user SET name = ?1", [name]).unwrap();
    drop(store);
    for words in [
        &["user", "ls"][..],
        &["user", "ls", "-o", "json"],
        &["user", "ls", "-q"],
        &["user", "show", name],
        &["user", "disable", name],
        &["user", "rm", name, "-y"],
        &["user", "rm", name, "-y"],
    ] {
        let done = home.run(words).await;
        let said = format!("{}{}", done.stdout, done.stderr);
        assert!(
            said.contains("eve") && !said.contains('\u{202e}'),
            "{done:?}"
        );
    }
}

#[tokio::test]
async fn lines_of_a_file_become_accounts_and_the_others_are_reported() {
    let home = Home::new();
    add(&home, "old", PASSWORD).await;
    let hash = {
        let store = rusqlite::Connection::open(home.path("data/sessctl/sessions.db")).unwrap();
        let hash = store.query_row("SELECT hash FROM user WHERE name = 'old'", [], |row| {
            row.get::<_, String>(0)
        });
        hash.unwrap()
    };
    let file = home.write(
        "people",
        &format!(
            "# from elsewhere\n\nalice:{hash}\n{{\"name\": \"bob\", \"password\": \"{PASSWORD}\"}}\ncarol:$2y$10$SECRETSECRET\nold:{hash}\n{{\"name\": \"dan\", \"password\": \"SECRET\"}}\n..:{hash}\nal\u{200b}ice:{hash}\n"
        ),
    );
    set_mode(file.to_str().unwrap(), 0o600);
    let done = home.run(&["user", "import", file.to_str().unwrap()]).await;
    assert_eq!(done.code, 7, "{done:?}");
    assert!(
        done.stdout.starts_with("added 2 at sqlite:") && done.stdout.contains("5 could not"),
        "{done:?}"
    );
    for line in [
        "line 5: carol: a bcrypt hash",
        "line 6: the account \"old\"",
        "line 7: dan: a password",
        "line 8: ",
        "line 9: ",
    ] {
        assert!(done.stderr.contains(line), "{line}: {done:?}");
    }
    assert!(!done.stderr.contains("SECRET"), "{done:?}");
    let server = home.serve_accounts(&[]).await;
    for name in ["alice", "bob"] {
        let mut login = server.sessctl(&["login", name, "--profile", name]);
        login.env("SESSCTL_PASSWORD", PASSWORD);
        ended(login).await.ok();
    }
    let more = format!("{{\"name\": \"eve\", \"password\": \"{PASSWORD}\"}}");
    let import = home.sessctl(&["user", "import", "-", "-q"]);
    assert_eq!(fed(import, &more).await.ok(), "eve\n");
    let import = home.sessctl(&["user", "import", "-"]);
    assert_eq!(fed(import, &more).await.code, 1, "nothing of it was taken");
    let at = &server.admin;
    let added = with_password(&home, &["user", "add", "ann", "--source", at], PASSWORD).await;
    assert!(
        added.stderr.contains("sessctl login ann --server URL"),
        "{added:?}"
    );
    let other = format!("sqlite:{}", home.text("other.db"));
    let added = with_password(&home, &["user", "add", "ann", "--source", &other], PASSWORD).await;
    let serve = format!("sessctl serve --store {other}; then");
    assert!(added.stderr.contains(&serve), "{added:?}");
    home.run(&["user", "import", "nowhere"])
        .await
        .fails(1, &["nowhere", "No such file"]);
}

#[tokio::test]
async fn a_store_whose_server_does_not_answer_is_not_written_beside_it() {
    let home = Home::new();
    let server = home.serve_accounts(&[]).await;
    let pid = rustix::process::Pid::from_raw(server.pid().unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(pid, Signal::STOP).unwrap();
    let add = ["user", "add", "alice", "--generate", "--timeout", "1s"];
    home.run(&add)
        .await
        .fails(6, &["is owned by another sessctl"]);
    let memory = Home::new();
    let mut nowhere = memory.sessctl(&["user", "add", "alice", "--generate"]);
    nowhere.env("SESSCTL_STORE", "memory:");
    ended(nowhere).await.fails(6, &["in memory"]);
}
