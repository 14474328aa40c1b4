//! One request's way through the gate: what is judged when it comes in, and what it may leave with.

use std::sync::Arc;

use axum::{
    http::{HeaderValue, Request, header},
    response::Response,
};
use sessctl_api::{EndReason, Ended};
use sessctl_store::{Client, Entry, Found, InFlight, Lookup, SessionId, Sessions, StoreError};

use super::{
    client,
    cookie::{Cookie, Read},
    guessing::Guessing,
    headers::{self, Presented},
    marks::{ClearSession, CurrentSession, EndedSession, RotatedSession, SetSession},
};

/// How a gate judges.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) sessions: Sessions,
    pub(super) cookie: Cookie,
    /// Every answer to a live session gives its cookie again.
    pub(super) is_rolling: bool,
    /// A path whose requests are no activity of the session.
    pub(super) untouched: Option<&'static str>,
    /// Whether answers say whose they are, for a log outside.
    pub(super) tells_session: bool,
    /// Who sends ids that open nothing.
    pub(super) guessing: Option<Arc<Guessing>>,
}

/// What the gate learned on the way in.
#[derive(Debug, Default)]
pub(super) struct Passage {
    session: Option<Arc<Entry>>,
    /// A cookie of our name came that opens nothing.
    is_stale: bool,
    /// The id that the session's cookie is to be written with again.
    renews: Option<SessionId>,
}

/// Whose session a request comes with.
pub(super) enum Arrival {
    /// `None`: it has no cookie of ours.
    Known(Option<(Found, Option<Read>)>),
    /// The store is still being loaded, and has not come to this one.
    Later(Lookup, Read),
}

impl Rules {
    /// Puts whose session it is into the request.
    pub(super) fn enter<B>(
        &self,
        request: &mut Request<B>,
        found: Option<(Found, Option<Read>)>,
    ) -> (Passage, InFlight) {
        let id = found
            .as_ref()
            .and_then(|(_, read)| read.as_ref())
            .map(|read| read.id);
        let passage = match found {
            None => Passage::default(),
            Some((Found::Live(entry), read)) => self.let_in(request, entry, read),
            Some((dead, read)) => {
                if let (Found::Unknown, Some(read), Some(guessing)) = (&dead, read, &self.guessing)
                {
                    let now = self.sessions.clock().now();
                    guessing.note(client::ip_of(request), &read.id, now);
                }
                self.strip(request, dead)
            }
        };
        let client = match passage.session {
            // A copy of the user agent is for a session that begins; this one has its own.
            Some(_) => Client {
                ip: client::ip_of(request),
                ua: None,
            },
            None => client::of(request),
        };
        if let Some(entry) = &passage.session
            && self.untouched != Some(request.uri().path())
        {
            self.sessions.touch(entry, client.ip);
        }
        let in_flight = InFlight::new(passage.session.clone(), client);
        let in_flight = match id {
            Some(id) => in_flight.coming_with(id),
            None => in_flight,
        };
        (passage, in_flight)
    }

    /// Finds out what the request's cookie opens. The cookie that goes further in is a bare id.
    pub(super) fn arrive<B>(&self, request: &mut Request<B>) -> Result<Arrival, StoreError> {
        let name = self.cookie.name();
        let (found, has_other_spelling) = headers::presented(request.headers(), name);
        let (read, is_literal) = match found {
            Presented::None => {
                if has_other_spelling {
                    headers::strip(request.headers_mut(), name);
                }
                return Ok(Arrival::Known(None));
            }
            // Then one of them was planted, and nobody can say which. No cookie is taken away: it would be the browser's
            // own, and the planted one, which has a wider domain, would stay.
            Presented::Twice => {
                headers::strip(request.headers_mut(), name);
                return Ok(Arrival::Known(None));
            }
            Presented::Once { value, is_literal } => {
                (self.cookie.read(value), is_literal && !has_other_spelling)
            }
        };
        if !self.cookie.covers(request.uri().path()) {
            // No browser sends ours here, so it is another one's, or none at all.
            headers::strip(request.headers_mut(), name);
            return Ok(Arrival::Known(None));
        }
        let Some(read) = read else {
            return Ok(Arrival::Known(Some((Found::Unknown, None))));
        };
        if !is_literal || self.cookie.is_signed() {
            headers::rewrite(request.headers_mut(), name, &read.id);
        }
        Ok(match self.sessions.lookup(&read.id).now() {
            Ok(found) => Arrival::Known(Some((found?, Some(read)))),
            Err(later) => Arrival::Later(later, read),
        })
    }

