//! The settings file of a project that one happens to stand in: how far it is obeyed. It may be anybody's.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, chown},
};

use crate::{
    home::{Home, ended},
    stub::{Stub, with_accounts},
};

const PROJECT: &str = "work/sessctl.toml";
const OWN: &str = "config/sessctl/config.toml";

/// Where nothing listens.
const NOWHERE: &str = "http://127.0.0.1:1";

#[tokio::test]
async fn a_sign_in_keeps_no_source_of_the_projects_and_the_users_own_token_file() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    home.write(
        OWN,
        "[profile.ops]\nsource = \"https://ops.example:7000\"\ntoken_file = \"ops.token\"\n",
    );
    let project = format!(
        "[profile.ops]\nserver = \"{}\"\nsource = \"{NOWHERE}\"\nlogin_path = \"/Login\"\n\
         [profile.new]\nserver = \"{}\"\nsource = \"{NOWHERE}\"\n",
        server.public, server.public
    );
    home.write(PROJECT, &project);
    for name in ["ops", "new"] {
        home.run(&["login", "alice", "--profile", name]).await.ok();
    }
    let kept = home.read(OWN);
    assert!(!kept.contains(NOWHERE), "{kept}");
    for own in [
        "https://ops.example:7000",
        "ops.token",
        "alice",
        &server.public,
    ] {
        assert!(kept.contains(own), "no {own} in {kept}");
    }
    let typed = ["login", "alice", "--profile", "new", "--source", NOWHERE];
    home.run(&typed).await.ok();
    assert!(home.read(OWN).contains(NOWHERE), "what was typed is kept");
}

#[tokio::test]
async fn a_projects_file_that_somebody_else_wrote_or_could_write_is_refused() {
    let home = Home::new();
    let file = home.write(
        PROJECT,
        "[profile.default]\nserver = \"http://127.0.0.1:1\"\n",
    );
    for (mode, is_fine) in [(0o666, false), (0o602, false), (0o664, true), (0o644, true)] {
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        let done = home.run(&["profile", "ls"]).await;
        if is_fine {
            done.ok();
        } else {
            done.fails(
                2,
                &[
                    "sessctl.toml: not read",
                    "everybody may write it",
                    "chmod o-w",
                ],
            );
        }
    }
    // Only root can give a file to somebody.
    if rustix::process::geteuid().is_root() {
        chown(&file, Some(65534), None).unwrap();
        let words = [
            "sessctl.toml: not read",
            "somebody else (uid 65534)",
            "chown",
        ];
        home.run(&["profile", "ls"]).await.fails(2, &words);
        home.run(&["serve"]).await.fails(2, &words);
        // Neither does a link of theirs choose among files of ours.
        chown(&file, Some(0), None).unwrap();
        let ours = home.path("work/ours.toml");
        fs::rename(&file, &ours).unwrap();
        std::os::unix::fs::symlink(&ours, &file).unwrap();
        home.run(&["profile", "ls"]).await.ok();
        std::os::unix::fs::lchown(&file, Some(65534), None).unwrap();
        home.run(&["profile", "ls"]).await.fails(2, &words);
    }
}

#[tokio::test]
async fn the_password_of_the_environment_goes_to_no_server_that_only_a_project_names() {
    let home = Home::new();
    let stub = Stub::serve(with_accounts()).await;
    let profile = format!("[profile.default]\nserver = \"{}\"\n", stub.url);
    home.write(PROJECT, &profile);
    let login = async |more: &[&str]| {
        let mut login = home.sessctl(&[&["login", "alice"], more].concat());
        login.env("SESSCTL_PASSWORD", "right");
        ended(login).await
    };
    let words = ["SESSCTL_PASSWORD is not sent", "./sessctl.toml", "--server"];
    login(&[]).await.fails(2, &words);
    assert_eq!(stub.posts(), 0);
    login(&["--server", &stub.url]).await.ok();
    // From then on it is the user's own.
    login(&[]).await.ok();
}

#[tokio::test]
async fn accounts_and_tokens_go_to_no_source_that_only_a_project_names() {
    let home = Home::new();
    let source = format!("sqlite:{}", home.text("work/theirs.db"));
    let profile = format!("[profile.default]\nsource = \"{source}\"\n");
    home.write(PROJECT, &profile);
    for words in [
        &["user", "add", "bob", "--generate"][..],
        &["token", "add", "ci"],
        &["user", "ls"],
    ] {
        home.run(words)
            .await
            .fails(2, &["./sessctl.toml", "--source"]);
    }
    assert!(!home.path("work/theirs.db").exists());
    home.run(&["token", "add", "ci", "--source", &source])
        .await
        .ok();
    home.write(OWN, &profile);
    home.run(&["token", "ls"]).await.ok();
}

