//! `sessctl load`: against real servers of ours, servers that stall and lie, and nobody.

use std::{
    os::unix::fs::PermissionsExt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse as _,
    routing::{get, post},
};
use rustix::process::Signal;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::Instant,
};

use crate::{
    home::{Done, Home, SESSCTL, ended, finished},
    peers,
    server::{Server, signal},
    stub::Stub,
    tmux::Tmux,
    users::{PASSWORD, add},
    within::Within,
};

/// The document of a run, whatever became of it.
#[track_caller]
fn read(done: &Done) -> Value {
    serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{done:#?}"))
}

async fn live(server: &Server<'_>) -> Value {
    let list = server.run(&["ls", "-o", "json"]).await.ok();
    serde_json::from_str::<Value>(&list).unwrap()["total"].clone()
}

/// A row's count, or nothing.
fn count(document: &Value, phase: &str, outcome: &str) -> u64 {
    let rows = document["rows"].as_array().unwrap().iter();
    let is = |row: &&Value| {
        let status = row["status"].as_u64().map(|status| status.to_string());
        let error = row["error"].as_str().map(str::to_owned);
        row["phase"] == phase && status.or(error).as_deref() == Some(outcome)
    };
    rows.filter(is)
        .map(|row| row["count"].as_u64().unwrap())
        .sum()
}

/// A server without sessions, whose page does this.
async fn page_of<F, R>(page: F) -> Stub
where
    F: Fn() -> R + Clone + Send + Sync + 'static,
    R: Future<Output = StatusCode> + Send,
{
    Stub::serve(Router::new().fallback(move || page())).await
}

#[tokio::test]
async fn users_sign_in_look_and_sign_out_and_nothing_stays() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let words = [
        "load",
        "--users",
        "7",
        "--views",
        "5",
        "--duration",
        "1s",
        "--path",
        "/dashboard",
        "--path",
        "/session?x=1",
    ];
    let table = server.run(&words).await.ok();
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("PHASE   STATUS  COUNT"), "{table}");
    for (line, start) in lines[1..4]
        .iter()
        .zip(["login   200", "view    200", "logout  200"])
    {
        assert!(line.starts_with(start), "{table}");
    }
    assert!(
        lines[4].contains("7 users in ") && lines[4].contains(", no errors, "),
        "{table}"
    );
    assert_eq!(live(&server).await, 0);

    let document = read(&server.run(&[&words[..], &["-o", "json"]].concat()).await);
    let [logins, views, logouts] =
        ["login", "view", "logout"].map(|phase| count(&document, phase, "200"));
    assert!(logins >= 7 && logins == logouts, "{document}");
    // Who is in the middle of a visit when time is up does not finish it.
    assert!(
        views > 5 * (logins - 7) && views <= 5 * logins,
        "{document}"
    );
    let log = home
        .run(&["log", "-o", "jsonl", "--since", "1h", "user=load-7"])
        .await
        .ok();
    assert!(log.contains("load-7"), "{log}");
    assert_eq!(live(&server).await, 0);
}

