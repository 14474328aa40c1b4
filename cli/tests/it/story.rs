//! The main job in separate processes: sign in, see, end, be told so, sign out; and a server for one command.

use rustix::process::Signal;
use serde_json::Value;

use crate::home::{Done, Home, NOTHING, ended, until};

#[tokio::test]
async fn a_session_lives_from_login_to_revoke_in_separate_processes() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let said = server.run(&["login", "alice"]).await.ok();
    assert_eq!(said, format!("signed in as alice at {}\n", server.public));
    let page = server.run(&["dashboard"]).await.ok();
    assert_eq!(page.trim_end(), "Welcome back, alice");

    let list = server.run(&["ls", "-o", "json"]).await.ok();
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!((&list["schema"], &list["total"]), (&1.into(), &1.into()));
    let session = &list["sessions"][0];
    assert_eq!(session["user"], "alice");
    let handle = session["handle"].as_str().unwrap().to_owned();
    let jar = std::fs::read_to_string(&home.jars()[0]).unwrap();
    let id = cookie_in(&jar);
    assert!(!list.to_string().contains(&id), "the list holds the id");
    assert!(!jar.contains(&handle), "the handle says nothing of the id");

    let revoked = server.run(&["revoke", &handle]).await;
    assert!(revoked.stderr.contains("alice can sign in again"));
    assert_eq!(revoked.ok(), format!("ended {handle} (alice)\n"));
    let told = server.run(&["dashboard"]).await;
    let told = told.fails(3, &["Please log in", "revoked by ", "sessctl login alice"]);
    assert!(told.contains("your session ended"), "{told}");
    let later = server
        .run(&["dashboard"])
        .await
        .fails(3, &["Please log in"]);
    assert!(!later.contains("revoked"), "told once: {later}");
    assert_eq!(server.run(&["ls", "-q"]).await.ok(), "");
}

#[tokio::test]
async fn after_a_revoke_its_user_signs_in_again_and_out_twice() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.run(&["login", "alice"]).await.ok();
    server.run(&["revoke", "--all", "-y"]).await.ok();
    server.run(&["dashboard"]).await.fails(3, &[]);
    server.run(&["login", "alice"]).await.ok();

    let status = server.run(&["status"]).await.ok();
    assert!(status.contains("alice, live as "), "{status}");
    assert!(status.contains("if idle"), "{status}");
    let status = server.run(&["whoami", "-o", "json"]).await.ok();
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["signed_in"], true);
    assert_eq!(status["session"]["user"], "alice");

    let out = server.run(&["logout"]).await.ok();
    assert_eq!(out, "Logged out successfully\n");
    assert_eq!(home.jars(), NOTHING);
    let again = server.run(&["logout"]).await.ok();
    assert!(again.contains("there was no session"), "{again}");
    let status = server.run(&["status"]).await;
    assert_eq!(status.code, 3);
    assert!(status.stdout.contains("not signed in"), "{status:?}");
    server
        .run(&["dashboard"])
        .await
        .fails(3, &["Please log in"]);
}

#[tokio::test]
async fn the_ready_line_and_the_ready_file_say_the_same_and_the_file_goes_with_the_server() {
    let home = Home::new();
    let file = home.text("ready.json");
    let server = home.serve(&["--ready-file", &file]).await;
    let written: Value = serde_json::from_str(&home.read("ready.json")).unwrap();
    assert_eq!(written, server.ready);
    assert_eq!(written["pid"], server.pid().unwrap());
    assert!(server.public.starts_with("http://127.0.0.1:"));
    assert!(!server.public.ends_with(":0"));
    assert_eq!(server.socket(), home.path("run/sessctl/admin.sock"));
    server.run(&["wait"]).await.ok();
    assert_eq!(server.ends(Signal::TERM).await.code(), Some(0));
    assert!(!std::path::Path::new(&file).exists());
}

