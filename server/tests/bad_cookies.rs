//! Cookies that open nothing, and visitors who bring none: they cost no row, and get no 5xx.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use common::{HTML, JSON, REMOVAL, Server, TEXT, header_of, memory, set_cookies, sid, sqlite};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// What a Cookie header may hold that opens nothing.
fn bad_cookies() -> Vec<Vec<u8>> {
    let forged = "A".repeat(22);
    vec![
        format!("sid={forged}").into_bytes(),
        format!("sid={}", "A".repeat(8 * 1024)).into_bytes(),
        b"sid".to_vec(),
        b"sid=".to_vec(),
        b"sid=\"\"".to_vec(),
        b"sid=../../../../etc/passwd".to_vec(),
        b"sid=' OR 1=1 --".to_vec(),
        b"sid=\xff\xff".to_vec(),
        b"sid=a=b=c".to_vec(),
        format!("sid={forged}\t").into_bytes(),
        format!("other=1; sid={forged}%00; last=2").into_bytes(),
    ]
}

#[tokio::test]
async fn a_cookie_that_opens_nothing_is_taken_away_and_creates_nothing() {
    let server = sqlite().await;
    for cookie in bad_cookies() {
        let what = String::from_utf8_lossy(&cookie)
            .chars()
            .take(60)
            .collect::<String>();
        for (path, status) in [
            ("/dashboard", 401),
            ("/session", 401),
            ("/", 200),
            ("/logout", 200),
            ("/x", 404),
        ] {
            let request = server.get(path, JSON).header("cookie", &cookie[..]);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), status, "{what}");
            assert_eq!(set_cookies(&answer), [REMOVAL], "{what}");
            if status == 401 {
                let body: serde_json::Value = answer.json().await.unwrap();
                assert_eq!(body["code"], "not_signed_in", "{what}");
            }
        }
    }
    let stats = server.stats().await;
    assert_eq!((stats.created, server.rows()), (Some(0), 0));
    server.stop().await;
}

