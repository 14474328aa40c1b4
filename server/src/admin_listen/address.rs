//! Addresses of the admin API as people write them, and who may call there.

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

use sessctl_api::text::clean;

use crate::{Tls, listen::ListenError};

/// Where the admin API listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminAddress(Place);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Unix(PathBuf),
    /// `HOST:PORT`.
    Tcp(String),
}

/// Who may call besides those who always may, and from where.
#[derive(Debug, Clone, Default)]
pub struct AdminAccess {
    /// Members of this group may call over the Unix socket, which is 0660 then.
    pub group: Option<Group>,
    /// What programs with tokens are spoken to over TCP with; without it, on loopback alone.
    pub tls: Option<Tls>,
}

/// A group of this machine's users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group(pub(crate) u32);

impl Group {
    /// Finds a group by its name, wherever the machine keeps its groups.
    pub fn named(name: &str) -> Result<Self, ListenError> {
        let found = uzers::get_group_by_name(name);
        let found = found.ok_or_else(|| ListenError::NoGroup(clean(name).into_owned()))?;
        Ok(Self(found.gid()))
    }
}

impl AdminAddress {
    /// A Unix socket at a path.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self(Place::Unix(path.into()))
    }

    /// An address of the network.
    pub fn tcp(address: SocketAddr) -> Self {
        Self(Place::Tcp(address.to_string()))
    }

    /// The path, if it is a Unix socket.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Place::Unix(path) => Some(path),
            Place::Tcp(_) => None,
        }
    }

    pub(super) fn place(&self) -> &Place {
        &self.0
    }
}

impl fmt::Display for AdminAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Unix(path) => write!(f, "unix:{}", path.display()),
            Place::Tcp(address) => f.write_str(address),
        }
    }
}

impl FromStr for AdminAddress {
    type Err = ListenError;

    /// Reads `unix:PATH`, a path with a slash in it, or `HOST:PORT`.
    fn from_str(text: &str) -> Result<Self, ListenError> {
        let path = match text.strip_prefix("unix:") {
            Some(path) => Some(path),
            None => text.contains('/').then_some(text),
        };
        let is_port = |port: &str| port.parse::<u16>().is_ok();
        match (path, text.rsplit_once(':')) {
            (Some(path), _) if !path.is_empty() => Ok(Self::unix(path)),
            (None, Some((host, port))) if !host.is_empty() && is_port(port) => {
                Ok(Self(Place::Tcp(text.to_owned())))
            }
            _ => Err(ListenError::BadAdminAddress(clean(text).into_owned())),
        }
    }
}
