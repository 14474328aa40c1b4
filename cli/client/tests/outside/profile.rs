//! Settings files: what is read, what is refused and how it is said, and what a write leaves alone.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    thread,
};

use sessctl_client::{Config, Error, Fingerprint, Profile, remove_profile, save_profile};

fn load(dir: &Path, user: &str, project: &str) -> Result<Config, Error> {
    let (user_path, project_path) = (dir.join("config.toml"), dir.join("sessctl.toml"));
    fs::write(&user_path, user).unwrap();
    fs::write(&project_path, project).unwrap();
    Config::load(&user_path, Some(&project_path))
}

#[test]
fn missing_files_are_empty_settings() {
    let config = Config::load(
        Path::new("/nonexistent/c"),
        Some(Path::new("/nonexistent/p")),
    );
    let config = config.unwrap();
    assert_eq!(config.profiles().count(), 0);
    assert!(config.default_profile().is_none() && config.serve().is_empty());
}

#[test]
fn the_project_overrides_the_user_key_by_key() {
    let dir = tempfile::tempdir().unwrap();
    let user = r#"
        default_profile = "home"
        [serve]
        idle = "30m"
        listen = "127.0.0.1:3000"
        cookie = { name = "sid", path = "/" }
        [tui]
        theme = "dark"
        [profile.work]
        server = "https://a"
        user = "alice"
        anonymous = { status = 200, body = "00ff", location = "/login" }
        [profile."a.b"]
        user = "dot"
    "#;
    let project = "profile = \"work\"\nserve.idle = \"5m\"\nserve.cookie.name = \"x\"\n";
    let config = load(dir.path(), user, project).unwrap();
    assert_eq!(config.default_profile(), Some("work"));
    assert_eq!(config.serve()["idle"].as_str(), Some("5m"));
    assert_eq!(config.serve()["listen"].as_str(), Some("127.0.0.1:3000"));
    let place = |key| config.serve_place(key).unwrap().to_string();
    assert!(place("idle").ends_with("sessctl.toml, line 2"));
    assert!(place("listen").ends_with("config.toml, line 5"));
    assert_eq!(config.serve()["cookie"]["name"].as_str(), Some("x"));
    assert_eq!(config.serve()["cookie"]["path"].as_str(), Some("/"));
    let names: Vec<_> = config.profiles().map(|(name, _)| name).collect();
    assert_eq!(names, ["a.b", "work"]);

    let config = load(dir.path(), user, "[profile.work]\nuser = \"bob\"\n").unwrap();
    let work = config.profile("work").unwrap();
    assert_eq!(
        (work.server.as_deref(), work.user.as_deref()),
        (Some("https://a"), Some("bob"))
    );
    assert_eq!(
        work.anonymous.as_ref().unwrap().location.as_deref(),
        Some("/login")
    );
    assert_eq!(config.default_profile(), Some("home"));
}

#[test]
fn a_fault_is_named_by_file_line_and_key_without_the_value() {
    let dir = tempfile::tempdir().unwrap();
    for (text, line, words) in [
        (
            "\n[profile.a]\nsever = \"hunter2\"\n",
            3,
            "unknown key \"sever\" in profile.a; known are server, user",
        ),
        (
            "[profile.a]\nserver = 5\n",
            2,
            "profile.a.server must be a string, not integer",
        ),
        (
            "[profile]\na = \"hunter2\"\n",
            2,
            "profile.a must be a table",
        ),
        (
            "colour = \"hunter2\"\n",
            1,
            "known are default_profile, profile, serve, tui",
        ),
        ("serve = \"hunter2\"\n", 1, "serve must be a table"),
        ("[profile.a]\nsource = \"hunter2\n", 2, ""),
        ("[profile.\"a b\"]\n", 1, "is not a profile name"),
        (
            "[profile.a]\nuser = \"x\"\nuser = \"hunter2\"\n",
            3,
            "duplicate key",
        ),
        (
            "[profile.a.anonymous]\nstatus = 99999\n",
            2,
            "must be an HTTP status",
        ),
        (
            "[profile.a]\nanonymous = { status = 200 }\n",
            2,
            "needs status and body",
        ),
    ] {
        let error = load(dir.path(), text, "").unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains(&format!("config.toml, line {line}: ")),
            "{text:?}: {said}"
        );
        assert!(said.contains(words), "{text:?}: {said}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn a_saved_profile_reads_back_and_leaves_the_rest_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/config.toml");
    let profile = Profile {
        server: Some("http://127.0.0.1:3000".into()),
        user: Some("o'brien \"q\" \\ \n".into()),
        source: Some("postgres://u:p@h/db".into()),
        anonymous: Some(Fingerprint::new(200, b"Please Login in Again", None)),
        ..Profile::default()
    };
    save_profile(&path, "alice@work", &profile).unwrap();
    let read = Config::load(&path, None).unwrap();
    assert_eq!(read.profile("alice@work"), Some(&profile));
    let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));

    let text = "# mine\n[profile.b]   # b's\nserver = \"https://b\" # keep\nuser = \"old\"\n\n[serve]\nidle = \"1h\" # long\n";
    fs::write(&path, text).unwrap();
    let changed = Profile {
        server: Some("https://c".into()),
        login_path: Some("/in".into()),
        ..Profile::default()
    };
    save_profile(&path, "b", &changed).unwrap();
    save_profile(&path, "new.one", &changed).unwrap();
    let now = fs::read_to_string(&path).unwrap();
    for kept in [
        "# mine",
        "# b's",
        "\"https://c\" # keep",
        "idle = \"1h\" # long",
        "[profile.\"new.one\"]",
    ] {
        assert!(now.contains(kept), "{kept} in:\n{now}");
    }
    assert!(!now.contains("user"), "a value that is gone leaves:\n{now}");
    assert_eq!(
        Config::load(&path, None).unwrap().profile("b"),
        Some(&changed)
    );

    assert!(remove_profile(&path, "b").unwrap() && !remove_profile(&path, "b").unwrap());
    let config = Config::load(&path, None).unwrap();
    assert!(config.profile("b").is_none() && config.profile("new.one").is_some());
    assert!(!remove_profile(&dir.path().join("none.toml"), "b").unwrap());
}

#[test]
fn a_file_that_is_wrong_is_not_rewritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    for text in ["not toml", "profile = \"x\"\n", "odd = 1\n"] {
        fs::write(&path, text).unwrap();
        save_profile(&path, "a", &Profile::default()).unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    assert!(matches!(
        save_profile(&path, "../a", &Profile::default()),
        Err(Error::BadInput(_))
    ));
}

#[test]
fn a_linked_settings_file_stays_a_link() {
    let dir = tempfile::tempdir().unwrap();
    let (real, link) = (dir.path().join("dotfile"), dir.path().join("config.toml"));
    fs::write(&real, "# mine\n").unwrap();
    symlink(&real, &link).unwrap();
    save_profile(&link, "a", &Profile::default()).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("[profile.a]"));
}

#[test]
fn parallel_writers_lose_no_profile() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    thread::scope(|scope| {
        for n in 0..8 {
            let path = &path;
            scope.spawn(move || save_profile(path, &format!("p{n}"), &Profile::default()).unwrap());
        }
    });
    assert_eq!(Config::load(&path, None).unwrap().profiles().count(), 8);
}