#[tokio::test]
async fn what_programs_read_has_units_in_its_names_and_adds_up() {
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    let words = ["load", "--users", "3", "--duration", "2s", "-o", "jsonl"];
    let done = server.run(&words).await;
    assert_eq!((done.code, done.stdout.lines().count()), (0, 1), "{done:?}");
    let document = read(&done);
    assert_eq!(document["schema"], 1);
    assert_eq!(document["partial"], false);
    assert_eq!(document["settings"]["users"], 3);
    assert_eq!(document["errors"], 0);
    let steps = document["steps"].as_u64().unwrap();
    let sum = |list: &str, field: &str| -> u64 {
        let list = document[list].as_array().unwrap().iter();
        list.map(|one| one[field].as_u64().unwrap()).sum()
    };
    assert_eq!(
        [
            sum("rows", "count"),
            sum("phases", "count"),
            sum("seconds", "steps")
        ],
        [steps; 3]
    );
    assert!(document["requests"].as_u64().unwrap() >= steps);
    let view = document["phases"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["phase"] == "view");
    let view = view.unwrap();
    let at = |name: &str| view[name].as_f64().unwrap();
    let order = [
        0.0,
        at("p50_ms"),
        at("p90_ms"),
        at("p99_ms"),
        at("p99_9_ms"),
        at("max_ms"),
    ];
    assert!(order.is_sorted() && order[1] > 0.0, "{view}");
    assert!(at("mean_ms") > 0.0 && at("mean_ms") <= at("max_ms"));
    let curve = view["curve"].as_array().unwrap();
    assert!(
        curve.is_sorted_by_key(|point| point[1].as_f64().unwrap()),
        "{curve:?}"
    );
    assert!((1.5..4.0).contains(&document["elapsed_s"].as_f64().unwrap()));
    assert!(document["generator"]["busy"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn accounts_sign_in_with_one_password_or_with_each_their_own() {
    let home = Home::new();
    let server = home.serve_accounts(&[]).await;
    for name in ["load-1", "load-2"] {
        add(&home, name, PASSWORD).await;
    }
    let load = ["load", "--users", "2", "--duration", "1s", "-o", "json"];
    server.run(&load).await.fails(
        2,
        &["a password is needed", "--users-file", "nothing was sent"],
    );
    let mut right = server.sessctl(&load);
    right.env("SESSCTL_PASSWORD", PASSWORD);
    let document = read(&ended(right).await);
    assert_eq!(
        (&document["errors"], count(&document, "login", "200")),
        (&0.into(), 2)
    );

    let file = home.write(
        "users",
        &format!("load-1:{PASSWORD}\n# the second\nload-2:wrong\n"),
    );
    let path = file.to_str().unwrap();
    let with_file = [
        "load",
        "--users-file",
        path,
        "--duration",
        "1s",
        "-o",
        "json",
    ];
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    server
        .run(&with_file)
        .await
        .fails(2, &["mode 640", "chmod 600", "nothing was sent"]);
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    let partly = server.run(&with_file).await;
    assert_eq!(partly.code, 7, "{partly:?}");
    assert!(
        partly.stderr.contains("steps failed") && partly.stderr.contains("--fail-if"),
        "{partly:?}"
    );
    let document = read(&partly);
    assert_eq!(document["settings"]["users"], 2);
    assert!(count(&document, "login", "401") >= 1, "{document}");
    assert_eq!(count(&document, "login", "200"), 1);
    assert!(count(&document, "view", "200") > 0 && count(&document, "view", "401") == 0);

    let accepted = [&with_file[..], &["--fail-if", "errors>90%"]].concat();
    assert_eq!(server.run(&accepted).await.code, 0);
    let broken = [&with_file[..], &["--fail-if", "login.errors>0"]].concat();
    assert_eq!(server.run(&broken).await.code, 9);
    assert_eq!(live(&server).await, 0);
    for text in [&partly.stdout, &partly.stderr] {
        assert!(
            !text.contains("wrong") && !text.contains(PASSWORD),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_password_that_is_wrong_for_the_first_user_is_no_load() {
    let home = Home::new();
    let server = home.serve_accounts(&[]).await;
    add(&home, "load-1", PASSWORD).await;
    let mut wrong = server.sessctl(&["load", "--duration", "1s"]);
    wrong.env("SESSCTL_PASSWORD", "not this one");
    ended(wrong).await.fails(4, &["not signed in", "401"]);
}

#[tokio::test]
async fn a_threshold_that_is_broken_is_named_with_what_was_measured() {
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    let load = ["load", "--users", "2", "--duration", "1s"];
    let held = [
        "--fail-if",
        "p99>20s",
        "--fail-if",
        "errors>0",
        "--fail-if",
        "rate<0.5",
    ];
    let held = server.run(&[&load[..], &held].concat()).await;
    assert_eq!((held.code, held.stderr.as_str()), (0, ""), "{held:?}");
    let broken = [
        "--fail-if",
        "p99>20s",
        "--fail-if",
        "view.p50<10s",
        "--fail-if",
        "login.max>1us",
    ];
    let broken = server.run(&[&load[..], &broken].concat()).await;
    assert_eq!(broken.code, 9, "{broken:?}");
    assert!(
        broken.stdout.starts_with("PHASE"),
        "the result is there all the same: {broken:?}"
    );
    for (said, is_there) in [
        ("2 thresholds", true),
        ("view.p50<10s  (measured: ", true),
        ("login.max>1us  (", true),
        ("p99>20s", false),
    ] {
        assert_eq!(broken.stderr.contains(said), is_there, "{said}: {broken:?}");
    }
    let unclear = server.run(&["load", "--fail-if", "p98>1s"]).await;
    unclear.fails(2, &["p98", "p99.9", "  p98>1s\n  ^"]);
}

#[tokio::test]
async fn a_server_off_this_machine_is_asked_nothing_without_a_yes() {
    let home = Home::new();
    // An address of this machine's own that is not loopback would be loaded; a listener tells.
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("http://0.0.0.0:{port}");
    let refused = home
        .run(&["load", "--server", &url, "--no-login", "--duration", "1s"])
        .await;
    refused.fails(
        4,
        &["not on this machine", "nothing was sent", "--i-own-this"],
    );
    let asked = tokio::time::timeout(Duration::ZERO, listener.accept()).await;
    assert!(asked.is_err(), "somebody came");

    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(async || "ok")).await });
    let words = [
        "load",
        "--server",
        &url,
        "--no-login",
        "--duration",
        "1s",
        "--i-own-this",
    ];
    home.run(&words).await.ok();
}

#[tokio::test]
async fn a_stall_shows_at_a_fixed_rate_and_not_without() {
    const STALL: Duration = Duration::from_millis(300);
    let home = Home::new();
    let stalled = Arc::new(Mutex::new(None::<Instant>));
    let page = {
        let stalled = Arc::clone(&stalled);
        move || {
            // The whole server holds its breath once, some time after the first request.
            let begin = *stalled.lock().unwrap().get_or_insert_with(Instant::now) + STALL;
            async move {
                if (begin..begin + STALL).contains(&Instant::now()) {
                    tokio::time::sleep_until(begin + STALL).await;
                }
                StatusCode::OK
            }
        }
    };
    let stub = page_of(page).await;
    let load = [
        "load",
        "--server",
        &stub.url,
        "--no-login",
        "--users",
        "1",
        "--duration",
        "1s",
        "-o",
        "json",
    ];
    let at_rate = read(&home.run(&[&load[..], &["--rate", "200"]].concat()).await);
    let view = &at_rate["phases"][0];
    // A third of the views was due while the server stood still.
    for (name, least) in [("p99_ms", 250.0), ("p90_ms", 150.0)] {
        assert!(view[name].as_f64().unwrap() > least, "{name}: {view}");
    }
    assert_eq!(view["count"], 200, "each moment is counted");

    *stalled.lock().unwrap() = None;
    let closed = read(&home.run(&load).await);
    assert!(
        closed["phases"][0]["p90_ms"].as_f64().unwrap() < 150.0,
        "{closed}"
    );
}

#[tokio::test]
async fn what_a_server_is_too_slow_for_is_counted_as_unsent() {
    let home = Home::new();
    let stub = page_of(|| async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        StatusCode::OK
    })
    .await;
    let words = [
        "load",
        "--server",
        &stub.url,
        "--no-login",
        "--users",
        "2",
        "--duration",
        "1s",
        "--rate",
        "100",
        "-o",
        "json",
    ];
    let done = home.run(&words).await;
    assert_eq!(done.code, 7, "{done:?}");
    assert!(
        done.stderr.contains("never sent") && done.stderr.contains("--users"),
        "{done:?}"
    );
    let document = read(&done);
    let (sent, unsent) = (
        count(&document, "view", "200"),
        count(&document, "view", "unsent"),
    );
    assert_eq!(sent + unsent, 100, "{document}");
    assert!((1..=12).contains(&sent), "{document}");
}

#[tokio::test]
async fn every_way_not_to_answer_has_its_name() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let number = AtomicUsize::new(0);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let turn = number.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut asked = vec![0; 4096];
                let _ = stream.read(&mut asked).await;
                let answer: &[u8] = match turn {
                    // Whether it is there is asked by another client, which must be content.
                    0 | 1 => b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
                    _ if turn % 4 == 0 => b"SSH-2.0-x\r\n",
                    _ if turn % 4 == 1 => b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nok",
                    _ if turn % 4 == 2 => {
                        b"HTTP/1.1 500 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                    }
                    _ => b"",
                };
                let _ = stream.write_all(answer).await;
                if answer.is_empty() {
                    // Says nothing until the other side has gone.
                    let _ = stream.read(&mut asked).await;
                }
            });
        }
    });
    let words = [
        "load",
        "--server",
        &url,
        "--no-login",
        "--users",
        "4",
        "--duration",
        "3s",
        "--timeout",
        "1s",
        "-o",
        "json",
    ];
    let done = home.run(&words).await;
    let document = read(&done);
    for outcome in ["malformed", "closed", "500", "timeout"] {
        assert!(
            count(&document, "view", outcome) > 0,
            "{outcome}: {document}"
        );
    }
    assert!(matches!(done.code, 1 | 6 | 7), "{done:?}");
    home.run(&["load", "--server", "http://127.0.0.1:1", "--no-login"])
        .await
        .fails(6, &["connection refused"]);
}

