//! Where the server listens, and where it refuses to.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::{
    fs::{self, Permissions},
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, chown},
    path::Path,
};

use sessctl_server::{
    AdminAccess, AdminAddress, AdminListener, Auth, Config, Exposure, Group, ListenError,
    PublicListener, Tls,
};
use tempfile::tempdir;

async fn bind(path: &Path) -> Result<AdminListener, ListenError> {
    AdminListener::bind(&AdminAddress::unix(path)).await
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn the_admin_socket_and_its_new_directory_are_its_owners_alone() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("new/deep/admin.sock");
    let listener = bind(&path).await.unwrap();
    assert_eq!(mode(&path), 0o600);
    for made in ["new", "new/deep"] {
        assert_eq!(mode(&dir.path().join(made)), 0o700, "{made}");
    }
    assert_eq!(
        listener.address().to_string(),
        format!("unix:{}", path.display())
    );
    drop(listener);
    assert!(!path.exists(), "the socket's file was left behind");
}

#[tokio::test]
async fn a_directory_that_others_may_write_to_is_refused() {
    for writable in [0o777, 0o1777, 0o770, 0o702] {
        let dir = tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(writable)).unwrap();
        let path = dir.path().join("admin.sock");
        let refusal = bind(&path).await.unwrap_err();
        assert!(matches!(refusal, ListenError::Socket { .. }), "{refusal}");
        assert!(
            refusal.to_string().contains("others may write"),
            "{refusal}"
        );
        assert!(!path.exists());
    }
    let dir = tempdir().unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    bind(&dir.path().join("admin.sock")).await.unwrap();
}

#[tokio::test]
async fn a_dead_servers_socket_is_taken_over_and_a_live_ones_is_not() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    // Dropped without removing its file, as a killed server leaves it.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let live = bind(&path).await.unwrap();
    for _ in 0..2 {
        let refusal = bind(&path).await.unwrap_err();
        assert!(matches!(refusal, ListenError::SocketTaken(_)), "{refusal}");
        assert!(path.exists(), "the live server's file was removed");
    }
    drop(live);
    assert!(!path.exists());
}

/// As a stopped (SIGSTOP) or overloaded server is: it lives, but takes no connection for now.
#[tokio::test]
async fn a_server_too_busy_to_answer_keeps_its_socket() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    let socket = tokio::net::UnixSocket::new_stream().unwrap();
    socket.bind(&path).unwrap();
    let _busy = socket.listen(1).unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = tokio::net::UnixStream::connect(&path).await {
        waiting.push(stream);
        assert!(waiting.len() < 100, "the queue never fills");
    }
    let refusal = bind(&path).await.unwrap_err();
    assert!(matches!(refusal, ListenError::SocketTaken(_)), "{refusal}");
    assert!(path.exists());
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_refused_and_left_alone() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("notes.txt");
    fs::write(&path, "precious").unwrap();
    let link = dir.path().join("link.sock");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for taken in [&path, &link] {
        let refusal = bind(taken).await.unwrap_err();
        assert!(refusal.to_string().contains("no socket"), "{refusal}");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    let refusal = bind(&path.join("below.sock")).await.unwrap_err();
    assert!(matches!(refusal, ListenError::Socket { .. }), "{refusal}");
}

#[tokio::test]
async fn a_directory_that_anybody_may_swap_for_another_is_refused() {
    let dir = tempdir().unwrap();
    let shared = dir.path().join("shared");
    fs::create_dir_all(shared.join("own")).unwrap();
    let path = shared.join("own/admin.sock");
    for writable in [0o777, 0o775, 0o707] {
        fs::set_permissions(&shared, Permissions::from_mode(writable)).unwrap();
        let refusal = bind(&path).await.unwrap_err().to_string();
        assert!(refusal.contains("others may write"), "{refusal}");
        assert!(refusal.contains(&*shared.to_string_lossy()), "{refusal}");
        assert!(refusal.contains("in the way"), "{refusal}");
    }
    // A link does not hide it.
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(shared.join("own"), &link).unwrap();
    bind(&link.join("admin.sock")).await.unwrap_err();
    // As in /tmp, nobody moves what is another's.
    fs::set_permissions(&shared, Permissions::from_mode(0o1777)).unwrap();
    bind(&path).await.unwrap();
}

