//! The filter language as its users meet it.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

use sessctl_api::{Filter, FilterError, Handle, Session};
use time::{Duration, OffsetDateTime};

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn session(user: &str, idle: i64, age: i64) -> Session {
    Session {
        handle: Handle::from_random(7),
        user: Some(user.to_owned()),
        ip: Some("10.1.2.3".parse().unwrap()),
        ua: Some("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".to_owned()),
        client: Some("Firefox on Linux".to_owned()),
        created: Some(NOW - Duration::seconds(age)),
        seen: Some(NOW - Duration::seconds(idle)),
        idle_expires: None,
        expires: None,
        requests: Some(3),
        size: Some(0),
    }
}

fn matches(filter: &str, session: &Session) -> bool {
    filter
        .parse::<Filter>()
        .unwrap_or_else(|e| panic!("{e}\n{}", e.pointer()))
        .matches(session, NOW)
}

fn fault(filter: &str) -> FilterError {
    filter.parse::<Filter>().expect_err(filter)
}

#[test]
fn conditions_select_sessions() {
    let alice = session("alice", 700, 3_000);
    for filter in [
        "",
        "  ",
        "user=alice",
        "user = alice",
        "user!=bob",
        "idle>10m",
        "idle>=700s",
        "idle<=700s",
        "idle=700s",
        "age<1h",
        "user=alice and idle>10m and age<1h",
        "firefox",
        "ALI",
        "10.1.2",
        "alice and idle>1s",
        "\"alice\"",
    ] {
        assert!(matches(filter, &alice), "{filter:?} should match");
    }
    for filter in [
        "user=bob",
        "user!=alice",
        "user=ali",
        "idle<10m",
        "idle!=700s",
        "age>1h",
        "user=alice and age>1h",
        "chrome",
    ] {
        assert!(!matches(filter, &alice), "{filter:?} should not match");
    }
}

#[test]
fn what_a_store_does_not_know_matches_no_condition() {
    let unknown = Session {
        user: None,
        seen: None,
        created: None,
        ..session("", 0, 0)
    };
    for filter in ["user=x", "user!=x", "idle>0s", "idle<1h", "age!=5s"] {
        assert!(!matches(filter, &unknown), "{filter}");
    }
}

#[test]
fn any_user_name_can_be_selected() {
    for name in [
        "alice",
        "bob smith",
        "a\"b\\c",
        "and",
        "x=y",
        "*",
        "山田",
        "a\nb",
    ] {
        let filter = Filter::of_user(name);
        assert!(filter.matches(&session(name, 0, 0), NOW));
        assert_eq!(
            filter.as_str().parse::<Filter>().as_ref(),
            Ok(&filter),
            "the text of {name:?} reads back"
        );
    }
}

#[test]
fn a_fault_is_shown_at_its_character() {
    for (filter, at, says) in [
        ("idle>", 5, "span of time"),
        ("idle>10x", 5, "10x"),
        ("idle", 4, "your shell took"),
        ("user>a", 4, "= or !="),
        ("user=alice idle>1m", 11, "\"and\""),
        ("user=alice and", 14, "missing after"),
        ("and user=a", 0, "and"),
        ("user=a or user=b", 7, "\"and\" only"),
        ("(user=a)", 0, "'('"),
        ("colour=red", 0, "fields are user, idle and age"),
        ("user=\"bob", 5, "never closed"),
        ("user=a*", 5, "quote the name"),
        ("ua~Firefox", 2, "'~'"),
        ("user~ali", 4, "'~'"),
    ] {
        let error = fault(filter);
        assert_eq!(error.at, at, "{filter:?}: {error}");
        assert!(error.message.contains(says), "{filter:?}: {error}");
    }
    assert_eq!(
        fault("user=alice idle>1m").pointer(),
        "user=alice idle>1m\n           ^"
    );
}

#[test]
fn vague_filters_end_nothing() {
    for filter in ["", "alice", "user=alice and firefox"] {
        assert!(
            filter.parse::<Filter>().unwrap().for_revoke().is_err(),
            "{filter:?} was let through to revoke"
        );
    }
    assert!(
        "user=alice and idle>10m"
            .parse::<Filter>()
            .unwrap()
            .for_revoke()
            .is_ok()
    );
}
