//! Sessions that ended: `ls --ended`, `why`, and what `show` says of them.

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    home::{Home, fed},
    server::Server,
    story::cookie_in,
};

/// Of five sessions alice's was revoked, bob and carol left, each their own way; dave's and carol's new one live.
async fn with_ended(home: &Home) -> (Server<'_>, [String; 4]) {
    let server = home.serve(&[]).await;
    let mut handles = Vec::new();
    for user in ["alice", "bob", "carol", "dave"] {
        server.login(user).await;
        handles.push(server.handle_of(user).await);
    }
    let [alice, ..] = &handles[..] else {
        unreachable!("four signed in")
    };
    server.run(&["revoke", alice]).await.ok();
    server.run(&["logout", "--profile", "bob"]).await.ok();
    server.login("carol").await;
    (server, handles.try_into().unwrap())
}

#[tokio::test]
async fn ls_ended_shows_who_when_and_why_in_every_format() {
    let home = Home::new();
    let (server, [alice, bob, carol, _]) = with_ended(&home).await;
    let table = server.run(&["ls", "--ended"]).await.ok();
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    let head: Vec<_> = lines[0].split_whitespace().collect();
    assert_eq!(
        head,
        ["HANDLE", "USER", "CLIENT", "IP", "AGE", "ENDED", "WHY"]
    );
    // The latest end first.
    for (line, (handle, why)) in lines[1..].iter().zip([
        (&carol, "replaced by a new sign-in"),
        (&bob, "signed out"),
        (&alice, "revoked by "),
    ]) {
        assert!(line.starts_with(handle) && line.contains(why), "{table}");
    }
    let names = server.run(&["ls", "--ended", "-q"]).await.ok();
    assert_eq!(names, format!("{carol}\n{bob}\n{alice}\n"));
    let by_user = ["ls", "--ended", "-o", "name", "--sort", "user"];
    let by_user = server.run(&by_user).await.ok();
    assert_eq!(by_user, format!("{alice}\n{bob}\n{carol}\n"));

    let page = server.run(&["ls", "--ended", "-o", "json"]).await.ok();
    let page: Value = serde_json::from_str(&page).unwrap();
    assert_eq!(page["total"], 3);
    assert_eq!(page["sessions"][2]["ended"]["reason"], "revoked");
    let some = ["ls", "--ended", "-o", "jsonl", "reason=revoked"];
    let some = server.run(&some).await.ok();
    assert!(some.lines().count() == 1 && some.contains(&alice), "{some}");
    let two = server.run(&["ls", "--ended", "--limit", "2"]).await;
    assert!(
        two.stderr.contains("2 of 3 ended sessions at unix:"),
        "{two:?}"
    );
    let none = server.run(&["ls", "--ended", "user=dave"]).await;
    assert!(
        none.stderr.contains("0 ended sessions matching user=dave"),
        "{none:?}"
    );
    assert_eq!(none.ok(), "");

    let live = server.run(&["ls", "-o", "jsonl"]).await.ok();
    assert!(
        live.lines().count() == 2 && !live.contains("\"ended\""),
        "{live}"
    );
}

#[tokio::test]
async fn why_tells_the_life_of_a_session_in_words() {
    let home = Home::new();
    let (server, [alice, bob, carol, dave]) = with_ended(&home).await;
    for (handle, says) in [
        (&alice, ["a session of alice.", ": revoked by "]),
        (&bob, ["a session of bob.", ": signed out by bob."]),
        (
            &carol,
            [
                "a session of carol.",
                ": replaced by a new sign-in from the same client.",
            ],
        ),
        (&dave, ["is a session of dave.", "It lives. It ends in "]),
    ] {
        let told = server.run(&["why", handle]).await.ok();
        assert!(told.starts_with(handle.as_str()), "{told}");
        for word in says
            .into_iter()
            .chain(["It began ", " from 127.0.0.1 with sessctl"])
        {
            assert!(told.contains(word), "no {word:?} in {told}");
        }
    }
    let told = server.run(&["why", &alice, "-o", "json"]).await.ok();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&told["user"], &told["ended"]["reason"]),
        (&"alice".into(), &"revoked".into())
    );
    assert_eq!(
        server.run(&["why", &bob, "-q"]).await.ok(),
        format!("{bob}\n")
    );
}

#[tokio::test]
async fn why_finds_the_session_of_an_ended_cookie() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let handle = server.handle_of("alice").await;
    let jar = server
        .run(&["jar", "path", "--profile", "alice"])
        .await
        .ok();
    let cookie = cookie_in(&std::fs::read_to_string(jar.trim_end()).unwrap());
    server.run(&["revoke", &handle]).await.ok();
    let why = server.sessctl(&["why", "--cookie-stdin"]);
    let told = fed(why, &format!("{cookie}\n")).await.ok();
    assert!(
        told.starts_with(&handle) && told.contains("revoked by "),
        "{told}"
    );
    assert!(!told.contains(&cookie));
}

#[tokio::test]
async fn show_of_an_ended_session_says_how_it_ended_and_where_to_read_on() {
    let home = Home::new();
    let (server, [alice, ..]) = with_ended(&home).await;
    let show = server.run(&["show", &alice]).await;
    let hint = format!("sessctl why {alice}");
    show.fails(5, &["no live session", "it ended, revoked by ", &hint]);
    let unknown = "000000000000";
    let show = server.run(&["show", unknown]).await.fails(5, &[unknown]);
    assert!(!show.contains("sessctl why"), "{show}");
    let why = server.run(&["why", unknown]).await;
    why.fails(5, &[unknown, "--keep-ended", "sessctl ls --ended"]);
    let no_handle = server.run(&["why", "alice"]).await;
    no_handle.fails(2, &["is not a handle"]);
}

#[tokio::test]
async fn a_store_file_without_its_server_remembers_who_ended_what() {
    let home = Home::new();
    let (server, [alice, ..]) = with_ended(&home).await;
    server.ends(Signal::KILL).await;
    let file = format!("sqlite:{}", home.text("data/sessctl/sessions.db"));
    let ended = home
        .run(&["ls", "--ended", "-q", "--source", &file])
        .await
        .ok();
    assert_eq!(ended.lines().count(), 3, "{ended}");
    let told = home.run(&["why", &alice, "--source", &file]).await.ok();
    assert!(told.contains("revoked by "), "{told}");
}
