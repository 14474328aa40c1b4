//! A running server and those who look after it: the service manager, logrotate, who renews certificates.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt as _, net::UnixDatagram},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    home::{Home, PATIENCE, SESSCTL, ended, until},
    peers,
    server::Server,
    tmux::Tmux,
};

/// Puts a fresh certificate and its key where the server reads them; returns the certificate.
fn renew(home: &Home) -> reqwest::Certificate {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let pem = made.cert.pem();
    home.write("cert.pem", &pem);
    let key = home.write("key.pem", &made.signing_key.serialize_pem());
    fs::set_permissions(key, Permissions::from_mode(0o600)).unwrap();
    reqwest::Certificate::from_pem(pem.as_bytes()).unwrap()
}

/// A client that believes this certificate and no other.
fn client(certificate: reqwest::Certificate) -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    builder
        .tls_certs_only([certificate])
        .danger_accept_invalid_hostnames(true)
        .build()
        .unwrap()
}

fn hang_up(server: &Server<'_>) {
    let pid = server.pid().unwrap().cast_signed();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::HUP).unwrap();
}

const AUDIT: &str = "data/sessctl/sessions.audit.jsonl";

fn reloads(home: &Home) -> Vec<String> {
    let log = fs::read_to_string(home.path(AUDIT)).unwrap_or_default();
    let lines = log.lines().filter(|line| line.contains("tls_reload"));
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_hangup_reads_the_certificate_again_and_a_broken_one_changes_nothing() {
    let home = Home::new();
    let first = client(renew(&home));
    let (cert, key) = (home.text("cert.pem"), home.text("key.pem"));
    let server = home.serve(&["--tls-cert", &cert, "--tls-key", &key]).await;
    assert!(server.public.starts_with("https://"), "{}", server.public);
    let page = format!("{}/healthz", server.public);
    first.get(&page).send().await.unwrap();

    home.write("cert.pem", "broken");
    hang_up(&server);
    until("the reload that fails", || reloads(&home).len() == 1).await;
    let failed = reloads(&home).remove(0);
    for word in ["\"failed\"", "no certificate", "stays in force"] {
        assert!(failed.contains(word), "{failed}");
    }
    first.get(&page).send().await.unwrap();

    let second = client(renew(&home));
    second.get(&page).send().await.unwrap_err();
    hang_up(&server);
    until("the reload", || reloads(&home).len() == 2).await;
    assert!(reloads(&home)[1].contains("\"done\""));
    second.get(&page).send().await.unwrap();
    // The connection from before goes on.
    first.get(&page).send().await.unwrap();
}

#[tokio::test]
async fn a_hangup_without_a_certificate_is_said_and_ends_nothing() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    hang_up(&server);
    let said = || home.read("log").contains("nothing to read again on SIGHUP");
    until("the log line", said).await;
    server.login("alice").await;
    assert!(server.ends(Signal::TERM).await.success());
}

#[tokio::test]
async fn a_server_ends_in_order_with_the_terminal_that_it_was_started_in() {
    if !peers::present(&["tmux"]) {
        return;
    }
    let home = Home::new();
    let serve = format!("exec '{SESSCTL}' serve --auth open --listen 127.0.0.1:0");
    let terminal = Tmux::run(&home, (80, 24), &serve);
    terminal.sees("serving http://127.0.0.1:").await;
    drop(terminal);
    let stopped = || home.read(AUDIT).contains("\"stop\"");
    until("the end of the server", stopped).await;
    let socket = home.path("run/sessctl/admin.sock");
    until("the end of its socket", || !socket.exists()).await;
}

#[tokio::test]
async fn the_service_manager_is_told_how_it_goes() {
    let home = Home::new();
    let socket = UnixDatagram::bind(home.path("notify.sock")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = home.sessctl(&["serve", "--auth", "open", "--listen", "127.0.0.1:0"]);
    command.env("NOTIFY_SOCKET", home.path("notify.sock"));
    let next = || {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    let server = home.started(command).await;
    assert_eq!(next(), "READY=1\n");
    hang_up(&server);
    let reloading = next();
    assert!(
        reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="),
        "{reloading}"
    );
    assert_eq!(next(), "READY=1\n");
    assert!(server.ends(Signal::TERM).await.success());
    assert_eq!(next(), "STOPPING=1\n");
}

#[tokio::test]
async fn a_crash_leaves_no_image_of_the_memory() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.pid().unwrap())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words: Vec<_> = core.unwrap().split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"]);
}