/// Sticky or not: whoever owns a directory may move what is in it.
#[tokio::test]
async fn a_directory_below_another_users_is_refused() {
    if !rustix::process::geteuid().is_root() {
        let skipped = b"SKIPPED: a_directory_below_another_users_is_refused: only root can give a directory away\n";
        std::io::stderr().write_all(skipped).unwrap();
        return;
    }
    let dir = tempdir().unwrap();
    let theirs = dir.path().join("theirs");
    fs::create_dir_all(theirs.join("own")).unwrap();
    let path = theirs.join("own/admin.sock");
    for mode in [0o755, 0o1777] {
        fs::set_permissions(&theirs, Permissions::from_mode(mode)).unwrap();
        chown(&theirs, Some(65_534), None).unwrap();
        let refusal = bind(&path).await.unwrap_err().to_string();
        assert!(refusal.contains("who owns"), "{refusal}");
        assert!(!path.exists());
        chown(&theirs, Some(0), None).unwrap();
        bind(&path).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_servers_that_start_at_once_over_a_dead_ones_socket_one_has_it() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    for _ in 0..100 {
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        let starts: Vec<_> = (0..4)
            .map(|_| {
                let path = path.clone();
                tokio::spawn(async move { bind(&path).await })
            })
            .collect();
        let mut winners = Vec::new();
        for start in starts {
            match start.await.unwrap() {
                Ok(listener) => winners.push(listener),
                Err(refusal) => {
                    assert!(matches!(refusal, ListenError::SocketTaken(_)), "{refusal}");
                }
            }
        }
        assert_eq!(winners.len(), 1);
        tokio::net::UnixStream::connect(&path).await.unwrap();
    }
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_groups_socket_is_open_to_the_group_and_no_further() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("new/admin.sock");
    let group = Some(Group::named("root").unwrap());
    let access = AdminAccess { group, tls: None };
    let _listener = AdminListener::bind_for(&AdminAddress::unix(&path), &access)
        .await
        .unwrap();
    assert_eq!(mode(&path), 0o660);
    assert_eq!(mode(path.parent().unwrap()), 0o710);
    let refusal = Group::named("no such\u{1b}group").unwrap_err().to_string();
    assert!(
        refusal.contains("no group") && !refusal.contains('\u{1b}'),
        "{refusal}"
    );
}

#[tokio::test]
async fn an_admin_api_without_tls_stays_on_loopback() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refusal = AdminListener::bind(&address.parse().unwrap())
            .await
            .unwrap_err();
        assert!(
            matches!(refusal, ListenError::AdminOffLoopback(_)),
            "{refusal}"
        );
        assert!(refusal.to_string().contains("--tls-cert"), "{refusal}");
    }
    let dir = tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    let tcp = AdminListener::bind(&"127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let address = tcp.tcp_addresses().next().unwrap();
    assert_eq!(tcp.address(), AdminAddress::tcp(address));
    let both = tcp.and(bind(&path).await.unwrap());
    assert_eq!(both.address(), AdminAddress::unix(&path));
    assert_eq!(both.tcp_addresses().next(), Some(address));
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_says_so() {
    let dir = tempdir().unwrap();
    let refusal = bind(&dir.path().join("x".repeat(120))).await.unwrap_err();
    assert!(refusal.to_string().contains("107 bytes"), "{refusal}");
}

#[tokio::test]
async fn only_the_file_that_is_still_ours_goes_at_the_end() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    let listener = bind(&path).await.unwrap();
    fs::rename(&path, dir.path().join("moved")).unwrap();
    fs::write(&path, "another's").unwrap();
    drop(listener);
    assert_eq!(fs::read_to_string(&path).unwrap(), "another's");
}

#[tokio::test]
async fn open_sign_in_stays_on_loopback() {
    for address in ["0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0", "192.0.2.1:0"] {
        let refusal = PublicListener::bind(address, Auth::Open).await.unwrap_err();
        assert!(
            matches!(refusal, ListenError::OpenOffLoopback(_)),
            "{address}: {refusal}"
        );
    }
    let listener = PublicListener::bind("127.0.0.1:0", Auth::Open)
        .await
        .unwrap();
    assert!(listener.address().port() > 0);
    assert_eq!(listener.url(), format!("http://{}", listener.address()));
    PublicListener::bind("localhost:0", Auth::Open)
        .await
        .unwrap();
}

