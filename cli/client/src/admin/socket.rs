//! Requests to the admin socket, and what is said when they get no answer.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::de::DeserializeOwned;
use sessctl_api::{Handle, Lookup, LookupAnswer, RegistryError, routes::admin as routes};

use super::refusal;
use crate::{Error, Secret, wire};

const USER_AGENT: &str = concat!("sessctl/", env!("CARGO_PKG_VERSION"));

/// The server sends a comment every few seconds; after this much silence the stream is dead.
const SILENCE: Duration = Duration::from_secs(20);

/// The admin API of a running server.
#[derive(Debug, Clone)]
pub struct Admin {
    pub(super) path: PathBuf,
    pub(super) timeout: Duration,
    pub(super) silence: Duration,
    client: Client,
}

impl Admin {
    /// Talks to the admin socket at `path`; nothing is sent yet. `timeout` is for each request, but not for the life
    /// of an event stream.
    pub fn unix(path: PathBuf, timeout: Duration) -> Result<Self, Error> {
        let builder = wire::builder(false, USER_AGENT).unix_socket(path.as_path());
        let client = wire::build(builder)?;
        Ok(Self {
            path,
            timeout,
            silence: SILENCE,
            client,
        })
    }

    /// Takes another silence (20 s if not said) for the sign of a dead event stream. Public for this crate's tests,
    /// which stand outside and do not want to wait that long.
    pub fn with_silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// The socket.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Finds the session that a cookie value opens; `None` when the server knows no such session. An error is a
    /// refusal, or no usable answer.
    pub async fn lookup(&self, cookie: &Secret) -> Result<Option<LookupAnswer>, RegistryError> {
        let body = Lookup {
            cookie: cookie.expose().to_owned(),
        };
        let request = self.request(Method::POST, routes::LOOKUP).json(&body);
        let response = self.send(request.timeout(self.timeout)).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.decode(response, None).await.map(Some)
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        // The host is the socket's; any name does.
        self.client
            .request(method, format!("http://localhost{path}"))
    }

    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        handle: Option<Handle>,
    ) -> Result<T, RegistryError> {
        let response = self.send(request.timeout(self.timeout)).await?;
        self.decode(response, handle).await
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, RegistryError> {
        request.send().await.map_err(|error| self.lost(error))
    }

    /// Reads an answer, or the refusal that it is. `handle` is the session that was asked for.
    async fn decode<T: DeserializeOwned>(
        &self,
        response: Response,
        handle: Option<Handle>,
    ) -> Result<T, RegistryError> {
        let status = response.status();
        let body = wire::read_body(response)
            .await
            .map_err(|error| match error {
                wire::BodyError::TooLarge => RegistryError::Broken {
                    what: format!(
                        "{} answered with more than 16 MiB; ask for smaller pages",
                        self.path.display()
                    ),
                    source: None,
                },
                wire::BodyError::Broken(error) => self.lost(error),
            })?;
        if !status.is_success() {
            return Err(refusal::of(&self.path, status.as_u16(), &body, handle));
        }
        serde_json::from_slice(&body).map_err(|error| {
            RegistryError::broken(
                format!(
                    "{} answered what is not the admin API: is it the public listener, or another version?",
                    self.path.display()
                ),
                error,
            )
        })
    }

    /// A request that got no answer in time, in words.
    pub(super) fn late(&self) -> String {
        let from = format!("the admin socket {}", self.path.display());
        wire::no_answer(&from, self.timeout)
    }

    /// A request that got no answer, in words.
    pub(super) fn lost(&self, error: reqwest::Error) -> RegistryError {
        let at = self.path.display();
        let what = match wire::io_kind(&error) {
            _ if error.is_timeout() => self.late(),
            Some(io::ErrorKind::NotFound) => format!(
                "there is no admin socket {at}: start a server with: sessctl serve --auth open, or name its socket with --source unix:PATH"
            ),
            Some(io::ErrorKind::ConnectionRefused) => format!(
                "nothing listens at the admin socket {at}: its server has ended, or it is no socket; start one with: sessctl serve --auth open"
            ),
            Some(io::ErrorKind::PermissionDenied) => format!(
                "the admin socket {at} does not let you in (permission denied): ask as the user who runs the server, or as root"
            ),
            _ if error.is_connect() => format!(
                "cannot connect to the admin socket {at}: {}",
                wire::root_cause(&error)
            ),
            _ => format!(
                "the server at {at} broke the connection off: {}",
                wire::root_cause(&error)
            ),
        };
        RegistryError::unreachable(what, error.without_url())
    }
}
