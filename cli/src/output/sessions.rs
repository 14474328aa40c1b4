//! The columns of sessions: in lists of those that live, in lists of those that ended, and told of one alone.

use std::net::IpAddr;

use serde_json::{Value, json};
use sessctl_api::{EndReason, Ended, Session, span, text};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    column::Column,
    words::{ago, unknown, word},
};
use crate::style::Style;

/// Of a list of live sessions.
pub(crate) static LIVE: [Column<Session>; 16] = [
    HANDLE,
    USER,
    CLIENT,
    IP,
    AGE,
    Column::made(
        "idle",
        "IDLE",
        |one: &Session, now| one.idle(now).map_or_else(unknown, span::short),
        |one, now| seconds(one.idle(now)),
    ),
    Column::made(
        "left",
        "EXPIRES IN",
        |one: &Session, now| one.left(now).map_or_else(unknown, span::left),
        |one, now| seconds(one.left(now)),
    ),
    LOGIN_IP,
    IPS,
    CREATED,
    SEEN,
    Column::new("idle_expires", "ENDS IF IDLE", |one: &Session, _| {
        at(one.idle_expires)
    })
    .wide(),
    Column::new(
        "expires",
        "ENDS AT LAST",
        |one: &Session, _| at(one.expires),
    )
    .wide(),
    REQUESTS,
    SIZE,
    UA,
];

/// Of a list of ended sessions.
pub(crate) static ENDED: [Column<Session>; 18] = [
    HANDLE,
    USER,
    CLIENT,
    IP,
    // How old it became.
    Column::made(
        "age",
        "AGE",
        |one: &Session, _| lifetime(one).map_or_else(unknown, span::short),
        |one, _| seconds(lifetime(one)),
    ),
    Column::made(
        "ended",
        "ENDED",
        |one: &Session, now| {
            let ended = one.ended.as_ref();
            ended.map_or_else(unknown, |ended| ago(ended.at, now))
        },
        |one, _| json!(one.ended),
    ),
    Column::made(
        "reason",
        "WHY",
        |one: &Session, _| {
            let ended = one.ended.as_ref();
            ended.map_or_else(unknown, |ended| text::fit(&ended.in_words(), 60))
        },
        |one, _| json!(one.ended.as_ref().map(|ended| ended.reason)),
    )
    .styled(|one| one.ended.as_ref().and_then(stands_out))
    .in_csv(),
    Column::made(
        "actor",
        "BY",
        |one: &Session, _| word(actor(one), 32),
        |one, _| json!(actor(one)),
    )
    .wide()
    .in_csv(),
    Column::made(
        "ended_at",
        "ENDED AT",
        |one: &Session, _| at(one.ended.as_ref().map(|ended| ended.at)),
        |one, _| {
            let at = one.ended.as_ref().map(|ended| ended.at);
            json!(at.and_then(|at| at.format(&Rfc3339).ok()))
        },
    )
    .wide()
    .in_csv(),
    LOGIN_IP,
    IPS,
    CREATED,
    SEEN,
    Column::new("idle_expires", "IDLE LIMIT", |one: &Session, _| {
        at(one.idle_expires)
    })
    .wide(),
    Column::new("expires", "LAST LIMIT", |one: &Session, _| at(one.expires)).wide(),
    REQUESTS,
    SIZE,
    UA,
];

/// Of one session, line by line.
pub(crate) static ONE: [Column<Session>; 14] = [
    Column::new("handle", "handle", |one: &Session, _| {
        one.handle.to_string()
    })
    .naming(),
    Column::new("user", "user", |one: &Session, _| {
        word(one.user.as_deref(), 256)
    }),
    Column::new("client", "client", |one: &Session, _| {
        word(one.client.as_deref(), 256)
    }),
    Column::new("ua", "user agent", |one: &Session, _| {
        word(one.ua.as_deref(), 512)
    }),
    Column::new("ip", "address", |one: &Session, _| address(one.ip)),
    Column::new("login_ip", "at login", |one: &Session, _| {
        address(one.login_ip)
    }),
    Column::new("ips", "addresses", |one: &Session, _| {
        addresses(&one.ips, ", ")
    }),
    Column::new("created", "signed in", |one: &Session, now| {
        past(one.created, now)
    }),
    Column::new("seen", "last seen", |one: &Session, now| {
        past(one.seen, now)
    }),
    Column::new("requests", "requests", |one: &Session, _| {
        number(one.requests)
    }),
    Column::new("size", "data", |one: &Session, _| {
        one.size
            .map_or_else(unknown, |size| format!("{size} bytes"))
    }),
    Column::new("idle_expires", "ends if idle", |one: &Session, _| {
        at(one.idle_expires)
    }),
    Column::new(
        "expires",
        "ends at last",
        |one: &Session, _| at(one.expires),
    ),
    Column::made(
        "left",
        "left",
        |one: &Session, now| one.left(now).map_or_else(unknown, span::left),
        |one, now| seconds(one.left(now)),
    ),
];

