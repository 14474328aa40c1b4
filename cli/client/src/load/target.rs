//! Where the load goes: the address is looked up once, and TLS is set up once, for all users together.

use std::{error::Error as StdError, io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::connection::{Connection, Fault};
use crate::{Error, address, wire};

/// A server, as far as connections know it.
pub(super) struct Target {
    address: SocketAddr,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Target {
    /// Finds the address that answers: of a name with several, the first.
    pub(super) async fn find(base: &Url, timeout: Duration) -> Result<Self, Error> {
        let address = match tokio::time::timeout(timeout, answering(base)).await {
            Ok(found) => found.map_err(|error| unreachable(base, error))?,
            Err(late) => {
                return Err(Error::Unreachable {
                    what: wire::no_answer(address::written(base), timeout),
                    source: Some(late.into()),
                });
            }
        };
        let tls = match base.scheme() {
            "https" => Some(tls(base).map_err(|error| Error::Unreachable {
                what: format!("cannot prepare TLS: {error}"),
                source: Some(error),
            })?),
            _ => None,
        };
        Ok(Self { address, tls })
    }

    pub(super) async fn connect(&self) -> Result<Connection, Fault> {
        let stream = TcpStream::connect(self.address).await;
        let stream = stream.map_err(|_| Fault::Unreachable)?;
        stream.set_nodelay(true).map_err(|_| Fault::Unreachable)?;
        match &self.tls {
            None => Ok(Connection::new(Box::new(stream))),
            Some((connector, name)) => {
                let stream = connector.connect(name.clone(), stream).await;
                let stream = stream.map_err(|_| Fault::Unreachable)?;
                Ok(Connection::new(Box::new(stream)))
            }
        }
    }
}

async fn answering(base: &Url) -> io::Result<SocketAddr> {
    let port = base.port_or_known_default().unwrap_or_default();
    let addresses = match base.host() {
        Some(Host::Ipv4(ip)) => vec![SocketAddr::new(ip.into(), port)],
        Some(Host::Ipv6(ip)) => vec![SocketAddr::new(ip.into(), port)],
        Some(Host::Domain(name)) => lookup_host((name, port)).await?.collect(),
        None => Vec::new(),
    };
    let mut refused = io::Error::new(io::ErrorKind::NotFound, "no address");
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(_) => return Ok(address),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

/// In the words that every other request of this room has for it.
fn unreachable(base: &Url, error: io::Error) -> Error {
    Error::Unreachable {
        what: match error.kind() {
            io::ErrorKind::ConnectionRefused => wire::nothing_listens(base),
            _ => wire::cannot_connect(address::written(base), &wire::root_cause(&error)),
        },
        source: Some(error.into()),
    }
}

/// TLS with the roots that every other request of this room trusts.
fn tls(base: &Url) -> Result<(TlsConnector, ServerName<'static>), Box<dyn StdError + Send + Sync>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(rustls_platform_verifier::BuilderVerifierExt::with_platform_verifier)?
        .with_no_client_auth();
    // The brackets of an IPv6 address are the URL's, not the name's.
    let host = base.host_str().unwrap_or_default();
    let name = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let name = ServerName::try_from(name)?;
    Ok((TlsConnector::from(Arc::new(config)), name))
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[tokio::test]
    async fn a_refused_connection_has_its_cause_and_says_what_to_do() {
        let base = Url::parse("http://127.0.0.1:1/").unwrap();
        let found = Target::find(&base, Duration::from_secs(20)).await;
        let error = found.err().expect("nothing listens there");
        let said = error.to_string();
        assert!(
            said.contains("nothing listens at") && said.contains("sessctl wait"),
            "{said}"
        );
        let cause = error.source().and_then(wire::io_kind);
        assert_eq!(cause, Some(io::ErrorKind::ConnectionRefused));
    }
}