#[tokio::test]
async fn a_project_does_not_say_who_gets_into_a_server_unless_its_file_is_named() {
    let home = Home::new();
    for key in [
        "auth = \"open\"",
        "allow_plain_http = true",
        "audit_log = \"off\"",
        "trust_proxy = \"192.0.2.1\"",
        "admin = [\"unix:x.sock\"]",
        "admin_group = \"root\"",
    ] {
        home.write(PROJECT, &format!("[serve]\nidle = \"7m\"\n{key}\n"));
        let name = key.split(' ').next().unwrap();
        let place = format!("sessctl.toml, line 3: [serve] {name}: is not taken");
        for serve in [&["serve"][..], &["serve", "--check-config"]] {
            let refused = home.run(serve).await;
            refused.fails(2, &[&place, "your own config.toml", "--config"]);
        }
    }
    home.write(
        PROJECT,
        "[serve]\nauth = \"open\"\nlisten = \"127.0.0.1:0\"\n",
    );
    let named = home.sessctl(&["serve", "--config", "sessctl.toml"]);
    home.started(named).await;
    home.write(PROJECT, "[serve]\nidle = \"7m\"\n");
    home.serve(&[]).await;
    let said = format!("settings from {}", home.text(PROJECT));
    assert!(home.read("log").contains(&said), "{}", home.read("log"));
}

#[tokio::test]
async fn a_project_does_not_say_where_on_ones_own_server_a_password_goes() {
    let home = Home::new();
    let stub = Stub::serve(with_accounts()).await;
    let login = async |more: &[&str]| {
        let mut login = home.sessctl(&[&["login", "alice"], more].concat());
        login.env("SESSCTL_PASSWORD", "right");
        ended(login).await
    };
    let own = format!("[profile.default]\nserver = \"{}\"\n", stub.url);
    for (key, flag, value) in [
        ("login_path", "login-path", "/comments"),
        ("dashboard_path", "dashboard-path", "/profiles/mallory"),
        ("user_field", "user-field", "title"),
        ("password_field", "password-field", "comment"),
        ("via", "via", "json"),
        ("login_body", "body", "[]"),
    ] {
        let flag = format!("--{flag} ");
        let words = [key, "./sessctl.toml", "nothing was sent", &flag];
        let project = format!("{key} = \"{value}\"\n");
        home.write(OWN, &own);
        // Neither by naming the same server.
        for head in ["[profile.default]\n", &own] {
            home.write(PROJECT, &format!("{head}{project}"));
            login(&[]).await.fails(2, &words);
            login(&["--server", &stub.url]).await.fails(2, &words);
        }
        // Nor at the usual server.
        home.write(OWN, "");
        home.write(PROJECT, &format!("[profile.default]\n{project}"));
        login(&[]).await.fails(2, &words);
    }
    assert_eq!(stub.posts(), 0);
    home.write(OWN, &own);
    home.write(PROJECT, "[profile.default]\nlogin_path = \"/comments\"\n");
    login(&["--login-path", "/login"]).await.ok();
}

#[tokio::test]
async fn accounts_are_not_kept_in_a_store_that_only_a_project_names() {
    let home = Home::new();
    home.write(PROJECT, "[serve]\nstore = \"sqlite:theirs.db\"\n");
    let words = ["./sessctl.toml", "nothing was done", "--source sqlite:FILE"];
    for command in [
        &["user", "add", "bob", "--generate"][..],
        &["user", "ls"],
        &["token", "add", "ci"],
    ] {
        home.run(command).await.fails(2, &words);
    }
    assert!(!home.path("work/theirs.db").exists());
    let source = ["--source", "sqlite:theirs.db"];
    let add = [&["user", "add", "bob", "--generate"], &source[..]].concat();
    home.run(&add).await.ok();
    // Nor is it in the way of the server that has it.
    let server = home.serve_accounts(&[]).await;
    let listed = home.run(&["user", "ls"]).await.ok();
    assert!(listed.contains("bob"), "{listed} of {}", server.admin);
}

#[tokio::test]
async fn a_projects_file_that_is_none_is_refused_and_not_waited_for() {
    let home = Home::new();
    let file = home.path(PROJECT);
    let words = ["sessctl.toml: not read", "no ordinary file"];
    let made = home.program("mkfifo").arg(&file).status().await.unwrap();
    assert!(made.success());
    home.run(&["profile", "ls"]).await.fails(2, &words);
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    home.run(&["profile", "ls"]).await.fails(2, &words);
    fs::remove_dir(&file).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
    home.run(&["profile", "ls"]).await.fails(2, &words);
}
