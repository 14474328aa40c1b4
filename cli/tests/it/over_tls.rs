//! Everything over TLS, with a certificate of one's own making: signing in with a host-bound cookie, and the admin API
//! with a token. Who does not trust the certificate sends nothing.

use std::fs;

use sessctl_api::Scope;

use crate::{
    home::{Home, ended},
    within::Within,
};

#[tokio::test]
async fn a_host_bound_cookie_is_kept_used_and_removed_over_tls() {
    let home = Home::new();
    let server = Within::over_tls(&home).await;
    let run = async |arguments: &[&str]| server.visits(&home, arguments).await;
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
async fn an_audit_over_tls_skips_nothing_that_has_to_do_with_it() {
    let home = Home::new();
    let server = Within::over_tls(&home).await;
    let audit = ["audit", "--user", "alice", "-o", "json"];
    let report = server.visits(&home, &audit).await.ok();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    for id in [
        "transport",
        "cookie-secure",
        "cookie-scope",
        "logout-cookie",
    ] {
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|check| check["id"] == id).unwrap();
        assert_eq!(check["result"], "passed", "{check:#}");
    }
    assert_eq!(report["counts"]["low"], 0, "{report:#}");
}

#[tokio::test]
async fn the_admin_api_is_asked_over_tls_with_a_token() {
    let home = Home::new();
    let server = Within::over_tls(&home).await;
    let token = server.token(Scope::Write).await;
    server.visits(&home, &["login", "alice"]).await.ok();
    let run = async |arguments: &[&str]| server.asks(&home, &token, arguments).await;
    let list = run(&["ls", "-o", "jsonl"]).await.ok();
    assert!(list.contains("\"alice\""), "{list}");
    let log = run(&["log", "action=login", "-o", "jsonl"]).await.ok();
    assert_eq!(log.lines().count(), 1);
    run(&["revoke", "--user", "alice", "-y"]).await.ok();
}

#[tokio::test]
async fn a_file_that_can_vouch_for_no_server_is_named_and_nothing_is_sent() {
    let home = Home::new();
    let server = Within::over_tls(&home).await;
    let empty = home.write("empty.pem", "");
    for (file, why) in [
        (home.path("nowhere.pem"), "cannot be read: No such file"),
        (empty, "holds no certificate in PEM"),
    ] {
        for words in [
            ["login", "alice", "--server", &server.public],
            ["ls", "-q", "--source", &server.admin],
        ] {
            let mut command = server.sessctl(&home, &words);
            command
                .env("SESSCTL_TOKEN", "sctl_x")
                .env("SSL_CERT_FILE", &file);
            let refused = ended(command).await;
            refused.fails(2, &["SSL_CERT_FILE names ", why, "nothing was sent"]);
        }
    }
}

#[tokio::test]
async fn an_authority_s_own_certificate_is_told_from_one_that_nobody_knows() {
    let home = Home::new();
    let mut own = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    own.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let cert = home.write("ca.pem", &own.self_signed(&key).unwrap().pem());
    let key = home.write("ca.key", &key.serialize_pem());
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let flags = [
        "--tls-cert",
        cert.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
    ];
    let server = home.serve(&flags).await;
    let mut login = server.sessctl(&["login", "alice"]);
    login.env("SSL_CERT_FILE", &cert);
    ended(login).await.fails(
        6,
        &["CA:TRUE", "-addext basicConstraints=critical,CA:FALSE"],
    );
}

#[tokio::test]
async fn a_port_that_speaks_https_says_so_to_whoever_comes_by_http() {
    let home = Home::new();
    let server = Within::over_tls(&home).await;
    for words in [
        ["login", "alice", "--server", &server.public],
        ["ls", "-q", "--source", &server.admin],
    ] {
        let words = words.map(|word| word.replace("https://", "http://"));
        let mut command = server.sessctl(&home, &words.each_ref().map(|word| &**word));
        command.env("SESSCTL_TOKEN", "sctl_x");
        let refused = ended(command).await;
        refused.fails(6, &["if this port speaks HTTPS, try https://"]);
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_gets_neither_password_nor_token() {
    let home = Home::new();
    let server = Within::over_tls(&home).await;
    for words in [
        ["login", "alice", "--server", &server.public],
        ["ls", "-q", "--source", &server.admin],
    ] {
        let mut command = server.sessctl(&home, &words);
        command
            .env("SESSCTL_TOKEN", "sctl_x")
            .env_remove("SSL_CERT_FILE");
        let refused = ended(command).await;
        refused.fails(
            6,
            &["a certificate that is not trusted here", "SSL_CERT_FILE"],
        );
    }
    assert!(home.jars().is_empty());
}
