//! Servers that are not ours, driven by the real binary: the same story with every app of `apps`.

use crate::{
    apps::{App, Kind, Person},
    home::{Home, NOTHING, SESSCTL, ended, fed},
};

/// Signs in, with all that has to be said the first time, and with a profile of the person's own.
fn login(kind: Kind, person: Person, profile: &str) -> Vec<&str> {
    let mut login = vec!["login", person.user, "--profile", profile];
    login.extend(kind.flags());
    login
}

/// The story of two people, from a wrong password to the end of a session.
async fn story(kind: Kind) {
    let home = Home::new();
    let Some(app) = App::start(&home, kind, &[]).await else {
        return;
    };
    let [alice, bob] = kind.people();
    let dashboard = |profile| ["dashboard", "--profile", profile];
    // The tutorial's app lets everybody in.
    let checks_passwords = kind != Kind::Express;
    if checks_passwords {
        let first = login(kind, alice, "alice");
        let wrong = app.run_with("no such password", &first).await;
        wrong.fails(4, &["sessctl: "]);
        assert_eq!(home.jars(), NOTHING, "{kind:?}");
    }

    for (person, profile) in [(alice, "alice"), (bob, "bob")] {
        let first = login(kind, person, profile);
        let said = app.run_with(person.password, &first).await.ok();
        assert_eq!(
            said,
            format!("signed in as {} at {}\n", person.user, app.url)
        );
    }
    let jars = || {
        home.jars()
            .into_iter()
            .map(std::fs::read)
            .map(Result::unwrap)
    };
    let before: Vec<_> = jars().collect();
    assert_eq!(before.len(), 2, "{kind:?}");
    let again = ["login", "--profile", "alice"];
    if checks_passwords {
        let wrong = app.run_with("no such password", &again).await;
        wrong.fails(4, &["sessctl: "]);
        assert!(jars().eq(before), "a refusal costs no session: {kind:?}");
    }

    // Each is still who they were, side by side.
    let both = ["as", "alice,bob", "--", SESSCTL, "dashboard"];
    let pages = app.run(&both).await.ok();
    let places = [alice.user, bob.user].map(|user| pages.find(user));
    assert!(places[0].is_some() && places[0] < places[1], "{pages}");
    assert_eq!(app.run(&["status", "--profile", "alice"]).await.code, 0);

    let kept = home.text("kept.json");
    std::fs::copy(&home.jars()[0], &kept).unwrap();
    app.run(&["logout", "--profile", "alice"]).await.ok();
    app.run(&dashboard("alice"))
        .await
        .fails(3, &["sessctl login"]);
    assert_eq!(app.run(&["status", "--profile", "alice"]).await.code, 3);
    // It is over for the server too, but not where the cookie is the session.
    let later = [&dashboard("alice")[..], &["--jar", &kept]].concat();
    let code = if kind == Kind::Flask { 0 } else { 3 };
    assert_eq!(app.run(&later).await.code, code, "{kind:?}");
    let page = app.run(&dashboard("bob")).await.ok();
    assert!(page.contains(bob.user), "{page}");

    // All of it was said once, the server too.
    let mut again = home.sessctl(&again);
    again.env("SESSCTL_PASSWORD", alice.password);
    ended(again).await.ok();
    let page = home.run(&dashboard("alice")).await.ok();
    assert!(page.contains(alice.user), "{page}");
}

#[tokio::test]
async fn the_tutorials_app() {
    story(Kind::Express).await;
}

#[tokio::test]
async fn djangos_admin_with_a_hidden_token_and_a_referer_check() {
    story(Kind::Django).await;
}

#[tokio::test]
async fn flask_login_with_a_hidden_token_and_an_email_field() {
    story(Kind::Flask).await;
}

#[tokio::test]
async fn php_with_its_own_sessions() {
    story(Kind::Php).await;
}

#[tokio::test]
async fn a_chain_of_redirects_that_sets_two_cookies() {
    story(Kind::Chain).await;
}

#[tokio::test]
async fn an_api_that_wants_json_and_has_no_form() {
    story(Kind::Json).await;
}

#[tokio::test]
async fn an_app_that_is_all_json_is_signed_in_to_by_its_own_request() {
    let home = Home::new();
    let Some(app) = App::start(&home, Kind::Json, &[]).await else {
        return;
    };
    let [alice, _] = Kind::Json.people();
    let post = [
        "post",
        "/api/login",
        "--json",
        "@-",
        "-q",
        "--expect-status",
        "200",
    ];
    let me = ["get", "/api/me", "-q"];
    let body = |password| format!(r#"{{"email":"{}","password":"{password}"}}"#, alice.user);
    fed(app.sessctl(&post), &body("no such password"))
        .await
        .fails(9, &["it is 401"]);
    app.run(&me).await.fails(3, &["nobody is signed in"]);
    fed(app.sessctl(&post), &body(alice.password)).await.ok();
    let email = format!("email={}", alice.user);
    app.run(&[&me[..], &["--expect-json", &email]].concat())
        .await
        .ok();
    app.run(&["post", "/api/logout", "-q"]).await.ok();
    app.run(&me).await.fails(3, &["nobody is signed in"]);
}
