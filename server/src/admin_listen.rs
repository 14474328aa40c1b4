//! Where operators are let in: a Unix socket, and an address for programs with tokens.

mod address;
mod directory;
mod socket;

use std::net::SocketAddr;

use tokio::net::UnixListener;

pub use self::address::{AdminAccess, AdminAddress, Group};
use self::{
    address::Place,
    socket::{SocketFile, bind_socket},
};
use crate::{
    listen::{ListenError, is_loopback, open, resolve},
    socket::Socket,
};

/// The sockets for operators; the files of Unix ones go when it is dropped.
#[derive(Debug)]
pub struct AdminListener {
    address: AdminAddress,
    sockets: Vec<AdminSocket>,
    files: SocketFiles,
}

/// The files of Unix sockets, which go when it is dropped.
#[derive(Debug)]
pub(crate) struct SocketFiles(Vec<SocketFile>);

/// One socket for operators.
#[derive(Debug)]
pub(crate) enum AdminSocket {
    Unix {
        socket: UnixListener,
        /// Who may call besides the server's own user and root.
        group: Option<Group>,
    },
    Tcp {
        socket: Socket,
        address: SocketAddr,
    },
}

impl AdminListener {
    /// Listens for the server's own user and root on a Unix socket (0600), or for programs with tokens on a loopback
    /// address. A socket's missing directory is created (0700), one that others may write to is refused, and the file
    /// that a dead server left is taken over if it is ours.
    pub async fn bind(address: &AdminAddress) -> Result<Self, ListenError> {
        Self::bind_for(address, &AdminAccess::default()).await
    }

    /// The same for more callers; with TLS on any address.
    pub async fn bind_for(
        address: &AdminAddress,
        access: &AdminAccess,
    ) -> Result<Self, ListenError> {
        match address.place() {
            Place::Unix(path) => {
                let (socket, file) = bind_socket(path, access.group).await?;
                let group = access.group;
                Ok(Self {
                    address: AdminAddress::unix(file.path()),
                    sockets: vec![AdminSocket::Unix { socket, group }],
                    files: SocketFiles(vec![file]),
                })
            }
            Place::Tcp(text) => {
                // Judged before the socket is open, as for the public listener.
                let resolved = judge(text, access).await?;
                let (tcp, address) = open(text, &resolved)?;
                let tls = access.tls.clone();
                let socket = Socket { tcp, tls };
                Ok(Self {
                    address: AdminAddress::tcp(address),
                    sockets: vec![AdminSocket::Tcp { socket, address }],
                    files: SocketFiles(Vec::new()),
                })
            }
        }
    }

    /// Says why it must not listen on an address of the network. Opens nothing.
    pub async fn judge(address: &AdminAddress, access: &AdminAccess) -> Result<(), ListenError> {
        match address.place() {
            Place::Unix(_) => Ok(()),
            Place::Tcp(text) => judge(text, access).await.map(drop),
        }
    }

    /// Listens in another place too.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        if self.address.path().is_none() && other.address.path().is_some() {
            self.address = other.address;
        }
        self.sockets.extend(other.sockets);
        self.files.0.extend(other.files.0);
        self
    }

    /// Where it listens: a Unix socket if it has one.
    pub fn address(&self) -> AdminAddress {
        self.address.clone()
    }

    /// Where it listens for programs with tokens.
    pub fn tcp_addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.sockets.iter().filter_map(|socket| match socket {
            AdminSocket::Tcp { address, .. } => Some(*address),
            AdminSocket::Unix { .. } => None,
        })
    }

    /// The same as URLs.
    pub fn tcp_urls(&self) -> impl Iterator<Item = String> {
        self.sockets.iter().filter_map(|socket| match socket {
            AdminSocket::Tcp { socket, address } => {
                let scheme = if socket.tls.is_some() {
                    "https"
                } else {
                    "http"
                };
                Some(format!("{scheme}://{address}"))
            }
            AdminSocket::Unix { .. } => None,
        })
    }

    /// The sockets, and what keeps their files until it is dropped.
    pub(crate) fn into_parts(self) -> (Vec<AdminSocket>, SocketFiles) {
        (self.sockets, self.files)
    }
}

async fn judge(address: &str, access: &AdminAccess) -> Result<Vec<SocketAddr>, ListenError> {
    let resolved = resolve(address).await?;
    if access.tls.is_none()
        && let Some(outside) = resolved.iter().find(|found| !is_loopback(found.ip()))
    {
        return Err(ListenError::AdminOffLoopback(*outside));
    }
    Ok(resolved)
}
