//! The servers that ours is compared with, each a process of its own: `sessctl-bench peer NAME`.
//!
//! They answer the same requests with the same bodies. Nobody would run them; that is what makes them a measure.

use anyhow::{Result, bail};
use axum::{
    Form, Router,
    http::StatusCode,
    routing::{get, post},
};
use serde::Deserialize;
use tokio::net::TcpListener;
use tower_sessions::{MemoryStore, Session, SessionManagerLayer};

use crate::{
    process::{Peer, Ready},
    visit::COOKIE,
};

/// What a login sends; the password is not looked at, as with `--auth open`.
#[derive(Debug, Deserialize)]
struct Credentials {
    username: String,
}

const SAVED: &str = "Session data saved!\n";
const LOGGED_OUT: &str = "Logged out successfully\n";
const PLEASE: &str = "Please log in\n";

/// The key that the tutorial keeps the user under.
const USER: &str = "user";

/// Serves until it is killed.
pub(crate) async fn run(peer: Peer) -> Result<()> {
    let router = match peer {
        Peer::Bare => bare(),
        Peer::TsMemory => in_memory(),
        Peer::Ours => bail!("that one is sessctl serve"),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let ready = Ready {
        public: format!("http://{}", listener.local_addr()?),
        admin: None,
    };
    println!("{}", serde_json::to_string(&ready)?);
    axum::serve(listener, router).await?;
    Ok(())
}

/// The routes and nothing behind them. A name of the usual length stands for whoever asks.
fn bare() -> Router {
    Router::new()
        .route(
            "/login",
            post(async |Form(Credentials { username: _ })| SAVED),
        )
        .route("/dashboard", get(async || "Welcome back, a00000000000\n"))
        .route("/logout", post(async || LOGGED_OUT))
}

/// The tutorial's server, on tower-sessions with its own store in memory.
fn in_memory() -> Router {
    let layer = SessionManagerLayer::new(MemoryStore::default())
        .with_name(COOKIE)
        .with_secure(false);
    Router::new()
        .route("/login", post(log_in))
        .route("/dashboard", get(dashboard))
        .route("/logout", post(log_out))
        .layer(layer)
}

async fn log_in(
    session: Session,
    Form(credentials): Form<Credentials>,
) -> Result<&'static str, StatusCode> {
    session
        .insert(USER, credentials.username)
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(SAVED)
}

async fn dashboard(session: Session) -> Result<String, (StatusCode, &'static str)> {
    match session.get::<String>(USER).await {
        Ok(Some(user)) => Ok(format!("Welcome back, {user}\n")),
        Ok(None) => Err((StatusCode::UNAUTHORIZED, PLEASE)),
        Err(_) => Err((StatusCode::INTERNAL_SERVER_ERROR, "")),
    }
}

async fn log_out(session: Session) -> Result<&'static str, StatusCode> {
    session
        .flush()
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(LOGGED_OUT)
}
