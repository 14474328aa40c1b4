//! Whose request a trusted proxy brings.
//!
//! Of what proxies say, `X-Forwarded-For` alone is read, and from those alone that the configuration names. `Forwarded`
//! (RFC 7239), `X-Real-IP`, `X-Forwarded-Host`, `X-Forwarded-Proto` and `Remote-User` are never read: a server that
//! believes one header need not judge how five agree.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};
use sessctl_api::Network;

use crate::{error::AppError, peer::Peer};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client behind a connection: its own address, or if that is a trusted proxy's the last one that is not. A header
/// that cannot be read is refused and not passed over: what follows from an address must not be skipped by a client
/// that hides it.
pub(crate) fn client_behind(
    peer: Peer,
    headers: &HeaderMap,
    proxies: &[Network],
) -> Result<Peer, AppError> {
    let is_trusted = |ip: IpAddr| proxies.iter().any(|network| network.contains(ip));
    let Some(proxy) = peer.ip().filter(|ip| is_trusted(*ip)) else {
        return Ok(peer);
    };
    let mut lines = headers.get_all(X_FORWARDED_FOR).iter();
    let (line, more) = (lines.next(), lines.next());
    let Some(line) = line else {
        return Ok(peer);
    };
    if more.is_some() {
        return Err(refusal("came more than once"));
    }
    let text = line.to_str().map_err(|_| refusal("is no text"))?;
    let hops: Option<Vec<_>> = text.split(',').map(address).collect();
    let hops = hops.ok_or_else(|| refusal("holds something that is no address"))?;
    // Where all are trusted the farthest is the client: somebody on a proxy's own machine.
    let client = hops.iter().rev().find(|hop| !is_trusted(**hop));
    let client = client.or(hops.first()).copied().unwrap_or(proxy);
    Ok(Peer::Tcp(client))
}

/// Reads an address; some proxies add the port.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim_matches([' ', '\t']);
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']'));
    let ip = match bare {
        Some(bare) => IpAddr::V6(bare.parse().ok()?),
        None => hop
            .parse()
            .or_else(|_| hop.parse().map(|address: SocketAddr| address.ip()))
            .ok()?,
    };
    Some(ip.to_canonical())
}

fn refusal(why: &str) -> AppError {
    AppError::bad_request(format!("The X-Forwarded-For header {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn seen(peer: &str, lines: &[&str]) -> Option<String> {
        let proxies = ["10.0.0.0/8", "::1"].map(|network| Network::parse(network).unwrap());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        for name in ["x-real-ip", "forwarded", "remote-addr", "x-client-ip"] {
            headers.append(HeaderName::from_static(name), "192.0.2.99".parse().unwrap());
        }
        let peer = Peer::Tcp(peer.parse().unwrap());
        let client = client_behind(peer, &headers, &proxies).ok()?;
        client.ip().map(|ip| ip.to_string())
    }

    #[test]
    fn the_client_is_the_last_hop_that_is_no_trusted_proxy() {
        for (peer, line, client) in [
            (PROXY, "192.0.2.1", "192.0.2.1"),
            (PROXY, "1.1.1.1, 192.0.2.1", "192.0.2.1"),
            (
                PROXY,
                "1.1.1.1,192.0.2.1 , 10.9.9.9,\t10.0.0.2",
                "192.0.2.1",
            ),
            (PROXY, "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            (PROXY, "2001:db8::1", "2001:db8::1"),
            (PROXY, "[2001:db8::1]", "2001:db8::1"),
            (PROXY, "[2001:db8::1]:4711", "2001:db8::1"),
            (PROXY, "192.0.2.1:4711", "192.0.2.1"),
            (PROXY, "::ffff:192.0.2.1", "192.0.2.1"),
            (PROXY, "192.0.2.1, ::ffff:10.0.0.2", "192.0.2.1"),
            ("::ffff:10.0.0.1", "192.0.2.1", "192.0.2.1"),
            ("::1", "192.0.2.1", "192.0.2.1"),
            ("192.0.2.7", "192.0.2.1", "192.0.2.7"),
            ("192.0.2.7", "nonsense", "192.0.2.7"),
        ] {
            assert_eq!(seen(peer, &[line]).as_deref(), Some(client), "{line}");
        }
        assert_eq!(seen(PROXY, &[]).as_deref(), Some(PROXY));
        assert_eq!(
            seen("192.0.2.7", &["1.1.1.1", "2.2.2.2"]).as_deref(),
            Some("192.0.2.7")
        );
    }

    #[test]
    fn a_hop_that_cannot_be_read_is_refused_and_not_passed_over() {
        for line in [
            "",
            " ",
            ",",
            "192.0.2.1,",
            "unknown",
            "unknown, 192.0.2.1",
            "_hidden",
            "192.0.2.1 10.0.0.2",
            "192.0.2",
            "192.0.2.256",
            "192.0.2.1:",
            "[192.0.2.1]",
            "localhost",
            "for=192.0.2.1",
            "fe80::1%eth0",
        ] {
            assert_eq!(seen(PROXY, &[line]), None, "{line:?}");
        }
        assert_eq!(seen(PROXY, &["192.0.2.1", "192.0.2.1"]), None);
    }
}
