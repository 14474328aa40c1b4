//! TLS on the public listener, with certificates made for the test.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use common::{Server, given_over_tls, memory_over_tls};
use rcgen::{CertificateParams, CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use sessctl_api::{Accounts as _, NewToken, Scope};
use sessctl_server::{
    AdminAccess, AdminListener, Audit, Cookie, ListenError, Tls, TlsError, serve_admin,
};
use sessctl_store::Sessions;
use tempfile::{TempDir, tempdir};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// A certificate for loopback with its key, in files.
struct Pair {
    dir: TempDir,
    der: CertificateDer<'static>,
}

impl Pair {
    fn new() -> Self {
        let dir = tempdir().unwrap();
        let der = write_pair(dir.path());
        Self { dir, der }
    }

    fn cert(&self) -> PathBuf {
        self.dir.path().join("cert.pem")
    }

    fn key(&self) -> PathBuf {
        self.dir.path().join("key.pem")
    }

    fn load(&self) -> Result<Tls, TlsError> {
        Tls::load(&self.cert(), &self.key())
    }

    /// Puts a new certificate and key into the same files.
    fn renew(&mut self) {
        self.der = write_pair(self.dir.path());
    }
}

fn write_pair(dir: &Path) -> CertificateDer<'static> {
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    fs::write(dir.join("cert.pem"), cert.pem()).unwrap();
    write_key(&dir.join("key.pem"), &signing_key.serialize_pem());
    cert.der().clone()
}

fn write_key(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

fn connector(cert: &CertificateDer<'static>) -> TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(cert.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn tcp(server: &Server) -> TcpStream {
    let address = server.url.strip_prefix("https://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

async fn connect(
    server: &Server,
    cert: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("localhost").unwrap();
    connector(cert).connect(name, tcp(server).await).await
}

async fn is_healthy(stream: &mut TlsStream<TcpStream>) -> bool {
    let asks = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(asks).await.unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\nok\n") {
        text.push(stream.read_u8().await.unwrap());
    }
    text.starts_with(b"HTTP/1.1 200 ")
}

#[tokio::test]
async fn a_client_signs_in_by_https_and_gets_a_secure_cookie() {
    let pair = Pair::new();
    let server = memory_over_tls(pair.load().unwrap()).await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_der(&pair.der).unwrap()])
        .build()
        .unwrap();
    let login = client
        .post(format!("{}/login", server.url))
        .header("origin", &server.url)
        .form(&[("username", "alice")]);
    let answer = login.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let (name, value) = given_over_tls(&answer);
    let dashboard = client
        .get(format!("{}/dashboard", server.url))
        .header("cookie", format!("{name}={value}"));
    let text = dashboard.send().await.unwrap().text().await.unwrap();
    assert_eq!(text, "Welcome back, alice\n");
    let plain = server.url.replace("https://", "http://");
    let foreign = client
        .post(format!("{}/login", server.url))
        .header("origin", plain)
        .form(&[("username", "alice")]);
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    server.stop().await;
}

#[tokio::test]
async fn http_1_alone_is_offered() {
    let pair = Pair::new();
    let server = memory_over_tls(pair.load().unwrap()).await;
    let name = || ServerName::try_from("localhost").unwrap();
    for (offered, agreed) in [
        (&["h2", "http/1.1"][..], Some("http/1.1")),
        (&["http/1.1"], Some("http/1.1")),
        (&[], None),
    ] {
        let mut config = connector(&pair.der).config().as_ref().clone();
        config.alpn_protocols = offered
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        let connector = TlsConnector::from(Arc::new(config));
        let mut stream = connector.connect(name(), tcp(&server).await).await.unwrap();
        let found = stream.get_ref().1.alpn_protocol();
        assert_eq!(found, agreed.map(str::as_bytes), "{offered:?}");
        assert!(is_healthy(&mut stream).await);
    }
    let mut config = connector(&pair.der).config().as_ref().clone();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let refused = TlsConnector::from(Arc::new(config))
        .connect(name(), tcp(&server).await)
        .await;
    assert!(
        refused.is_err(),
        "a client that speaks HTTP/2 alone was let in"
    );
    server.stop().await;
}

/// rustls speaks nothing older than TLS 1.2, so the greeting of a TLS 1.1 client is written by hand.
#[tokio::test]
async fn tls_1_1_is_refused() {
    let pair = Pair::new();
    let server = memory_over_tls(pair.load().unwrap()).await;
    for (minor, answered) in [
        // An alert record, fatal: protocol_version.
        (1, &[21, 3, 3, 0, 2, 2, 70][..]),
        (2, &[21, 3, 3, 0, 2, 2, 70]),
        // The server's own greeting: it is the version that it minds.
        (3, &[22, 3, 3]),
    ] {
        let mut stream = tcp(&server).await;
        stream.write_all(&old_greeting(minor)).await.unwrap();
        let mut answer = vec![0; answered.len()];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, answered, "TLS 1.{}", minor - 1);
    }
    server.stop().await;
}

