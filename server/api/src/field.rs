//! The columns of a session, by the names that filters and sorts know them by.
//!
//! What a column is compared as is its [`Kind`]; where its value comes from is [`crate::View`]'s matter.

use std::fmt;

use crate::near;

/// A column of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    User,
    Handle,
    /// The address of the latest request.
    Ip,
    /// How many distinct addresses are remembered.
    Ips,
    /// The address at login.
    LoginIp,
    Ua,
    Client,
    Created,
    Seen,
    /// How long no request came.
    Idle,
    /// How long ago the user signed in.
    Age,
    /// When the session ends whatever comes before.
    Expires,
    /// When it ended.
    Ended,
    /// Why it ended.
    Reason,
    Requests,
    Size,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Address,
    Count,
    Bytes,
    Moment,
    Span,
}

impl Field {
    /// All columns, in the order in which messages name them.
    pub const ALL: [Self; 16] = [
        Self::User,
        Self::Handle,
        Self::Ip,
        Self::Ips,
        Self::LoginIp,
        Self::Ua,
        Self::Client,
        Self::Created,
        Self::Seen,
        Self::Idle,
        Self::Age,
        Self::Expires,
        Self::Ended,
        Self::Reason,
        Self::Requests,
        Self::Size,
    ];

    /// The name in filters, sorts and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Handle => "handle",
            Self::Ip => "ip",
            Self::Ips => "ips",
            Self::LoginIp => "login_ip",
            Self::Ua => "ua",
            Self::Client => "client",
            Self::Created => "created",
            Self::Seen => "seen",
            Self::Idle => "idle",
            Self::Age => "age",
            Self::Expires => "expires",
            Self::Ended => "ended",
            Self::Reason => "reason",
            Self::Requests => "requests",
            Self::Size => "size",
        }
    }

    /// Reads the name back.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }

    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::User | Self::Handle | Self::Ua | Self::Client | Self::Reason => Kind::Text,
            Self::Ip | Self::LoginIp => Kind::Address,
            Self::Ips | Self::Requests => Kind::Count,
            Self::Size => Kind::Bytes,
            Self::Created | Self::Seen | Self::Expires | Self::Ended => Kind::Moment,
            Self::Idle | Self::Age => Kind::Span,
        }
    }

    /// What is said of a name that is no field: what it may have meant, and which there are.
    pub(crate) fn help(name: &str) -> String {
        let names = Self::ALL.map(Self::as_str);
        let listed = names.join(", ");
        match near::nearest(name, names) {
            Some(near) => format!("; did you mean {near}? The fields are {listed}"),
            None => format!("; the fields are {listed}"),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
