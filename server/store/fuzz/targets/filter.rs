//! Hostile text as a filter, a sort and a cursor: `ls`, `revoke`, the TUI and the admin API read them from anybody.
//!
//! The input is UTF-8 in paragraphs: the filter, the sort, the cursor, and text that one of the sessions is made of. So
//! its corpus can be read and written by hand. What must hold is said at each check below.

#![no_main]

use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use sessctl_api::{
    EndReason, Filter, FilterError, Found, Handle, ListQuery, Pager, Pass, Sort, Start, View, text,
};

/// 2026-11-23T12:00:00Z in milliseconds.
const NOW: i64 = 1_795_435_200_000;

/// Everything of a [`View`] that it borrows.
#[derive(Default)]
struct Known {
    user: Option<String>,
    ua: Option<String>,
    client: Option<String>,
    ip: Option<IpAddr>,
    login_ip: Option<IpAddr>,
    number: Option<i64>,
}

fuzz_target!(|input: &str| {
    let mut paragraphs = input.splitn(4, "\n\n");
    let mut paragraph = || paragraphs.next().unwrap_or_default();
    let (filter, sort, cursor, about) = (paragraph(), paragraph(), paragraph(), paragraph());

    let named = Filter::of_user(about);
    if named.as_str().len() <= Filter::MAX_LEN {
        let again: Filter = parse(named.as_str());
        assert_eq!(again.exact_user(), Some(about), "a name is quoted wrongly");
    }

    let filter = match filter.parse::<Filter>() {
        Ok(filter) => filter,
        Err(error) => {
            check_error(&error);
            Filter::default()
        }
    };
    let known = sessions(about, filter.exact_user());
    let data = |key: &str| value_of(key, about);
    let views: Vec<_> = (0..).zip(&known).map(|(i, k)| view(i, k)).collect();
    let with_data: Vec<_> = views
        .iter()
        .map(|view| View {
            data: Some(&data),
            ..*view
        })
        .collect();
    check_filter(&filter, &views, &with_data);
    check_pages(&filter, sort, cursor, &with_data);
});

/// A filter that must be right.
fn parse(text: &str) -> Filter {
    text.parse()
        .unwrap_or_else(|error: FilterError| panic!("{text:?}: {error}"))
}

/// The fault lies within the text, its mark stands below it, and the message can be shown on a terminal.
fn check_error(error: &FilterError) {
    assert!(error.at <= error.text.chars().count(), "{error:?}");
    assert_eq!(text::clean(&error.message), error.message.as_str());
    let pointer = error.pointer();
    let (shown, mark) = pointer.split_once('\n').expect("two lines");
    assert_eq!(shown, text::clean(&error.text));
    // Character by character: a sequence may be narrower than its parts, never wider.
    let cells = |c: char| text::width(&text::clean(c.encode_utf8(&mut [0; 4])));
    let before: usize = error.text.chars().take(error.at).map(cells).sum();
    let indent = mark.strip_suffix('^').expect("a mark");
    assert!(indent.chars().all(|c| c == ' ') && indent.len() <= before);
}

fn check_filter(filter: &Filter, views: &[View<'_>], with_data: &[View<'_>]) {
    let answers = |filter: &Filter, views: &[View<'_>]| -> Vec<bool> {
        views.iter().map(|view| filter.holds(view, NOW)).collect()
    };
    let held = answers(filter, with_data);

    let again = parse(&filter.to_string());
    assert_eq!(again, *filter);
    assert_eq!(answers(&again, with_data), held, "Display says another one");

    if !filter.needs_data() {
        assert_eq!(answers(filter, views), held, "it looked at data");
    }
    if let Some(user) = filter.exact_user() {
        for (view, _) in with_data.iter().zip(&held).filter(|(_, held)| **held) {
            assert_eq!(view.user, Some(user), "a match of another user");
        }
    }
    match filter.clone().for_revoke() {
        Ok(filter) => {
            assert!(!filter.is_empty(), "everything would end");
            assert_eq!(answers(&filter, with_data), held);
        }
        Err(error) => check_error(&error),
    }
    // Refused where that would be too long or too deep.
    if let Ok(opposite) = format!("not ({filter})").parse::<Filter>() {
        let denied: Vec<_> = held.iter().map(|held| !held).collect();
        assert_eq!(answers(&opposite, with_data), denied);
    }
}

