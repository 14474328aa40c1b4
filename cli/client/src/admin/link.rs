//! Requests to an admin API, over its socket or over TCP, and what is said when they get no answer.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode,
    header::{AUTHORIZATION, HeaderMap, HeaderValue},
};
use serde::de::DeserializeOwned;
use sessctl_api::{Handle, Lookup, LookupAnswer, RegistryError, routes::admin as routes};
use url::Url;

use super::{place::Place, refusal};
use crate::{Error, Secret, wire};

const USER_AGENT: &str = concat!("sessctl/", env!("CARGO_PKG_VERSION"));

/// The server sends a comment every few seconds; after this much silence the stream is dead.
const SILENCE: Duration = Duration::from_secs(20);

/// The admin API of a running server.
#[derive(Debug, Clone)]
pub struct Admin {
    pub(super) place: Arc<Place>,
    pub(super) timeout: Duration,
    pub(super) silence: Duration,
    client: Client,
}

impl Admin {
    /// Talks to the admin socket at `path`; nothing is sent yet. `timeout` is for each request, but not for the life
    /// of an event stream.
    pub fn unix(path: PathBuf, timeout: Duration) -> Result<Self, Error> {
        let builder = wire::builder(false, USER_AGENT).unix_socket(path.as_path());
        Self::new(Place::Socket(path), builder, timeout)
    }

    /// Talks to an admin listener at `https://HOST:PORT`, or at `http://` on this machine, with a token; nothing is
    /// sent yet. Another address is [`Error::BadInput`], which never repeats the token.
    pub fn remote(url: &Url, token: &Secret, timeout: Duration) -> Result<Self, Error> {
        let place = Place::remote(url)?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| {
            Error::BadInput("the token holds what no token does: is it a whole line of `sessctl token add`?".to_owned())
        })?;
        bearer.set_sensitive(true);
        let mut builder = wire::builder(url.scheme() == "https", USER_AGENT)
            .connect_timeout(timeout)
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)]));
        if url.scheme() == "http" {
            // That name is this machine whatever its resolver says: the token goes out unencrypted.
            let loopback = [
                SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
                SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
            ];
            builder = builder.resolve_to_addrs("localhost", &loopback);
        }
        Self::new(place, builder, timeout)
    }

    fn new(
        place: Place,
        builder: reqwest::ClientBuilder,
        timeout: Duration,
    ) -> Result<Self, Error> {
        Ok(Self {
            place: Arc::new(place),
            timeout,
            silence: SILENCE,
            client: wire::build(builder)?,
        })
    }

    /// Takes another silence (20 s if not said) for the sign of a dead event stream. Public for this crate's tests,
    /// which stand outside and do not want to wait that long.
    pub fn with_silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// Finds the session that a cookie value opens; `None` when the server knows no such session. An error is a
    /// refusal, or no usable answer.
    pub async fn lookup(&self, cookie: &Secret) -> Result<Option<LookupAnswer>, RegistryError> {
        let body = Lookup {
            cookie: cookie.expose().to_owned(),
        };
        let request = self.request(Method::POST, routes::LOOKUP).json(&body);
        let (status, body) = self.fetch(request).await?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.judge(status, &body, None).map(Some)
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.place.base()))
    }

    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        handle: Option<Handle>,
    ) -> Result<T, RegistryError> {
        let (status, body) = self.fetch(request).await?;
        self.judge(status, &body, handle)
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, RegistryError> {
        request.send().await.map_err(|error| self.lost(error))
    }

    /// Asks and reads the answer whole, whatever it says.
    pub(super) async fn fetch(
        &self,
        request: RequestBuilder,
    ) -> Result<(StatusCode, bytes::Bytes), RegistryError> {
        let response = self.send(request.timeout(self.timeout)).await?;
        self.read(response).await
    }

    /// Reads an answer, or the refusal that it is. `handle` is the session that was asked for.
    pub(super) fn judge<T: DeserializeOwned>(
        &self,
        status: StatusCode,
        body: &[u8],
        handle: Option<Handle>,
    ) -> Result<T, RegistryError> {
        if !status.is_success() {
            return Err(refusal::of(&self.place, status.as_u16(), body, handle));
        }
        self.parse(body)
    }

    /// Reads an answer whole, whatever it says.
    pub(super) async fn read(
        &self,
        response: Response,
    ) -> Result<(StatusCode, bytes::Bytes), RegistryError> {
        let status = response.status();
        let body = wire::read_body(response)
            .await
            .map_err(|error| match error {
                wire::BodyError::TooLarge => RegistryError::Broken {
                    what: format!(
                        "{} answered with more than 16 MiB; ask for smaller pages",
                        self.place
                    ),
                    source: None,
                },
                wire::BodyError::Broken(error) => self.lost(error),
            })?;
        Ok((status, body))
    }

    /// Reads the body of a success.
    pub(super) fn parse<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, RegistryError> {
        serde_json::from_slice(body).map_err(|error| {
            RegistryError::broken(
                format!(
                    "{} answered what is not the admin API: is it the public listener, or another version?",
                    self.place
                ),
                error,
            )
        })
    }

    /// A request that got no answer in time, in words.
    pub(super) fn late(&self) -> String {
        wire::no_answer(&self.place.long_name(), self.timeout)
    }

    /// A request that got no answer, in words.
    pub(super) fn lost(&self, error: reqwest::Error) -> RegistryError {
        let what = match &*self.place {
            _ if error.is_timeout() => self.late(),
            Place::Socket(path) => {
                lost_at_socket(&path.display().to_string(), &error, error.is_connect())
            }
            Place::Remote(_) if wire::io_kind(&error) == Some(io::ErrorKind::ConnectionRefused) => {
                format!(
                    "nothing listens at {}: connection refused; is the server running, with --admin HOST:PORT?",
                    self.place
                )
            }
            Place::Remote(url) => return wire::unreachable(url, self.timeout, error).into(),
        };
        RegistryError::unreachable(what, error.without_url())
    }
}

/// What is said of a socket that gave no answer.
pub(super) fn lost_at_socket(
    at: &str,
    error: &(dyn std::error::Error + 'static),
    is_connecting: bool,
) -> String {
    match wire::io_kind(error) {
        Some(io::ErrorKind::NotFound) => format!(
            "there is no admin socket {at}: start a server with: sessctl serve, or name its socket with --source unix:PATH"
        ),
        Some(io::ErrorKind::ConnectionRefused) => format!(
            "nothing listens at the admin socket {at}: its server has ended, or it is no socket; start one with: sessctl serve"
        ),
        Some(io::ErrorKind::PermissionDenied) => format!(
            "the admin socket {at} does not let you in (permission denied): ask as the user who runs the server, or as root"
        ),
        _ if is_connecting => format!(
            "cannot connect to the admin socket {at}: {}",
            wire::root_cause(error)
        ),
        _ => format!(
            "the server at {at} broke the connection off: {}",
            wire::root_cause(error)
        ),
    }
}
