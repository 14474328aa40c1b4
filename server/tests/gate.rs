//! The gate around an application of its own: what comes in of our cookie, and what leaves.

mod common;

use std::time::Duration;

use common::{
    REMOVAL,
    app::{app, given, seen, set_cookies, with_cookie},
    clock, settings,
};
use serde_json::json;
use sessctl_api::{ListQuery, Registry as _};
use sessctl_server::{CookieOptions, Secrets, Secure};
use sessctl_store::Sessions;

#[tokio::test]
async fn a_session_that_a_handler_begins_gets_our_cookie_form() {
    let app = app();
    let answer = app.ask("/begin/alice", None).await;
    let value = given(&answer);
    assert!(app.opens(&value));
    let query = ListQuery::first("user=alice".parse().unwrap(), 10);
    assert_eq!(app.sessions.list(query).await.unwrap().total, 1);
}

#[tokio::test]
async fn a_write_to_a_live_session_leaves_its_cookie_alone() {
    let app = app();
    let value = app.login("alice").await;
    let answer = app.ask("/write/cart", Some(&format!("sid={value}"))).await;
    assert_eq!(set_cookies(&answer), Vec::<&str>::new());
    assert!(app.opens(&value));
    assert_eq!(app.created().await, 1);
}

/// As in express-session: a cookie that ends by itself is given again when the session was written to.
#[tokio::test]
async fn a_write_to_a_live_session_moves_its_cookies_own_end() {
    let cookie = CookieOptions {
        max_age: Some(Duration::from_secs(60)),
        ..CookieOptions::default()
    };
    let clock = clock();
    let app = with_cookie(Sessions::in_memory(settings(&clock)), clock, &cookie);
    let value = app.login("alice").await;
    let line = format!("sid={value}; Max-Age=60; Path=/; HttpOnly; SameSite=Lax");
    let wrote = app.ask("/write/cart", Some(&format!("sid={value}"))).await;
    assert_eq!(set_cookies(&wrote), [line]);
    let read = app.ask("/see", Some(&format!("sid={value}"))).await;
    assert_eq!(set_cookies(&read), Vec::<&str>::new());
}

/// The application knows nothing of signatures: it reads and sets bare ids.
#[tokio::test]
async fn behind_the_gate_a_signed_cookie_is_a_bare_id() {
    let cookie = CookieOptions {
        secrets: Secrets::new(["a secret, long enough for it"]).unwrap(),
        ..CookieOptions::default()
    };
    let clock = clock();
    let app = with_cookie(Sessions::in_memory(settings(&clock)), clock, &cookie);
    let signed = given(&app.ask("/begin/alice", None).await);
    let (id, _) = signed.split_once('.').unwrap();
    let arrived = seen(&app, &format!("theme=dark; sid={signed}")).await;
    assert_eq!(arrived["user"], "alice");
    assert_eq!(
        arrived["cookies"],
        json!(["theme=dark", format!("sid={id}")])
    );
    let cycled = app.ask("/cycle", Some(&format!("sid={signed}"))).await;
    let renewed = given(&cycled);
    assert!(renewed.contains('.') && renewed != signed);
    let unsigned = seen(&app, &format!("sid={id}")).await;
    assert_eq!(unsigned, json!({"cookies": [], "user": null, "mark": null}));
}

#[tokio::test]
async fn an_anonymous_visit_that_writes_leaves_no_row_and_no_cookie() {
    let app = app();
    for cookie in [None, Some("sid=AAAAAAAAAAAAAAAAAAAAAA")] {
        let answer = app.ask("/visit", cookie).await;
        let expected: &[&str] = if cookie.is_some() { &[REMOVAL] } else { &[] };
        assert_eq!(set_cookies(&answer), expected);
    }
    assert_eq!((app.created().await, app.listed().await), (0, 0));
}

#[tokio::test]
async fn a_flush_ends_the_session_and_takes_the_cookie_away() {
    let app = app();
    let value = app.login("alice").await;
    let answer = app.ask("/flush", Some(&format!("sid={value}"))).await;
    assert_eq!(set_cookies(&answer), [REMOVAL]);
    assert!(!app.opens(&value));
}

#[tokio::test]
async fn a_cycled_id_replaces_the_old_one() {
    let app = app();
    let begun = given(&app.ask("/begin/alice", None).await);
    let answer = app.ask("/cycle", Some(&format!("sid={begun}"))).await;
    let value = given(&answer);
    assert_ne!(value, begun);
    assert!(app.opens(&value) && !app.opens(&begun));
    assert_eq!(app.listed().await, 1);
}