/// A neighbouring subdomain can set those for all of the domain, also where our own name is protected from it.
#[tokio::test]
async fn a_cookie_of_another_spelling_opens_nothing_and_disturbs_nobody() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    let (good, forged) = (sid(&cookie), "A".repeat(22));
    let stolen = server.login("mallory").await;
    let stolen = sid(&stolen).replacen("sid=", "", 1);
    for planted in ["%73id", "s%69d", "sid ", "sid\t"]
        .iter()
        .flat_map(|name| [format!("{name}={forged}"), format!("{name}={stolen}")])
    {
        let ask = |cookies: String| server.get("/dashboard", TEXT).header("cookie", cookies);
        let alone = ask(planted.clone()).send().await.unwrap();
        assert_eq!(alone.status(), 401, "{planted}");
        assert_eq!(set_cookies(&alone), Vec::<String>::new(), "{planted}");
        for cookies in [
            format!("{good}; {planted}"),
            format!("{planted}; {good}"),
            format!("{planted}; {good}; {planted}"),
        ] {
            let answer = ask(cookies.clone()).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{cookies}");
            assert_eq!(set_cookies(&answer), Vec::<String>::new(), "{cookies}");
            let text = answer.text().await.unwrap();
            assert_eq!(text, "Welcome back, alice\n", "{cookies}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn two_cookies_of_the_name_open_nothing_though_one_is_good() {
    let server = memory().await;
    let cookie = server.login("alice").await;
    let good = sid(&cookie);
    let forged = "A".repeat(22);
    for doubled in [
        format!("{good}; {good}"),
        format!("{good}; sid={forged}"),
        format!("sid={forged}; {good}"),
        format!("sid=; {good}"),
    ] {
        let answer = server
            .get("/dashboard", JSON)
            .header("cookie", &doubled)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401, "{doubled}");
        // A removal would take the browser's own and leave the planted one.
        assert_eq!(set_cookies(&answer), Vec::<String>::new(), "{doubled}");
        let body: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(body["code"], "not_signed_in");
    }
    let lines = server
        .get("/dashboard", TEXT)
        .header("cookie", &good)
        .header("cookie", &good);
    assert_eq!(
        lines.send().await.unwrap().status(),
        401,
        "two Cookie lines"
    );
    assert!(server.lets_in(&cookie).await, "the session itself suffered");
    assert_eq!(server.stats().await.created, Some(1));
    server.stop().await;
}

async fn view(server: &Server, path: &str, forged: Option<String>) {
    let mut request = server.get(path, HTML);
    if let Some(forged) = forged {
        request = request.header("cookie", sid(&forged));
    }
    let status = request.send().await.unwrap().status().as_u16();
    assert!(matches!(status, 200 | 303 | 401 | 404), "{path}: {status}");
}

#[tokio::test]
async fn a_strangers_thousand_page_views_leave_no_row() {
    let server = sqlite().await;
    for n in 0..250 {
        let forged = (n % 2 == 0).then(|| format!("{n:022}"));
        for path in ["/", "/dashboard", "/session", "/nowhere"] {
            view(&server, path, forged.clone()).await;
        }
    }
    let stats = server.stats().await;
    assert_eq!(
        (stats.created, stats.active, server.rows()),
        (Some(0), 0, 0)
    );
    server.stop().await;
}

/// Sends the same request so many times on one connection, and counts the pages that come back.
async fn pages(address: &str, count: usize) -> usize {
    let (mut answers, mut requests) = TcpStream::connect(address).await.unwrap().into_split();
    let sending = tokio::spawn(async move {
        let request = "GET /login HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n";
        let some = request.repeat(1000);
        for _ in 0..count / 1000 {
            requests.write_all(some.as_bytes()).await.unwrap();
        }
        requests.shutdown().await.unwrap();
    });
    let mut all = String::new();
    answers.read_to_string(&mut all).await.unwrap();
    sending.await.unwrap();
    assert!(!all.contains("set-cookie"));
    all.matches("HTTP/1.1 200 OK\r\n").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_strangers_at_the_login_page_leave_no_row() {
    let server = sqlite().await;
    let address = server.url.strip_prefix("http://").unwrap();
    for _ in 0..10 {
        let (one, other) = tokio::join!(pages(address, 5_000), pages(address, 5_000));
        assert_eq!((one, other), (5_000, 5_000));
    }
    let stats = server.stats().await;
    assert_eq!(
        (stats.created, stats.active, server.rows()),
        (Some(0), 0, 0)
    );
    server.stop().await;
}

/// Two tabs of one browser: while one signs in anew, the other still sends the old cookie.
#[tokio::test]
async fn a_replaced_session_takes_no_newer_cookie_away() {
    let server = memory().await;
    let old = server.login("alice").await;
    let again = server.post("/login", TEXT).header("cookie", sid(&old));
    let again = again.form(&[("username", "alice")]).send().await.unwrap();
    assert_eq!(again.status(), 200);
    let late = server.get("/dashboard", TEXT).header("cookie", sid(&old));
    let late = late.send().await.unwrap();
    assert_eq!(late.status(), 401);
    assert_eq!(set_cookies(&late), Vec::<String>::new());
    server.stop().await;
}

#[tokio::test]
async fn an_answer_with_a_cookie_is_kept_by_no_cache() {
    let server = memory().await;
    let fresh = server.get("/style.css", TEXT).send().await.unwrap();
    assert!(header_of(&fresh, "cache-control").contains("public"));
    let stale = server
        .get("/style.css", TEXT)
        .header("cookie", sid(&"A".repeat(22)));
    let stale = stale.send().await.unwrap();
    assert_eq!(set_cookies(&stale), [REMOVAL]);
    assert_eq!(header_of(&stale, "cache-control"), "no-store");
    server.stop().await;
}
