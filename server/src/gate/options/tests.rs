//! Which options go together.

use sessctl_store::SessionId;

use super::*;

const HTTPS: Option<&str> = Some("https://app.example.org");
const HTTP: Option<&str> = Some("http://app.example.org:8080");

fn options(change: impl FnOnce(&mut CookieOptions)) -> CookieOptions {
    let mut options = CookieOptions::default();
    change(&mut options);
    options
}

fn line(options: &CookieOptions, origin: Option<&str>) -> String {
    let cookie = options.check(origin).unwrap();
    let id = SessionId::random();
    let line = cookie.set(&id, None).to_str().unwrap().to_owned();
    line.replace(&id.cookie_value(), "ID")
}

#[test]
fn each_option_is_in_the_line_that_sets_it_and_in_the_one_that_removes_it() {
    let all = options(|o| {
        o.name = Some("app.sid".to_owned());
        o.path = "/app".to_owned();
        o.domain = Some(".Example.org".to_owned());
        o.max_age = Some(Duration::from_secs(3_600));
        o.same_site = SameSite::Strict;
    });
    assert_eq!(
        line(&all, HTTPS),
        "app.sid=ID; Max-Age=3600; Path=/app; Domain=example.org; HttpOnly; SameSite=Strict; Secure"
    );
    assert_eq!(
        all.check(HTTPS).unwrap().removal(),
        "app.sid=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; \
         Path=/app; Domain=example.org; HttpOnly; SameSite=Strict; Secure"
    );
}

#[test]
fn secure_follows_the_public_address_unless_it_is_said() {
    let plain = "sid=ID; Path=/; HttpOnly; SameSite=Lax";
    let secure = "__Host-sid=ID; Path=/; HttpOnly; SameSite=Lax; Secure";
    for (choice, origin, expected) in [
        (Secure::Auto, None, plain),
        (Secure::Auto, HTTP, plain),
        (Secure::Auto, HTTPS, secure),
        (Secure::Always, None, secure),
        (Secure::Always, HTTPS, secure),
        (Secure::Never, HTTPS, plain),
    ] {
        let options = options(|o| o.secure = choice);
        assert_eq!(line(&options, origin), expected, "{choice:?} {origin:?}");
    }
    let refusal = options(|o| o.secure = Secure::Always)
        .check(HTTP)
        .unwrap_err();
    assert!(refusal.to_string().contains("http://"), "{refusal}");
}

/// Whoever says a name gets that one.
#[test]
fn the_default_name_promises_all_that_is_so() {
    let name = |change: fn(&mut CookieOptions), origin| {
        let cookie = options(change).check(origin).unwrap();
        let removal = cookie.removal().to_str().unwrap().to_owned();
        assert!(removal.starts_with(&format!("{}=;", cookie.name())));
        cookie.name().to_owned()
    };
    assert_eq!(name(|_| {}, HTTPS), "__Host-sid");
    assert_eq!(name(|o| o.secure = Secure::Always, None), "__Host-sid");
    assert_eq!(name(|_| {}, HTTP), "sid");
    assert_eq!(name(|_| {}, None), "sid");
    assert_eq!(name(|o| o.secure = Secure::Never, HTTPS), "sid");
    let shared = |o: &mut CookieOptions| o.domain = Some("example.org".to_owned());
    assert_eq!(name(shared, HTTPS), "__Secure-sid");
    assert_eq!(name(|o| o.path = "/app".to_owned(), HTTPS), "__Secure-sid");
    let said = |o: &mut CookieOptions| o.name = Some("sid".to_owned());
    assert_eq!(name(said, HTTPS), "sid");
}

#[test]
fn a_domain_that_others_have_names_below_is_refused() {
    for suffix in [
        "co.uk",
        "github.io",
        "s3.amazonaws.com",
        ".CO.UK",
        "any.kobe.jp",
    ] {
        let host = suffix.trim_start_matches('.').to_ascii_lowercase();
        let origin = format!("https://mine.{host}");
        let shared = |domain: &str| {
            let options = options(|o| o.domain = Some(domain.to_owned()));
            options.check(Some(&origin)).map(|_| ())
        };
        let refusal = shared(suffix).expect_err(suffix);
        assert_eq!(refusal.option, "domain", "{suffix}");
        assert!(refusal.to_string().contains("anybody"), "{refusal}");
    }
    for own in ["example.co.uk", "example.internal", "me.github.io"] {
        let options = options(|o| o.domain = Some(own.to_owned()));
        options.check(None).unwrap();
    }
}