#[tokio::test]
async fn whoever_is_revoked_while_it_works_leaves_with_a_removal_cookie_and_no_row() {
    for act in [
        "insert",
        "save",
        "cycle",
        "begin",
        "begin-unloaded",
        "flush-begin",
    ] {
        let app = app();
        let value = app.login("alice").await;
        let answer = app
            .ask(&format!("/cut-off/{act}"), Some(&format!("sid={value}")))
            .await;
        assert_eq!(answer.status(), 200, "{act}: the handler noticed");
        assert_eq!(set_cookies(&answer), [REMOVAL], "{act}");
        assert_eq!((app.created().await, app.listed().await), (1, 0), "{act}");
        assert!(!app.opens(&value), "{act}");
    }
}

#[tokio::test]
async fn a_cookie_planted_by_a_handler_under_our_name_never_leaves() {
    let app = app();
    let answer = app.ask("/plant", None).await;
    assert_eq!(set_cookies(&answer), ["theme=dark; Path=/", "lang=en"]);
    let value = app.login("alice").await;
    let answer = app.ask("/plant", Some(&format!("sid={value}"))).await;
    assert_eq!(set_cookies(&answer), ["theme=dark; Path=/", "lang=en"]);
    assert!(app.opens(&value));
}

#[tokio::test]
async fn other_cookies_pass_inwards_and_a_dead_one_of_ours_does_not() {
    let app = app();
    let alive = format!("theme=dark; sid={}; lang=en", app.login("alice").await);
    let arrived = seen(&app, &alive).await;
    assert_eq!(
        arrived,
        json!({"cookies": [alive], "user": "alice", "mark": null})
    );
    let dead = app.login("bob").await;
    app.clock.advance(time::Duration::days(1));
    for opens_nothing in [&dead, "AAAAAAAAAAAAAAAAAAAAAA", "x", "", "\"", "%41"] {
        let line = format!("theme=dark; sid={opens_nothing}; lang=en");
        let arrived = seen(&app, &line).await;
        let expected = json!({"cookies": ["theme=dark; lang=en"], "user": null, "mark": null});
        assert_eq!(arrived, expected, "{opens_nothing:?}");
    }
}

/// tower-sessions' cookie parser trims and percent-decodes names: what it would read as ours and the gate does not has
/// to be gone when it looks, or the request has two sessions.
#[tokio::test]
async fn no_other_spelling_of_the_name_gets_past_the_gate() {
    let app = app();
    let (alice, mallory) = (app.login("alice").await, app.login("mallory").await);
    for (value, user) in [(&alice, "alice"), (&mallory, "mallory")] {
        let mark = json!({"mark": user}).as_object().unwrap().clone();
        assert!(app.sessions.save(&app.entry(value), mark).await.unwrap());
    }
    for spelling in ["%73id", "sid ", "%73%69%64", "s%69d\t", "\"sid\""] {
        for (line, user) in [
            (format!("sid={alice}; {spelling}={mallory}"), Some("alice")),
            (format!("{spelling}={mallory}; sid={alice}"), Some("alice")),
            (format!("{spelling}={mallory}"), None),
        ] {
            let arrived = seen(&app, &line).await;
            assert_eq!(
                (&arrived["user"], &arrived["mark"]),
                (&json!(user), &json!(user)),
                "{line} gives {arrived}"
            );
        }
    }
    let twice = seen(&app, &format!("sid={alice}; sid={mallory}")).await;
    assert_eq!(twice, json!({"cookies": [], "user": null, "mark": null}));
}

/// What keeps the name from a neighbouring subdomain is its first letters as they are.
#[tokio::test]
async fn a_host_bound_name_is_read_as_it_is_alone() {
    let cookie = CookieOptions {
        secure: Secure::Always,
        ..CookieOptions::default()
    };
    let clock = clock();
    let app = with_cookie(Sessions::in_memory(settings(&clock)), clock, &cookie);
    let begin = app.ask("/begin/alice", None).await;
    let line = set_cookies(&begin)[0].to_owned();
    let value = line
        .strip_prefix("__Host-sid=")
        .and_then(|rest| rest.split(';').next())
        .unwrap();
    let own = seen(&app, &format!("__Host-sid={value}")).await;
    assert_eq!(own["user"], "alice");
    for planted in [
        "%5F_Host-sid",
        "_%5fHost-sid",
        "%5F%5FHost%2Dsid",
        "__Host-sid ",
    ] {
        let arrived = seen(&app, &format!("{planted}={value}")).await;
        let nothing = json!({"cookies": [], "user": null, "mark": null});
        assert_eq!(arrived, nothing, "{planted}");
    }
}

/// Some clients put quotes around a cookie's value.
#[tokio::test]
async fn a_quoted_cookie_opens_the_same_session_behind_the_gate() {
    let app = app();
    let value = app.login("alice").await;
    app.ask("/write/cart", Some(&format!("sid=\"{value}\"")))
        .await;
    let data = app.sessions.data(&app.entry(&value)).await.unwrap();
    assert_eq!(
        data.get("cart"),
        Some(&json!(1)),
        "the write was lost: {data:?}"
    );
}
