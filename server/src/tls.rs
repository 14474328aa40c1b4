//! TLS for listeners: a certificate and its key from two files, read again when asked.
//!
//! TLS 1.2 and 1.3 by rustls, with aws-lc-rs as its one provider. HTTP/1.1 alone is offered, on purpose: what floods
//! HTTP/2 servers cannot reach this one.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::{
    InconsistentKeys, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
    version::{TLS12, TLS13},
};
use sessctl_store::{Clock as _, SystemClock};
use time::OffsetDateTime;
use tokio::{net::TcpStream, sync::watch};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use x509_parser::parse_x509_certificate;
use zeroize::Zeroizing;

/// How long a client may take for the handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// The one protocol that is spoken inside.
const HTTP_1: &[u8] = b"http/1.1";

/// A certificate with its key, in force for every new connection. Clones share it.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    cert: PathBuf,
    key: PathBuf,
    current: watch::Sender<Current>,
}

/// What new connections use.
#[derive(Clone)]
struct Current {
    config: Arc<ServerConfig>,
    expires: OffsetDateTime,
}

/// Why a certificate and its key cannot be used. Whatever was in force before still is.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// One of the two files cannot be read.
    #[error("cannot read the {what} file {}", path.display())]
    File {
        /// `certificate` or `key`.
        what: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// Whoever can read the key can be this server.
    #[error(
        "refusing the key file {}: everybody on this machine can use it (mode {mode:04o}); make it private: chmod 600 {}",
        path.display(), path.display()
    )]
    Exposed { path: PathBuf, mode: u32 },
    /// The file holds something else.
    #[error(
        "there is no certificate in {}: it must hold the server's certificate, then those that vouch for it, as PEM",
        .0.display()
    )]
    NoCertificate(PathBuf),
    /// The file holds something else, or a key that a password locks.
    #[error(
        "there is no usable private key in {}: it must hold one as PEM, not locked by a password",
        .0.display()
    )]
    NoKey(PathBuf),
    /// The two are of different pairs.
    #[error(
        "the key in {} does not belong to the certificate in {}: they must be two halves of one pair",
        key.display(), cert.display()
    )]
    Mismatch { cert: PathBuf, key: PathBuf },
    /// Broken, or of a kind that is not supported.
    #[error("cannot use the certificate in {} with its key", cert.display())]
    Unusable {
        cert: PathBuf,
        #[source]
        source: rustls::Error,
    },
}

impl Tls {
    /// Reads a certificate chain and its key, both PEM.
    pub fn load(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        let current = read(cert, key)?;
        Ok(Self(Arc::new(Inner {
            cert: cert.to_owned(),
            key: key.to_owned(),
            current: watch::Sender::new(current),
        })))
    }

    /// Reads the files again, for connections that come from now on. Open ones go on, and if the files cannot be used
    /// what was in force stays in force.
    pub fn reload(&self) -> Result<(), TlsError> {
        let current = read(&self.0.cert, &self.0.key)?;
        self.0.current.send_replace(current);
        Ok(())
    }

    /// Until when the certificate that is in force is good.
    pub fn expires(&self) -> OffsetDateTime {
        self.0.current.borrow().expires
    }

    /// Greets a client. What comes of it is ready for requests.
    pub(crate) async fn greet(self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let config = Arc::clone(&self.0.current.borrow().config);
        tokio::time::timeout(HANDSHAKE_WITHIN, TlsAcceptor::from(config).accept(stream))
            .await
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the handshake took too long"))?
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("cert", &self.0.cert)
            .field("key", &self.0.key)
            .field("expires", &self.expires())
            .finish()
    }
}

fn read(cert: &Path, key: &Path) -> Result<Current, TlsError> {
    let chain = read_chain(cert)?;
    let secret = read_key(key)?;
    let expires = expiry_of(&chain[0]).ok_or_else(|| TlsError::NoCertificate(cert.to_owned()))?;
    let unusable = |source| match source {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => TlsError::Mismatch {
            cert: cert.to_owned(),
            key: key.to_owned(),
        },
        source => TlsError::Unusable {
            cert: cert.to_owned(),
            source,
        },
    };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(unusable)?;
    config.alpn_protocols = vec![HTTP_1.to_vec()];
    if expires < SystemClock.now() {
        // Somebody may be about to renew it: a server that runs is worth more than one that does not.
        tracing::warn!(cert = %cert.display(), %expires, "the TLS certificate has expired: clients will refuse it");
    }
    Ok(Current {
        config: Arc::new(config),
        expires,
    })
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let none = || TlsError::NoCertificate(path.to_owned());
    let failed = |source| TlsError::File {
        what: "certificate",
        path: path.to_owned(),
        source,
    };
    let mut text = Vec::new();
    open(path)
        .and_then(|mut file| file.read_to_end(&mut text))
        .map_err(failed)?;
    let chain: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&text).collect();
    chain
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(none)
}

/// Opens what can be read again whenever that is asked for.
fn open(path: &Path) -> io::Result<File> {
    // To open a pipe is to wait until somebody writes.
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    let text = "it is no file that can be read again and again; put its content into one";
    Err(io::Error::new(io::ErrorKind::InvalidInput, text))
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let failed = |source| TlsError::File {
        what: "key",
        path: path.to_owned(),
        source,
    };
    let mut file = open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
    // A group may have it: systems keep one for those who may use keys.
    if mode & 0o007 != 0 {
        return Err(TlsError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = Zeroizing::new(Vec::new());
    file.read_to_end(&mut text).map_err(failed)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| TlsError::NoKey(path.to_owned()))
}

/// Until when a certificate is good; `None` if it is none.
fn expiry_of(cert: &CertificateDer<'_>) -> Option<OffsetDateTime> {
    let (_, parsed) = parse_x509_certificate(cert).ok()?;
    OffsetDateTime::from_unix_timestamp(parsed.validity().not_after.timestamp()).ok()
}
