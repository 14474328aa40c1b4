//! `sessctl audit` of apps that are known well: it finds what is wrong with each, and nothing else.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Form, Router,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse as _,
    routing::{get, post},
};
use rustix::process::Signal;
use serde_json::Value;
use tokio::time;

use crate::{
    apps::{App, Kind},
    home::{Done, Home, PATIENCE, ended, finished},
    server::{Server, lines, next, signal},
    stub::Stub,
};

/// The findings of a report, as `id severity`.
fn findings(report: &Value) -> BTreeSet<String> {
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().flat_map(|check| {
        let findings = check["findings"].as_array().unwrap();
        findings.iter().map(move |finding| {
            assert!(
                !finding["evidence"].as_array().unwrap().is_empty(),
                "{check}"
            );
            format!(
                "{} {}",
                check["id"].as_str().unwrap(),
                finding["severity"].as_str().unwrap()
            )
        })
    });
    found.collect()
}

fn result<'r>(report: &'r Value, id: &str) -> &'r str {
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["id"] == id).unwrap();
    check["result"].as_str().unwrap()
}

async fn audit(app: &App<'_>, password: &str, more: &[&str]) -> Done {
    let command = [&["audit", &app.url, "-o", "json"], more].concat();
    let mut command = app.sessctl(&command);
    command.env("SESSCTL_PASSWORD", password);
    // Each sign-in hashes a password, and there are many.
    match time::timeout(4 * PATIENCE, command.output()).await {
        Ok(output) => output.unwrap().into(),
        Err(_) => panic!("the audit does not end"),
    }
}

/// Audits an app as Alice: the report, after its exit code and its findings are as they should be.
async fn audited(kind: Kind, found: &[&str]) -> Option<Value> {
    audited_with(kind, found, &[]).await
}

/// The same, with findings that depend on the moment: on the second in which two sign-ins are made, or on how busy the
/// machine is.
async fn audited_with(kind: Kind, found: &[&str], perhaps: &[&str]) -> Option<Value> {
    let home = Home::new();
    let app = App::start(&home, kind, &[]).await?;
    let [alice, _] = kind.people();
    let flags = [&["--user", alice.user], kind.flags()].concat();
    let done = audit(&app, alice.password, &flags).await;
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    let wanted: BTreeSet<_> = found.iter().map(|&one| one.to_owned()).collect();
    let mut findings = findings(&report);
    findings.retain(|finding| !perhaps.contains(&&**finding));
    assert_eq!(findings, wanted, "{kind:?}: {report:#}");
    assert_eq!(done.code, if found.is_empty() { 0 } else { 9 }, "{done:#?}");
    // Neither in words nor as a value is there anything to sign in with.
    assert!(!format!("{done:?}").contains(alice.password), "{done:#?}");
    Some(report)
}

#[tokio::test]
async fn the_tutorials_app_shows_its_known_sins() {
    let found = [
        "any-password high",
        "cache-control medium",
        "cookie-samesite low",
        "cross-site-login medium",
        "cross-site-logout low",
        "escaped high",
        "faults medium",
        "fixation high",
        "logout-cookie low",
    ];
    let Some(report) = audited(Kind::Express, &found).await else {
        return;
    };
    for id in ["logout", "adopted", "entropy", "guard", "from-url"] {
        assert_eq!(result(&report, id), "passed", "{id}: {report:#}");
    }
}

#[tokio::test]
async fn djangos_admin_comes_out_clean() {
    let Some(report) = audited(Kind::Django, &[]).await else {
        return;
    };
    for id in [
        "fixation",
        "logout",
        "cross-site-login",
        "cross-site-logout",
        "enumeration",
    ] {
        assert_eq!(result(&report, id), "passed", "{id}: {report:#}");
    }
}

#[tokio::test]
async fn a_session_that_is_a_signed_cookie_lives_on_after_its_sign_out() {
    let found = [
        "cache-control medium",
        "cross-site-logout low",
        "logout high",
    ];
    audited_with(
        Kind::Flask,
        &found,
        &["replaced low", "enumeration-time medium"],
    )
    .await;
}

#[tokio::test]
async fn phps_own_sessions_are_sound_but_other_sites_can_sign_in_and_out() {
    let found = ["cross-site-login medium", "cross-site-logout low"];
    audited(Kind::Php, &found).await;
}

#[tokio::test]
async fn an_api_keeps_its_cookie_after_a_sign_out() {
    audited(Kind::Json, &["logout-cookie low"]).await;
}

#[tokio::test]
async fn two_cookies_that_open_a_page_together_are_both_looked_at() {
    let found = [
        "cross-site-login medium",
        "cross-site-logout low",
        "logout-cookie low",
        "replaced low",
    ];
    audited(Kind::Chain, &found).await;
}

/// Our own server, with an account whose password stands in `pw`.
async fn with_alice(home: &Home) -> Server<'_> {
    home.write("pw", "a long enough passphrase 7\n");
    home.run(&["user", "add", "alice", "--password-file", &home.text("pw")])
        .await
        .ok();
    home.serve_accounts(&[]).await
}

