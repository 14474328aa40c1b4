//! The filter language and the order of lists, through every command that takes them.

use std::{
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

use reqwest::Client;
use serde_json::Value;

use crate::{home::Home, peers::skip, server::Server};

/// Signs in from an address of this machine, with a browser's name, and makes so many requests more.
async fn visit(
    server: &Server<'_>,
    user: &str,
    from: [u8; 4],
    agent: &str,
    requests: u32,
) -> String {
    let client = Client::builder()
        .no_proxy()
        .cookie_store(true)
        .local_address(Some(Ipv4Addr::from(from).into()))
        .user_agent(agent)
        .build()
        .unwrap();
    let form = [("username", user)];
    let login = client.post(format!("{}/login", server.public)).form(&form);
    let answer = login.send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    for _ in 0..requests {
        let page = client.get(format!("{}/dashboard", server.public));
        assert_eq!(page.send().await.unwrap().status(), 200);
    }
    // Times are kept in milliseconds: no two visitors share one.
    tokio::time::sleep(Duration::from_millis(2)).await;
    cookie
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Four sessions that differ in everything that filters look at.
async fn with_four(home: &Home) -> Option<Server<'_>> {
    // Linux has all of 127.0.0.0/8 at hand, others have one address of it.
    if TcpListener::bind("127.9.0.9:0").is_err() {
        skip("needs the addresses 127.9.0.0/16");
        return None;
    }
    let server = home.serve(&[]).await;
    visit(&server, "alice", [127, 0, 0, 1], FIREFOX, 0).await;
    let bob = visit(&server, "bob", [127, 0, 0, 2], FIREFOX, 3).await;
    visit(&server, "al", [127, 9, 0, 1], "curl/8.5", 1).await;
    visit(&server, "a*", [127, 9, 0, 2], "curl/8.6", 5).await;
    // Bob moves to another address, and holds something.
    let moved = Client::builder()
        .no_proxy()
        .local_address(Some(Ipv4Addr::from([127, 9, 0, 9]).into()))
        .build()
        .unwrap();
    let put = moved.put(format!("{}/session/data/n", server.public));
    let put = put.header("cookie", bob).json(&5);
    assert_eq!(put.send().await.unwrap().status(), 204);
    Some(server)
}

/// Whom `ls` lists, in its order.
async fn users(server: &Server<'_>, words: &[&str]) -> Vec<String> {
    let listed = server.run(&[&["ls", "-o", "jsonl"], words].concat()).await;
    let user = |line: &str| {
        let session: Value = serde_json::from_str(line).unwrap();
        session["user"].as_str().unwrap().to_owned()
    };
    listed.ok().lines().map(user).collect()
}

/// Filters of every kind, and whose sessions match, by name.
const FILTERS: [(&str, &[&str]); 28] = [
    ("user=alice", &["alice"]),
    ("user=a*", &["a*", "al", "alice"]),
    ("user=\"a*\"", &["a*"]),
    ("user!=a*", &["bob"]),
    ("user~l$", &["al"]),
    ("not user=alice", &["a*", "al", "bob"]),
    ("ip=127.9.0.0/16", &["a*", "al", "bob"]),
    ("ip=127.9.0.1", &["al"]),
    ("not ip=127.0.0.0/8", &[]),
    ("login_ip=127.0.0.0/16", &["alice", "bob"]),
    ("ips>1", &["bob"]),
    ("ips=1 and login_ip!=127.9.0.0/16", &["alice"]),
    ("ua~\"Firefox/1\\d\\d\"", &["alice", "bob"]),
    ("ua=curl/8.?", &[]),
    ("ua=curl/8.*", &["a*", "al"]),
    ("client=\"Firefox on Linux\"", &["alice", "bob"]),
    ("age<1h and idle<=10m", &["a*", "al", "alice", "bob"]),
    ("idle>10m", &[]),
    ("created>2020-01-01", &["a*", "al", "alice", "bob"]),
    ("seen<2020-01-01T00:00:00Z", &[]),
    ("expires>2020-01-01", &["a*", "al", "alice", "bob"]),
    ("requests>=4", &["a*", "bob"]),
    ("size>0", &["bob"]),
    ("size<1K", &["a*", "al", "alice", "bob"]),
    ("data.n=5", &["bob"]),
    ("data.n>4.5 and user=b*", &["bob"]),
    ("(user=al or ua~Firefox) and not ips>1", &["al", "alice"]),
    (
        "user=alice or user=bob or curl",
        &["a*", "al", "alice", "bob"],
    ),
];

#[tokio::test]
async fn every_kind_of_condition_finds_whom_it_describes() {
    let home = Home::new();
    let Some(server) = with_four(&home).await else {
        return;
    };
    for (filter, whom) in FILTERS {
        let found = users(&server, &["--sort", "user", filter]).await;
        assert_eq!(found, *whom, "{filter}");
    }
    // Words of their own on the command line are one filter.
    let found = users(&server, &["user=bob", "or", "user=al", "--sort", "user"]).await;
    assert_eq!(found, ["al", "bob"]);
}

#[tokio::test]
async fn revoke_ends_exactly_what_ls_lists() {
    let home = Home::new();
    let Some(server) = with_four(&home).await else {
        return;
    };
    for (filter, whom) in FILTERS {
        if filter.ends_with("curl") {
            let vague = server
                .run(&["revoke", "--dry-run", "--filter", filter])
                .await;
            vague.fails(2, &["too vague", "curl"]);
            continue;
        }
        let listed = server.run(&["ls", "-q", filter]).await.ok();
        let dry = ["revoke", "--dry-run", "-q", "--filter", filter];
        let would = server.run(&dry).await.ok();
        let sorted = |text: &str| {
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&would), sorted(&listed), "{filter}");
        assert_eq!(would.lines().count(), whom.len());
    }
    let filter = "ip=127.9.0.0/16 and not data.n=5";
    let wrong = server
        .run(&["revoke", "-y", "--filter", filter, "--expect", "3"])
        .await;
    wrong.fails(9, &["2", "3"]);
    assert_eq!(users(&server, &[]).await.len(), 4);
    let right = ["revoke", "-y", "-q", "--filter", filter, "--expect", "2"];
    assert_eq!(server.run(&right).await.ok().lines().count(), 2);
    assert_eq!(users(&server, &["--sort", "user"]).await, ["alice", "bob"]);
}

