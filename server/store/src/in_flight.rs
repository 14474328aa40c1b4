//! The request that is being answered, as far as a store must know it.
//!
//! tower-sessions asks its store to `create` whenever a handler writes and no id is known: also right after the
//! request's own session was revoked, which would bring the user back under a new id. The gate therefore runs every
//! request inside [`in_flight`], and `create` looks here first.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;
use sessctl_api::Handle;
use tokio::task::futures::TaskLocalFuture;

use crate::{Entry, SessionId, base::Base};

tokio::task_local! {
    static IN_FLIGHT: InFlight;
}

/// Who sent the request.
#[derive(Debug, Clone, Default)]
pub struct Client {
    pub ip: Option<IpAddr>,
    /// The User-Agent header.
    pub ua: Option<Arc<str>>,
}

/// The request that is being answered.
#[derive(Debug)]
pub struct InFlight {
    session: Option<Arc<Entry>>,
    /// The id that it came with, whatever id its session has by now.
    id: Option<SessionId>,
    client: Client,
    /// The request itself ended its session, to begin another.
    left: AtomicBool,
    /// What its session held after the request's latest save.
    saved: Mutex<Option<(Handle, Base)>>,
}

impl InFlight {
    /// A request that came with a live session, or with none.
    ///
    /// Who comes with a session need not be named again: a session that the request begins in its place takes the
    /// user agent of the old one. That spares every request a copy of it.
    pub fn new(session: Option<Arc<Entry>>, client: Client) -> Self {
        Self {
            session,
            id: None,
            client,
            left: AtomicBool::new(false),
            saved: Mutex::new(None),
        }
    }

    /// Notes the id that opened its session, so that what it writes by that id is not lost when another request rotates
    /// the session meanwhile.
    #[must_use]
    pub fn coming_with(mut self, id: SessionId) -> Self {
        self.id = Some(id);
        self
    }

    fn client(&self) -> Client {
        let of_session = || self.session.as_ref()?.describe().ua;
        Client {
            ip: self.client.ip,
            ua: self
                .client
                .ua
                .clone()
                .or_else(|| of_session().map(Into::into)),
        }
    }
}

/// Runs the answering of a request.
pub fn in_flight<F: Future>(request: InFlight, answering: F) -> TaskLocalFuture<InFlight, F> {
    IN_FLIGHT.scope(request, answering)
}

/// Who sent the request that is being answered.
pub(crate) fn client() -> Client {
    IN_FLIGHT.try_with(InFlight::client).unwrap_or_default()
}

/// The session that the request came with, if this is the id that it came with.
pub(crate) fn session_of(id: SessionId) -> Option<Arc<Entry>> {
    // An error says that no request is being answered.
    let own = IN_FLIGHT.try_with(|request| {
        let is_own = request
            .id
            .is_some_and(|own| own.to_tower() == id.to_tower());
        request.session.clone().filter(|_| is_own)
    });
    own.ok().flatten()
}

/// The id that the request came with, and the session that it opened then.
pub(crate) fn came_with() -> Option<(SessionId, Arc<Entry>)> {
    // An error says that no request is being answered.
    let found = IN_FLIGHT.try_with(|request| request.id.zip(request.session.clone()));
    found.ok().flatten()
}

/// Notes that the request ended this session of its own will.
pub(crate) fn note_left(entry: &Entry) {
    // An error says that no request is being answered: a test or a background task.
    let _ = IN_FLIGHT.try_with(|request| {
        if request
            .session
            .as_ref()
            .is_some_and(|own| own.handle() == entry.handle())
        {
            request.left.store(true, Ordering::Release);
        }
    });
}

/// Whether the request's session was ended by somebody else while it is being answered.
pub(crate) fn is_cut_off() -> bool {
    IN_FLIGHT
        .try_with(|request| {
            request.session.as_ref().is_some_and(|own| own.is_over())
                && !request.left.load(Ordering::Acquire)
        })
        .unwrap_or(false)
}

/// Notes what a session holds after a save of this request.
pub(crate) fn note_saved(entry: &Entry, base: Base) {
    // An error says that no request is being answered.
    let _ = IN_FLIGHT.try_with(|request| {
        *request.saved.lock() = Some((entry.handle(), base));
    });
}

/// What a session held after the latest save of this request.
pub(crate) fn saved(entry: &Entry) -> Option<Base> {
    let saved = IN_FLIGHT
        .try_with(|request| request.saved.lock().clone())
        .ok()??;
    (saved.0 == entry.handle()).then_some(saved.1)
}