/// A login page with a hidden token that must come back, cookies that change with every answer, and a sign-out by GET.
fn classic(live: Arc<AtomicUsize>) -> Router {
    let cookie = |headers: &HeaderMap, name: &str| {
        let all = headers
            .get(header::COOKIE)
            .and_then(|all| all.to_str().ok())
            .unwrap_or_default();
        all.split("; ")
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
            .map(str::to_owned)
    };
    let form = async || {
        let html = "<form method=post action=/enter><input type=hidden name=token value=t1><input name=who><input type=password name=pw></form>";
        let headers = [
            (header::SET_COOKIE, "seed=t1; Path=/"),
            (header::CONTENT_TYPE, "text/html"),
        ];
        (headers, html)
    };
    let enter = {
        let live = Arc::clone(&live);
        async move |headers: HeaderMap, body: String| {
            let is_right = cookie(&headers, "seed").as_deref() == Some("t1")
                && body.contains("token=t1")
                && body.contains("pw=right")
                && headers.get(header::ORIGIN).is_some();
            if !is_right {
                return (
                    StatusCode::SEE_OTHER,
                    [(header::LOCATION, "/login?again=1")],
                )
                    .into_response();
            }
            live.fetch_add(1, Ordering::SeqCst);
            let answer = [
                (header::LOCATION, "/hop"),
                (header::SET_COOKIE, "seed=; Path=/; Max-Age=0"),
            ];
            (StatusCode::FOUND, answer).into_response()
        }
    };
    let hop = async || {
        let set = [
            (header::SET_COOKIE, "in=0; Path=/"),
            (header::LOCATION, "/gone"),
        ];
        (StatusCode::FOUND, set)
    };
    let home = async move |headers: HeaderMap| match cookie(&headers, "in") {
        Some(number) if cookie(&headers, "seed").is_none() => {
            let next = number.parse::<u64>().unwrap() + 1;
            let set = [(header::SET_COOKIE, format!("in={next}; Path=/"))];
            (set, format!("number {next}")).into_response()
        }
        _ => (
            StatusCode::FOUND,
            [(header::LOCATION, "/login?next=/dashboard")],
        )
            .into_response(),
    };
    let leave = async move || {
        live.fetch_sub(1, Ordering::SeqCst);
        "bye"
    };
    Router::new()
        .route("/login", get(form))
        .route("/enter", post(enter))
        .route("/hop", get(hop))
        .route("/dashboard", get(home))
        .route("/logout", get(leave))
}

