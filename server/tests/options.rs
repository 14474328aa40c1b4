//! Each option of the session cookie on the wire, against the rules of express-session that `OPTIONS.md` compares.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::time::Duration;

use common::{HTML, JSON, REMOVAL, Server, TEXT, memory_with, set_cookies, sid};
use reqwest::{Method, Response};
use sessctl_server::{Config, RunError, SameSite, Secrets, Secure};

const NEW: &str = "a new secret, long enough";
const OLD: &str = "an old secret, long enough";

async fn signed_with(secrets: &[&str]) -> Server {
    let secrets = Secrets::new(secrets).unwrap();
    memory_with(|config| config.cookie.secrets = secrets).await
}

/// Signs in and returns the one Set-Cookie line.
async fn login(server: &Server) -> String {
    let form = [("username", "alice")];
    let answer = server.post("/login", TEXT).form(&form).send().await;
    only_cookie(&answer.unwrap())
}

fn only_cookie(answer: &Response) -> String {
    let lines = set_cookies(answer);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].clone()
}

/// The cookie's value of a Set-Cookie line.
fn value(line: &str) -> String {
    let pair = line.split(';').next().unwrap();
    pair.split_once('=').unwrap().1.to_owned()
}

async fn ask(server: &Server, path: &str, cookie: &str) -> Response {
    let request = server.get(path, TEXT).header("cookie", cookie);
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_signed_cookie_is_the_id_and_a_mac_and_opens_the_session() {
    let server = signed_with(&[NEW]).await;
    let line = login(&server).await;
    let cookie = value(&line);
    assert_eq!(
        line,
        format!("sid={cookie}; Path=/; HttpOnly; SameSite=Lax")
    );
    let (id, mac) = cookie.split_once('.').unwrap();
    assert_eq!((id.len(), mac.len()), (22, 22));
    let page = ask(&server, "/dashboard", &sid(&cookie)).await;
    assert_eq!(set_cookies(&page), Vec::<String>::new(), "sent once");
    assert_eq!(page.text().await.unwrap(), "Welcome back, alice\n");
    let (status, found) = server
        .order("/v1/lookup", &serde_json::json!({"cookie": cookie}))
        .await;
    assert_eq!(status, 200, "{found}");
    server.stop().await;
}

/// As in express-session: treated as no cookie, and the store is not asked.
#[tokio::test]
async fn an_unsigned_or_wrongly_signed_cookie_is_a_stale_one() {
    let server = signed_with(&[NEW]).await;
    let cookie = value(&login(&server).await);
    let (id, mac) = cookie.split_once('.').unwrap();
    let other = format!("{}.{mac}", "A".repeat(22));
    let foreign = signed_with(&[OLD]).await;
    let by_other_secret = value(&login(&foreign).await);
    for forged in [
        id,
        &format!("{id}."),
        &format!("{id}.{}", "A".repeat(22)),
        &format!("{id}.{mac}A"),
        &format!("{id}.{mac}.{mac}"),
        &format!("s:{cookie}"),
        &other,
        &by_other_secret,
    ] {
        let answer = ask(&server, "/dashboard", &sid(forged)).await;
        assert_eq!(answer.status(), 401, "{forged}");
        assert_eq!(set_cookies(&answer), [REMOVAL], "{forged}");
        let order = serde_json::json!({"cookie": forged});
        assert_eq!(server.order("/v1/lookup", &order).await.0, 404, "{forged}");
    }
    assert!(server.lets_in(&cookie).await);
    assert_eq!(server.stats().await.created, Some(1));
    server.stop().await;
}

#[tokio::test]
async fn a_cookie_signed_by_an_older_secret_is_signed_anew() {
    let old = Secrets::new([OLD]).unwrap();
    let server = signed_with(&[NEW, OLD]).await;
    // What the server gave before the new secret came.
    let before = memory_with(|config| config.cookie.secrets = old).await;
    let foreign = value(&login(&before).await);
    assert_eq!(
        ask(&server, "/", &sid(&foreign)).await.status(),
        200,
        "its session is not here"
    );
    let id = value(&login(&server).await);
    let id = id.split_once('.').unwrap().0;
    let by_old = format!("{id}.{}", mac_of(OLD, id));
    let answer = ask(&server, "/dashboard", &sid(&by_old)).await;
    assert_eq!(answer.status(), 200);
    let renewed = value(&only_cookie(&answer));
    assert_eq!(renewed, format!("{id}.{}", mac_of(NEW, id)));
    let again = ask(&server, "/dashboard", &sid(&renewed)).await;
    assert_eq!(set_cookies(&again), Vec::<String>::new());
    // A way out takes it away all the same.
    let out = ask(&server, "/logout", &sid(&by_old)).await;
    assert_eq!(set_cookies(&out), [REMOVAL]);
    server.stop().await;
}

/// HMAC-SHA-256 over `sid=ID`, the first half, in base64url: what any other program would make of the secret.
fn mac_of(secret: &str, id: &str) -> String {
    use base64::Engine as _;
    use hmac::{KeyInit as _, Mac as _};
    let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let mac = mac.chain_update(format!("sid={id}")).finalize();
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(&mac.into_bytes()[..16])
}

/// express-session's `rolling`; by default a cookie is sent once.
#[tokio::test]
async fn a_rolling_cookie_comes_with_every_answer_to_a_live_session_and_no_other() {
    let server = memory_with(|config| {
        config.rolling = true;
        config.cookie.max_age = Some(Duration::from_secs(600));
    })
    .await;
    let line = login(&server).await;
    let cookie = value(&line);
    assert_eq!(
        line,
        format!("sid={cookie}; Max-Age=600; Path=/; HttpOnly; SameSite=Lax")
    );
    for (path, status) in [
        ("/dashboard", 200),
        ("/", 200),
        ("/nowhere", 404),
        ("/session", 200),
    ] {
        let answer = ask(&server, path, &sid(&cookie)).await;
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(only_cookie(&answer), line, "{path}");
    }
    for stranger in [server.get("/", TEXT), server.get("/dashboard", TEXT)] {
        let answer = stranger.send().await.unwrap();
        assert_eq!(set_cookies(&answer), Vec::<String>::new());
    }
    let out = ask(&server, "/logout", &sid(&cookie)).await;
    assert_eq!(set_cookies(&out), [REMOVAL]);
    let dead = ask(&server, "/dashboard", &sid(&cookie)).await;
    assert_eq!((dead.status().as_u16(), set_cookies(&dead).len()), (401, 1));
    server.stop().await;
}

/// As in express-session, whose cookie with an expiry is sent again when the session was changed, and only then.
#[tokio::test]
async fn a_cookie_with_a_max_age_comes_with_the_login_alone() {
    let server = memory_with(|c| c.cookie.max_age = Some(Duration::from_secs(600))).await;
    let cookie = value(&login(&server).await);
    let page = ask(&server, "/dashboard", &sid(&cookie)).await;
    assert_eq!(set_cookies(&page), Vec::<String>::new());
    server.stop().await;
}

#[tokio::test]
async fn name_path_domain_and_the_rest_are_the_same_when_it_is_set_and_removed() {
    let server = memory_with(|config| {
        config.public_origin = Some("https://app.example.org".to_owned());
        config.cookie.name = Some("__Secure-app".to_owned());
        config.cookie.path = "/".to_owned();
        config.cookie.domain = Some("example.org".to_owned());
        config.cookie.same_site = SameSite::None;
    })
    .await;
    let line = login(&server).await;
    let cookie = value(&line);
    let attributes = "Path=/; Domain=example.org; HttpOnly; SameSite=None; Secure";
    assert_eq!(line, format!("__Secure-app={cookie}; {attributes}"));
    let named = format!("__Secure-app={cookie}");
    let page = ask(&server, "/dashboard", &named).await;
    assert_eq!(page.status(), 200);
    let other = ask(&server, "/dashboard", &sid(&cookie)).await;
    assert_eq!(
        (other.status().as_u16(), set_cookies(&other)),
        (401, Vec::new())
    );
    let out = ask(&server, "/logout", &named).await;
    assert_eq!(
        set_cookies(&out),
        [format!(
            "__Secure-app=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; {attributes}"
        )]
    );
    server.stop().await;
}

/// express-session skips by the path's first characters; browsers go by whole segments, and so does this server.
#[tokio::test]
async fn outside_the_cookies_path_a_request_has_no_session() {
    let server = memory_with(|config| config.cookie.path = "/dash".to_owned()).await;
    let line = login(&server).await;
    assert!(
        line.ends_with("; Path=/dash; HttpOnly; SameSite=Lax"),
        "{line}"
    );
    let cookie = sid(&value(&line));
    let answer = ask(&server, "/dashboard", &cookie).await;
    assert_eq!(answer.status(), 401);
    assert_eq!(set_cookies(&answer), Vec::<String>::new(), "not its own");
    let server = memory_with(|config| config.cookie.path = "/dashboard".to_owned()).await;
    let cookie = sid(&value(&login(&server).await));
    assert_eq!(ask(&server, "/dashboard", &cookie).await.status(), 200);
    assert_eq!(ask(&server, "/session", &cookie).await.status(), 401);
    let forged = ask(&server, "/session", &sid("forged")).await;
    assert_eq!(set_cookies(&forged), Vec::<String>::new());
    server.stop().await;
}

/// express-session saves the session and sends no cookie when `secure` meets plain HTTP: a new row a request.
#[tokio::test]
async fn secure_always_marks_the_cookie_and_contradicts_an_http_address() {
    let server = memory_with(|config| config.cookie.secure = Secure::Always).await;
    let line = login(&server).await;
    assert!(
        line.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
        "{line}"
    );
    server.stop().await;
    let refused = common::ended_at_once(|config: &mut Config| {
        config.cookie.secure = Secure::Always;
        config.public_origin = Some("http://example.org".to_owned());
    })
    .await;
    assert!(
        matches!(&refused, Err(RunError::Cookie(bad)) if bad.option == "secure"),
        "{refused:?}"
    );
}

mod visitors {
    //! `saveUninitialized`: off by default, as express-session's authors advise.

    use super::*;

    async fn keeping() -> Server {
        common::memory_keeping(|settings| settings.save_uninitialized = true, |_| {}).await
    }

    #[tokio::test]
    async fn a_visitor_gets_a_session_with_the_first_page_and_keeps_it() {
        let server = keeping().await;
        let first = server.get("/", HTML).send().await.unwrap();
        let line = only_cookie(&first);
        assert!(first.text().await.unwrap().contains("Sign in"));
        let cookie = value(&line);
        for (path, status) in [("/", 200), ("/dashboard", 401), ("/session", 200)] {
            let answer = ask(&server, path, &sid(&cookie)).await;
            assert_eq!(answer.status(), status, "{path}");
            assert_eq!(set_cookies(&answer), Vec::<String>::new(), "{path}");
        }
        let (_, page) = server.ask("/v1/sessions").await;
        assert_eq!(page["total"], 1, "{page}");
        let session = &page["sessions"][0];
        assert_eq!(session["user"], serde_json::Value::Null);
        assert_eq!(session["ua"], common::UA);
        assert_eq!(session["ip"], "127.0.0.1");
        server.stop().await;
    }

    #[tokio::test]
    async fn the_dashboard_of_a_visitor_says_please_log_in_and_begins_a_session_once() {
        let server = keeping().await;
        for accept in [TEXT, JSON, HTML] {
            let answer = server.get("/dashboard", accept).send().await.unwrap();
            let status = if accept == HTML { 303 } else { 401 };
            assert_eq!(answer.status(), status, "{accept}");
            let cookie = value(&only_cookie(&answer));
            let again = server
                .get("/dashboard", accept)
                .header("cookie", sid(&cookie));
            let again = again.send().await.unwrap();
            assert_eq!(again.status(), status, "{accept}");
            assert_eq!(set_cookies(&again), Vec::<String>::new(), "{accept}");
            if accept == TEXT {
                assert_eq!(again.text().await.unwrap(), "Please log in\n");
            }
        }
        assert_eq!(server.stats().await.created, Some(3));
        server.stop().await;
    }

    #[tokio::test]
    async fn a_login_replaces_the_visitors_session_by_one_of_a_new_id() {
        let server = keeping().await;
        let visitor = value(&only_cookie(&server.get("/", TEXT).send().await.unwrap()));
        let form = [("username", "alice")];
        let request = server.post("/login", TEXT).header("cookie", sid(&visitor));
        let user = value(&only_cookie(&request.form(&form).send().await.unwrap()));
        assert_ne!(user, visitor);
        assert!(server.lets_in(&user).await);
        // The old cookie begins nothing, or it would take the new one's place in the browser.
        let late = ask(&server, "/", &sid(&visitor)).await;
        assert_eq!(set_cookies(&late), Vec::<String>::new());
        let stats = server.stats().await;
        assert_eq!((stats.created, stats.active), (Some(2), 1));
        server.stop().await;
    }

    #[tokio::test]
    async fn what_is_no_page_begins_no_session() {
        let server = keeping().await;
        for (method, path) in [
            (Method::GET, "/healthz"),
            (Method::GET, "/style.css"),
            (Method::GET, "/session"),
            (Method::GET, "/session/data/key"),
            (Method::GET, "/nowhere"),
            (Method::HEAD, "/"),
            (Method::HEAD, "/dashboard"),
            (Method::OPTIONS, "/"),
            (Method::POST, "/login"),
            (Method::POST, "/logout"),
        ] {
            let request = server.request(method.clone(), path, TEXT);
            let answer = request.send().await.unwrap();
            let lines = set_cookies(&answer);
            assert!(!lines.iter().any(|line| line != REMOVAL), "{method} {path}");
        }
        assert_eq!(server.stats().await.created, Some(0));
        server.stop().await;
    }

    /// A forged cookie is worth as much as none: a new id, never the offered one.
    #[tokio::test]
    async fn a_forged_cookie_is_never_adopted() {
        let server = keeping().await;
        let forged = "A".repeat(22);
        let answer = ask(&server, "/", &sid(&forged)).await;
        assert_ne!(value(&only_cookie(&answer)), forged);
        let nothing = ask(&server, "/healthz", &sid(&forged)).await;
        assert_eq!(set_cookies(&nothing), [REMOVAL]);
        assert_eq!(server.stats().await.created, Some(1));
        server.stop().await;
    }

    #[tokio::test]
    async fn by_default_a_visitor_costs_no_row_and_gets_no_cookie() {
        let server = common::memory().await;
        for path in ["/", "/dashboard"] {
            let answer = server.get(path, TEXT).send().await.unwrap();
            assert_eq!(set_cookies(&answer), Vec::<String>::new(), "{path}");
        }
        assert_eq!(server.stats().await.created, Some(0));
        server.stop().await;
    }
}
