//! Everything over TLS, with a certificate of one's own making: signing in with a host-bound cookie, and the admin API
//! with a token. Who does not trust the certificate sends nothing.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use sessctl_api::{Accounts as _, Credential, NewToken, NewUser, Scope, Secret};
use sessctl_server::{
    AdminAccess, AdminAddress, AdminListener, Auth, Config, Exposure, PublicListener, Tls, run,
};
use sessctl_store::{Sessions, Settings};
use tokio::process::Command;

use crate::{
    home::{Home, ended},
    users::PASSWORD,
};

/// A server over TLS, for as long as the test's runtime lives.
struct OverTls {
    public: String,
    admin: String,
    token: String,
    cert: PathBuf,
}

impl OverTls {
    async fn start(home: &Home) -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let cert = home.write("cert.pem", &cert.pem());
        let key = home.write("key.pem", &signing_key.serialize_pem());
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let tls = Tls::load(&cert, &key).unwrap();

        let sessions = Sessions::in_memory(Settings::default());
        let alice = NewUser {
            name: "alice".into(),
            credential: Credential::Password(Secret::new(PASSWORD)),
        };
        sessions.add_user(alice).await.unwrap();
        let token = NewToken {
            name: "ci".into(),
            scope: Scope::Write,
            lifetime: 3_600,
        };
        let (_, token) = sessions.add_token(token).await.unwrap();

        let config = Config::new(Auth::Users);
        let exposure = Exposure::of(&config).tls(Some(tls.clone()));
        let public = PublicListener::bind("127.0.0.1:0", exposure).await.unwrap();
        let access = AdminAccess {
            tls: Some(tls),
            group: None,
        };
        let address = AdminAddress::tcp("127.0.0.1:0".parse().unwrap());
        let admin = AdminListener::bind_for(&address, &access).await.unwrap();
        let started = Self {
            public: public.url(),
            admin: format!("https://{}", admin.tcp_addresses().next().unwrap()),
            token: token.expose().to_owned(),
            cert,
        };
        tokio::spawn(run(public, admin, sessions, config, std::future::pending()));
        started
    }

    /// The binary, pointed at this server; it trusts its certificate or the machine's own ones alone.
    fn sessctl(&self, home: &Home, trusting: bool, arguments: &[&str]) -> Command {
        let mut command = home.sessctl(arguments);
        command
            .env("SESSCTL_SERVER", &self.public)
            .env("SESSCTL_PASSWORD", PASSWORD)
            .env("SESSCTL_TOKEN", &self.token);
        if trusting {
            command.env("SSL_CERT_FILE", &self.cert);
        }
        command
    }
}

#[tokio::test]
async fn a_host_bound_cookie_is_kept_used_and_removed_over_tls() {
    let home = Home::new();
    let server = OverTls::start(&home).await;
    let run = async |arguments: &[&str]| ended(server.sessctl(&home, true, arguments)).await;
    run(&["login", "alice"]).await.ok();
    let jar = fs::read_to_string(&home.jars()[0]).unwrap();
    assert!(jar.contains("__Host-sid="), "{jar}");
    let page = run(&["dashboard"]).await.ok();
    assert!(page.contains("alice"), "{page}");
    let status = run(&["status"]).await.ok();
    assert!(status.contains("alice, live as"), "{status}");
    run(&["login", "alice", "--profile", "two"]).await.ok();
    let others = run(&["logout", "--others", "--profile", "two"]).await.ok();
    assert!(others.starts_with("1 other session"), "{others}");
    run(&["dashboard"]).await.fails(3, &["your session ended"]);
    run(&["logout", "--profile", "two"]).await.ok();
    let jars = home.jars().into_iter().map(fs::read_to_string);
    assert!(jars.flatten().all(|jar| !jar.contains("__Host-sid")));
}

#[tokio::test]
async fn the_admin_api_is_asked_over_tls_with_a_token() {
    let home = Home::new();
    let server = OverTls::start(&home).await;
    ended(server.sessctl(&home, true, &["login", "alice"]))
        .await
        .ok();
    let run = async |arguments: &[&str]| {
        let arguments = [arguments, &["--source", &server.admin]].concat();
        let mut command = server.sessctl(&home, true, &arguments);
        command.env_remove("SESSCTL_SERVER");
        ended(command).await
    };
    let list = run(&["ls", "-o", "jsonl"]).await.ok();
    assert!(list.contains("\"alice\""), "{list}");
    let log = run(&["log", "action=login", "-o", "jsonl"]).await.ok();
    assert_eq!(log.lines().count(), 1);
    run(&["revoke", "--user", "alice", "-y"]).await.ok();
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_gets_neither_password_nor_token() {
    let home = Home::new();
    let server = OverTls::start(&home).await;
    let login = ended(server.sessctl(&home, false, &["login", "alice"])).await;
    login.fails(
        6,
        &["a certificate that is not trusted here", "SSL_CERT_FILE"],
    );
    assert!(home.jars().is_empty());
    let ls = ["ls", "--source", &server.admin];
    let mut ls = server.sessctl(&home, false, &ls);
    ls.env_remove("SESSCTL_SERVER");
    ended(ls).await.fails(
        6,
        &["a certificate that is not trusted here", "SSL_CERT_FILE"],
    );
}
