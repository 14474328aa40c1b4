//! For which host a request is meant, by its Host header.
//!
//! A page of another site can have its own name lead to 127.0.0.1 ("DNS rebinding"). Its requests are then of one
//! origin with the answers, and no rule about other sites sees them: only the name that they ask for gives them away.
//! Where a password is wanted the page is a stranger like any other. Where none is, it would be whoever it likes, so
//! there only addresses and `localhost` are answered, which no name server can lead elsewhere.

use axum::http::{HeaderValue, Request, StatusCode, Version, header};
use sessctl_api::codes;

use crate::{Auth, Config, error::AppError};

/// The hosts that a listener answers for.
#[derive(Debug, Clone)]
pub(crate) enum Hosts {
    /// Whichever a request names.
    Any,
    /// Addresses, `localhost`, names below it, and the public one.
    Here { public: Option<String> },
}

impl Hosts {
    /// What follows from a configuration. A trusted proxy in front decides itself what it passes on, and by what name.
    pub(crate) fn of(config: &Config) -> Self {
        if config.auth != Auth::Open || !config.trusted_proxies.is_empty() {
            return Self::Any;
        }
        let origin = config.public_origin.as_deref();
        let authority = origin.and_then(|origin| Some(origin.split_once("://")?.1));
        Self::Here {
            public: authority.map(|authority| without_port(authority).to_owned()),
        }
    }

    /// Refuses a request for another host, and one that says none where it must.
    pub(crate) fn check<B>(&self, request: &Request<B>) -> Result<(), AppError> {
        let Some(host) = request.headers().get(header::HOST) else {
            // Clients of HTTP/1.0 may not know the header; no browser is one.
            return match request.version() {
                Version::HTTP_11 => Err(AppError::bad_request("The request has no Host header")),
                _ => Ok(()),
            };
        };
        match self {
            Self::Any => Ok(()),
            Self::Here { public } if is_one_of(host, public.as_deref()) => Ok(()),
            Self::Here { .. } => Err(misdirected()),
        }
    }
}

fn misdirected() -> AppError {
    let text = "This server, which lets anybody in, does not answer for the host that was asked for: ask for 127.0.0.1 or \
                localhost, or give the server that name with --public-url";
    AppError::new(StatusCode::MISDIRECTED_REQUEST, codes::WRONG_HOST, text)
}

fn is_one_of(host: &HeaderValue, public: Option<&str>) -> bool {
    let Ok(host) = host.to_str() else {
        return false;
    };
    let name = without_port(host);
    is_here(name) || public.is_some_and(|public| name.eq_ignore_ascii_case(public))
}

/// The usual ones first, which cost a comparison.
fn is_here(name: &str) -> bool {
    name == "127.0.0.1" || is_localhost(name) || is_address(name)
}

fn is_localhost(name: &str) -> bool {
    const LOCALHOST: &str = "localhost";
    let name = name.strip_suffix('.').unwrap_or(name);
    let Some((above, last)) = name
        .len()
        .checked_sub(LOCALHOST.len())
        .and_then(|at| name.split_at_checked(at))
    else {
        return false;
    };
    last.eq_ignore_ascii_case(LOCALHOST) && (above.is_empty() || above.ends_with('.'))
}

fn is_address(name: &str) -> bool {
    match name.strip_prefix('[') {
        Some(v6) => v6
            .strip_suffix(']')
            .is_some_and(|v6| v6.parse::<std::net::Ipv6Addr>().is_ok()),
        None => name.parse::<std::net::Ipv4Addr>().is_ok(),
    }
}

/// The name in `NAME:PORT`. What is no port stays, and makes a name that nobody has.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(public: Option<&str>, change: impl FnOnce(&mut Config)) -> Hosts {
        let mut config = Config::new(Auth::Open);
        config.public_origin = public.map(str::to_owned);
        change(&mut config);
        Hosts::of(&config)
    }

    fn status(hosts: &Hosts, version: Version, host: Option<&[u8]>) -> u16 {
        let mut request = Request::builder().version(version);
        if let Some(host) = host {
            request = request.header(header::HOST, host);
        }
        let checked = hosts.check(&request.body(()).unwrap());
        checked.map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    #[test]
    fn open_sign_in_answers_for_addresses_and_localhost_alone() {
        let open = hosts(None, |_| {});
        for host in [
            "127.0.0.1:3000",
            "127.0.0.1",
            "127.7.7.7:1",
            "localhost:3000",
            "LocalHost",
            "localhost.:3000",
            "app.localhost:3000",
            "a.b.localhost",
            "[::1]:3000",
            "[::1]",
            "[::ffff:127.0.0.1]:3000",
            "192.0.2.1:3000",
        ] {
            let status = status(&open, Version::HTTP_11, Some(host.as_bytes()));
            assert_eq!(status, 200, "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:3000",
            "example.org",
            "localhost.evil.example:3000",
            "evillocalhost",
            "evil-localhost:3000",
            "127.0.0.1.evil.example:3000",
            "127.0.0.1:3000:3000",
            "127.0.0.1:x",
            "localhost@evil.example",
            "[::1].evil.example",
            "[::1",
            "::1",
            "[evil.example]",
            "0x7f000001",
            "127.1",
            "",
            ":3000",
            "\u{20ac}calhost",
        ] {
            let status = status(&open, Version::HTTP_11, Some(host.as_bytes()));
            assert_eq!(status, 421, "{host}");
        }
        assert_eq!(status(&open, Version::HTTP_11, Some(b"\xff")), 421);
    }

    #[test]
    fn the_public_host_is_answered_for_too_by_any_port() {
        let open = hosts(Some("http://app.example:8080"), |_| {});
        for (host, expected) in [
            ("app.example:8080", 200),
            ("App.Example", 200),
            ("127.0.0.1:3000", 200),
            ("www.app.example:8080", 421),
            ("example", 421),
        ] {
            let status = status(&open, Version::HTTP_11, Some(host.as_bytes()));
            assert_eq!(status, expected, "{host}");
        }
    }

    #[test]
    fn with_passwords_or_behind_a_trusted_proxy_any_host_is_answered_for() {
        let users = hosts(None, |config| config.auth = Auth::Users);
        let proxied = hosts(None, |config| {
            config.trusted_proxies = vec![sessctl_api::Network::parse("127.0.0.1").unwrap()];
        });
        for hosts in [users, proxied] {
            assert_eq!(status(&hosts, Version::HTTP_11, Some(b"app.example")), 200);
        }
    }

    #[test]
    fn only_a_client_of_http_1_0_may_leave_the_host_out() {
        for hosts in [Hosts::Any, hosts(None, |_| {})] {
            assert_eq!(status(&hosts, Version::HTTP_11, None), 400);
            assert_eq!(status(&hosts, Version::HTTP_10, None), 200);
        }
    }
}
