//! One session as every list, page and event shows it.

use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{Ended, Handle, View, schema::SCHEMA, span};

/// One session as a registry knows it, live or ended: never its id, never its data.
///
/// Times are RFC 3339 in UTC. A store that does not know a field leaves it `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub handle: Handle,
    pub user: Option<String>,
    /// The address of the latest request.
    pub ip: Option<IpAddr>,
    /// The address at login.
    #[serde(default)]
    pub login_ip: Option<IpAddr>,
    /// The last ten distinct addresses, the latest first; empty where a store does not know them.
    #[serde(default)]
    pub ips: Vec<IpAddr>,
    /// The User-Agent header sent at login.
    pub ua: Option<String>,
    /// The same in words, such as "Firefox on Linux".
    pub client: Option<String>,
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub created: Option<OffsetDateTime>,
    /// When the latest request came.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub seen: Option<OffsetDateTime>,
    /// When the session ends if no request comes before.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub idle_expires: Option<OffsetDateTime>,
    /// When the session ends whatever comes before.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub expires: Option<OffsetDateTime>,
    pub requests: Option<u64>,
    /// Bytes of stored session data.
    pub size: Option<u64>,
    /// How it ended; `None`, and not sent, while it lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

impl Session {
    /// What filters and sorts look at.
    pub fn view(&self) -> View<'_> {
        let count = u32::try_from(self.ips.len()).ok();
        View {
            handle: self.handle,
            user: self.user.as_deref(),
            ip: self.ip,
            ips: count.filter(|&count| count > 0),
            login_ip: self.login_ip,
            ua: self.ua.as_deref(),
            client: self.client.as_deref(),
            created: self.created.map(span::millis),
            seen: self.seen.map(span::millis),
            idle_expires: self.idle_expires.map(span::millis),
            expires: self.expires.map(span::millis),
            ended: self.ended.as_ref().map(|ended| span::millis(ended.at)),
            reason: self.ended.as_ref().map(|ended| ended.reason),
            requests: self.requests,
            size: self.size,
            data: None,
        }
    }

    /// How long no request came; `None` if the store does not know.
    pub fn idle(&self, now: OffsetDateTime) -> Option<Duration> {
        self.seen.map(|seen| span::between(seen, now))
    }

    /// How long ago the user signed in; `None` if the store does not know.
    pub fn age(&self, now: OffsetDateTime) -> Option<Duration> {
        self.created.map(|created| span::between(created, now))
    }

    /// How long the session still lives if nothing happens: the nearer of its two limits, `None` if neither is known.
    pub fn left(&self, now: OffsetDateTime) -> Option<Duration> {
        let end = match (self.idle_expires, self.expires) {
            (Some(idle), Some(absolute)) => idle.min(absolute),
            (one, other) => one.or(other)?,
        };
        Some(span::between(now, end))
    }
}

/// What `GET /session` tells the holder of a live session about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MySession {
    pub schema: u32,
    pub user: Option<String>,
    pub handle: Handle,
    #[serde(with = "time::serde::rfc3339")]
    pub created: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub seen: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub idle_expires: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub expires: OffsetDateTime,
    /// The session's own data, a JSON object.
    #[serde(default)]
    pub data: Data,
}

/// A session's own data: a JSON object.
pub type Data = serde_json::Map<String, serde_json::Value>;

/// What a session holds, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionData {
    pub schema: u32,
    pub data: Data,
}

impl SessionData {
    /// Makes an answer of the current schema.
    pub fn new(data: Data) -> Self {
        Self {
            schema: SCHEMA,
            data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_older_servers_send_is_still_read() {
        let old = r#"{"handle": "0123456789ab", "user": "alice", "ip": null, "ua": null, "client": null,
            "created": "1970-01-01T00:00:01.5Z", "requests": 3, "size": null}"#;
        let session: Session = serde_json::from_str(old).unwrap();
        assert_eq!((session.login_ip, session.ips.len()), (None, 0));
        assert_eq!(session.ended, None);
        let view = session.view();
        assert_eq!((view.ips, view.created), (None, Some(1_500)));
    }
}
