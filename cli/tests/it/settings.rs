//! Flag before environment before project file before user file before default.

use serde_json::Value;

use crate::home::{Home, NOTHING, ended};

/// Ports below those that are given out: nothing listens, and the refusal names them.
fn dead(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

#[tokio::test]
async fn the_server_comes_from_flag_environment_project_user_and_default_in_this_order() {
    let home = Home::new();
    let server_in = |port| format!("[profile.default]\nserver = \"{}\"\n", dead(port));
    home.write("config/sessctl/config.toml", &server_in(4));
    let asked = home.run(&["dashboard"]).await;
    asked.fails(6, &[&dead(4)]);
    home.write("work/sessctl.toml", &server_in(3));
    home.run(&["dashboard"]).await.fails(6, &[&dead(3)]);
    let with_variable = |arguments: &[&str]| {
        let mut command = home.sessctl(arguments);
        command.env("SESSCTL_SERVER", dead(2));
        ended(command)
    };
    with_variable(&["dashboard"]).await.fails(6, &[&dead(2)]);
    let flag = dead(7);
    for arguments in [
        ["dashboard", "--server", &flag],
        ["--server", &flag, "dashboard"],
    ] {
        with_variable(&arguments).await.fails(6, &[&flag]);
    }
}

#[tokio::test]
async fn the_serve_table_obeys_the_same_order() {
    let home = Home::new();
    let listen = |address: &str| format!("[serve]\nauth = \"open\"\nlisten = \"{address}\"\n");
    home.write("config/sessctl/config.toml", &listen("192.0.2.4:0"));
    home.run(&["serve"]).await.fails(2, &["192.0.2.4"]);
    home.write("work/sessctl.toml", "[serve]\nlisten = \"192.0.2.3:0\"\n");
    home.run(&["serve"]).await.fails(2, &["192.0.2.3"]);
    let mut variable = home.sessctl(&["serve"]);
    variable.env("SESSCTL_LISTEN", "192.0.2.2:0");
    ended(variable).await.fails(2, &["192.0.2.2"]);
    let mut flag = home.sessctl(&["serve", "--listen", "192.0.2.1:0"]);
    flag.env("SESSCTL_LISTEN", "192.0.2.2:0");
    ended(flag).await.fails(2, &["192.0.2.1"]);
    let own = home.write("own.toml", &listen("192.0.2.9:0"));
    let own = home
        .run(&["serve", "--config", own.to_str().unwrap()])
        .await;
    own.fails(2, &["192.0.2.9"]);

    home.write(
        "work/sessctl.toml",
        "[serve]\nlisten = \"127.0.0.1:0\"\nidle = \"7m\"\n",
    );
    let server = home.started(home.sessctl(&["serve"])).await;
    server.run(&["login", "alice"]).await.ok();
    let status = server.run(&["status"]).await.ok();
    assert!(
        status.contains("ends in 6m") || status.contains("ends in 7m"),
        "{status}"
    );
}

#[tokio::test]
async fn a_private_server_takes_nothing_from_settings_files() {
    let home = Home::new();
    home.write(
        "work/sessctl.toml",
        "[serve]\nlisten = \"192.0.2.3:0\"\nstore = \"memory:\"\n",
    );
    let done = home.run(&["serve", "--auth", "open", "--", "true"]).await;
    done.ok();
}

#[tokio::test]
async fn a_mistake_in_a_settings_file_is_named_with_its_place() {
    let home = Home::new();
    for (text, words) in [
        (
            "[serve]\nlistn = \"x\"\n",
            &["sessctl.toml, line 2", "listn", "did you mean listen?"][..],
        ),
        ("[serve]\nidle = \"soon\"\n", &["idle", "30m"]),
        ("[serve]\non_limit = \"maybe\"\n", &["on_limit", "deny"]),
        ("[serve]\nlisten = 3000\n", &["listen", "quotes"]),
        ("[serve\n", &["sessctl.toml, line 1"]),
        (
            "[profile.a]\nsevrer = \"x\"\n",
            &["sessctl.toml, line 2", "sevrer", "server"],
        ),
    ] {
        home.write("work/sessctl.toml", text);
        let refused = home.run(&["serve", "--auth", "open"]).await;
        refused.fails(2, words);
    }
    let missing = home.run(&["serve", "--config", "/no/such.toml"]).await;
    assert_eq!(missing.code, 2, "{missing:?}");
    assert_eq!(home.files("data"), NOTHING);
}

#[tokio::test]
async fn a_profile_remembers_server_user_and_paths_so_that_they_are_said_once() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let words = [
        "login",
        "alice",
        "--profile",
        "shop",
        "--server",
        &server.public,
    ];
    let odd = [
        &words[..],
        &["--login-path", "/Login", "--dashboard-path", "/Dashboard/"],
    ]
    .concat();
    home.run(&odd).await.ok();
    let page = home.run(&["dashboard", "--profile", "shop"]).await.ok();
    assert_eq!(page.trim_end(), "Welcome back, alice");
    let shown = home
        .run(&["profile", "show", "shop", "-o", "json"])
        .await
        .ok();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["server"], server.public);
    assert_eq!(shown["user"], "alice");
    assert_eq!(shown["login_path"], "/Login");
    assert_eq!(shown["dashboard_path"], "/Dashboard/");
    assert_eq!(shown["logout_path"], Value::Null);
    // Again without a word, and then made the project's own.
    home.run(&["login", "--profile", "shop"]).await.ok();
    home.write("work/sessctl.toml", "profile = \"shop\"\n");
    home.run(&["dashboard"]).await.ok();
    let file = home.read("config/sessctl/config.toml");
    assert!(!file.contains("sid="), "a profile holds no cookie: {file}");
}

#[tokio::test]
async fn a_private_server_hears_nothing_that_was_meant_for_another() {
    let home = Home::new();
    home.write("config/sessctl/config.toml", "[serve]\nidle = \"wrong\"\n");
    let mut private = home.sessctl(&["serve", "--auth", "open", "-q", "--"]);
    private.args(["sh", "-c", "echo $SESSCTL_SERVER"]);
    private.env("SESSCTL_LISTEN", "192.0.2.2:0");
    private.env("SESSCTL_STORE", format!("sqlite:{}", home.text("other.db")));
    private.env("SESSCTL_ADMIN", format!("unix:{}", home.text("other.sock")));
    private.env("SESSCTL_IDLE", "0s");
    let server = ended(private).await.ok();
    assert!(server.starts_with("http://127.0.0.1:"), "{server}");
    assert!(!home.path("other.db").exists());
    let named = home.write("own.toml", "[serve]\nlisten = \"192.0.2.3:0\"\n");
    let named = [
        "serve",
        "--auth",
        "open",
        "--config",
        named.to_str().unwrap(),
        "--",
        "true",
    ];
    home.run(&named).await.fails(2, &["192.0.2.3:0"]);
}

#[tokio::test]
async fn broken_settings_are_no_matter_to_those_who_need_none() {
    let home = Home::new();
    home.write("work/sessctl.toml", "broken");
    home.run(&["completions", "bash"]).await.ok();
    home.run(&["ls"]).await.fails(2, &["sessctl.toml, line 1"]);
}