#[tokio::test]
async fn a_server_that_ends_leaves_the_ready_file_of_another_one() {
    let home = Home::new();
    let file = home.text("ready.json");
    let first = home.serve(&["--ready-file", &file]).await;
    let other = r#"{"public":"http://127.0.0.1:1","admin":"unix:/a","pid":1}"#;
    let path = home.write("ready.json", other);
    assert_eq!(first.ends(Signal::TERM).await.code(), Some(0));
    assert_eq!(std::fs::read_to_string(path).unwrap(), other);
}

#[tokio::test]
async fn a_command_gets_a_private_server_in_its_environment_that_goes_with_it() {
    let home = Home::new();
    let script = r#"
        set -e
        echo "$SESSCTL_SERVER $SESSCTL_SOURCE ${SESSCTL_PROFILE-none} $XDG_STATE_HOME"
        "$0" login alice >/dev/null
        "$0" dashboard
        "$0" revoke --user alice -y -q >/dev/null
        "$0" dashboard || echo "code $?"
        exit 7"#;
    let program = crate::home::SESSCTL;
    let mut command = home.sessctl(&["serve", "--auth", "open", "--", "sh", "-c", script, program]);
    command.env("SESSCTL_PROFILE", "work");
    let done = ended(command).await;
    assert_eq!(done.code, 7, "{done:?}");
    let lines: Vec<_> = done.stdout.lines().collect();
    let [place, page, refused] = lines[..] else {
        panic!("{done:?}");
    };
    assert_eq!((page, refused), ("Welcome back, alice", "code 3"));
    let place: Vec<_> = place.split(' ').collect();
    assert!(place[0].starts_with("http://127.0.0.1:"), "{place:?}");
    let tmp = home.text("tmp");
    assert!(place[1].starts_with(&format!("unix:{tmp}/")), "{place:?}");
    assert_eq!(place[2], "none");
    assert!(place[3].starts_with(&tmp), "{place:?}");
    for dir in ["tmp", "state", "config", "data", "run"] {
        assert_eq!(home.files(dir), NOTHING, "{dir}");
    }
}

#[tokio::test]
async fn the_code_of_a_command_is_passed_on_also_when_a_signal_ended_it() {
    let home = Home::new();
    let serve = async |script: &str| -> Done {
        home.run(&["serve", "--auth", "open", "--", "sh", "-c", script])
            .await
    };
    assert_eq!(serve("exit 0").await.code, 0);
    assert_eq!(serve("exit 7").await.code, 7);
    assert_eq!(serve("kill -9 $$").await.code, 137);
    let none = home
        .run(&["serve", "--auth", "open", "--", "no-such-program"])
        .await;
    none.fails(127, &["cannot run \"no-such-program\""]);
    assert_eq!(home.files("tmp"), NOTHING);
}

#[tokio::test]
async fn a_signal_to_end_goes_to_the_command_first_and_nothing_is_left() {
    let home = Home::new();
    let script = "trap 'echo asked; exit 9' TERM; echo $$ > ready; while :; do sleep 0.05; done";
    let child = home
        .sessctl(&["serve", "--auth", "open", "--", "sh", "-c", script])
        .spawn()
        .unwrap();
    let ready = home.path("work/ready");
    until("the command", || ready.exists()).await;
    crate::server::signal(&child, Signal::TERM);
    let done = crate::home::finished(child).await;
    assert_eq!((done.code, done.stdout.as_str()), (9, "asked\n"));
    assert_eq!(home.files("tmp"), NOTHING);
}

#[tokio::test]
async fn a_signal_that_comes_the_moment_the_command_starts_is_heeded() {
    let home = Home::new();
    let script = "kill -TERM $PPID; while :; do sleep 0.05; done";
    for _ in 0..5 {
        let serve = ["serve", "--auth", "open", "--", "sh", "-c", script];
        assert_eq!(home.run(&serve).await.code, 143);
        assert_eq!(home.files("tmp"), NOTHING);
    }
}

/// The id in a jar with one cookie.
pub(crate) fn cookie_in(jar: &str) -> String {
    let (_, rest) = jar.split_once("sid=").expect("a cookie");
    rest.split([';', '"']).next().unwrap().to_owned()
}
