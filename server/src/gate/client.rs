//! Who sent a request, as far as a session remembers it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::ConnectInfo,
    http::{Request, header},
};
use sessctl_store::Client;

use crate::peer::Peer;

/// The longest User-Agent that is kept, in characters; no honest one goes on.
const LONGEST: usize = 512;

/// Who sent a request.
pub(crate) fn of<B>(request: &Request<B>) -> Client {
    Client {
        ip: ip_of(request),
        ua: user_agent(request),
    }
}

/// From where: by our own listeners, else as an embedding application's server says.
pub(crate) fn ip_of<B>(request: &Request<B>) -> Option<IpAddr> {
    let extensions = request.extensions();
    if let Some(peer) = extensions.get::<Peer>() {
        return peer.ip();
    }
    let ConnectInfo(address) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(address.ip().to_canonical())
}

fn user_agent<B>(request: &Request<B>) -> Option<Arc<str>> {
    let value = request.headers().get(header::USER_AGENT)?;
    let text = String::from_utf8_lossy(value.as_bytes());
    let end = text.char_indices().nth(LONGEST).map(|(at, _)| at);
    Some(text[..end.unwrap_or(text.len())].into())
}