#[tokio::test]
async fn any_form_is_filled_in_and_cookies_follow_every_answer() {
    let home = Home::new();
    let live = Arc::new(AtomicUsize::new(0));
    let stub = Stub::serve(classic(Arc::clone(&live))).await;
    let words = [
        "load",
        "--server",
        &stub.url,
        "--users",
        "3",
        "--views",
        "4",
        "--duration",
        "1s",
        "-o",
        "json",
    ];
    let mut load = home.sessctl(&words);
    load.env("SESSCTL_PASSWORD", "right");
    let done = ended(load).await;
    let document = read(&done);
    assert_eq!((done.code, &document["errors"]), (0, &0.into()), "{done:?}");
    // The redirect led to a page that is missing, which is no fault of the sign-in.
    assert!(count(&document, "login", "302") >= 3, "{document}");
    assert!(count(&document, "view", "200") >= 12, "{document}");
    assert_eq!(live.load(Ordering::SeqCst), 0, "everybody signed out");
}

#[tokio::test]
async fn whoever_gets_the_strangers_page_is_not_signed_in() {
    let home = Home::new();
    let number = Arc::new(AtomicUsize::new(0));
    // Lets in whoever comes first, for the proof, and nobody after that.
    let login = {
        let number = Arc::clone(&number);
        async move || {
            let turn = number.fetch_add(1, Ordering::SeqCst);
            (
                [(header::SET_COOKIE, format!("sid={turn}; Path=/"))],
                "kind words",
            )
        }
    };
    let dashboard = async |headers: HeaderMap| match headers.get(header::COOKIE) {
        Some(cookie) if cookie == "sid=0" => (StatusCode::OK, "hello").into_response(),
        _ => (StatusCode::OK, "who are you?").into_response(),
    };
    let router = Router::new()
        .route("/login", post(login))
        .route("/logout", post(async || "bye"))
        .route("/dashboard", get(dashboard));
    let stub = Stub::serve(router).await;
    let words = [
        "load",
        "--server",
        &stub.url,
        "--users",
        "2",
        "--duration",
        "1s",
        "-o",
        "json",
    ];
    let mut load = home.sessctl(&words);
    load.env("SESSCTL_PASSWORD", "x");
    let done = ended(load).await;
    assert_eq!(done.code, 4, "{done:?}");
    assert!(done.stderr.contains("not one view succeeded"), "{done:?}");
    let document = read(&done);
    assert!(
        count(&document, "login", "not signed in") >= 2,
        "{document}"
    );
    assert_eq!(
        count(&document, "login", "200") + count(&document, "view", "200"),
        0
    );
}