/// The greeting of a client that speaks TLS 1.x at most, as TLS 1.2 and older wrote it.
fn old_greeting(minor: u8) -> Vec<u8> {
    let sized = |bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
        [&length[..], bytes].concat()
    };
    // Groups, point formats and signatures.
    let extensions = [
        &[0, 10, 0, 4, 0, 2, 0, 23][..],
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 4, 0, 2, 4, 3],
    ];
    let body = [
        &[3, minor][..],
        &[7; 32],            // random
        &[0],                // no session
        &[0, 2, 0xc0, 0x2b], // one cipher suite
        &[1, 0],             // no compression
        &sized(&extensions.concat()),
    ];
    let greeting = [&[1, 0][..], &sized(&body.concat())].concat();
    [&[22, 3, 1][..], &sized(&greeting)].concat()
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken() {
    let pair = Pair::new();
    let server = memory_over_tls(pair.load().unwrap()).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(pair.der.clone()).unwrap();
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::new(config))
            .connect(name, tcp(&server).await)
            .await
            .unwrap();
        assert!(is_healthy(&mut stream).await, "{version:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_renewed_certificate_is_used_and_drops_nobody() {
    let mut pair = Pair::new();
    let old = pair.der.clone();
    let tls = pair.load().unwrap();
    let server = memory_over_tls(tls.clone()).await;
    let mut open = connect(&server, &old).await.unwrap();
    assert!(is_healthy(&mut open).await);

    pair.renew();
    tls.reload().unwrap();
    assert!(
        is_healthy(&mut open).await,
        "the open connection was dropped"
    );
    assert!(connect(&server, &old).await.is_err(), "the old one is used");
    let mut new = connect(&server, &pair.der).await.unwrap();
    assert!(is_healthy(&mut new).await);
    server.stop().await;
}

#[tokio::test]
async fn a_broken_renewal_leaves_the_old_certificate_in_force() {
    let mut pair = Pair::new();
    let old = pair.der.clone();
    let tls = pair.load().unwrap();
    let expires = tls.expires();
    let server = memory_over_tls(tls.clone()).await;
    fs::write(pair.cert(), "half a certific").unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::NoCertificate(_))));
    fs::remove_file(pair.key()).unwrap();
    pair.renew();
    fs::remove_file(pair.key()).unwrap();
    assert!(matches!(tls.reload(), Err(TlsError::File { .. })));
    assert_eq!(tls.expires(), expires);
    let mut stream = connect(&server, &old).await.unwrap();
    assert!(is_healthy(&mut stream).await);
    server.stop().await;
}

#[tokio::test]
async fn whoever_speaks_no_tls_is_closed_and_the_others_are_served() {
    let pair = Pair::new();
    let server = memory_over_tls(pair.load().unwrap()).await;
    // Greets for ever without holding anybody up.
    let silent = tcp(&server).await;
    for sent in [
        &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
        b"\x16\x03\x01\xff\xff",
        b"",
    ] {
        let mut stream = tcp(&server).await;
        stream.write_all(sent).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // An error says that the server closed while something was under way.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");
    }
    let mut stream = connect(&server, &pair.der).await.unwrap();
    assert!(is_healthy(&mut stream).await);
    drop(silent);
    server.stop().await;
}

#[tokio::test]
async fn a_handshake_that_is_under_way_does_not_hold_up_the_end() {
    let pair = Pair::new();
    let server = memory_over_tls(pair.load().unwrap()).await;
    let mut stream = connect(&server, &pair.der).await.unwrap();
    assert!(is_healthy(&mut stream).await);
    let _silent = tcp(&server).await;
    let mut half = tcp(&server).await;
    half.write_all(b"\x16\x03\x01").await.unwrap();
    let start = std::time::Instant::now();
    server.stop().await;
    assert!(
        start.elapsed().as_secs() < 4,
        "the end took {:?}",
        start.elapsed()
    );
}

/// Time is tokio's own and leaps ahead whenever everybody waits.
#[tokio::test(start_paused = true)]
async fn a_handshake_that_never_ends_is_given_up() {
    let pair = Pair::new();
    let server = memory_over_tls(pair.load().unwrap()).await;
    let mut stream = tcp(&server).await;
    let start = tokio::time::Instant::now();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    let seconds = start.elapsed().as_secs();
    assert!((9..=12).contains(&seconds), "{seconds} s");
    server.stop().await;
}

