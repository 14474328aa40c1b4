//! The jar file: what it keeps, what leaves it, and who else may be writing.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
    thread,
};

use reqwest::{cookie::CookieStore as _, header::HeaderValue};
use sessctl_client::{Error, Jar, jar_path, list_jars};
use url::Url;

fn origin() -> Url {
    Url::parse("http://127.0.0.1:3000").unwrap()
}

fn open(path: &Path) -> Jar {
    Jar::open(path.to_owned(), &origin()).unwrap()
}

fn set(jar: &Jar, cookie: &str) {
    set_from(jar, cookie, &origin());
}

fn set_from(jar: &Jar, cookie: &str, url: &Url) {
    let header = HeaderValue::from_str(cookie).unwrap();
    jar.set_cookies(&mut [&header].into_iter(), url);
}

fn sent(jar: &Jar, url: &str) -> String {
    jar.cookies(&Url::parse(url).unwrap())
        .map(|value| value.to_str().unwrap().to_owned())
        .unwrap_or_default()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_session_cookie_survives_the_process_in_a_private_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = jar_path(dir.path(), &origin(), "alice").unwrap();
    let jar = open(&path);
    assert!(jar.is_empty() && !path.exists());
    set(&jar, "sid=SECRET; Path=/; HttpOnly; SameSite=Lax");
    assert!(jar.save().unwrap());
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));

    let again = open(&path);
    assert_eq!(sent(&again, "http://127.0.0.1:3000/x"), "sid=SECRET");
    assert!(again.warnings().is_empty());
    let names = again.names();
    assert_eq!((names[0].name.as_str(), names[0].secure), ("sid", false));
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with(r#"{"version":1,"origin":"http://127.0.0.1:3000","cookies":["#),
        "{text}"
    );
    let jars = list_jars(dir.path()).unwrap();
    assert_eq!(jars.len(), 1);
    assert_eq!(jars[0].origin_dir, "http_127.0.0.1_3000");
    assert_eq!(
        (jars[0].profile.as_str(), jars[0].cookies),
        ("alice", Some(1))
    );
    assert!(jars[0].remove().unwrap() && !jars[0].remove().unwrap());
}

#[test]
fn a_jar_shows_no_value_anywhere_but_in_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let jar = open(&dir.path().join("j"));
    set(&jar, "sid=SECRET; Path=/");
    let header = jar.cookie_header(&origin()).unwrap();
    let shown = format!(
        "{jar:?} {:?} {header:?} {:?}",
        jar.names(),
        jar.cookies(&origin())
    );
    assert!(!shown.contains("SECRET"), "{shown}");
}

#[test]
fn an_unchanged_jar_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sub/jar.json");
    let jar = open(&path);
    assert!(!jar.save().unwrap() && !path.parent().unwrap().exists());
    set(&jar, "sid=1; Path=/");
    assert!(jar.save().unwrap());
    fs::write(&path, "not read again").unwrap();
    assert!(!jar.save().unwrap());
    set(&jar, "sid=1; Path=/");
    assert!(!jar.save().unwrap(), "the same cookie again is no change");
    assert_eq!(fs::read_to_string(&path).unwrap(), "not read again");
}

#[test]
fn a_removed_cookies_value_leaves_the_file() {
    for removal in [
        "sid=; Path=/; Max-Age=0",
        "sid=x; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jar.json");
        let jar = open(&path);
        set(&jar, "sid=SECRET; Path=/");
        set(&jar, "theme=dark; Path=/; Max-Age=9000");
        jar.save().unwrap();
        let jar = open(&path);
        set(&jar, removal);
        assert!(jar.save().unwrap());
        let text = fs::read_to_string(&path).unwrap();
        assert!(!text.contains("SECRET") && !text.contains("sid"), "{text}");
        assert!(text.contains("theme=dark"), "{text}");
        jar.forget();
        assert!(jar.save().unwrap() && jar.is_empty());
        assert!(!fs::read_to_string(&path).unwrap().contains("theme"));
        assert!(jar.remove_file().unwrap() && !path.exists());
    }
}

#[test]
fn an_expired_cookie_in_the_file_is_neither_sent_nor_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jar.json");
    let jar = open(&path);
    set(&jar, "old=SECRET; Path=/; Max-Age=9000");
    jar.save().unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let at = text.find("AtUtc\":\"").unwrap() + 8;
    fs::write(&path, format!("{}2001{}", &text[..at], &text[at + 4..])).unwrap();
    let jar = open(&path);
    assert!(jar.is_empty());
    set(&jar, "new=1; Path=/");
    jar.save().unwrap();
    assert!(!fs::read_to_string(&path).unwrap().contains("SECRET"));
}