    fn let_in<B>(
        &self,
        request: &mut Request<B>,
        entry: Arc<Entry>,
        read: Option<Read>,
    ) -> Passage {
        let mark = CurrentSession(Arc::clone(&entry));
        request.extensions_mut().insert(mark);
        Passage {
            session: Some(entry),
            is_stale: false,
            renews: read
                .filter(|read| self.is_rolling || read.is_outdated)
                .map(|read| read.id),
        }
    }

    fn strip<B>(&self, request: &mut Request<B>, dead: Found) -> Passage {
        headers::strip(request.headers_mut(), self.cookie.name());
        let is_stale = match dead {
            Found::Ended { entry, ended } => {
                let is_stale = !was_replaced(&ended);
                let mark = EndedSession { entry, ended };
                request.extensions_mut().insert(mark);
                is_stale
            }
            // The client holds the new id already, or is about to get it, as one that signed in anew does.
            Found::Rotated => {
                request.extensions_mut().insert(RotatedSession);
                false
            }
            Found::Live(_) | Found::Unknown => true,
        };
        Passage {
            is_stale,
            ..Passage::default()
        }
    }

    /// Judges by the state of things after the handler which cookie the answer leaves with, if any.
    pub(super) fn leave(&self, passage: &Passage, response: &mut Response) {
        let own = passage.session.as_ref();
        let from_inside = headers::take(response.headers_mut(), self.cookie.name());
        let set = response.extensions_mut().remove::<SetSession>();
        let cleared = response.extensions_mut().remove::<ClearSession>().is_some();
        let new = match set {
            // Also not if it was rotated again: another answer carries the id that opens it.
            Some(SetSession(created)) => self.opens(&created.id).map(|entry| (created.id, entry)),
            None => from_inside
                .and_then(|value| SessionId::parse(&value))
                .and_then(|id| Some((id, self.opens(&id)?)))
                .filter(|(_, entry)| self.is_news(entry, own)),
        };
        let has_ended = own
            .and_then(|entry| entry.ended())
            .is_some_and(|ended| !was_replaced(&ended));
        let cookie = match new {
            // Also when the session it came with has ended: it was replaced by this one.
            Some((id, entry)) => Some(self.set(&id, &entry)),
            // A failure signs nobody out: the end may be in memory alone, and a dead cookie in the client's hands does
            // no harm until the next request takes it away.
            None if response.status().is_server_error() => None,
            None if cleared || has_ended || passage.is_stale => Some(self.cookie.removal()),
            // The session may have a newer id by now, which another answer carries.
            None => passage
                .renews
                .and_then(|id| Some(self.set(&id, &*self.opens(&id)?))),
        };
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        if self.tells_session
            && let Some(entry) = own
        {
            let mark = CurrentSession(Arc::clone(entry));
            response.extensions_mut().insert(mark);
        }
    }

    /// Whether a cookie that was set further in says something that the client does not know: another session, or of
    /// its own that it was written to and so lasts longer.
    fn is_news(&self, entry: &Arc<Entry>, own: Option<&Arc<Entry>>) -> bool {
        self.cookie.has_max_age() || own.is_none_or(|own| !Arc::ptr_eq(own, entry))
    }

    fn set(&self, id: &SessionId, entry: &Entry) -> HeaderValue {
        self.cookie.set(id, self.sessions.remembered(entry))
    }

    fn opens(&self, id: &SessionId) -> Option<Arc<Entry>> {
        // Whatever lives and is known in this request is loaded.
        match self.sessions.lookup(id).now() {
            Ok(Ok(Found::Live(entry))) => Some(entry),
            _ => None,
        }
    }
}

/// Whether the client signed in anew. It holds the new session's cookie already, or is about to get it, and a removal
/// that arrives later would take that one away.
fn was_replaced(ended: &Ended) -> bool {
    ended.reason == EndReason::Replaced
}