#[tokio::test]
async fn a_store_file_is_filtered_and_sorted_as_its_server_does() {
    let home = Home::new();
    let Some(server) = with_four(&home).await else {
        return;
    };
    server.ends(rustix::process::Signal::TERM).await;
    let file = format!("sqlite:{}", home.text("data/sessctl/sessions.db"));
    for (filter, whom) in FILTERS {
        let words = [
            "ls",
            "-o",
            "jsonl",
            "--sort",
            "user:desc",
            "--source",
            &file,
            filter,
        ];
        let listed = home.run(&words).await.ok();
        let mut found: Vec<Value> = listed
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["user"].take())
            .collect();
        found.reverse();
        assert_eq!(found, *whom, "{filter}");
    }
}

#[tokio::test]
async fn a_list_is_sorted_by_any_column_in_both_directions_and_cut_after_that() {
    let home = Home::new();
    let Some(server) = with_four(&home).await else {
        return;
    };
    for (sort, order) in [
        ("user", &["a*", "al", "alice", "bob"][..]),
        ("user:asc", &["a*", "al", "alice", "bob"]),
        ("user:desc", &["bob", "alice", "al", "a*"]),
        ("created", &["alice", "bob", "al", "a*"]),
        ("created:desc", &["a*", "al", "bob", "alice"]),
        ("age", &["a*", "al", "bob", "alice"]),
        ("login_ip", &["alice", "bob", "al", "a*"]),
        ("ip:desc", &["bob", "a*", "al", "alice"]),
        ("requests:desc", &["a*", "bob", "al", "alice"]),
        ("expires", &["alice", "bob", "al", "a*"]),
    ] {
        assert_eq!(users(&server, &["--sort", sort]).await, order, "{sort}");
        let two = users(&server, &["--sort", sort, "--limit", "2"]).await;
        assert_eq!(two, order[..2], "{sort}");
    }
    assert_eq!(users(&server, &["--sort", "ips:desc"]).await[0], "bob");
    assert_eq!(users(&server, &["--sort", "size:desc"]).await[0], "bob");
    assert_eq!(users(&server, &["--sort", "idle"]).await[0], "bob");
    let table = server
        .run(&["ls", "--sort", "user:desc", "--no-headers"])
        .await
        .ok();
    assert!(table.lines().next().unwrap().contains("bob"), "{table}");
    for (sort, says) in [
        ("usr", "did you mean user?"),
        ("data.n", "no field \"data.n\""),
        ("idle:down", "idle:asc or idle:desc"),
        ("", "the fields are user"),
    ] {
        server.run(&["ls", "--sort", sort]).await.fails(2, &[says]);
    }
}

#[tokio::test]
async fn a_session_shows_where_it_began_and_every_address_since() {
    let home = Home::new();
    let Some(server) = with_four(&home).await else {
        return;
    };
    let bob = server.handle_of("bob").await;
    let shown = server.run(&["show", &bob]).await.ok();
    let line = |name: &str| {
        let line = shown.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim().to_owned()
    };
    assert_eq!(line("address "), "127.9.0.9");
    assert_eq!(line("at login "), "127.0.0.2");
    assert_eq!(line("addresses "), "127.9.0.9, 127.0.0.2");
    let shown = server.run(&["show", &bob, "-o", "json"]).await.ok();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["login_ip"], "127.0.0.2");
    assert_eq!(shown["ips"], serde_json::json!(["127.9.0.9", "127.0.0.2"]));
}