#[tokio::test]
async fn the_page_stands_alone_and_takes_nothing_for_markup() {
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    let file = home.text("report.html");
    let hostile = "/<script>alert(1)</script>\"'&";
    let words = [
        "load",
        "--users",
        "2",
        "--duration",
        "2s",
        "--path",
        "/dashboard",
        "--path",
        hostile,
        "--fail-if",
        "errors>100",
        "--fail-if",
        "p99<1h",
        "--html",
        &file,
    ];
    let done = server.run(&words).await;
    assert_eq!(done.code, 9, "{done:?}");
    assert!(done.stderr.contains("report.html"), "{done:?}");
    let page = home.read("report.html");
    let lower = page.to_ascii_lowercase();
    for outside in [
        "src=", "href=", "url(", "@import", "<script", "<link", "<iframe", "xmlns",
    ] {
        assert!(!lower.contains(outside), "{outside}");
    }
    for part in [
        "<svg",
        "Throughput",
        "Latency of views",
        "broken",
        "held",
        "p99&#60;1h",
        "&#60;script&#62;",
        "404",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
    for tag in [
        "svg", "section", "table", "tr", "td", "ul", "li", "dl", "div", "title",
    ] {
        let open =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(open, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }

    let nowhere = home.text("missing/report.html");
    let words = [
        "load",
        "--users",
        "1",
        "--duration",
        "1h",
        "--html",
        &nowhere,
    ];
    server
        .run(&words)
        .await
        .fails(1, &["cannot write", "report.html"]);
    assert_eq!(live(&server).await, 0);
}

#[tokio::test]
async fn a_connection_that_is_closed_without_a_word_costs_no_view() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut asked = vec![0; 4096];
                if stream.read(&mut asked).await.is_ok_and(|read| read > 0) {
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
                    let _ = stream.write_all(answer).await;
                }
            });
        }
    });
    let words = [
        "load",
        "--server",
        &url,
        "--no-login",
        "--users",
        "3",
        "--duration",
        "1s",
        "-o",
        "json",
    ];
    let done = home.run(&words).await;
    let document = read(&done);
    assert_eq!((done.code, &document["errors"]), (0, &0.into()), "{done:?}");
    assert!(count(&document, "view", "200") > 6, "{document}");
}

