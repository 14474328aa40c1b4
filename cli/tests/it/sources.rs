//! Listing and ending sessions: filters, formats, pipes, and a store file with and without its server.

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    home::{Home, ended, fed},
    server::Server,
};

/// A server with one session for each of three users.
async fn with_three(home: &Home) -> Server<'_> {
    let server = home.serve(&[]).await;
    for user in ["alice", "bob", "carol"] {
        server.login(user).await;
    }
    server
}

#[tokio::test]
async fn ls_filters_limits_and_prints_what_a_script_wants() {
    let home = Home::new();
    let server = with_three(&home).await;
    for (filter, count) in [
        (&["user=alice"][..], 1),
        (&["user!=alice"], 2),
        (&["user=nobody"], 0),
        (&["age<1h"], 3),
        (&["idle>1h"], 0),
        (&["user=bob", "and", "age<1h"], 1),
        (&["127.0.0.1"], 3),
        (&["aro"], 1),
        (&["--limit", "2"], 2),
    ] {
        let all = [&["ls", "-q"], filter].concat();
        let handles = server.run(&all).await.ok();
        assert_eq!(handles.lines().count(), count, "{filter:?}");
        let whole = handles.lines().all(|handle| handle.len() == 12);
        assert!(whole, "{handles}");
        let by_name = [&["ls", "-o", "name"], filter].concat();
        assert_eq!(server.run(&by_name).await.ok(), handles);
    }
    let page = server.run(&["ls", "-o", "json", "--limit", "2"]).await.ok();
    let page: Value = serde_json::from_str(&page).unwrap();
    assert_eq!(
        (&page["total"], page["sessions"].as_array().unwrap().len()),
        (&3.into(), 2)
    );
    assert!(page["next"].is_string(), "{page}");
    assert_eq!(page["sessions"][0]["user"], "carol", "newest first");
    let lines = server.run(&["ls", "-o", "jsonl"]).await.ok();
    let users: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["user"].clone())
        .collect();
    assert_eq!(users, ["carol", "bob", "alice"]);
    let table = server.run(&["ls"]).await.ok();
    assert!(
        table.starts_with("HANDLE ") && table.lines().count() == 4,
        "{table}"
    );
    let bare = server.run(&["ls", "--no-headers", "user=bob"]).await.ok();
    assert!(bare.lines().count() == 1 && bare.contains("bob"), "{bare}");
    let none = server.run(&["ls", "user=nobody"]).await;
    assert_eq!(
        (none.code, none.stdout.as_str()),
        (0, ""),
        "an empty list is no failure"
    );
    assert!(
        none.stderr
            .contains("0 live sessions matching user=nobody at unix:"),
        "{none:?}"
    );
}

#[tokio::test]
async fn handles_flow_through_a_pipe_from_ls_to_revoke() {
    let home = Home::new();
    let server = with_three(&home).await;
    let some = server.run(&["ls", "-q", "user!=bob"]).await.ok();
    let ended = fed(server.sessctl(&["revoke", "-"]), &some).await;
    let told = ended.stderr.clone();
    assert_eq!(ended.ok().lines().count(), 2);
    assert!(told.contains("ended 2 at unix:"), "{told}");
    assert!(told.contains("their users can sign in again"), "{told}");
    let left = server.run(&["ls", "-o", "jsonl"]).await.ok();
    assert!(
        left.lines().count() == 1 && left.contains("\"bob\""),
        "{left}"
    );
    let nothing = fed(server.sessctl(&["revoke", "-"]), "\n").await;
    nothing.ok();
    server.run(&["dashboard", "--profile", "bob"]).await.ok();
}

#[tokio::test]
async fn a_users_sessions_end_all_at_once_and_a_dry_run_ends_none() {
    let home = Home::new();
    let server = with_three(&home).await;
    server
        .run(&["login", "alice", "--profile", "second"])
        .await
        .ok();
    let dry = server
        .run(&["revoke", "--user", "alice", "--dry-run"])
        .await;
    assert!(dry.stderr.contains("2 would end") && dry.stderr.contains("nothing was ended"));
    assert_eq!(dry.ok().lines().count(), 2);
    assert_eq!(server.run(&["ls", "-q"]).await.ok().lines().count(), 4);

    let report = server
        .run(&["revoke", "--user", "alice", "-y", "-o", "json"])
        .await
        .ok();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["outcomes"].as_array().unwrap().len(), 2);
    assert_eq!(report["outcomes"][0]["result"], "revoked");
    for profile in ["alice", "second"] {
        let out = server.run(&["dashboard", "--profile", profile]).await;
        out.fails(3, &["revoked by "]);
    }
    let by_filter = ["revoke", "--filter", "user=bob and age<1h", "-y", "-q"];
    assert_eq!(server.run(&by_filter).await.ok().lines().count(), 1);
    let stats = server.run(&["stats", "-o", "json"]).await.ok();
    let stats: Value = serde_json::from_str(&stats).unwrap();
    assert_eq!(
        (&stats["active"], &stats["ended"]["revoked"]),
        (&1.into(), &3.into())
    );
    let nobody = server.run(&["revoke", "--user", "nobody"]).await.ok();
    assert_eq!(nobody, "", "nothing to ask about, nothing to end");
}

