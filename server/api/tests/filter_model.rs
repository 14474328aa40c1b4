//! Generated filters and sessions: the grammar against a slow, plain reading of the same conditions.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod model;

use std::net::IpAddr;

use model::{KEYS, Model, SIGNS, TEXTS, now};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};
use sessctl_api::{Filter, Handle, Session, View, span, text};
use time::{Duration, OffsetDateTime};

prop_compose! {
    fn addresses()(kind in 0..4, low in 0..4_u8) -> IpAddr {
        match kind {
            0 => format!("2001:db8::{low}").parse().unwrap(),
            1 => IpAddr::from([10, 0, 0, low]),
            2 => IpAddr::from([10, low, 0, 1]),
            _ => IpAddr::from([192, 168, low, 0]),
        }
    }
}

fn moments() -> impl Strategy<Value = Option<OffsetDateTime>> {
    option::of((-5_000..5_000_i64).prop_map(|millis| now() + Duration::milliseconds(millis)))
}

fn texts() -> impl Strategy<Value = Option<String>> {
    option::of(select(&TEXTS[..]).prop_map(str::to_owned))
}

prop_compose! {
    fn sessions()(
        handle in any::<u64>(),
        user in texts(),
        ip in option::of(addresses()),
        login_ip in option::of(addresses()),
        ips in vec(addresses(), 0..4),
        (ua, client) in (texts(), texts()),
        (created, seen, expires) in (moments(), moments(), moments()),
        requests in option::of(0..5_u64),
        size in option::of(0..5_u64),
    ) -> Session {
        Session {
            handle: Handle::from_random(handle),
            user, ip, login_ip, ips, ua, client, created, seen, expires, requests, size,
            idle_expires: None,
            ended: None,
        }
    }
}

fn leaves() -> impl Strategy<Value = Model> {
    let field = || select(&["user", "ua", "client", "handle"][..]);
    let value = || select(&TEXTS[..]);
    let sign = || select(&SIGNS[..]);
    prop_oneof![
        (field(), value(), any::<bool>()).prop_map(|(field, value, equal)| Model::Text {
            field,
            value,
            equal
        }),
        (
            field(),
            select(&["", "a", "al", "b", "É"][..]),
            any::<bool>()
        )
            .prop_map(|(field, value, equal)| Model::Prefix {
                field,
                value,
                equal
            }),
        (field(), value()).prop_map(|(field, value)| Model::Regex { field, value }),
        (
            select(&["ip", "login_ip"][..]),
            addresses(),
            0..=32_u8,
            any::<bool>()
        )
            .prop_filter_map("of IPv4", |(field, address, bits, equal)| match address {
                IpAddr::V4(address) => Some(Model::Network {
                    field,
                    address,
                    bits,
                    equal
                }),
                IpAddr::V6(_) => None,
            }),
        (select(&["ips", "requests", "size"][..]), sign(), 0..5_u64)
            .prop_map(|(field, sign, limit)| Model::Count { field, sign, limit }),
        (select(&["idle", "age"][..]), sign(), 0..5_i64).prop_map(|(field, sign, seconds)| {
            Model::Span {
                field,
                sign,
                seconds,
            }
        }),
        (
            select(&["created", "seen", "expires"][..]),
            sign(),
            -5..5_i64
        )
            .prop_map(|(field, sign, seconds)| Model::Moment {
                field,
                sign,
                seconds
            }),
        (select(&KEYS[..]), sign(), -2..3_i64).prop_map(|(key, sign, limit)| Model::Data {
            key,
            sign,
            limit
        }),
        (select(&KEYS[..]), value(), any::<bool>())
            .prop_map(|(key, value, equal)| Model::DataText { key, value, equal }),
        select(&["ALI", "al", "é", "10.", "b S", "db8::1", "x"][..]).prop_map(Model::Word),
    ]
}

fn models() -> impl Strategy<Value = Model> {
    leaves().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(Model::And),
            vec(inner.clone(), 1..4).prop_map(Model::Or),
            inner.prop_map(|part| Model::Not(Box::new(part))),
        ]
    })
}

fn values() -> impl Strategy<Value = Option<Value>> {
    option::of(prop_oneof![
        (-2..3_i64).prop_map(|number| json!(number)),
        select(&TEXTS[..]).prop_map(|text| json!(text)),
        any::<bool>().prop_map(|flag| json!(flag)),
    ])
}

/// Text that is more likely than plain chance to look like a filter.
fn scribbles() -> impl Strategy<Value = String> {
    let pieces = [
        "user",
        "idle",
        "data.",
        "ip",
        "=",
        "!=",
        "<",
        "~",
        "(",
        ")",
        "\"",
        "\\",
        " ",
        " and ",
        " or ",
        "not ",
        "10m",
        "*",
        "山",
        "\u{1b}",
        "\n",
        "[",
        "2026-11-23",
        "e\u{301}",
    ];
    let pieces: Vec<String> = pieces.map(str::to_owned).to_vec();
    vec(select(pieces), 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_text_is_read_or_refused_with_a_mark_below_it(
        filter in prop_oneof![any::<String>(), scribbles()],
    ) {
        match filter.parse::<Filter>() {
            Ok(read) => {
                prop_assert_eq!(read.to_string(), filter.trim());
                prop_assert!(read.as_str().parse::<Filter>().is_ok_and(|again| again == read));
            }
            Err(error) => {
                prop_assert_eq!(&error.text, &filter);
                prop_assert!(error.at <= filter.chars().count());
                let pointer = error.pointer();
                let lines: Vec<_> = pointer.split('\n').collect();
                prop_assert_eq!(lines.len(), 2);
                prop_assert_eq!(lines[0], text::clean(&filter));
                let before: String = filter.chars().take(error.at).collect();
                let indent = " ".repeat(text::width(&text::clean(&before)));
                prop_assert_eq!(lines[1], format!("{indent}^"));
            }
        }
    }

    #[test]
    fn a_written_filter_means_what_its_tree_means(
        model in models(),
        sessions in vec((sessions(), [values(), values(), values()]), 8),
    ) {
        let written = model.write();
        let filter = match written.parse::<Filter>() {
            Ok(filter) => filter,
            // Many regular expressions are possible, if not likely.
            Err(error) if error.message.contains("at most 16") => return Ok(()),
            Err(error) => panic!("{error}\n{}", error.pointer()),
        };
        for (session, values) in sessions {
            let data = |key: &str| {
                values[KEYS.iter().position(|known| *known == key)?].clone()
            };
            let view = View { data: Some(&data), ..session.view() };
            let wanted = model.holds(&session, &data);
            prop_assert_eq!(filter.holds(&view, span::millis(now())), wanted, "{} {:?}", written, session);
            if let Some(user) = filter.exact_user() {
                prop_assert!(!wanted || session.user.as_deref() == Some(user));
            }
        }
    }
}
