//! The filter language as its users meet it, field by field.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use common::{alice, check, matches, now, parse, unknown};
use serde_json::{Value, json};
use sessctl_api::{Filter, Session, View, span};

#[test]
fn nothing_at_all_matches_every_session() {
    check(&["", "  "], &[]);
    assert_eq!(parse(" "), Filter::default());
    assert!(matches("", &unknown()));
}

#[test]
fn texts_are_equal_fit_a_glob_or_hold_a_regular_expression() {
    check(
        &[
            "user=alice",
            "user = alice",
            "user!=bob",
            "user=a*",
            "user=*",
            "user!=b*",
            "user=\"alice\"",
            "user!=\"a*\"",
            "user~^al",
            "user~\"(?i)ALICE\"",
            "user~\"^a(l|x)ice$\"",
            "handle=70*",
            "handle!=x*",
            "handle~^7",
            "ua=*Firefox/140*",
            "ua~\"Firefox/1\\d\\d\"",
            "ua~\"Linux x86_64\\)\"",
            "ua!=curl*",
            "client=\"Firefox on Linux\"",
            "client=Firefox*",
            "client!=curl",
            "client~Linux",
        ],
        &[
            "user=ali",
            "user=Alice",
            "user!=alice",
            "user!=a*",
            "user=\"a*\"",
            "user=b*",
            "user~^li",
            "user~ALICE",
            "handle=x*",
            "handle~^8",
            "ua=Firefox",
            "ua~Chrome",
            "client=firefox*",
            "client~\"^Linux\"",
        ],
    );
    assert!(matches(&format!("handle={}", alice().handle), &alice()));
}

#[test]
fn addresses_are_in_networks() {
    check(
        &[
            "ip=10.1.2.3",
            "ip=10.0.0.0/8",
            "ip=10.1.2.9/24",
            "ip!=192.168.0.0/16",
            "ip=\"10.1.2.3\"",
            "ip~\"^10\\.\"",
            "ip~3$",
            "login_ip=2001:db8::/32",
            "login_ip=2001:db8:0:0::5",
            "login_ip!=::1",
            "login_ip!=10.0.0.0/8",
            "login_ip~^2001:db8:",
        ],
        &[
            "ip=10.1.2.4",
            "ip=11.0.0.0/8",
            "ip!=10.0.0.0/8",
            "ip=::/0",
            "ip~^2001",
            "login_ip=fd00::/8",
            "login_ip=0.0.0.0/0",
            "login_ip!=2001:db8::5",
        ],
    );
    let mapped = Session {
        ip: Some("::ffff:10.1.2.3".parse().unwrap()),
        ..alice()
    };
    for filter in ["ip=10.1.2.3", "ip=::ffff:10.0.0.0/104", "ip~^10", "10.1.2"] {
        assert!(matches(filter, &mapped), "IPv4 in IPv6 clothes: {filter}");
    }
}

#[test]
fn numbers_are_compared() {
    check(
        &[
            "ips=2",
            "ips!=1",
            "ips>1",
            "ips>=2",
            "ips<3",
            "ips<=2",
            "requests=42",
            "requests!=41",
            "requests>41",
            "requests>=42",
            "requests<43",
            "requests<=42",
            "requests<\"43\"",
            "size=4096",
            "size=4K",
            "size=4k",
            "size!=1M",
            "size<1M",
            "size>=4K",
            "size>0",
        ],
        &[
            "ips=1",
            "ips!=2",
            "ips>2",
            "ips<2",
            "requests=4",
            "requests!=42",
            "requests<42",
            "requests>42",
            "size>4K",
            "size<4K",
            "size=4",
        ],
    );
}