#[tokio::test]
async fn our_own_server_comes_out_clean_and_without_a_session_left() {
    let home = Home::new();
    let server = with_alice(&home).await;
    let url = server.public.clone();
    let (pw, junit) = (home.text("pw"), home.text("work/a.xml"));
    let command = [
        "audit",
        &url,
        "--user",
        "alice",
        "--password-file",
        &pw,
        "--may-lock",
        "--junit",
        &junit,
        "-o",
        "json",
    ];
    let report = home.run(&command).await.ok();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(findings(&report), BTreeSet::new(), "{report:#}");
    // Only what there is no TLS for.
    let counts = &report["counts"];
    assert_eq!(
        (&counts["passed"], &counts["skipped"]),
        (&23.into(), &2.into()),
        "{report:#}"
    );
    let listed = home.run(&["ls", "-o", "json"]).await.ok();
    assert!(listed.contains("\"total\":0"), "{listed}");
    let junit = home.read("work/a.xml");
    assert!(junit.contains("tests=\"25\" failures=\"0\""), "{junit}");
}

#[tokio::test]
async fn a_report_is_words_junit_and_sarif_too() {
    let home = Home::new();
    let Some(app) = App::start(&home, Kind::Express, &[]).await else {
        return;
    };
    let (junit, sarif) = (home.text("work/a.xml"), home.text("work/a.sarif"));
    let command = [
        "audit",
        &app.url,
        "--user",
        "alice",
        "--fail-on",
        "high",
        "--junit",
        &junit,
        "--sarif",
        &sarif,
    ];
    let done = app.run_with("any", &command).await;
    assert_eq!(done.code, 9, "{done:#?}");
    assert!(
        done.stderr.contains("3 findings of severity high or worse"),
        "{done:#?}"
    );
    for words in [
        "HIGH    fixation",
        "- a client with nothing but the cookies of before the sign-in got the private page",
        "fix: give the session a new id",
        "OWASP ASVS 5.0 V7.2.4, CWE-384",
        "passed  logout ",
        "3 high, 3 medium, 3 low;",
    ] {
        assert!(
            done.stdout.contains(words),
            "no {words:?} in {}",
            done.stdout
        );
    }

    let xml = home.read("work/a.xml");
    let document = roxmltree::Document::parse(&xml).unwrap();
    let suite = document.root_element();
    let with = |name| {
        suite
            .descendants()
            .filter(move |node| node.has_tag_name(name))
            .count()
    };
    assert_eq!((with("testcase"), with("failure")), (25, 3), "{xml}");
    assert_eq!(suite.attribute("failures"), Some("3"));
    // Those below the threshold are told, and fail nothing.
    assert!(with("system-out") >= 6, "{xml}");

    let sarif: Value = serde_json::from_str(&home.read("work/a.sarif")).unwrap();
    let run = &sarif["runs"][0];
    let rules: BTreeSet<_> = run["tool"]["driver"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["id"].to_string())
        .collect();
    let results = run["results"].as_array().unwrap();
    assert_eq!(
        (rules.len(), results.len(), &sarif["version"]),
        (25, 9, &"2.1.0".into())
    );
    assert!(
        results
            .iter()
            .all(|result| rules.contains(&result["ruleId"].to_string()))
    );
    assert_eq!(results[0]["level"], "error");

    let never = [
        "audit",
        &app.url,
        "--user",
        "alice",
        "--fail-on",
        "never",
        "-q",
    ];
    let names = app.run_with("any", &never).await.ok();
    assert!(names.lines().any(|line| line == "fixation"), "{names}");
}

#[tokio::test]
async fn lost_updates_are_found_where_it_is_said_how_to_write() {
    let home = Home::new();
    let Some(app) = App::start(&home, Kind::Express, &["--notes"]).await else {
        return;
    };
    let command = [
        "audit",
        &app.url,
        "--user",
        "alice",
        "-o",
        "json",
        "--write",
        "POST /notes note={word}",
        "--read",
        "/notes",
    ];
    let done = app.run_with("any", &command).await;
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    assert!(findings(&report).contains("parallel medium"), "{report:#}");
}

#[tokio::test]
async fn without_a_user_strangers_alone_are_played() {
    let home = Home::new();
    let Some(app) = App::start(&home, Kind::Express, &[]).await else {
        return;
    };
    let done = home.run(&["audit", &app.url]).await;
    assert_eq!(done.code, 9, "{done:#?}");
    assert!(done.stdout.contains("as a stranger"), "{done:#?}");
    assert!(done.stdout.contains("MEDIUM  faults"), "{done:#?}");
    assert!(
        done.stdout
            .contains("needs somebody who signs in: --user NAME"),
        "{done:#?}"
    );
}