/// All pages together are what matches, each session once and in order, from wherever they begin.
fn check_pages(filter: &Filter, sort: &str, cursor: &str, views: &[View<'_>]) {
    let sort = match sort.parse::<Sort>() {
        Ok(sort) => {
            assert_eq!(sort.to_string().parse(), Ok(sort));
            sort
        }
        Err(error) => {
            assert_eq!(text::clean(&error.0), error.0.as_str());
            Sort::default()
        }
    };
    let mut expected: Vec<_> = views.iter().filter(|v| filter.holds(v, NOW)).collect();
    expected.sort_by(|a, b| sort.order((&sort.value(a), a.handle), (&sort.value(b), b.handle)));
    let expected: Vec<_> = expected.iter().map(|view| view.handle).collect();

    // As it is, as the hexadecimal digits that carry one, and none; or after so many sessions.
    let digits: String = cursor.bytes().map(|byte| format!("{byte:02x}")).collect();
    for start in [
        Start::After(cursor.to_owned()),
        Start::After(digits.clone()),
        Start::Around(digits),
        Start::Offset(cursor.len() as u64 % 9),
        Start::First,
    ] {
        let mut query = ListQuery {
            filter: filter.clone(),
            ended: false,
            sort,
            limit: 1 + cursor.len() % 4,
            start: start.clone(),
        };
        let is_text = matches!(start, Start::After(_) | Start::Around(_));
        let mut seen = Vec::new();
        loop {
            let pager = match Pager::new(&query, NOW) {
                Ok(pager) => pager,
                Err(error) if query.start == start && is_text => {
                    let error = error.to_string();
                    assert_eq!(text::clean(&error), error);
                    break;
                }
                Err(error) => panic!("a page's own cursor is refused: {error}"),
            };
            let page = found(pager, views);
            assert_eq!(page.total, expected.len() as u64);
            assert!(page.items.len() <= query.limit && seen.len() <= views.len());
            let rest = &expected[page.offset as usize..];
            assert!(rest.starts_with(&page.items), "{expected:?} but {page:?}");
            seen.extend(page.items);
            match page.next {
                None => {
                    assert!(expected.ends_with(&seen), "{expected:?} but {seen:?}");
                    assert!(start != Start::First || expected == seen);
                    break;
                }
                Some(next) => query.start = Start::After(next),
            }
        }
    }
}

fn found(mut pager: Pager<'_, Handle>, views: &[View<'_>]) -> Found<Handle> {
    loop {
        for view in views {
            pager.offer(view, || view.handle);
        }
        match pager.finish() {
            Pass::Done(found) => return found,
            Pass::Again(again) => pager = again,
        }
    }
}

/// Sessions that know nothing, something ordinary, the extremes, and what the input says.
fn sessions(about: &str, user: Option<&str>) -> Vec<Known> {
    let ordinary = |user: &str| Known {
        user: Some(user.to_owned()),
        ua: Some("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0".to_owned()),
        client: Some("Firefox on Linux".to_owned()),
        ip: "10.1.2.3".parse().ok(),
        login_ip: "2001:db8::5".parse().ok(),
        number: Some(NOW - 600_000),
    };
    let extreme = |number| Known {
        ip: "::ffff:10.1.2.3".parse().ok(),
        number: Some(number),
        ..Known::default()
    };
    vec![
        Known::default(),
        ordinary("alice"),
        ordinary(user.unwrap_or("bob")),
        extreme(i64::MIN),
        extreme(i64::MAX),
        Known {
            user: Some(about.to_owned()),
            ua: Some(about.repeat(20)),
            client: about.split(' ').next().map(str::to_owned),
            ip: about.parse().ok(),
            login_ip: about.split(' ').find_map(|word| word.parse().ok()),
            number: about.split(' ').find_map(|word| word.parse().ok()),
        },
    ]
}

fn view(number: u64, known: &Known) -> View<'_> {
    View {
        handle: Handle::from_random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        user: known.user.as_deref(),
        ip: known.ip,
        ips: known.number.and_then(|number| number.try_into().ok()),
        login_ip: known.login_ip,
        ua: known.ua.as_deref(),
        client: known.client.as_deref(),
        created: known.number,
        seen: known.number,
        idle_expires: known.number,
        expires: known.number.map(i64::wrapping_neg),
        ended: known.number,
        reason: known.number.and_then(|number| EndReason::ALL.get(usize::try_from(number).ok()?).copied()),
        requests: known.number.map(i64::cast_unsigned),
        size: known.number.map(i64::unsigned_abs),
        data: None,
    }
}

/// What every session holds under a key: each kind of value, by the key's length.
fn value_of(key: &str, about: &str) -> Option<Value> {
    [
        Some(json!(about)),
        Some(json!(key)),
        Some(json!(7)),
        Some(json!(-1.5e300)),
        Some(json!({key: [about, null]})),
        Some(Value::Null),
        None,
    ]
    .into_iter()
    .nth(key.len() % 7)
    .flatten()
}
