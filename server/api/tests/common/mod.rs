//! Sessions to ask about, and how they are asked.

use sessctl_api::{Filter, FilterError, Handle, Session};
use time::OffsetDateTime;

/// The time of every test: 2026-11-23T12:00:00Z.
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_435_200).unwrap()
}

/// Alice: signed in an hour ago, idle for ten minutes, in two places.
pub(crate) fn alice() -> Session {
    Session {
        handle: Handle::from_random(7),
        user: Some("alice".to_owned()),
        ip: Some("10.1.2.3".parse().unwrap()),
        login_ip: Some("2001:db8::5".parse().unwrap()),
        ips: vec!["10.1.2.3".parse().unwrap(), "2001:db8::5".parse().unwrap()],
        ua: Some("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".to_owned()),
        client: Some("Firefox on Linux".to_owned()),
        created: Some(now() - time::Duration::hours(1)),
        seen: Some(now() - time::Duration::minutes(10)),
        idle_expires: Some(now() + time::Duration::minutes(20)),
        expires: Some(now() + time::Duration::hours(11)),
        requests: Some(42),
        size: Some(4096),
        ended: None,
    }
}

/// A session of which its store knows nothing but the handle.
pub(crate) fn unknown() -> Session {
    Session {
        user: None,
        ip: None,
        login_ip: None,
        ips: Vec::new(),
        ua: None,
        client: None,
        created: None,
        seen: None,
        idle_expires: None,
        expires: None,
        requests: None,
        size: None,
        ..alice()
    }
}

/// Reads a filter that is right.
pub(crate) fn parse(filter: &str) -> Filter {
    filter
        .parse()
        .unwrap_or_else(|e: FilterError| panic!("{e}\n{}", e.pointer()))
}

/// Whether a session matches now.
pub(crate) fn matches(filter: &str, session: &Session) -> bool {
    parse(filter).matches(session, now())
}

/// Checks filters that match alice and others that do not.
pub(crate) fn check(yes: &[&str], no: &[&str]) {
    let alice = alice();
    for filter in yes {
        assert!(matches(filter, &alice), "{filter:?} should match");
    }
    for filter in no {
        assert!(!matches(filter, &alice), "{filter:?} should not match");
    }
}