#[tokio::test]
async fn a_strangers_server_is_not_attacked_by_a_slip() {
    let home = Home::new();
    let refused = home.run(&["audit", "https://shop.example"]).await;
    refused.fails(
        4,
        &[
            "https://shop.example/ is not on this machine",
            "nothing was sent",
            "--i-own-this",
        ],
    );
    let nowhere = home.run(&["audit", "http://127.0.0.1:1"]).await;
    assert_eq!(nowhere.code, 6, "{nowhere:#?}");
    assert!(
        nowhere.stderr.contains("nothing listens at"),
        "{nowhere:#?}"
    );
    for (words, says) in [
        (
            &["--write", "POST /x a=b", "--read", "/"][..],
            "{word} has to stand somewhere",
        ),
        (&["--write", "nonsense", "--read", "/"], "METHOD /PATH BODY"),
        (&["--write", "POST /x {word}"], "--read"),
        (&["--user", "alice"], "a password is needed"),
        (
            &["--password-file", "/dev/null"],
            "a password without a user",
        ),
    ] {
        let stub = Stub::serve(Router::new()).await;
        let command = [&["audit", &stub.url], words].concat();
        let done = ended(home.sessctl(&command)).await;
        done.fails(2, &[says]);
        assert_eq!(stub.posts(), 0);
    }
}

#[tokio::test]
async fn a_refused_sign_in_ends_it_and_a_page_for_all_is_no_private_page() {
    let home = Home::new();
    let Some(app) = App::start(&home, Kind::Php, &[]).await else {
        return;
    };
    let flags = [&["--user", "alice"], Kind::Php.flags()].concat();
    let wrong = audit(&app, "wrong", &flags).await;
    wrong.fails(4, &["not signed in"]);
    let flags = [
        "--user",
        "alice",
        "--login-path=/login.php",
        "--check=/nowhere",
    ];
    let nowhere = audit(&app, "correct horse", &flags).await;
    nowhere.fails(4, &["--dashboard-path"]);
}

#[tokio::test]
async fn an_audit_that_is_interrupted_signs_out_what_it_signed_in() {
    let home = Home::new();
    let server = with_alice(&home).await;
    let pw = home.text("pw");
    let command = [
        "audit",
        &server.public,
        "--user",
        "alice",
        "--password-file",
        &pw,
    ];
    let mut child = home.sessctl(&command).spawn().unwrap();
    let mut says = lines(&mut child);
    while let Some(line) = next(&mut says).await {
        if line.contains("fixation") {
            break;
        }
    }
    signal(&child, Signal::INT);
    let done = finished(child).await;
    assert_eq!(done.code, 130, "{done:#?}");
    assert!(done.stderr.contains("stopped before its end"), "{done:#?}");
    assert!(!done.stderr.contains("may live on"), "{done:#?}");
    let listed = home.run(&["ls", "-o", "json"]).await.ok();
    assert!(listed.contains("\"total\":0"), "{listed}");
}

/// An app that waits as a slow hash would, but only for names that it knows, and counts its ids.
fn slow_for_known_names() -> Router {
    let sessions: Arc<Mutex<HashSet<String>>> = Arc::default();
    let login = {
        let sessions = Arc::clone(&sessions);
        async move |Form(form): Form<HashMap<String, String>>| {
            if form["username"] == "alice" {
                time::sleep(Duration::from_millis(400)).await;
                if form["password"] == "right" {
                    let mut sessions = sessions.lock().unwrap();
                    let id = format!("{:032x}", sessions.len() + 1);
                    sessions.insert(id.clone());
                    let cookie = format!("sid={id}; HttpOnly; SameSite=Lax; Path=/");
                    return ([(header::SET_COOKIE, cookie)], "in").into_response();
                }
            }
            (StatusCode::UNAUTHORIZED, "wrong").into_response()
        }
    };
    let dashboard = async move |headers: HeaderMap| {
        let cookie = headers
            .get(header::COOKIE)
            .map(|value| value.to_str().unwrap());
        let id = cookie.and_then(|cookie| cookie.strip_prefix("sid="));
        match id.is_some_and(|id| sessions.lock().unwrap().contains(id)) {
            true => (StatusCode::OK, "Hello, alice"),
            false => (StatusCode::UNAUTHORIZED, "out"),
        }
    };
    Router::new()
        .route("/login", post(login))
        .route("/dashboard", get(dashboard))
        .route("/logout", post(async || "still in"))
}

#[tokio::test]
async fn the_time_of_a_refusal_gives_an_account_away_and_counted_ids_are_seen() {
    let home = Home::new();
    let stub = Stub::serve(slow_for_known_names()).await;
    let mut command = home.sessctl(&["audit", &stub.url, "--user", "alice", "-o", "json"]);
    command.env("SESSCTL_PASSWORD", "right");
    let output = time::timeout(4 * PATIENCE, command.output()).await.unwrap();
    let done = Done::from(output.unwrap());
    let report: Value = serde_json::from_str(&done.stdout).unwrap();
    let found = findings(&report);
    for finding in [
        "enumeration-time medium",
        "entropy high",
        "cache-control medium",
    ] {
        assert!(found.contains(finding), "{finding}: {report:#}");
    }
    assert_eq!(result(&report, "enumeration"), "passed");
    // It has no sign-out that works, which is told instead of what would follow from it.
    assert_eq!(result(&report, "logout"), "skipped");
    assert!(
        done.stderr.contains("sessions of alice may live on"),
        "{done:#?}"
    );
    assert!(
        !format!("{done:?}").contains("000000000000001"),
        "{done:#?}"
    );
}