#[test]
fn cookies_go_to_their_own_server_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let jar = open(&dir.path().join("j"));
    set(&jar, "sid=1; Path=/");
    set(&jar, "sid=deep; Path=/app");
    assert_eq!(sent(&jar, "http://127.0.0.1:3000/"), "sid=1");
    assert_eq!(
        sent(&jar, "http://127.0.0.1:3000/app/x"),
        "sid=deep; sid=1",
        "the longer path first"
    );
    for other in [
        "http://127.0.0.1:3001/",
        "http://127.0.0.1/",
        "https://127.0.0.1:3000/",
        "http://localhost:3000/",
    ] {
        assert_eq!(sent(&jar, other), "", "{other}");
        set_from(&jar, "evil=1; Path=/", &Url::parse(other).unwrap());
    }
    assert_eq!(jar.names().len(), 2);
}

#[test]
fn a_host_bound_cookie_is_kept_and_goes_over_https_alone() {
    let dir = tempfile::tempdir().unwrap();
    let origin = Url::parse("https://example.org").unwrap();
    let path = jar_path(dir.path(), &origin, "alice").unwrap();
    let jar = Jar::open(path.clone(), &origin).unwrap();
    let cookie = "__Host-sid=SECRET; Path=/; Secure; HttpOnly; SameSite=Lax";
    set_from(&jar, cookie, &origin);
    jar.save().unwrap();
    let later = Jar::open(path, &origin).unwrap();
    assert_eq!(sent(&later, "https://example.org/x"), "__Host-sid=SECRET");
    assert_eq!(sent(&later, "http://example.org/x"), "");
    let removal = "__Host-sid=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0";
    set_from(&later, removal, &origin);
    assert!(later.is_empty());
}

#[test]
fn a_jar_of_another_server_is_refused_while_it_holds_cookies() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jar.json");
    let jar = open(&path);
    set(&jar, "sid=SECRET; Path=/");
    jar.save().unwrap();
    let other = Url::parse("http://127.0.0.1:3001").unwrap();
    let error = Jar::open(path.clone(), &other).unwrap_err().to_string();
    assert!(
        error.contains("http://127.0.0.1:3000") && !error.contains("SECRET"),
        "{error}"
    );
    jar.forget();
    jar.save().unwrap();
    Jar::open(path, &other).unwrap();
}

#[test]
fn a_damaged_file_is_set_aside_and_none_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jar.json");
    let damaged = [
        r#"{"version":1,"cookies":[{"raw_cookie":"sid=SECRET"#,
        r#"{"version":1,"cookies":["SECRET"]}"#,
        "[]",
    ];
    for (number, text) in damaged.iter().enumerate() {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let jar = open(&path);
        assert!(jar.is_empty());
        let warning = jar.warnings().join("\n");
        let aside = match number {
            0 => "jar.json.bad".to_owned(),
            n => format!("jar.json.bad.{n}"),
        };
        assert!(
            warning.contains(&aside) && !warning.contains("SECRET"),
            "{warning}"
        );
        assert_eq!(fs::read_to_string(dir.path().join(aside)).unwrap(), *text);
        assert!(!path.exists());
    }
    assert_eq!(
        names(dir.path()),
        [
            "jar.json.bad",
            "jar.json.bad.1",
            "jar.json.bad.2",
            "jar.json.lock"
        ]
    );
}

#[test]
fn an_empty_file_is_an_empty_jar() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jar.json");
    fs::write(&path, " \n").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let jar = open(&path);
    assert!(jar.is_empty() && jar.warnings().is_empty());
}

#[test]
fn a_newer_versions_jar_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jar.json");
    let text = r#"{"version":2,"cookies":{"x":1}}"#;
    fs::write(&path, text).unwrap();
    let error = Jar::open(path.clone(), &origin()).unwrap_err().to_string();
    assert!(error.contains("newer sessctl"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_file_open_to_others_is_closed_and_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jar.json");
    let jar = open(&path);
    set(&jar, "sid=1; Path=/");
    jar.save().unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let jar = open(&path);
    assert!(jar.warnings()[0].contains("644"), "{:?}", jar.warnings());
    assert_eq!((mode(&path), jar.names().len()), (0o600, 1));
}

#[test]
fn what_is_no_file_is_refused_without_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for path in [dir.path().to_owned(), pipe] {
        let error = Jar::open(path, &origin()).unwrap_err().to_string();
        assert!(error.contains("is not a file"), "{error}");
    }
}

