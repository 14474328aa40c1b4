//! What filters, sorts and pagers look at: one session's columns, borrowed from wherever they are kept.
//!
//! A store fills a [`View`] from its own record, so that a list over a million sessions copies only what it shows.
//! All times are milliseconds since 1970.

use std::{fmt, net::IpAddr};

use serde_json::Value;

use crate::{EndReason, Handle, field::Field};

/// The values a session keeps, by their keys.
pub type DataOf<'a> = &'a dyn Fn(&str) -> Option<Value>;

/// One session's columns, borrowed. What a store does not know is `None`.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub handle: Handle,
    pub user: Option<&'a str>,
    /// The address of the latest request.
    pub ip: Option<IpAddr>,
    /// How many distinct addresses are remembered.
    pub ips: Option<u32>,
    /// The address at login.
    pub login_ip: Option<IpAddr>,
    pub ua: Option<&'a str>,
    pub client: Option<&'a str>,
    pub created: Option<i64>,
    /// When the latest request came.
    pub seen: Option<i64>,
    /// When the session ends if no request comes before.
    pub idle_expires: Option<i64>,
    /// When the session ends whatever comes before.
    pub expires: Option<i64>,
    /// When it ended; `None` while it lives.
    pub ended: Option<i64>,
    /// Why it ended.
    pub reason: Option<EndReason>,
    pub requests: Option<u64>,
    /// Bytes of stored session data.
    pub size: Option<u64>,
    /// Asked only by conditions on `data.KEY`.
    pub data: Option<DataOf<'a>>,
}

impl View<'_> {
    /// The value of a text column.
    pub(crate) fn text(&self, field: Field) -> Option<&str> {
        match field {
            Field::User => self.user,
            Field::Handle => Some(self.handle.as_str()),
            Field::Ua => self.ua,
            Field::Client => self.client,
            Field::Reason => self.reason.map(EndReason::as_str),
            _ => None,
        }
    }

    /// The value of an address column. An IPv4 address in IPv6 clothes, as a socket for both reports it, is IPv4.
    pub(crate) fn address(&self, field: Field) -> Option<IpAddr> {
        let address = match field {
            Field::Ip => self.ip,
            Field::LoginIp => self.login_ip,
            _ => None,
        };
        address.map(|ip| ip.to_canonical())
    }

    /// The value of any other column; for a span the moment it is counted from.
    pub(crate) fn number(&self, field: Field) -> Option<i64> {
        match field {
            Field::Created | Field::Age => self.created,
            Field::Seen | Field::Idle => self.seen,
            Field::Expires => self.expires,
            Field::Ended => self.ended,
            Field::Ips => self.ips.map(i64::from),
            Field::Requests => self.requests.map(counted),
            Field::Size => self.size.map(counted),
            _ => None,
        }
    }
}

/// No session ever counts further than an `i64`.
fn counted(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("handle", &self.handle)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}