#[tokio::test]
async fn a_cookie_is_looked_up_from_stdin() {
    let home = Home::new();
    let server = with_three(&home).await;
    let jar = server.run(&["jar", "path", "--profile", "bob"]).await.ok();
    let jar = std::fs::read_to_string(jar.trim_end()).unwrap();
    let cookie = crate::story::cookie_in(&jar);
    let show = server.sessctl(&["show", "--cookie-stdin", "-o", "json"]);
    let shown = fed(show, &format!("{cookie}\n")).await.ok();
    assert!(!shown.contains(&cookie));
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["user"], "bob");
    let handle = shown["handle"].as_str().unwrap();
    let by_handle = server.run(&["show", handle]).await.ok();
    assert!(
        by_handle.contains("bob") && by_handle.contains("127.0.0.1"),
        "{by_handle}"
    );
}

#[tokio::test]
async fn a_store_file_is_reached_through_its_server_while_that_runs() {
    let home = Home::new();
    let server = with_three(&home).await;
    let file = format!("sqlite:{}", home.text("data/sessctl/sessions.db"));
    let listed = home.run(&["ls", "-q", "--source", &file]).await.ok();
    assert_eq!(listed.lines().count(), 3);
    let handle = server.handle_of("alice").await;
    let ended = home.run(&["revoke", &handle, "--source", &file]).await;
    let through = format!("ended 1 at {}", server.admin);
    assert!(ended.stderr.contains(&through), "{ended:?}");
    ended.ok();
    let out = server.run(&["dashboard", "--profile", "alice"]).await;
    out.fails(3, &["revoked by "]);
}

#[tokio::test]
async fn a_store_file_without_its_server_is_read_and_written_and_the_end_lasts() {
    let home = Home::new();
    for by in [Signal::TERM, Signal::KILL] {
        let server = with_three(&home).await;
        let address = server.public.strip_prefix("http://").unwrap().to_owned();
        let handle = server.handle_of("alice").await;
        let set = ["data", "set", "theme", "dark", "--profile", "alice"];
        server.run(&set).await.ok();
        server.ends(by).await;

        let path = home.text("data/sessctl/sessions.db");
        let file = format!("sqlite:{path}");
        let with_file = |arguments: &[&str]| {
            let mut command = home.sessctl(arguments);
            command.env("SESSCTL_SOURCE", &file);
            ended(command)
        };
        let listed = with_file(&["ls", "-o", "jsonl"]).await.ok();
        assert_eq!(listed.lines().count(), 3, "{by:?}: {listed}");
        let shown = with_file(&["show", &handle]).await.ok();
        assert!(shown.contains("alice"), "{shown}");
        let held = with_file(&["show", &handle, "--data"]).await.ok();
        assert_eq!(held, "theme = \"dark\"\n");
        let cookie = fed(
            home.sessctl(&["show", "--cookie-stdin", "--source", &file]),
            "x",
        );
        cookie.await.fails(2, &["running server", "unix:PATH"]);
        let watch = with_file(&["watch"]).await;
        watch.fails(6, &["no server runs at sqlite:", "sessctl serve"]);

        let lock = std::fs::File::open(format!("{path}.lock")).unwrap();
        lock.lock().unwrap();
        let owned = with_file(&["revoke", &handle]).await;
        owned.fails(6, &["owned by another sessctl"]);
        lock.unlock().unwrap();
        drop(lock);

        let revoked = with_file(&["revoke", &handle]).await;
        assert!(
            revoked.stderr.contains(&format!("ended 1 at {file}")),
            "{revoked:?}"
        );
        revoked.ok();
        let server = home.serve_at(&address, &[]).await;
        let out = server.run(&["dashboard", "--profile", "alice"]).await;
        out.fails(3, &["Please log in"]);
        server.run(&["dashboard", "--profile", "bob"]).await.ok();
        server.run(&["revoke", "--all", "-y"]).await.ok();
        server.ends(Signal::TERM).await;
    }
}
