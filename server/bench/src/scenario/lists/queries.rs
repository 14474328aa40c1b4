//! What operators ask of a million sessions, and how a right answer is told from a wrong one.

use std::net::IpAddr;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    admin::{Admin, path},
    people::Person,
};

/// Sessions on a page that a person scrolls through.
const WINDOW: u64 = 500;

/// A question.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) figure: String,
    pub(super) path: String,
    pub(super) right: Right,
    /// In milliseconds.
    pub(super) at_most: Option<f64>,
}

/// How a right answer is told from a wrong one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Right {
    /// It counts those people.
    Counts(fn(Person) -> bool),
    /// It counts those whose idle time is longer, which the clock decides.
    CountsSome,
    /// It is in the order of the field that it was asked for by.
    Sorted(&'static str),
    /// It is a page of users after so many.
    Lies(u64),
    /// It has values with sessions, the most first.
    Ranks,
}

/// All questions; those for a page in the middle need a place there.
pub(super) async fn all(admin: &mut Admin, million: u64) -> Result<Vec<Query>> {
    let mut all = pages();
    let half = million / 2;
    all.extend(windows(admin, half, million).await?);
    all.extend(["user", "client"].map(|field| Query {
        figure: format!("top by {field}"),
        path: path("/v1/top", &[("field", field)]),
        right: Right::Ranks,
        at_most: None,
    }));
    Ok(all)
}

fn pages() -> Vec<Query> {
    let page = |figure: String, filter: &str, sort: &str, right, at_most| {
        let pairs = [("limit", "100"), ("filter", filter), ("sort", sort)];
        Query {
            figure,
            path: path("/v1/sessions", &pairs),
            right,
            at_most,
        }
    };
    let filter = |filter: &str, right, at_most| {
        page(format!("filter `{filter}`"), filter, "", right, at_most)
    };
    let columns = Some(250.0);
    let mut all = vec![filter(
        &format!("user={}", Person(500).name()),
        Right::Counts(|person| person.0 == 500),
        Some(1.0),
    )];
    for sort in [
        "user", "ip", "ua", "client", "created", "seen", "requests", "size",
    ] {
        let (figure, right) = (format!("sort by {sort}"), Right::Sorted(sort));
        all.push(page(figure, "", sort, right, Some(90.0)));
    }
    all.extend([
        filter("idle>1h", Right::CountsSome, columns),
        filter(
            "ua~Firefox and not ip=10.0.0.0/8",
            Right::Counts(|person| {
                person.agent().contains("Firefox") && person.ip().octets()[0] != 10
            }),
            columns,
        ),
        filter(
            "user=a*7*",
            Right::Counts(|person| {
                let name = person.name();
                name.starts_with('a') && name.contains('7')
            }),
            columns,
        ),
        filter("zzz", Right::Counts(|_| false), columns),
        filter("data.theme=dark", Right::Counts(Person::likes_dark), None),
    ]);
    all
}

/// Pages in the middle of a list and at its end.
async fn windows(admin: &mut Admin, half: u64, million: u64) -> Result<Vec<Query>> {
    let at = |start: (&str, &str), limit: u64| {
        let limit = limit.to_string();
        path(
            "/v1/sessions",
            &[("sort", "user"), ("limit", &limit), start],
        )
    };
    let after = |offset: u64| at(("offset", &offset.to_string()), WINDOW);
    let query = |figure: String, path, offset, at_most| Query {
        figure: format!("page of {WINDOW} {figure}"),
        path,
        right: Right::Lies(offset),
        at_most: Some(at_most),
    };
    let last = million - WINDOW;
    let mut all = vec![
        query(format!("after {half}"), after(half), half, 200.0),
        query("at the end".to_owned(), after(million), last, 200.0),
    ];
    // The cursor of the session that has half of the list before it.
    let one = at(("offset", &half.to_string()), 1);
    if let Some(told) = admin.tell(&one).await? {
        let page = told.json()?;
        let place = page["next"].as_str().context("a page without a next")?;
        let (figure, begin) = (format!("around {half}"), half - WINDOW / 2);
        all.push(query(figure, at(("around", place), WINDOW), begin, 90.0));
    }
    Ok(all)
}

impl Right {
    /// Fails if an answer is wrong; says what the server does not understand.
    pub(super) fn check(self, said: &Value, million: u64) -> Result<Option<&'static str>> {
        let total = said["total"].as_u64().context("an answer without total")?;
        let expected = match self {
            Self::Counts(counts) => (0..million).filter(|n| counts(Person(*n))).count() as u64,
            Self::CountsSome if total > 0 && total < million => total,
            Self::CountsSome => bail!("{total} sessions cannot be right"),
            Self::Sorted(_) | Self::Lies(_) | Self::Ranks => million,
        };
        if total != expected {
            bail!("{total} sessions instead of {expected}");
        }
        match self {
            Self::Sorted(field) if !is_sorted(said, field)? => {
                Ok(Some("unsupported: it comes in another order"))
            }
            Self::Lies(begin) => {
                let offset = said["offset"].as_u64();
                let rows = said["sessions"].as_array().map(Vec::len);
                if offset != Some(begin) || rows != Some(WINDOW as usize) {
                    bail!("{rows:?} sessions after {offset:?} instead of {begin}");
                }
                Ok(None)
            }
            Self::Ranks => {
                let counts = said["counts"]
                    .as_array()
                    .context("a ranking without counts")?;
                let counts = counts.iter().map(|count| count["sessions"].as_u64());
                let counts: Vec<_> = counts.collect();
                if counts.is_empty() || !counts.iter().rev().is_sorted() {
                    bail!("{counts:?} is no ranking");
                }
                Ok(None)
            }
            Self::Sorted(_) | Self::Counts(_) | Self::CountsSome => Ok(None),
        }
    }
}

/// Whether a page is in the order of a field, in either direction. What has no value may stand at either end.
fn is_sorted(page: &Value, field: &str) -> Result<bool> {
    let sessions = page["sessions"].as_array().context("a list without list")?;
    let keys: Vec<_> = sessions
        .iter()
        .filter_map(|session| key(&session[field]))
        .collect();
    Ok(keys.is_sorted() || keys.iter().rev().is_sorted())
}

/// A value as it is to be ordered: numbers, moments and addresses by what they mean, all else by its letters.
fn key(value: &Value) -> Option<(i128, String)> {
    match value {
        Value::Number(number) => Some((number.as_i64()?.into(), String::new())),
        Value::String(text) => {
            if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
                Some((moment.unix_timestamp_nanos(), String::new()))
            } else if let Ok(IpAddr::V4(ip)) = text.parse() {
                Some((u32::from(ip).into(), String::new()))
            } else {
                Some((0, text.to_lowercase()))
            }
        }
        _ => None,
    }
}