#[test]
fn a_cookie_for_all_sites_must_be_secure() {
    let none = options(|o| o.same_site = SameSite::None);
    assert_eq!(
        line(&none, HTTPS),
        "__Host-sid=ID; Path=/; HttpOnly; SameSite=None; Secure"
    );
    for (origin, secure) in [
        (None, Secure::Auto),
        (HTTP, Secure::Auto),
        (HTTPS, Secure::Never),
    ] {
        let none = options(|o| (o.same_site, o.secure) = (SameSite::None, secure));
        assert_eq!(none.check(origin).unwrap_err().option, "same-site");
    }
}

#[test]
fn what_a_names_prefix_promises_is_kept_or_refused() {
    let named = |name: &str| options(|o| o.name = Some(name.to_owned()));
    named("__Host-sid").check(HTTPS).unwrap();
    named("__Secure-sid").check(HTTPS).unwrap();
    named("__Hostage").check(None).unwrap();
    for name in [
        "__HOST-sid",
        "__host-sid",
        "__SECURE-sid",
        "__secure-sid",
        "__Host-",
    ] {
        assert_eq!(
            named(name).check(HTTPS).unwrap_err().option,
            "name",
            "{name}"
        );
    }
    for name in ["__Host-sid", "__Secure-sid"] {
        let refusal = named(name).check(HTTP).unwrap_err().to_string();
        assert!(refusal.contains("needs a secure cookie"), "{refusal}");
    }
    for change in [
        |o: &mut CookieOptions| o.path = "/app".to_owned(),
        |o: &mut CookieOptions| o.domain = Some("example.org".to_owned()),
    ] {
        let mut host = named("__Host-sid");
        change(&mut host);
        let refusal = host.check(HTTPS).unwrap_err().to_string();
        assert!(refusal.contains("one whole host"), "{refusal}");
        host.name = Some("__Secure-sid".to_owned());
        host.check(HTTPS).unwrap();
    }
}

#[test]
fn what_browsers_would_not_keep_is_refused_with_a_reason() {
    for name in ["", "a b", "a;b", "a=b", "s%69d", "\u{e9}", "a\u{1b}[2J"] {
        let refusal = options(|o| o.name = Some(name.to_owned()))
            .check(None)
            .unwrap_err();
        assert_eq!(refusal.option, "name", "{name:?}");
        assert!(!refusal.to_string().contains('\u{1b}'));
    }
    for path in ["", "app", "/a;b", "/a b", "/\u{e9}", "/a\nb"] {
        let refusal = options(|o| o.path = path.to_owned())
            .check(None)
            .unwrap_err();
        assert_eq!(refusal.option, "path", "{path:?}");
    }
    for domain in [
        "",
        ".",
        "org",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "::1",
        "example..org",
        "exa mple.org",
        "example.org;",
        "other.example",
        "ample.org",
        "deep.app.example.org",
    ] {
        let refusal = options(|o| o.domain = Some(domain.to_owned())).check(HTTPS);
        assert_eq!(refusal.unwrap_err().option, "domain", "{domain:?}");
    }
    for seconds in [0, 400 * 86_400 + 1] {
        let refusal = options(|o| o.max_age = Some(Duration::from_secs(seconds))).check(None);
        assert_eq!(refusal.unwrap_err().option, "max-age", "{seconds}");
    }
    options(|o| o.max_age = Some(LONGEST_MAX_AGE))
        .check(None)
        .unwrap();
    options(|o| o.domain = Some("app.example.org".to_owned()))
        .check(HTTPS)
        .unwrap();
}

/// express-session compares by prefix: `/app` would cover `/apple` too.
#[test]
fn a_path_covers_what_is_below_it_by_whole_segments() {
    let below = |path: &str| {
        options(|o| o.path = path.to_owned())
            .check(None)
            .unwrap()
            .covers("/app/page")
    };
    assert!(below("/") && below("/app") && below("/app/") && below("/app/page"));
    assert!(!below("/ap") && !below("/app/pag") && !below("/other"));
}
