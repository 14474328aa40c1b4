//! The admin socket, as far as lists and counts go.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::{
    net::UnixStream,
    time::{Duration, Instant},
};

use crate::{http::Connection, process::Server};

/// A connection to the admin socket.
#[derive(Debug)]
pub(crate) struct Admin(Connection<UnixStream>);

/// An answer that came, and how long it took.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) took: Duration,
    body: Vec<u8>,
}

impl Told {
    /// What it says.
    pub(crate) fn json(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }
}

impl Admin {
    pub(crate) async fn of(server: &Server) -> Result<Self> {
        Self::at(&server.socket()?).await
    }

    pub(crate) async fn at(socket: &Path) -> Result<Self> {
        Ok(Self(Connection::new(UnixStream::connect(socket).await?)))
    }

    /// How many sessions live.
    pub(crate) async fn active(&mut self) -> Result<u64> {
        let answer = self.0.ask(&request("/v1/stats")).await?;
        if answer.status != 200 {
            bail!("/v1/stats was answered by {}", answer.describe());
        }
        let stats: Value = serde_json::from_slice(answer.body)?;
        stats["active"].as_u64().context("stats without a count")
    }

    /// What a path tells; `None` if the server does not understand what is asked for.
    pub(crate) async fn tell(&mut self, path: &str) -> Result<Option<Told>> {
        let request = request(path);
        let asked = Instant::now();
        let answer = self.0.ask(&request).await?;
        let took = asked.elapsed();
        match answer.status {
            200 => Ok(Some(Told {
                took,
                body: answer.body.to_vec(),
            })),
            400 | 404 => Ok(None),
            _ => bail!("{path} was answered by {}", answer.describe()),
        }
    }
}

/// A path with what is asked for there; what is empty is left out.
pub(crate) fn path(path: &str, pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<_> = pairs
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    format!("{path}?{}", pairs.join("&"))
}

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes()
}
