//! What whole filters mean: conditions joined, bare words, unknown values, and what may end sessions.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use common::{alice, check, matches, now, parse, unknown};
use sessctl_api::{Filter, Session};

#[test]
fn conditions_are_joined() {
    check(
        &[
            "user=alice and idle>9m and not ip=192.168.0.0/16",
            "(user=a* or ua~\"Chrome\") and age<2h",
            "user=bob or user=alice",
            "not user=bob",
            "not (user=bob or user=carol)",
            "not not user=alice",
            "not user=bob and age<2h",
            "((user=alice))",
            "USER or user=alice AND age<2h"
                .strip_prefix("USER or ")
                .unwrap(),
            "user=alice Or user=bob oR user=carol",
            "NOT user=bob",
            "(user=bob and age<2h)or(user=alice)",
        ],
        &[
            "user=alice and user=bob",
            "user=bob or user=carol",
            "not user=alice",
            "not (user=alice or user=bob)",
            "not user=alice or user=bob",
            "(user=bob or user=alice) and age>2h",
        ],
    );
}

#[test]
fn a_bare_word_appears_somewhere() {
    check(
        &[
            "ali",
            "ALICE",
            "firefox",
            "\"on linux\"",
            "10.1.2",
            "not chrome",
            "\"and\" or alice",
            "x86_64 and alice",
        ],
        &["chrome", "bob", "11.1", "2001:db8", "ali*", "not alice"],
    );
    let foreign = Session {
        user: Some("ZOË".to_owned()),
        ip: Some("fd00::ABCD".parse().unwrap()),
        ..alice()
    };
    for word in ["zoë", "zo", "ABCD", "fd00::"] {
        assert!(matches(word, &foreign), "{word}");
    }
}

#[test]
fn what_a_store_does_not_know_meets_no_condition() {
    for condition in [
        "user=*",
        "user!=x",
        "user~.",
        "ip=0.0.0.0/0",
        "ip!=::1",
        "ip~.",
        "ips>=0",
        "ips!=1",
        "login_ip!=::1",
        "ua=*",
        "ua!=x",
        "client=*",
        "created>1970-01-01",
        "created!=1970-01-01",
        "seen<2100-01-01",
        "idle>=0s",
        "idle!=5s",
        "age>=0s",
        "expires!=1970-01-01",
        "requests>=0",
        "size!=1",
        "a",
    ] {
        assert!(!matches(condition, &unknown()), "{condition}");
        assert!(
            matches(&format!("not {condition}"), &unknown()),
            "not is plain negation: {condition}"
        );
    }
}

#[test]
fn any_user_name_can_be_selected() {
    for name in [
        "alice",
        "bob smith",
        "a\"b\\c",
        "\\",
        "\\\"",
        "and",
        "x=y",
        "*",
        "",
        "山田",
        "a\nb",
    ] {
        let session = Session {
            user: Some(name.to_owned()),
            ..alice()
        };
        let filter = Filter::of_user(name);
        let read_back = parse(filter.as_str());
        assert_eq!(read_back, filter);
        for filter in [filter, read_back] {
            assert!(filter.matches(&session, now()));
            assert!(!filter.matches(&unknown(), now()));
            assert_eq!(filter.exact_user(), Some(name));
        }
    }
}

#[test]
fn the_user_of_every_match_is_known_where_it_is_named() {
    for (filter, user) in [
        ("user=alice", Some("alice")),
        ("user=\"a*\"", Some("a*")),
        ("idle>1m and user=alice", Some("alice")),
        ("idle>1m and (age<1h and user=alice)", Some("alice")),
        ("(user=alice)", Some("alice")),
        ("user=a*", None),
        ("user!=alice", None),
        ("user~alice", None),
        ("user=alice or user=alice", None),
        ("not user=alice", None),
        ("handle=alice", None),
        ("alice", None),
        ("", None),
    ] {
        assert_eq!(parse(filter).exact_user(), user, "{filter}");
    }
}

#[test]
fn vague_filters_end_nothing() {
    for (filter, at) in [
        ("", 0),
        ("alice", 0),
        ("user=alice and firefox", 15),
        ("  not (user=a or (idle>1m and firefox))", 28),
    ] {
        let error = parse(filter).for_revoke().unwrap_err();
        assert_eq!(error.at, at, "{filter:?}: {error}");
        assert_eq!(error.text, filter.trim());
    }
    let error = parse("user=a or bob").for_revoke().unwrap_err();
    assert_eq!(error.pointer(), "user=a or bob\n          ^");
    assert_eq!(
        error.message,
        "the bare word \"bob\" is too vague to end sessions by; write user=\"bob\" or another condition"
    );
    assert!(parse("user=alice and idle>10m").for_revoke().is_ok());
}
