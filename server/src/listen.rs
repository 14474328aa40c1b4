//! Binding sockets, and refusing where that would be unsafe.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use tokio::net::{TcpListener, TcpSocket};

use crate::{Auth, Config, Tls, socket::Socket};

/// Why a listener cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program listens there.
    #[error("cannot listen on {0}: another program does already")]
    PortTaken(String),
    /// Not an address.
    #[error("cannot listen on {0:?}: write HOST:PORT, such as 127.0.0.1:3000")]
    BadAddress(String),
    /// The address cannot be used.
    #[error("cannot listen on {address}")]
    Bind {
        address: String,
        #[source]
        source: io::Error,
    },
    /// Anybody could sign in as anybody, from elsewhere.
    #[error(
        "refusing to listen on {0}: with open sign-in anybody could be anybody there; listen on 127.0.0.1 or [::1]"
    )]
    OpenOffLoopback(SocketAddr),
    /// Everything would cross the network in the open.
    #[error(
        "refusing to listen on {0} without TLS: whoever is on the way there could read passwords and take over sessions"
    )]
    PlainOffLoopback(SocketAddr),
    /// The socket's directory or file cannot be trusted or used.
    #[error("cannot use the admin socket {}: {why}", path.display())]
    Socket { path: PathBuf, why: String },
    /// Another server answers on the socket.
    #[error("another server answers on the admin socket {}", .0.display())]
    SocketTaken(PathBuf),
    /// Neither a socket nor an address.
    #[error(
        "{0:?} is no place for the admin API: write unix:PATH, or HOST:PORT such as 127.0.0.1:3001"
    )]
    BadAdminAddress(String),
    /// Tokens and names would cross the network for all to read.
    #[error(
        "refusing to serve the admin API on {0} without TLS: whoever reads along would have its tokens; give --tls-cert and --tls-key, or listen on 127.0.0.1 or [::1]"
    )]
    AdminOffLoopback(SocketAddr),
    /// The machine knows no such group.
    #[error("there is no group {0:?} on this machine")]
    NoGroup(String),
}

/// Who may sign in at a listener, and what keeps strangers from reading along.
#[derive(Debug, Clone)]
pub struct Exposure {
    auth: Auth,
    tls: Option<Tls>,
    is_behind_tls: bool,
    allows_plain: bool,
}

impl Exposure {
    /// What a configuration says: a proxy that is trusted and seen by `https://` does TLS in front.
    pub fn of(config: &Config) -> Self {
        let origin = config.public_origin.as_deref().unwrap_or_default();
        Self {
            is_behind_tls: origin.starts_with("https://") && !config.trusted_proxies.is_empty(),
            ..config.auth.into()
        }
    }

    /// Speaks TLS, if there is a certificate.
    #[must_use]
    pub fn tls(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }

    /// Whether plain HTTP is wanted where others can read along.
    #[must_use]
    pub fn allow_plain_http(self, allows_plain: bool) -> Self {
        Self {
            allows_plain,
            ..self
        }
    }

    fn judge(&self, address: SocketAddr) -> Result<(), ListenError> {
        if is_loopback(address.ip()) {
            return Ok(());
        }
        if self.auth == Auth::Open {
            return Err(ListenError::OpenOffLoopback(address));
        }
        if self.tls.is_none() && !self.is_behind_tls && !self.allows_plain {
            return Err(ListenError::PlainOffLoopback(address));
        }
        Ok(())
    }
}

impl From<Auth> for Exposure {
    /// Plain HTTP, so on loopback alone.
    fn from(auth: Auth) -> Self {
        Self {
            auth,
            tls: None,
            is_behind_tls: false,
            allows_plain: false,
        }
    }
}

/// The socket for browsers and other clients.
#[derive(Debug)]
pub struct PublicListener {
    pub(crate) socket: Socket,
    address: SocketAddr,
    is_behind_tls: bool,
}

impl PublicListener {
    /// Listens on an address such as `127.0.0.1:3000`; port 0 is any free one.
    pub async fn bind(address: &str, exposure: impl Into<Exposure>) -> Result<Self, ListenError> {
        let exposure = exposure.into();
        // Judged before the socket is open, so that nobody gets in for a moment.
        let resolved = Self::judge(address, &exposure).await?;
        let (tcp, address) = open(address, &resolved)?;
        Ok(Self {
            socket: Socket {
                tcp,
                tls: exposure.tls,
            },
            address,
            is_behind_tls: exposure.is_behind_tls,
        })
    }

    /// Says where that would be, or why it must not be. Opens nothing.
    pub async fn judge(address: &str, exposure: &Exposure) -> Result<Vec<SocketAddr>, ListenError> {
        let resolved = resolve(address).await?;
        for found in &resolved {
            exposure.judge(*found)?;
        }
        Ok(resolved)
    }

    /// Whether it speaks TLS itself.
    pub fn is_tls(&self) -> bool {
        self.socket.tls.is_some()
    }

    /// Whether passwords and cookies cross a network that others can read.
    pub(crate) fn is_readable_by_others(&self) -> bool {
        !self.is_tls() && !self.is_behind_tls && !is_loopback(self.address.ip())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL.
    pub fn url(&self) -> String {
        let scheme = if self.is_tls() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }
}

/// What an address such as `127.0.0.1:3000` or `localhost:0` means.
pub(crate) async fn resolve(address: &str) -> Result<Vec<SocketAddr>, ListenError> {
    let is_address = address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if !is_address {
        return Err(ListenError::BadAddress(
            sessctl_api::text::clean(address).into_owned(),
        ));
    }
    let found = tokio::net::lookup_host(address).await;
    Ok(found.map_err(|source| unusable(address, source))?.collect())
}

/// Opens the first of what an address means that can be opened.
pub(crate) fn open(
    address: &str,
    resolved: &[SocketAddr],
) -> Result<(TcpListener, SocketAddr), ListenError> {
    let opened = listen(resolved).and_then(|socket| {
        let address = socket.local_addr()?;
        Ok((socket, address))
    });
    opened.map_err(|source| unusable(address, source))
}

fn unusable(address: &str, source: io::Error) -> ListenError {
    match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::PortTaken(address.to_owned()),
        _ => ListenError::Bind {
            address: address.to_owned(),
            source,
        },
    }
}

/// How many connections the system keeps until they are accepted; beyond these clients wait a second and more before
/// they try again. It may allow fewer.
const BACKLOG: u32 = 4096;

/// Listens on the first of some addresses that can be had.
fn listen(addresses: &[SocketAddr]) -> io::Result<TcpListener> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        let opened = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        };
        let listening = opened.and_then(|socket| {
            // Connections of a server that has just ended keep nobody from its port.
            socket.set_reuseaddr(true)?;
            socket.bind(*address)?;
            socket.listen(BACKLOG)
        });
        match listening {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

pub(crate) fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}
