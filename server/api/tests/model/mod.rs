//! Filters as trees: how each is written, and what it means, in the plainest way there is.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value;
use sessctl_api::{Session, span};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

pub(crate) const TEXTS: [&str; 8] = [
    "alice",
    "Alice",
    "al",
    "bob smith",
    "",
    "É*\\\"",
    "not",
    "a(b)=c",
];
pub(crate) const KEYS: [&str; 3] = ["n", "theme", "my key"];
pub(crate) const SIGNS: [&str; 6] = ["=", "!=", "<", "<=", ">", ">="];

/// A filter as a tree, and with each leaf all that is needed to write and to judge it.
#[derive(Debug, Clone)]
pub(crate) enum Model {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Text {
        field: &'static str,
        value: &'static str,
        equal: bool,
    },
    Prefix {
        field: &'static str,
        value: &'static str,
        equal: bool,
    },
    Regex {
        field: &'static str,
        value: &'static str,
    },
    Network {
        field: &'static str,
        address: Ipv4Addr,
        bits: u8,
        equal: bool,
    },
    Count {
        field: &'static str,
        sign: &'static str,
        limit: u64,
    },
    Span {
        field: &'static str,
        sign: &'static str,
        seconds: i64,
    },
    Moment {
        field: &'static str,
        sign: &'static str,
        seconds: i64,
    },
    Data {
        key: &'static str,
        sign: &'static str,
        limit: i64,
    },
    DataText {
        key: &'static str,
        value: &'static str,
        equal: bool,
    },
    Word(&'static str),
}

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

fn is(equal: bool) -> &'static str {
    if equal { "=" } else { "!=" }
}

impl Model {
    pub(crate) fn write(&self) -> String {
        let join = |parts: &[Self], word: &str| {
            let parts: Vec<_> = parts
                .iter()
                .map(|part| format!("({})", part.write()))
                .collect();
            parts.join(word)
        };
        match self {
            Self::And(parts) => join(parts, " and "),
            Self::Or(parts) => join(parts, "OR"),
            Self::Not(part) => match **part {
                Self::And(_) | Self::Or(_) => format!("not({})", part.write()),
                _ => format!("NOT {}", part.write()),
            },
            Self::Text {
                field,
                value,
                equal,
            } => format!("{field} {} {}", is(*equal), quoted(value)),
            Self::Prefix {
                field,
                value,
                equal,
            } => format!("{field}{}{value}*", is(*equal)),
            Self::Regex { field, value } => format!("{field}~{}", quoted(&plain_regex(value))),
            Self::Network {
                field,
                address,
                bits,
                equal,
            } => {
                format!("{field}{}{address}/{bits}", is(*equal))
            }
            Self::Count { field, sign, limit } => format!("{field}{sign} {limit}"),
            Self::Span {
                field,
                sign,
                seconds,
            } => format!("{field} {sign}{seconds}s"),
            Self::Moment {
                field,
                sign,
                seconds,
            } => {
                let moment = now() + Duration::seconds(*seconds);
                format!("{field}{sign}{}", moment.format(&Rfc3339).unwrap())
            }
            Self::Data { key, sign, limit } => format!("data.{}{sign}{limit}", quoted(key)),
            Self::DataText { key, value, equal } => {
                format!("data.{}{}{}", quoted(key), is(*equal), quoted(value))
            }
            Self::Word(word) => quoted(word),
        }
    }

    pub(crate) fn holds(&self, session: &Session, data: &dyn Fn(&str) -> Option<Value>) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(session, data)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(session, data)),
            Self::Not(part) => !part.holds(session, data),
            Self::Text {
                field,
                value,
                equal,
            } => text_of(field, session).is_some_and(|text| (text == *value) == *equal),
            Self::Prefix {
                field,
                value,
                equal,
            } => text_of(field, session).is_some_and(|text| text.starts_with(value) == *equal),
            Self::Regex { field, value } => {
                text_of(field, session).is_some_and(|text| text.contains(value))
            }
            Self::Network {
                field,
                address,
                bits,
                equal,
            } => {
                let ip = if *field == "ip" {
                    session.ip
                } else {
                    session.login_ip
                };
                ip.is_some_and(|ip| {
                    let within = match ip {
                        IpAddr::V4(ip) => {
                            let binary = |ip: Ipv4Addr| format!("{:032b}", u32::from(ip));
                            let bits = usize::from(*bits);
                            binary(ip)[..bits] == binary(*address)[..bits]
                        }
                        IpAddr::V6(_) => false,
                    };
                    within == *equal
                })
            }
            Self::Count { field, sign, limit } => {
                let count = match *field {
                    "ips" => Some(session.ips.len() as u64).filter(|count| *count > 0),
                    "requests" => session.requests,
                    _ => session.size,
                };
                count.is_some_and(|count| compare(count, sign, *limit))
            }
            Self::Span {
                field,
                sign,
                seconds,
            } => {
                let span = if *field == "idle" {
                    session.idle(now())
                } else {
                    session.age(now())
                };
                span.is_some_and(|span| {
                    let millis = i64::try_from(span.as_millis()).unwrap();
                    compare_millis(millis, sign, seconds * 1_000)
                })
            }
            Self::Moment {
                field,
                sign,
                seconds,
            } => {
                let moment = match *field {
                    "created" => session.created,
                    "seen" => session.seen,
                    _ => session.expires,
                };
                moment.is_some_and(|moment| {
                    let limit = now() + Duration::seconds(*seconds);
                    compare_millis(span::millis(moment), sign, span::millis(limit))
                })
            }
            Self::Data { key, sign, limit } => data(key).is_some_and(|value| match *sign {
                "=" => value.to_string().trim_matches('"') == limit.to_string(),
                "!=" => value.to_string().trim_matches('"') != limit.to_string(),
                sign => value
                    .as_i64()
                    .is_some_and(|value| compare(value, sign, *limit)),
            }),
            Self::DataText { key, value, equal } => data(key).is_some_and(|kept| {
                let kept = kept
                    .as_str()
                    .map_or_else(|| kept.to_string(), str::to_owned);
                (kept == *value) == *equal
            }),
            Self::Word(word) => {
                let ip = session.ip.map(|ip| ip.to_string());
                [&session.user, &session.ua, &session.client, &ip]
                    .into_iter()
                    .flatten()
                    .any(|text| text.to_lowercase().contains(&word.to_lowercase()))
            }
        }
    }
}

/// A regular expression for the text itself.
fn plain_regex(text: &str) -> String {
    text.chars()
        .map(|c| format!("[{}{c}]", if c.is_alphanumeric() { "" } else { "\\" }))
        .collect()
}

fn text_of(field: &str, session: &Session) -> Option<String> {
    match field {
        "user" => session.user.clone(),
        "ua" => session.ua.clone(),
        "client" => session.client.clone(),
        _ => Some(session.handle.to_string()),
    }
}

fn compare<T: Ord + Copy>(value: T, sign: &str, limit: T) -> bool {
    match sign {
        "=" => value == limit,
        "!=" => value != limit,
        "<" => value < limit,
        "<=" => value <= limit,
        ">" => value > limit,
        _ => value >= limit,
    }
}

fn compare_millis(value: i64, sign: &str, limit: i64) -> bool {
    if sign.ends_with('=') && !sign.starts_with(['<', '>']) {
        compare(value.div_euclid(1_000), sign, limit.div_euclid(1_000))
    } else {
        compare(value, sign, limit)
    }
}
