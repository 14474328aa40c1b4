//! The options of the session and its cookie, from flags, environment and settings file to the wire.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
};

use crate::home::{Home, NOTHING, ended, fed};

/// A file of secrets that is its owner's alone.
fn secret_file(home: &Home, text: &str) -> PathBuf {
    let path = home.write("secrets.txt", text);
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    path
}

/// The Set-Cookie line of a sign-in.
async fn login_line(url: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let form = client
        .post(format!("{url}/login"))
        .form(&[("username", "alice")]);
    let answer = form.send().await.unwrap();
    let line = answer.headers().get("set-cookie").unwrap();
    line.to_str().unwrap().to_owned()
}

/// The line without the cookie's value.
fn shape(line: &str) -> String {
    let (name, rest) = line.split_once('=').unwrap();
    let (_, attributes) = rest.split_once(';').unwrap();
    format!("{name};{attributes}")
}

#[tokio::test]
async fn flags_environment_and_settings_file_shape_the_cookie_in_this_order() {
    let home = Home::new();
    home.write(
        "work/sessctl.toml",
        "[serve]\ncookie_name = \"file\"\ncookie_max_age = \"1h\"\ncookie_same_site = \"strict\"\n",
    );
    let mut command = home.sessctl(&["serve", "--auth", "open", "--listen", "127.0.0.1:0"]);
    command.args(["--store", "memory:", "--cookie-name", "flag"]);
    command.env("SESSCTL_COOKIE_NAME", "variable");
    command.env("SESSCTL_COOKIE_MAX_AGE", "2h");
    let server = home.started(command).await;
    assert_eq!(
        shape(&login_line(&server.public).await),
        "flag; Max-Age=7200; Path=/; HttpOnly; SameSite=Strict"
    );
}

#[tokio::test]
async fn every_command_works_with_a_signed_cookie_of_another_name() {
    let home = Home::new();
    let secrets = secret_file(
        &home,
        "# the newest first\n\na secret, long enough for it\n",
    );
    let secrets = secrets.to_str().unwrap();
    let options = [
        "--secret-file",
        secrets,
        "--cookie-name",
        "app.sid",
        "--rolling",
        "--save-uninitialized",
        "--resave",
        "--data-limit",
        "1",
        "--data-keys",
        "2",
    ];
    let server = home.serve(&options).await;
    server.run(&["login", "alice"]).await.ok();
    let page = server.run(&["dashboard"]).await.ok();
    assert_eq!(page.trim_end(), "Welcome back, alice");
    let line = login_line(&server.public).await;
    let value = line.split([';', '=']).nth(1).unwrap();
    assert!(
        line.starts_with("app.sid=") && value.contains('.'),
        "{line}"
    );
    let show = server.sessctl(&["show", "--cookie-stdin", "-o", "json"]);
    let shown = fed(show, value).await.ok();
    assert!(shown.contains("alice"), "{shown}");
    server.run(&["logout"]).await.ok();
    server.run(&["dashboard"]).await.fails(3, &[]);
}

#[tokio::test]
async fn a_secret_file_is_its_owners_alone_and_holds_secrets() {
    let home = Home::new();
    let path = secret_file(&home, "a secret, long enough for it");
    let name = path.to_str().unwrap();
    for mode in [0o644, 0o640, 0o620, 0o601] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let refused = home.cannot_serve(&["--secret-file", name]).await;
        refused.fails(2, &[name, "by others", &format!("{mode:04o}"), "chmod 600"]);
    }
    for (text, why) in [
        ("", "no secret"),
        ("# nothing\n", "no secret"),
        (
            "a secret, long enough for it\nshort\n",
            "secret 2 is too short",
        ),
    ] {
        let path = secret_file(&home, text);
        let refused = home
            .cannot_serve(&["--secret-file", path.to_str().unwrap()])
            .await;
        let said = refused.fails(2, &[name, why]);
        assert!(!said.contains("long enough for it"), "{said}");
    }
    let refused = home.cannot_serve(&["--secret-file", "/no/such"]).await;
    refused.fails(2, &["/no/such", "cannot be read"]);
    assert_eq!(home.files("data"), NOTHING);
}

#[tokio::test]
async fn a_cookie_that_browsers_would_drop_is_refused_before_anything_is_made() {
    let home = Home::new();
    for (options, words) in [
        (
            &["--cookie-name", "__Host-sid"][..],
            &["__Host-sid", "secure"][..],
        ),
        (&["--cookie-name", "__HOST-sid"], &["spelt __Host-"]),
        (&["--cookie-name", "a b"], &["name", "a b", "--cookie-name"]),
        (&["--cookie-path", "app"], &["path", "slash"]),
        (
            &["--cookie-domain", "localhost"],
            &["domain", "single word"],
        ),
        (&["--cookie-max-age", "401d"], &["max-age", "400 days"]),
        (&["--cookie-same-site", "none"], &["same-site", "secure"]),
        (
            &[
                "--cookie-secure",
                "always",
                "--public-url",
                "http://example.org",
            ],
            &["secure", "http://"],
        ),
    ] {
        let refused = home.cannot_serve(options).await;
        refused.fails(2, words);
    }
    assert_eq!(home.files("data"), NOTHING);
}

#[tokio::test]
async fn a_private_server_takes_no_cookie_options_from_the_environment() {
    let home = Home::new();
    let mut private = home.sessctl(&["serve", "--auth", "open", "-q", "--", "true"]);
    private.env("SESSCTL_SECRET_FILE", "/no/such");
    private.env("SESSCTL_COOKIE_NAME", "not a name");
    private.env("SESSCTL_COOKIE_SAME_SITE", "none");
    ended(private).await.ok();
}
