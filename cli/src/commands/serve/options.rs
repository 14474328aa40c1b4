//! The options of a server, which flags, environment and settings file all know by the same name.

mod accounts;
mod cookie;
mod operators;
mod server;
mod sessions;
mod transport;

pub(super) use self::{
    accounts::AccountArgs,
    cookie::CookieArgs,
    operators::{Admin, OperatorArgs},
    server::ServerArgs,
    sessions::SessionArgs,
    transport::TransportArgs,
};

/// Headings of the help and of the example file.
pub(super) const SERVER: &str = "The server";
const ACCOUNTS: &str = "Accounts";
const SESSIONS: &str = "Sessions";
const COOKIE: &str = "The cookie";
const TRANSPORT: &str = "TLS and proxies";
const OPERATORS: &str = "Operators";

/// All of them, in the order of the help.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    #[command(flatten)]
    pub(super) server: ServerArgs,
    #[command(flatten)]
    pub(super) accounts: AccountArgs,
    #[command(flatten)]
    pub(super) sessions: SessionArgs,
    #[command(flatten)]
    pub(super) cookie: CookieArgs,
    #[command(flatten)]
    pub(super) transport: TransportArgs,
    #[command(flatten)]
    pub(super) operators: OperatorArgs,
}

/// Something that can be turned off where a value is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
enum OrOff<T> {
    On(T),
    Off,
}

impl<T> OrOff<T> {
    /// Reads `off`, or a value.
    fn parse(text: &str, value: impl FnOnce(&str) -> Result<T, String>) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            text => value(text).map(Self::On),
        }
    }

    fn on(self) -> Option<T> {
        match self {
            Self::On(value) => Some(value),
            Self::Off => None,
        }
    }
}

/// Reads the value of a flag that needs none. An empty variable is one that nobody set.
fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" | "1" => Ok(true),
        "no" | "false" | "off" | "0" | "" => Ok(false),
        _ => Err("write yes or no".to_owned()),
    }
}
