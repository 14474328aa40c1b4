//! `serve` where it cannot or must not: it says why, and touches nothing.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{PermissionsExt as _, chown},
        net::UnixListener,
    },
};

use rustix::process::Signal;
use tokio::net::TcpListener;

use crate::home::{Home, NOTHING, SESSCTL, ended};

#[tokio::test]
async fn a_taken_port_is_named_and_no_file_is_made() {
    let home = Home::new();
    let holder = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let taken = home
        .run(&["serve", "--auth", "open", "--listen", &address])
        .await;
    taken.fails(1, &[&address, "another program", "--listen"]);
    assert_eq!(home.files("data"), NOTHING);
    assert_eq!(home.files("run"), NOTHING);
}

#[tokio::test]
async fn what_is_no_store_of_ours_is_left_byte_for_byte() {
    let home = Home::new();
    home.write(
        "notes.txt",
        "dear diary, these are more than a hundred characters; "
            .repeat(4)
            .as_str(),
    );
    home.write("short.txt", "hi");
    let other = home.path("other.db");
    let connection = rusqlite::Connection::open(&other).unwrap();
    connection
        .execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        .unwrap();
    drop(connection);
    for (name, why) in [
        ("notes.txt", "no SQLite database"),
        ("short.txt", "no SQLite database"),
        ("other.db", "another program's SQLite database"),
    ] {
        let before = fs::read(home.path(name)).unwrap();
        let store = format!("sqlite:{}", home.text(name));
        let refused = home.cannot_serve(&["--store", &store]).await;
        refused.fails(
            6,
            &[name, "is not a sessctl store", why, "nothing was changed"],
        );
        let listed = home.run(&["ls", "--source", &store]).await;
        listed.fails(6, &[name, why]);
        let ended = home
            .run(&["revoke", "--all", "-y", "--source", &store])
            .await;
        ended.fails(6, &[name, why]);
        assert_eq!(fs::read(home.path(name)).unwrap(), before, "{name}");
        let lock = home.path(format!("{name}.lock"));
        assert!(!lock.exists(), "{lock:?} was left beside it");
    }
    assert_eq!(home.files("run"), NOTHING);
}

#[tokio::test]
async fn a_store_that_cannot_be_opened_is_named() {
    let home = Home::new();
    fs::create_dir(home.path("dir.db")).unwrap();
    home.write("plain", "");
    let mut cases = vec![
        ("dir.db", "Is a directory"),
        ("plain/sessions.db", "File exists"),
    ];
    // Root may read everything, but not below a file.
    if !rustix::process::geteuid().is_root() {
        let secret = home.write("secret.db", "");
        fs::set_permissions(&secret, Permissions::from_mode(0o000)).unwrap();
        cases.push(("secret.db", "ermission denied"));
    }
    for (path, why) in cases {
        let store = format!("sqlite:{}", home.text(path));
        let refused = home.cannot_serve(&["--store", &store]).await;
        refused.fails(6, &[path, "cannot open the session store", why]);
    }
    let missing = home.run(&["ls", "--source", "sqlite:/no/such.db"]).await;
    missing.fails(6, &["/no/such.db"]);
}

#[tokio::test]
async fn a_store_that_another_server_owns_is_refused_with_its_address() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    let store = format!("sqlite:{}", home.text("data/sessctl/sessions.db"));
    let admin = format!("unix:{}", home.text("run/second.sock"));
    fs::set_permissions(home.path("run"), Permissions::from_mode(0o700)).unwrap();
    let second = home
        .cannot_serve(&["--admin", &admin, "--store", &store])
        .await;
    second.fails(6, &["owned by another sessctl", &server.admin]);
    assert!(!home.path("run/second.sock").exists());
    server.run(&["dashboard", "--profile", "alice"]).await.ok();
}

#[tokio::test]
async fn a_live_socket_is_refused_and_a_stale_one_is_taken_over() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let socket = server.socket();
    let second = home.cannot_serve(&["--store", "memory:"]).await;
    second.fails(
        1,
        &[
            "another server answers",
            socket.to_str().unwrap(),
            "--admin",
        ],
    );
    server.run(&["ls"]).await.ok();

    server.ends(Signal::KILL).await;
    assert!(socket.exists(), "a killed server leaves its socket");
    home.run(&["ls"])
        .await
        .fails(6, &["no server of yours answers"]);
    let named = home
        .run(&["ls", "--source", socket.to_str().unwrap()])
        .await;
    named.fails(6, &["nothing listens", "its server has ended"]);
    let server = home.serve(&[]).await;
    assert_eq!(server.socket(), socket);
    server.run(&["ls"]).await.ok();
}

