//! Server addresses as people write them, and the origin that a jar belongs to.

use std::fmt;

use sessctl_api::text;
use url::{Host, Url};

use crate::Error;

/// Scheme, host and port: what a jar belongs to. Cookies know no ports, so jars must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of an `http` or `https` address.
    pub fn of(url: &Url) -> Result<Self, Error> {
        match (url.scheme(), url.host_str(), url.port_or_known_default()) {
            (scheme @ ("http" | "https"), Some(host), Some(port)) => Ok(Self {
                scheme: scheme.to_owned(),
                host: host.to_owned(),
                port,
            }),
            _ => Err(Error::BadInput(format!(
                "a server address must start with http:// or https:// and name a host, not {}://",
                text::clean(url.scheme())
            ))),
        }
    }

    /// Whether an address is on this server.
    pub fn covers(&self, url: &Url) -> bool {
        url.scheme() == self.scheme
            && url.host_str() == Some(self.host.as_str())
            && url.port_or_known_default() == Some(self.port)
    }

    /// The name of the directory that holds this server's jars: `http_127.0.0.1_3000`.
    ///
    /// A host has no `/`, and `:` only as an IPv6 address, whose brackets keep it apart from any name.
    pub fn dir_name(&self) -> String {
        let host = self.host.replace(':', "-");
        format!("{}_{host}_{}", self.scheme, self.port)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.host, self.port)
    }
}

/// An address as people write it: without a slash at the end.
pub(crate) fn written(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}

/// An address for people: without a query and without what stands behind a semicolon in a path. Single sign-on puts
/// one-time tokens into the one, Java its session ids into the other; neither is for a terminal.
pub(crate) fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    let _ = url.set_password(None);
    let path: Vec<_> = url
        .path()
        .split('/')
        .map(|segment| segment.split(';').next().unwrap_or_default().to_owned())
        .collect();
    url.set_path(&path.join("/"));
    sessctl_api::text::clean(url.as_str()).into_owned()
}

/// Whether the host is this machine by name or number.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Reads a server address: `http://127.0.0.1:3000`, `localhost:3000`, `:3000`, `example.org/app`.
///
/// Without a scheme this machine is taken as `http://`, any other as `https://`. Credentials, a query or a fragment
/// are refused.
pub fn parse_server(text: &str) -> Result<Url, Error> {
    let text = text.trim();
    // What stands before an @ may be a password: it is never repeated.
    let shown = text::clean(text.rsplit('@').next().unwrap_or_default()).into_owned();
    let bad = |why: String| Error::BadInput(format!("server address {shown:?}: {why}"));
    if text.is_empty() {
        return Err(bad(
            "it is empty; write one like http://127.0.0.1:3000".to_owned()
        ));
    }
    if text.starts_with("unix:") || text.starts_with('/') {
        return Err(bad(
            "a socket is a source, not a server; use --source".to_owned()
        ));
    }
    let whole = if text.contains("://") {
        text.to_owned()
    } else if text.starts_with(':') {
        format!("http://127.0.0.1{text}")
    } else {
        let guess = Url::parse(&format!("http://{text}")).map_err(|why| bad(why.to_string()))?;
        let scheme = if is_loopback(&guess) { "http" } else { "https" };
        format!("{scheme}://{text}")
    };
    let mut url = Url::parse(&whole).map_err(|why| bad(why.to_string()))?;
    check_server(&url).map_err(bad)?;
    url.set_fragment(None);
    Ok(url)
}

/// What makes an address unfit as a server's, in words.
pub(crate) fn check_server(url: &Url) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        Err("it must start with http:// or https://".to_owned())
    } else if url.host_str().is_none_or(str::is_empty) {
        Err("it names no host".to_owned())
    } else if !url.username().is_empty() || url.password().is_some() {
        Err("it must not hold a user name or password; sign in with: sessctl login USER".to_owned())
    } else if url.query().is_some() || url.fragment().is_some() {
        Err("it must end before ? and #".to_owned())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, url) in [
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000/"),
            ("localhost:3000", "http://localhost:3000/"),
            ("127.0.0.1:3000", "http://127.0.0.1:3000/"),
            ("[::1]:3000", "http://[::1]:3000/"),
            (":3000", "http://127.0.0.1:3000/"),
            ("example.org", "https://example.org/"),
            ("example.org:8443/app", "https://example.org:8443/app"),
            (" HTTP://Example.org ", "http://example.org/"),
        ] {
            assert_eq!(parse_server(text).unwrap().as_str(), url, "{text}");
        }
    }

    #[test]
    fn an_address_that_cannot_be_is_refused_with_a_reason() {
        for (text, reason) in [
            ("", "empty"),
            ("ftp://example.org", "http:// or https://"),
            ("http://", "host"),
            ("http://host:99999", "port"),
            ("http://host/?a=b", "?"),
            ("unix:/run/x.sock", "--source"),
        ] {
            let error = parse_server(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        for text in [
            "http://alice:hunter2@host",
            "alice:hunter2@localhost:3000",
            "http://alice:hunter2@host:99999",
        ] {
            let error = parse_server(text).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = Origin::of(&parse_server("http://localhost").unwrap()).unwrap();
        let covers = |text| origin.covers(&Url::parse(text).unwrap());
        assert!(covers("http://localhost/x?y") && covers("http://LOCALHOST:80/"));
        assert!(!covers("https://localhost/") && !covers("http://localhost:8080/"));
        assert!(!covers("http://127.0.0.1/"));
    }
}