#[test]
fn moments_are_compared() {
    check(
        &[
            "created=2026-11-23T11:00:00Z",
            "created=2026-11-23T12:00:00+01:00",
            "created!=2026-11-23",
            "created>2026-11-23",
            "created>=2026-11-23 and created<2026-11-24",
            "created<=2026-11-23T11:00:00.000Z",
            "created>\"2026-11-23T10:59:59Z\"",
            "seen>=2026-11-23T11:50:00Z",
            "seen<2026-11-23T11:50:01Z",
            "expires>2026-11-23T22:00:00Z",
            "expires=2026-11-23T23:00:00Z",
        ],
        &[
            "created<2026-11-23",
            "created=2026-11-23",
            "created>2026-11-23T11:00:00Z",
            "created<2026-11-23T11:00:00-05:00 and created>2026-11-23T11:00:00+05:00 and seen<2020-01-01",
            "seen!=2026-11-23T11:50:00Z",
            "expires<2026-11-23T22:00:00Z",
        ],
    );
}

#[test]
fn spans_are_compared() {
    check(
        &[
            "idle=10m",
            "idle>=600s",
            "idle<=10m",
            "idle>9m59s",
            "idle<1h",
            "idle!=11m",
            "age=1h",
            "age<1d",
            "age>59m",
            "age<2w",
            "age<=1h",
        ],
        &[
            "idle>10m",
            "idle<10m",
            "idle!=10m",
            "age>1h",
            "age<60m",
            "age=1m",
        ],
    );
    let later = now() + time::Duration::milliseconds(400);
    assert!(
        parse("idle=10m and idle>10m").matches(&alice(), later),
        "equal by whole seconds, greater by milliseconds"
    );
    let ahead = Session {
        seen: Some(now() + time::Duration::seconds(5)),
        ..alice()
    };
    assert!(
        matches("idle=0s", &ahead),
        "another machine's clock is ahead"
    );
}

#[test]
fn data_is_compared_by_its_text_or_as_a_number() {
    let data = |key: &str| -> Option<Value> {
        let value = match key {
            "theme" => json!("dark"),
            "my key" => json!("a*b"),
            "count" => json!(7),
            "price" => json!(2.5),
            "beta" => json!(true),
            "cart" => json!({"shoes": 2}),
            "none" => json!(null),
            "digits" => json!("10"),
            _ => return None,
        };
        Some(value)
    };
    let session = alice();
    let view = View {
        data: Some(&data),
        ..session.view()
    };
    let millis = span::millis(now());
    for filter in [
        "data.theme=dark",
        "data.theme=d*",
        "data.theme~^da",
        "data.theme!=light",
        "data.\"my key\"=\"a*b\"",
        "data.\"my key\"=a*",
        "data.count=7",
        "data.count!=8",
        "data.count>6",
        "data.count<=7",
        "data.count<7.5",
        "data.price>=2.5",
        "data.price=2.5",
        "data.beta=true",
        "data.beta!=false",
        "data.cart~shoes",
        "data.none=null",
        "data.digits=10",
        "not data.absent=1",
    ] {
        assert!(parse(filter).holds(&view, millis), "{filter} should match");
        assert!(parse(filter).needs_data());
    }
    for filter in [
        "data.theme=Dark",
        "data.theme=\"d*\"",
        "data.theme>1",
        "data.\"my key\"=\"a*\"",
        "data.count=7.0",
        "data.count>7",
        "data.digits>1",
        "data.beta>0",
        "data.absent=x",
        "data.absent!=x",
        "data.absent~x",
        "data.absent<1",
    ] {
        assert!(!parse(filter).holds(&view, millis), "{filter} should not");
        assert!(
            filter.starts_with("not") || !matches(filter, &session),
            "a session without data meets no condition about it"
        );
    }
    assert!(!parse("user=a and idle>1m").needs_data());
    assert!(parse("user=a or not (idle>1m or data.x=1)").needs_data());
}

#[test]
fn a_filter_says_whether_its_list_changes_without_any_event() {
    for filter in ["idle>10m", "user=a or not age<2h"] {
        assert!(parse(filter).changes_with_time(), "{filter}");
    }
    for filter in ["", "user=a", "created>2026-01-01", "requests>5 or data.x=1"] {
        assert!(!parse(filter).changes_with_time(), "{filter}");
    }
}