#[tokio::test]
async fn a_server_without_accounts_starts_and_says_how_to_add_one() {
    let home = Home::new();
    let server = home
        .started(home.sessctl(&["serve", "--listen", "127.0.0.1:0"]))
        .await;
    let log = home.read("log");
    assert!(log.contains("sessctl user add NAME\n"), "{log}");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let login = client
        .post(format!("{}/login", server.public))
        .form(&[("username", "alice"), ("password", "guess")]);
    assert_eq!(login.send().await.unwrap().status(), 401);
    let private = home.run(&["serve", "--", "true"]).await;
    assert_eq!(private.code, 0, "{private:?}");
    for words in ["no accounts yet", "--auth open", "sessctl user add"] {
        assert!(private.stderr.contains(words), "{private:?}");
    }
}

#[tokio::test]
async fn a_command_adds_accounts_to_its_private_server_through_its_source() {
    if !peers::present(&["curl"]) {
        return;
    }
    let home = Home::new();
    let script = r#"
        ask() { curl -s -o /dev/null -w '%{http_code}\n' "$@"; }
        ask --unix-socket "${SESSCTL_SOURCE#unix:}" --json \
            '{"name": "alice", "credential": {"password": "correct horse battery"}}' http://admin/v1/users
        ask -d username=alice -d 'password=correct horse battery' "$SESSCTL_SERVER/login"
        ask -d username=alice -d password=wrong "$SESSCTL_SERVER/login"
    "#;
    let done = home.run(&["serve", "-q", "--", "sh", "-c", script]).await;
    assert_eq!(done.ok(), "201\n200\n401\n");
}

/// Also where the command's own files may be read by a group or by all.
#[tokio::test]
async fn the_state_of_a_private_server_is_its_owners_alone() {
    let home = Home::new();
    let script = r#"
        umask 0
        exec "$0" serve --auth open -q -- sh -c 'ls -ld "${XDG_STATE_HOME%/*}"'
    "#;
    let mut shell = home.program("sh");
    shell.args(["-c", script, SESSCTL]);
    let listed = ended(shell).await.ok();
    assert!(listed.starts_with("drwx------"), "{listed}");
}

#[tokio::test]
async fn programs_with_tokens_are_let_in_beside_the_socket() {
    let home = Home::new();
    let server = home.serve(&["--admin", "127.0.0.1:0"]).await;
    assert!(server.admin.starts_with("unix:"), "{}", server.admin);
    let url = server.ready["admin_tcp"][0].as_str().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let refused = client.get(format!("{url}/v1/stats")).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    server.run(&["ls"]).await.ok();
}

#[tokio::test]
async fn the_audit_log_lies_beside_the_store_or_where_somebody_says_or_nowhere() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    server.login("alice").await;
    server.ends(Signal::TERM).await;
    let log = home.read(AUDIT);
    for word in ["\"start\"", "\"login\"", "\"stop\""] {
        assert!(log.contains(word), "{log}");
    }
    let mode = fs::metadata(home.path(AUDIT)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let own = home.text("own.jsonl");
    let server = home.serve(&["--audit-log", &own]).await;
    server.ends(Signal::TERM).await;
    assert!(home.read("own.jsonl").contains("\"start\""));
    let server = home.serve(&["--audit-log", "off"]).await;
    server.ends(Signal::TERM).await;
    assert_eq!(home.read(AUDIT), log);
    let missing = home
        .cannot_serve(&["--audit-log", "/no/such/audit.jsonl"])
        .await;
    missing.fails(1, &["/no/such/audit.jsonl", "--audit-log off"]);
}

#[tokio::test]
async fn a_command_that_cannot_be_run_ends_as_in_a_shell() {
    let home = Home::new();
    let plain = home.write("plain", "no program");
    let plain = plain.to_str().unwrap();
    for (command, code) in [("no-such-command-here", 127), (plain, 126)] {
        let done = home.run(&["serve", "--auth", "open", "--", command]).await;
        done.fails(code, &["cannot run", command]);
    }
    let mut quiet = home.sessctl(&["serve", "--auth", "open", "--", "sh", "-c", "exit 7"]);
    quiet.env("SESSCTL_AUTH", "users");
    let done = tokio::time::timeout(Duration::from_secs(30), ended(quiet)).await;
    assert_eq!(done.unwrap().code, 7);
}