#[tokio::test]
async fn a_file_that_is_no_socket_and_a_directory_that_others_may_write_to_are_refused() {
    let home = Home::new();
    let plain = home.write("plain", "mine");
    let open = home.path("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
    let long = home.path("x".repeat(120));
    for (path, why) in [
        (plain.clone(), "no socket"),
        (open.join("admin.sock"), "others may write"),
        (long, "107 bytes"),
    ] {
        let admin = format!("unix:{}", path.display());
        let refused = home.cannot_serve(&["--admin", &admin]).await;
        refused.fails(1, &["cannot use the admin socket", why]);
    }
    assert_eq!(fs::read_to_string(plain).unwrap(), "mine");
    assert!(!home.path("data/sessctl/sessions.db").exists());
    let nowhere = home.cannot_serve(&["--admin", "nowhere"]).await;
    nowhere.fails(2, &["unix:PATH", "HOST:PORT"]);
    let readable = home.cannot_serve(&["--admin", "0.0.0.0:0"]).await;
    readable.fails(2, &["without TLS", "--tls-cert"]);
}

#[tokio::test]
async fn open_sign_in_is_for_this_machine_only() {
    let home = Home::new();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let off = home
            .run(&["serve", "--auth", "open", "--listen", address])
            .await;
        off.fails(2, &["refusing to listen", "127.0.0.1"]);
    }
    let words = home
        .run(&["serve", "--auth", "open", "--listen", "nowhere"])
        .await;
    words.fails(2, &["cannot listen on \"nowhere\"", "127.0.0.1:3000"]);
    let idle = home.run(&["serve", "--auth", "open", "--idle", "0s"]).await;
    assert_eq!(idle.code, 2, "{idle:?}");
    assert_eq!(home.files("data"), NOTHING);
}

#[tokio::test]
async fn a_ready_file_that_cannot_be_written_ends_the_server_before_it_serves() {
    let home = Home::new();
    let refused = home.cannot_serve(&["--ready-file", "/no/such/ready"]).await;
    refused.fails(1, &["cannot write the ready file /no/such/ready"]);
    assert_eq!(home.files("run"), NOTHING);
}

#[tokio::test]
async fn a_stranger_on_the_socket_is_not_taken_for_a_server() {
    let home = Home::new();
    let path = home.path("silent.sock");
    let _silent = UnixListener::bind(&path).unwrap();
    let mut ls = home.sessctl(&["ls", "--timeout", "1s"]);
    ls.env("SESSCTL_SOURCE", format!("unix:{}", path.display()));
    ended(ls).await.fails(6, &["no answer", "--timeout"]);
}

#[tokio::test]
async fn a_store_that_somebody_else_owns_or_could_write_is_not_served_and_not_written() {
    const NOBODY: u32 = 65_534;
    let home = Home::new();
    home.serve_accounts(&[]).await.ends(Signal::TERM).await;
    let file = home.text("data/sessctl/sessions.db");
    let source = format!("sqlite:{file}");
    let revoke = ["revoke", "--all", "-y", "--source", &source];
    fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    let before = fs::read(&file).unwrap();
    let chmod = format!("chmod 600 {file}");
    let words = [file.as_str(), "others may write it (mode 666)", &chmod];
    home.cannot_serve(&[]).await.fails(6, &words);
    home.run(&revoke).await.fails(6, &words);
    assert_eq!(fs::read(&file).unwrap(), before);
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    if !rustix::process::geteuid().is_root() {
        // Nobody else can give files away.
        return;
    }
    // Whoever may write to the directory of another may read no less than that.
    let binary = home.text("sessctl");
    fs::copy(SESSCTL, &binary).unwrap();
    for path in [home.path(""), home.path("data/sessctl"), home.path("work")] {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    chown(&file, Some(NOBODY - 1), None).unwrap();
    let mut as_nobody = home.program(&binary);
    as_nobody.args(revoke).uid(NOBODY).gid(NOBODY);
    let words = [file.as_str(), "somebody else (uid 65533)", "chown 65534"];
    ended(as_nobody).await.fails(6, &words);
    assert_eq!(fs::read(&file).unwrap(), before);
    // Root is an operator of everybody's.
    home.run(&revoke).await.ok();
}