#[test]
fn a_pair_that_cannot_be_used_says_what_is_wrong() {
    let (pair, other) = (Pair::new(), Pair::new());
    let refusal = |cert: &Path, key: &Path| Tls::load(cert, key).unwrap_err();
    let nowhere = pair.dir.path().join("nowhere.pem");
    let (cert, key) = (pair.cert(), pair.key());

    let told = refusal(&nowhere, &key);
    assert!(matches!(
        told,
        TlsError::File {
            what: "certificate",
            ..
        }
    ));
    assert!(told.to_string().contains("nowhere.pem"), "{told}");
    assert!(matches!(
        refusal(&cert, &nowhere),
        TlsError::File { what: "key", .. }
    ));
    assert!(matches!(refusal(&key, &key), TlsError::NoCertificate(_)));
    // Whoever opened it would wait until somebody writes.
    let pipe = pair.dir.path().join("pipe.pem");
    let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, mode, 0).unwrap();
    for (cert, key) in [(&pipe, &key), (&cert, &pipe)] {
        let told = refusal(cert, key);
        let TlsError::File { source, .. } = &told else {
            panic!("{told:?}");
        };
        assert!(source.to_string().contains("no file"), "{source}");
    }
    let told = refusal(&cert, &cert);
    // Everybody may read a certificate, so that is told first.
    assert!(matches!(told, TlsError::Exposed { .. }), "{told}");
    let copy = pair.dir.path().join("copy.pem");
    write_key(&copy, &fs::read_to_string(&cert).unwrap());
    assert!(matches!(refusal(&cert, &copy), TlsError::NoKey(_)));
    let told = refusal(&cert, &other.key());
    assert!(matches!(told, TlsError::Mismatch { .. }), "{told}");
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    fs::write(&nowhere, garbage).unwrap();
    assert!(matches!(
        refusal(&nowhere, &key),
        TlsError::NoCertificate(_)
    ));
}

#[test]
fn a_key_that_everybody_can_read_is_refused() {
    let pair = Pair::new();
    for (mode, refused) in [(0o644, true), (0o604, true), (0o640, false), (0o600, false)] {
        fs::set_permissions(pair.key(), Permissions::from_mode(mode)).unwrap();
        match pair.load() {
            Ok(_) => assert!(!refused, "{mode:o}"),
            Err(told) => {
                assert!(refused, "{mode:o}: {told}");
                assert!(told.to_string().contains("chmod 600"), "{told}");
            }
        }
    }
}

#[test]
fn an_expired_certificate_is_loaded_all_the_same() {
    let dir = tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    let cert = params.self_signed(&key).unwrap();
    let (cert_path, key_path) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    fs::write(&cert_path, cert.pem()).unwrap();
    write_key(&key_path, &key.serialize_pem());
    let tls = Tls::load(&cert_path, &key_path).unwrap();
    assert_eq!(tls.expires().unix_timestamp(), 978_307_200);
    let shown = format!("{tls:?}");
    assert!(!shown.contains("PRIVATE"), "{shown}");
}

/// With a certificate it may be anywhere; an address that is no machine's is refused by the system alone.
#[tokio::test]
async fn the_admin_api_speaks_tls_to_programs_with_tokens() {
    let pair = Pair::new();
    let access = AdminAccess {
        group: None,
        tls: Some(pair.load().unwrap()),
    };
    let bind = async |address: &str| {
        let address = address.parse().unwrap();
        AdminListener::bind_for(&address, &access).await
    };
    let refusal = bind("192.0.2.1:0").await.unwrap_err();
    assert!(matches!(refusal, ListenError::Bind { .. }), "{refusal}");

    let admin = bind("127.0.0.1:0").await.unwrap();
    let address = admin.tcp_addresses().next().unwrap();
    let sessions = Sessions::in_memory(common::settings(&common::clock()));
    let token = NewToken {
        name: "ci".into(),
        scope: Scope::Read,
        lifetime: 60,
    };
    let (_, secret) = sessions.add_token(token).await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (cookie, audit) = (Cookie::default(), Audit::default());
    let running = tokio::spawn(serve_admin(admin, sessions, cookie, audit, async {
        // An error says that the test is over.
        let _ = stopped.await;
    }));
    let root = reqwest::Certificate::from_der(&pair.der).unwrap();
    let program = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([root])
        .build()
        .unwrap();
    let ask = program.get(format!("https://{address}/v1/stats"));
    let answer = ask.bearer_auth(secret.expose()).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let plain = program.get(format!("http://{address}/v1/stats"));
    let plain = plain.bearer_auth(secret.expose()).send().await;
    assert!(plain.is_err(), "it was answered in the open");
    drop(program);
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
}
