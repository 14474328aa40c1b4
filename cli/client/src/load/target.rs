//! Where the load goes: the address is looked up once, and TLS is set up once, for all users together.

use std::{net::SocketAddr, sync::Arc, time::Duration};

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
        let at = address::written(base);
        let unreachable = |what: String| Error::Unreachable { what, source: None };
        let port = base.port_or_known_default().unwrap_or_default();
        let looked_up = async {
            match base.host() {
                Some(Host::Ipv4(ip)) => Ok(vec![SocketAddr::new(ip.into(), port)]),
                Some(Host::Ipv6(ip)) => Ok(vec![SocketAddr::new(ip.into(), port)]),
                Some(Host::Domain(name)) => lookup_host((name, port)).await.map(Iterator::collect),
                None => Ok(Vec::new()),
            }
        };
        let found = async {
            let mut why = "no address".to_owned();
            for address in looked_up.await.map_err(|error| error.to_string())? {
                match TcpStream::connect(address).await {
                    Ok(_) => return Ok(address),
                    Err(error) => why = error.to_string(),
                }
            }
            Err(why)
        };
        let address = match tokio::time::timeout(timeout, found).await {
            Ok(found) => {
                found.map_err(|why| unreachable(format!("cannot connect to {at}: {why}")))?
            }
            Err(_) => return Err(unreachable(wire::no_answer(at, timeout))),
        };
        let tls = match base.scheme() {
            "https" => {
                Some(tls(base).map_err(|why| unreachable(format!("cannot prepare TLS: {why}")))?)
            }
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

/// TLS with the roots that every other request of this room trusts.
fn tls(base: &Url) -> Result<(TlsConnector, ServerName<'static>), String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(rustls_platform_verifier::BuilderVerifierExt::with_platform_verifier)
        .map_err(|error| error.to_string())?
        .with_no_client_auth();
    // The brackets of an IPv6 address are the URL's, not the name's.
    let host = base.host_str().unwrap_or_default();
    let name = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
    Ok((TlsConnector::from(Arc::new(config)), name))
}
