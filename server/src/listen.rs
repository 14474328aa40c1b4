//! Binding sockets, and refusing where that would be unsafe.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use tokio::net::{TcpListener, UnixListener, UnixStream};

use crate::{Auth, Config, Tls, peer::own_uid, socket::Socket};

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
    /// Not a socket's address at all.
    #[error(
        "{0:?} is no Unix socket: write unix:PATH; an admin API over TCP needs tokens, which this version lacks"
    )]
    BadAdminAddress(String),
}

/// Where the admin API listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminAddress(PathBuf);

impl AdminAddress {
    /// A Unix socket at a path.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl std::fmt::Display for AdminAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unix:{}", self.0.display())
    }
}

impl std::str::FromStr for AdminAddress {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        let path = text.strip_prefix("unix:").unwrap_or(text);
        let is_path = text.starts_with("unix:") || text.contains('/');
        if path.is_empty() || !is_path {
            return Err(ListenError::BadAdminAddress(
                sessctl_api::text::clean(text).into_owned(),
            ));
        }
        Ok(Self::unix(path))
    }
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
        let is_address = address
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if !is_address {
            return Err(ListenError::BadAddress(
                sessctl_api::text::clean(address).into_owned(),
            ));
        }
        let bind_error = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::PortTaken(address.to_owned()),
            _ => ListenError::Bind {
                address: address.to_owned(),
                source,
            },
        };
        let resolved: Vec<_> = tokio::net::lookup_host(address)
            .await
            .map_err(bind_error)?
            .collect();
        // Judged before the socket is open, so that nobody gets in for a moment.
        for found in &resolved {
            exposure.judge(*found)?;
        }
        let tcp = TcpListener::bind(&resolved[..]).await.map_err(bind_error)?;
        let address = tcp.local_addr().map_err(bind_error)?;
        Ok(Self {
            socket: Socket {
                tcp,
                tls: exposure.tls,
            },
            address,
            is_behind_tls: exposure.is_behind_tls,
        })
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

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// The socket for operators; its file goes when it is dropped.
#[derive(Debug)]
pub struct AdminListener {
    pub(crate) socket: UnixListener,
    file: SocketFile,
}

/// A socket's file, removed on drop if it is still ours.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    mark: Mark,
}

/// Tells a file from another that took its name, and maybe its inode, later.
type Mark = (u64, u64, i64, i64);

fn mark_of(found: &fs::Metadata) -> Mark {
    (found.dev(), found.ino(), found.ctime(), found.ctime_nsec())
}

impl AdminListener {
    /// Listens on a Unix socket (0600). A missing directory is created (0700), one that others may write to is
    /// refused, and the file that a dead server left is taken over if it is ours.
    pub async fn bind(address: &AdminAddress) -> Result<Self, ListenError> {
        let path =
            std::path::absolute(&address.0).map_err(|source| unusable(&address.0, &source))?;
        prepare_directory(&path)?;
        clear_stale(&path).await?;
        let socket = UnixListener::bind(&path).map_err(|source| unusable(&path, &source))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))
            .map_err(|source| unusable(&path, &source))?;
        let found = fs::symlink_metadata(&path).map_err(|source| unusable(&path, &source))?;
        let mark = mark_of(&found);
        Ok(Self {
            socket,
            file: SocketFile { path, mark },
        })
    }

    /// Where it listens.
    pub fn address(&self) -> AdminAddress {
        AdminAddress(self.file.path.clone())
    }

    pub(crate) fn into_parts(self) -> (UnixListener, impl Drop) {
        (self.socket, self.file)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Somebody may have put another socket there since; that one is not ours to remove.
        if fs::symlink_metadata(&self.path).is_ok_and(|found| mark_of(&found) == self.mark) {
            // A file that is gone already needs no removing.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn prepare_directory(path: &Path) -> Result<(), ListenError> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(|source| unusable(path, &source))?;
    let found = fs::metadata(directory).map_err(|source| unusable(path, &source))?;
    if found.uid() != own_uid() && found.uid() != 0 {
        let why = format!(
            "its directory {} belongs to another user; use a directory of your own",
            directory.display()
        );
        return Err(ListenError::Socket {
            path: path.to_owned(),
            why,
        });
    }
    if found.mode() & 0o022 != 0 {
        let why = format!(
            "others may write to its directory {} and could put their own socket there; use a directory of your own",
            directory.display()
        );
        return Err(ListenError::Socket {
            path: path.to_owned(),
            why,
        });
    }
    Ok(())
}

async fn clear_stale(path: &Path) -> Result<(), ListenError> {
    use std::os::unix::fs::FileTypeExt as _;

    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    let refuse = |why: &str| {
        Err(ListenError::Socket {
            path: path.to_owned(),
            why: why.to_owned(),
        })
    };
    if !found.file_type().is_socket() {
        return refuse("the file is there already and is no socket");
    }
    if found.uid() != own_uid() {
        return refuse("the socket belongs to another user");
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|source| unusable(path, &source))
        }
        // Whoever is stopped or overloaded takes no connection, and lives all the same.
        Ok(_) | Err(_) => Err(ListenError::SocketTaken(path.to_owned())),
    }
}

fn unusable(path: &Path, source: &io::Error) -> ListenError {
    // The kernel's own limit for socket paths; its message does not say so.
    let why = if path.as_os_str().len() > 107 {
        "its path is longer than the 107 bytes that a Unix socket may have".to_owned()
    } else {
        source.to_string()
    };
    ListenError::Socket {
        path: path.to_owned(),
        why,
    }
}