const HANDLE: Column<Session> = Column::new("handle", "HANDLE", |one: &Session, _| {
    one.handle.to_string()
})
.naming();
const USER: Column<Session> = Column::new("user", "USER", |one: &Session, _| {
    word(one.user.as_deref(), 32)
});
const CLIENT: Column<Session> = Column::new("client", "CLIENT", |one: &Session, _| {
    word(one.client.as_deref().or(one.ua.as_deref()), 28)
});
const IP: Column<Session> = Column::new("ip", "IP", |one: &Session, _| address(one.ip));
const AGE: Column<Session> = Column::made(
    "age",
    "AGE",
    |one: &Session, now| one.age(now).map_or_else(unknown, span::short),
    |one, now| seconds(one.age(now)),
);
const LOGIN_IP: Column<Session> = Column::new("login_ip", "AT LOGIN", |one: &Session, _| {
    address(one.login_ip)
})
.wide();
const IPS: Column<Session> = Column::new("ips", "ADDRESSES", |one: &Session, _| {
    addresses(&one.ips, ",")
})
.wide();
const CREATED: Column<Session> =
    Column::new("created", "SIGNED IN", |one: &Session, _| at(one.created)).wide();
const SEEN: Column<Session> =
    Column::new("seen", "LAST SEEN", |one: &Session, _| at(one.seen)).wide();
const REQUESTS: Column<Session> = Column::new("requests", "REQUESTS", |one: &Session, _| {
    number(one.requests)
})
.wide();
const SIZE: Column<Session> =
    Column::new("size", "BYTES", |one: &Session, _| number(one.size)).wide();
const UA: Column<Session> = Column::new("ua", "USER AGENT", |one: &Session, _| {
    word(one.ua.as_deref(), 512)
})
.wide();

/// What somebody did to a session stands out from its user's acts and the clock's.
pub(crate) fn stands_out(ended: &Ended) -> Option<Style> {
    match ended.reason {
        EndReason::Revoked
        | EndReason::Password
        | EndReason::Disabled
        | EndReason::Removed
        | EndReason::Limit => Some(Style::Yellow),
        EndReason::Logout
        | EndReason::Replaced
        | EndReason::Idle
        | EndReason::Absolute
        | EndReason::Elsewhere => None,
    }
}

fn actor(one: &Session) -> Option<&str> {
    one.ended.as_ref().and_then(|ended| ended.actor.as_deref())
}

fn lifetime(one: &Session) -> Option<std::time::Duration> {
    one.ended.as_ref().and_then(|ended| one.age(ended.at))
}

fn seconds(span: Option<std::time::Duration>) -> Value {
    json!(span.map(|span| span.as_secs()))
}

fn at(time: Option<OffsetDateTime>) -> String {
    time.map_or_else(unknown, span::utc)
}

fn past(time: Option<OffsetDateTime>, now: OffsetDateTime) -> String {
    match time {
        Some(at) => format!("{} ({})", span::utc(at), ago(at, now)),
        None => unknown(),
    }
}

fn address(ip: Option<IpAddr>) -> String {
    ip.map_or_else(unknown, |ip| ip.to_string())
}

/// The latest first.
fn addresses(ips: &[IpAddr], between: &str) -> String {
    if ips.is_empty() {
        return unknown();
    }
    let ips: Vec<_> = ips.iter().map(IpAddr::to_string).collect();
    ips.join(between)
}

fn number(number: Option<u64>) -> String {
    number.map_or_else(unknown, |number| number.to_string())
}
