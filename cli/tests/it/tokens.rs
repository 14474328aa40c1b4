//! `sessctl token`, and what a token opens: the admin API over TCP, from wherever it is kept.

use serde_json::Value;
use sessctl_api::Scope;

use crate::{
    home::{Done, Home, ended},
    within::Within,
};

/// Makes a token in the store, which no server owns yet.
async fn token(home: &Home, name: &str, more: &[&str]) -> String {
    let add = [&["token", "add", name], more].concat();
    let made = home.run(&add).await.ok();
    let secret = made.strip_suffix('\n').unwrap();
    assert!(secret.len() > 40 && !secret.contains(char::is_whitespace));
    secret.to_owned()
}

async fn with(home: &Home, token: &str, arguments: &[&str]) -> Done {
    let mut command = home.sessctl(arguments);
    command.env("SESSCTL_TOKEN", token);
    ended(command).await
}

#[tokio::test]
async fn tokens_are_made_listed_and_removed_and_shown_once() {
    let home = Home::new();
    let secret = token(&home, "ci", &["--for", "2w"]).await;
    let json = ["token", "add", "ops", "--scope", "write", "-o", "json"];
    let json: Value = serde_json::from_str(&home.run(&json).await.ok()).unwrap();
    assert_eq!(json["token"]["scope"], "write");
    assert!(json["secret"].is_string());
    let table = home.run(&["token", "ls"]).await.ok();
    assert!(table.contains("ci    read   just now  2w"), "{table}");
    let all = home.run(&["token", "ls", "-o", "json"]).await.ok();
    assert!(!all.contains(&secret) && !all.contains("secret"), "{all}");
    let twice = home.run(&["token", "add", "ci"]).await;
    twice.fails(1, &["\"ci\" exists already", "another name"]);
    home.run(&["token", "rm", "ci"]).await.ok();
    home.run(&["token", "rm", "ci"])
        .await
        .fails(5, &["no token \"ci\""]);
    for wrong in [
        &["token", "add", "a b"][..],
        &["token", "add", "x", "--for", "9000d"],
        &["token", "add", "x", "--scope", "all"],
    ] {
        assert_eq!(home.run(wrong).await.code, 2, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_token_opens_the_admin_api_over_tcp_as_far_as_its_scope_goes() {
    let home = Home::new();
    let server = Within::plain(&home).await;
    let read = server.token(Scope::Read).await;
    let write = server.token(Scope::Write).await;
    server.visits(&home, &["login", "alice"]).await.ok();
    let run = async |token: &str, words: &[&str]| server.asks(&home, token, words).await;
    let listed = run(&read, &["ls", "-o", "jsonl"]).await.ok();
    assert!(listed.contains("\"alice\""), "{listed}");
    run(&read, &["stats"]).await.ok();
    let empty = run(&read, &["ls", "user=nobody"]).await;
    assert!(
        empty.stderr.contains(&server.admin),
        "it names the source: {empty:?}"
    );
    let refused = run(&read, &["revoke", "--user", "alice", "-y"]).await;
    refused.fails(4, &[]);
    let handle = run(&read, &["ls", "-q", "user=alice"]).await.ok();
    let data = ["show", handle.trim_end(), "--data"];
    run(&read, &data).await.fails(4, &["scope write"]);
    run(&write, &data).await.ok();
    // Accounts and tokens are for the machine's own operators, whatever the scope.
    for words in [
        &["user", "ls"][..],
        &["user", "disable", "alice"],
        &["token", "ls"],
        &["token", "add", "more"],
    ] {
        run(&write, words)
            .await
            .fails(4, &["the server's own machine"]);
    }
    let wrong = run("sctl_SECRET", &["ls"]).await;
    let said = wrong.fails(4, &[&server.admin, "sessctl token add NAME"]);
    assert!(!said.contains("SECRET"), "{said}");
    run(&write, &["revoke", "--user", "alice", "-y"]).await.ok();
    server
        .visits(&home, &["dashboard"])
        .await
        .fails(3, &["revoked by "]);
}

#[tokio::test]
async fn a_token_lies_in_a_private_file_and_goes_nowhere_it_was_not_kept_for() {
    let home = Home::new();
    let server = Within::plain(&home).await;
    let secret = server.token(Scope::Read).await;
    let url = server.admin.clone();
    let ls = ["ls", "--source", &url];
    home.run(&ls)
        .await
        .fails(2, &["no token for", "SESSCTL_TOKEN", "sessctl token add"]);
    let name = url.replace("://", "_").replace(':', "_");
    let file = home.write(&format!("config/sessctl/tokens/{name}"), &secret);
    set_mode(&file, 0o640);
    let open = home.run(&ls).await;
    let said = open.fails(2, &["chmod 600", &name]);
    assert!(!said.contains(&secret));
    set_mode(&file, 0o600);
    home.run(&ls).await.ok();

    // A profile's own file, beside its source.
    let kept = home.write("config/sessctl/ops.token", &secret);
    set_mode(&kept, 0o600);
    std::fs::remove_file(&file).unwrap();
    let config = format!("[profile.ops]\nsource = \"{url}\"\ntoken_file = \"ops.token\"\n");
    home.write("config/sessctl/config.toml", &config);
    home.run(&["ls", "--profile", "ops"]).await.ok();
    home.run(&["ls", "--profile", "ops", "--source", "http://127.0.0.1:1"])
        .await
        .fails(2, &["no token for http://127.0.0.1:1"]);

    // Neither does a project that one happens to stand in choose where tokens go.
    home.write(
        "work/sessctl.toml",
        "[profile.ops]\nsource = \"http://127.0.0.1:1\"\n",
    );
    let steered = with(&home, &secret, &["ls", "--profile", "ops"]).await;
    steered.fails(2, &["no token for http://127.0.0.1:1", "./sessctl.toml"]);
    home.write(
        "work/sessctl.toml",
        "[profile.ops]\ntoken_file = \"ops.token\"\n",
    );
    let steered = home.run(&["ls", "--profile", "ops"]).await;
    steered.fails(2, &["token_file", "your own settings alone"]);
}

fn set_mode(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn a_token_is_never_sent_in_the_clear_to_another_machine() {
    let home = Home::new();
    for (source, why) in [
        ("http://192.0.2.1:7000", "plain http"),
        ("http://example.org", "plain http"),
        ("https://u:SECRET@example.org", "password"),
        ("https://example.org/v1", "after the port"),
    ] {
        let done = with(&home, "sctl_SECRET", &["ls", "--source", source]).await;
        let said = done.fails(2, &[why]);
        assert!(!said.contains("SECRET"), "{said}");
    }
}