fn certificate(dir: &Path) -> Tls {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (dir.join("cert.pem"), dir.join("key.pem"));
    fs::write(&cert, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    Tls::load(&cert, &key).unwrap()
}

/// A configuration for a proxy that does TLS, or what remains of it.
fn behind(auth: Auth, proxy: Option<&str>, origin: Option<&str>) -> Config {
    Config {
        public_origin: origin.map(str::to_owned),
        trusted_proxies: proxy
            .into_iter()
            .filter_map(sessctl_api::Network::parse)
            .collect(),
        ..Config::new(auth)
    }
}

#[tokio::test]
async fn plain_http_stays_on_loopback_unless_somebody_says_otherwise() {
    let dir = tempdir().unwrap();
    let (proxy, https) = (Some("10.0.0.1"), Some("https://example.org"));
    let users = |proxy, origin| Exposure::of(&behind(Auth::Users, proxy, origin));
    for address in ["0.0.0.0:0", "[::]:0"] {
        for exposure in [
            users(None, None),
            users(proxy, None),
            users(None, https),
            users(proxy, Some("http://example.org")),
            Auth::Users.into(),
        ] {
            let refusal = PublicListener::bind(address, exposure).await.unwrap_err();
            assert!(
                matches!(refusal, ListenError::PlainOffLoopback(_)),
                "{address}: {refusal}"
            );
            assert!(refusal.to_string().contains("without TLS"), "{refusal}");
        }
    }
    for (exposure, scheme) in [
        (
            users(None, None).tls(Some(certificate(dir.path()))),
            "https",
        ),
        (users(proxy, https), "http"),
        (users(None, None).allow_plain_http(true), "http"),
    ] {
        let listener = PublicListener::bind("0.0.0.0:0", exposure).await.unwrap();
        assert_eq!(listener.url(), format!("{scheme}://{}", listener.address()));
    }
    PublicListener::bind("127.0.0.1:0", Auth::Users)
        .await
        .unwrap();
}

#[tokio::test]
async fn open_sign_in_stays_on_loopback_whatever_is_said() {
    let dir = tempdir().unwrap();
    let config = behind(Auth::Open, Some("10.0.0.1"), Some("https://example.org"));
    let exposure = Exposure::of(&config)
        .tls(Some(certificate(dir.path())))
        .allow_plain_http(true);
    let refusal = PublicListener::bind("0.0.0.0:0", exposure)
        .await
        .unwrap_err();
    assert!(
        matches!(refusal, ListenError::OpenOffLoopback(_)),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_taken_port_is_told_from_an_address_that_cannot_be() {
    let first = PublicListener::bind("127.0.0.1:0", Auth::Open)
        .await
        .unwrap();
    let address = first.address().to_string();
    let refusal = PublicListener::bind(&address, Auth::Open)
        .await
        .unwrap_err();
    assert!(matches!(refusal, ListenError::PortTaken(_)), "{refusal}");
    assert!(refusal.to_string().contains(&address), "{refusal}");
    for nonsense in ["", "127.0.0.1", "127.0.0.1:99999", ":3000:"] {
        let refusal = PublicListener::bind(nonsense, Auth::Open)
            .await
            .unwrap_err();
        assert!(
            matches!(refusal, ListenError::BadAddress(_)),
            "{nonsense:?}: {refusal}"
        );
    }
}

#[tokio::test]
async fn a_port_is_free_again_once_the_server_has_stopped() {
    let server = common::memory().await;
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    assert!(!server.lets_in(&"A".repeat(22)).await);
    server.stop().await;
    PublicListener::bind(&address, Auth::Open).await.unwrap();
}

#[test]
fn an_admin_address_is_a_path_or_says_what_to_write() {
    for (text, path) in [
        ("unix:/run/a.sock", "/run/a.sock"),
        ("/run/a.sock", "/run/a.sock"),
        ("unix:a", "a"),
    ] {
        assert_eq!(
            text.parse::<AdminAddress>().unwrap(),
            AdminAddress::unix(path)
        );
    }
    for text in ["127.0.0.1:9", "localhost:0", "[::1]:3001"] {
        let address = text.parse::<AdminAddress>().unwrap();
        assert_eq!((address.to_string(), address.path()), (text.into(), None));
    }
    for bad in ["", "unix:", "localhost", ":9", "a:99999", "\u{1b}[2J"] {
        let refusal = bad.parse::<AdminAddress>().unwrap_err().to_string();
        assert!(
            refusal.contains("unix:PATH") && !refusal.contains('\u{1b}'),
            "{refusal}"
        );
    }
}
