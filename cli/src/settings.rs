//! The `[serve]` table of a settings file: which keys there are, and what it says for them.
//!
//! The one table of keys. Reading goes by it, so do guesses at mistyped keys and the example file that `serve` prints.
//! What a value means is judged by the flag of the same name, where it is read.

use sessctl_api::{nearest, text::clean};
use sessctl_client::Config;
use toml::Value;

use crate::exit::{Code, Failure};

/// A key of the table; its flag has the same name, with - for _.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) shown: Shown,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Flag,
    Number,
    /// Texts; one alone needs no brackets.
    List,
}

/// What stands for a key in an example, as it would be written behind its flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// What counts if nothing is said.
    Default(&'static str),
    /// Something sensible, where nothing counts, or what depends on the machine.
    Example(&'static str),
}

impl Key {
    const fn new(name: &'static str, kind: Kind, shown: Shown) -> Self {
        Self { name, kind, shown }
    }
}

/// Where sessions are kept: other commands than `serve` ask for it too.
pub(crate) const STORE: Key = Key::new(
    "store",
    Kind::Text,
    Shown::Example("sqlite:/var/lib/sessctl/sessions.db"),
);

/// Every key.
pub(crate) const KEYS: [Key; 33] = {
    use Kind::{Flag, List, Number, Text};
    use Shown::{Default, Example};
    [
        Key::new("listen", Text, Default("127.0.0.1:3000")),
        Key::new("public_url", Text, Example("https://example.org")),
        Key::new("max_connections", Number, Default("10000")),
        Key::new("log_format", Text, Default("text")),
        Key::new("log_requests", Flag, Default("false")),
        Key::new("auth", Text, Default("users")),
        Key::new("fresh", Text, Default("10m")),
        Key::new("remember", Text, Default("30d")),
        Key::new("max_sessions", Number, Example("5")),
        Key::new("on_limit", Text, Default("deny")),
        STORE,
        Key::new("idle", Text, Default("30m")),
        Key::new("absolute", Text, Default("12h")),
        Key::new("keep_ended", Text, Default("1d")),
        Key::new("save_uninitialized", Flag, Default("false")),
        Key::new("data_limit", Number, Default("64")),
        Key::new("data_keys", Number, Default("64")),
        Key::new("resave", Flag, Default("false")),
        Key::new("cookie_name", Text, Example("sid")),
        Key::new("secret_file", Text, Example("/etc/sessctl/secrets")),
        Key::new("cookie_max_age", Text, Example("30d")),
        Key::new("rolling", Flag, Default("false")),
        Key::new("cookie_secure", Text, Default("auto")),
        Key::new("cookie_same_site", Text, Default("lax")),
        Key::new("cookie_path", Text, Default("/")),
        Key::new("cookie_domain", Text, Example("example.org")),
        Key::new("tls_cert", Text, Example("/etc/sessctl/cert.pem")),
        Key::new("tls_key", Text, Example("/etc/sessctl/key.pem")),
        Key::new("allow_plain_http", Flag, Default("false")),
        Key::new("trust_proxy", List, Example("10.0.0.0/8,127.0.0.1")),
        Key::new("admin", List, Example("unix:/run/sessctl/admin.sock")),
        Key::new("admin_group", Text, Example("adm")),
        Key::new(
            "audit_log",
            Text,
            Example("/var/lib/sessctl/sessions.audit.jsonl"),
        ),
    ]
};

/// The key of a name.
pub(crate) fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// What the table says for a key, as it would be written behind its flag.
pub(crate) fn said(config: &Config, key: &Key) -> Result<Option<String>, Failure> {
    let Some(value) = config.serve().get(key.name) else {
        return Ok(None);
    };
    let (text, wants) = match key.kind {
        Kind::Text => (value.as_str().map(str::to_owned), "wants a text in quotes"),
        Kind::Flag => (
            value.as_bool().map(|yes| yes.to_string()),
            "wants true or false",
        ),
        Kind::Number => (
            value.as_integer().map(|number| number.to_string()),
            "wants a number, without quotes",
        ),
        Kind::List => (
            list(value),
            "wants texts in brackets, such as [\"10.0.0.0/8\", \"::1\"]",
        ),
    };
    match text {
        Some(text) => Ok(Some(text)),
        None => Err(wrong(config, key.name, wants)),
    }
}

fn list(value: &Value) -> Option<String> {
    match value {
        Value::Array(values) => {
            let texts: Option<Vec<_>> = values.iter().map(Value::as_str).collect();
            texts.map(|texts| texts.join(","))
        }
        value => value.as_str().map(str::to_owned),
    }
}

/// Refuses every key that there is not.
pub(crate) fn unknown_keys(config: &Config) -> Vec<Failure> {
    let known = KEYS.map(|key| key.name);
    let unknown = config.serve().keys().filter(|name| key(name).is_none());
    let refused = unknown.map(|name| {
        let why = match nearest(name, known) {
            Some(near) => format!("is not known; did you mean {near}?"),
            None => "is not known".to_owned(),
        };
        wrong(config, name, &why).hint("every key, with its default: sessctl serve --print-config")
    });
    refused.collect()
}

/// Keys that say who gets in, who is believed and what is written down: a project's file, which may be anybody's,
/// does not decide that for whoever happens to stand there.
const OWNERS: [&str; 6] = [
    "auth",
    "allow_plain_http",
    "audit_log",
    "trust_proxy",
    "admin",
    "admin_group",
];

/// Refuses every key that a project's file has no say in.
pub(crate) fn keys_of_owners(config: &Config) -> Vec<Failure> {
    let taken = OWNERS.iter().filter(|key| config.serve_is_projects(key));
    let refused = taken.map(|key| {
        wrong(config, key, "is not taken from a project's file").hint(
            "put it into your own config.toml, or name the file: sessctl serve --config ./sessctl.toml",
        )
    });
    refused.collect()
}

/// A fault of the table, with its place.
pub(crate) fn wrong(config: &Config, key: &str, why: &str) -> Failure {
    let place = config.serve_place(key);
    let line = place.map(|place| place.line);
    let place = place.map_or_else(|| "settings".to_owned(), ToString::to_string);
    let key = clean(key);
    Failure::new(Code::USAGE, format!("{place}: [serve] {key}: {why}")).at_line(line)
}