#[tokio::test]
async fn a_session_that_is_ended_meanwhile_is_an_error_and_its_user_signs_in_again() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let words = [
        "load",
        "--users",
        "3",
        "--duration",
        "1h",
        "--think",
        "20ms",
        "-o",
        "json",
    ];
    let child = server.sessctl(&words).spawn().unwrap();
    let all_in = async || while live(&server).await != 3 {};
    all_in().await;
    server.run(&["revoke", "--all", "-y"]).await.ok();
    all_in().await;
    signal(&child, Signal::INT);
    let document = read(&finished(child).await);
    assert_eq!(count(&document, "view", "401"), 3, "{document}");
    let logins = ["200", "not signed in"].map(|outcome| count(&document, "login", outcome));
    assert_eq!(logins.iter().sum::<u64>(), 6, "{document}");
    assert_eq!(live(&server).await, 0);
}

#[tokio::test]
async fn a_server_that_goes_away_is_unreachable_from_then_on() {
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    let words = [
        "load",
        "--users",
        "2",
        "--duration",
        "4s",
        "--think",
        "10ms",
        "-o",
        "json",
    ];
    let child = server.sessctl(&words).spawn().unwrap();
    while live(&server).await != 2 {}
    server.ends(Signal::KILL).await;
    let done = finished(child).await;
    assert_eq!(done.code, 7, "{done:?}");
    assert!(
        done.stderr.contains("2 users did not get to sign out"),
        "{done:?}"
    );
    let document = read(&done);
    assert!(count(&document, "view", "unreachable") > 2, "{document}");
    assert_eq!(
        (
            count(&document, "logout", "unreachable"),
            &document["left_behind"]
        ),
        (2, &2.into())
    );
}

#[tokio::test]
async fn users_come_over_tls_and_trust_what_the_rest_trusts() {
    let home = Home::new();
    let server = Within::over_tls(&home).await;
    let words = [
        "load",
        "--users",
        "2",
        "--name",
        "alice",
        "--duration",
        "1s",
        "-o",
        "json",
    ];
    let done = server.visits(&home, &words).await;
    let document = read(&done);
    assert_eq!((done.code, &document["errors"]), (0, &0.into()), "{done:?}");
    assert_eq!(count(&document, "login", "200"), 2);
    let untrusted = [
        "load",
        "--no-login",
        "--duration",
        "1s",
        "--server",
        &server.public,
    ];
    home.run(&untrusted)
        .await
        .fails(6, &["certificate that is not trusted"]);
}

#[tokio::test]
async fn ctrl_c_ends_it_at_once_with_what_was_measured() {
    let home = Home::new();
    let server = home.serve(&[]).await;
    let words = [
        "load",
        "--users",
        "5",
        "--duration",
        "1h",
        "--think",
        "1h",
        "-o",
        "json",
    ];
    let child = server.sessctl(&words).spawn().unwrap();
    let mut signed_in = 0;
    while signed_in != 5 {
        signed_in = live(&server).await.as_u64().unwrap();
    }
    let pressed = Instant::now();
    signal(&child, Signal::INT);
    let done = finished(child).await;
    assert!(pressed.elapsed() < Duration::from_secs(10));
    assert_eq!(done.code, 130, "{done:?}");
    assert!(done.stderr.contains("stopped before its end"), "{done:?}");
    let document = read(&done);
    assert_eq!(document["partial"], true);
    assert_eq!(
        [
            count(&document, "login", "200"),
            count(&document, "logout", "200")
        ],
        [5, 5]
    );
    assert_eq!(live(&server).await, 0);
}

#[tokio::test]
async fn a_terminal_sees_how_it_goes_and_a_pipe_does_not() {
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    let piped = server
        .run(&["load", "--users", "2", "--duration", "1s"])
        .await;
    assert_eq!((piped.code, piped.stderr.as_str()), (0, ""), "{piped:?}");
    if !peers::present(&["tmux"]) {
        return;
    }
    let script = format!(
        "SESSCTL_SERVER={} {SESSCTL} load --users 2 --duration 3s\necho code $?\nsleep 60",
        server.public
    );
    let terminal = Tmux::run(&home, (100, 24), &script);
    terminal.sees("/3s").await;
    let screen = terminal.screen();
    let line = screen.lines().find(|line| line.contains("/3s")).unwrap();
    for part in ["[", "requests", "0 errors", "p50 ", "p99 "] {
        assert!(line.contains(part), "{part} in {line}");
    }
    terminal.sees("code 0").await;
    let screen = terminal.screen();
    assert!(
        screen.contains("PHASE") && !screen.contains("/3s"),
        "{screen}"
    );
}