#[test]
fn listing_jars_changes_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = jar_path(dir.path(), &origin(), "a").unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "damaged").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(list_jars(dir.path()).unwrap()[0].cookies, None);
    assert_eq!(
        (mode(&path), names(path.parent().unwrap()).len()),
        (0o644, 1)
    );
}

#[test]
fn a_symbolic_link_is_refused_at_every_door() {
    let dir = tempfile::tempdir().unwrap();
    let (target, path) = (dir.path().join("target"), dir.path().join("jar.json"));
    fs::write(&target, "").unwrap();
    let jar = open(&path);
    set(&jar, "sid=1; Path=/");
    symlink(&target, &path).unwrap();
    for error in [
        jar.save().map(drop).unwrap_err(),
        jar.check_writable().unwrap_err(),
        jar.remove_file().map(drop).unwrap_err(),
        Jar::open(path, &origin()).map(drop).unwrap_err(),
    ] {
        assert!(error.to_string().contains("symbolic link"), "{error}");
    }
    assert_eq!(fs::read_to_string(&target).unwrap(), "");
}

#[test]
fn a_jar_that_cannot_be_written_says_so_before_anything_is_sent() {
    let dir = tempfile::tempdir().unwrap();
    // Root may write anywhere, but not below a file.
    fs::write(dir.path().join("file"), "").unwrap();
    let blocked = jar_path(&dir.path().join("file"), &origin(), "a").unwrap();
    let error = Jar::open(blocked, &origin()).map(|jar| jar.check_writable());
    let error = error.and_then(|result| result).unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error:?}");

    // Opened in good time: where its lock file belongs is a directory, where its directory belongs is a file.
    let locked = open(&dir.path().join("locked.json"));
    fs::create_dir(dir.path().join("locked.json.lock")).unwrap();
    let homeless = open(&dir.path().join("home/jar.json"));
    fs::write(dir.path().join("home"), "").unwrap();
    for (jar, names) in [(locked, "locked.json"), (homeless, "home")] {
        set(&jar, "sid=1; Path=/");
        for error in [jar.check_writable().unwrap_err(), jar.save().unwrap_err()] {
            assert!(matches!(error, Error::File { .. }), "{error:?}");
            assert!(error.to_string().contains(names), "{error}");
        }
    }
}

#[test]
fn parallel_threads_lose_no_cookie() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jar.json");
    thread::scope(|scope| {
        for n in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let jar = open(path);
                set(&jar, &format!("c{n}=v; Path=/"));
                jar.save().unwrap();
            });
        }
    });
    assert_eq!(open(&path).names().len(), 8);
    assert_eq!(names(dir.path()), ["jar.json", "jar.json.lock"]);
}

const CHILD: &str = "SESSCTL_TEST_JAR_CHILD";

#[test]
fn parallel_processes_lose_no_cookie() {
    if let Ok(order) = std::env::var(CHILD) {
        let (n, path) = order.split_once(':').unwrap();
        let jar = open(Path::new(path));
        set(&jar, &format!("c{n}=v; Path=/"));
        jar.save().unwrap();
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jar.json");
    let me = std::env::current_exe().unwrap();
    let children: Vec<_> = (0..8)
        .map(|n| {
            Command::new(&me)
                .args(["--exact", "jar::parallel_processes_lose_no_cookie"])
                .env(CHILD, format!("{n}:{}", path.display()))
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(open(&path).names().len(), 8);
}

#[test]
fn a_parallel_sign_in_is_not_undone_by_a_late_removal() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jar.json");
    let first = open(&path);
    set(&first, "sid=old; Path=/");
    first.save().unwrap();
    let (late, other) = (open(&path), open(&path));
    set(&other, "sid=new; Path=/");
    other.save().unwrap();
    set(&late, "sid=; Path=/; Max-Age=0");
    late.save().unwrap();
    assert_eq!(sent(&open(&path), "http://127.0.0.1:3000/"), "sid=new");
    assert_eq!(
        sent(&late, "http://127.0.0.1:3000/"),
        "sid=new",
        "what is in the file is taken over"
    );
}
