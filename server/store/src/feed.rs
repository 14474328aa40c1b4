//! The stream of events that watchers follow.
//!
//! Sending never waits: a watcher that is too slow loses events and is told to list again.

use futures_util::StreamExt as _;
use parking_lot::Mutex;
use sessctl_api::{BoxStream, EndReason, Event, EventKind, Filter, Notice, RegistryError, Session};
use time::OffsetDateTime;
use tokio::sync::broadcast;
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

/// Events that a watcher may lag behind before it has to list again.
const KEPT: usize = 4096;

/// An event before it has its place in the order.
#[derive(Debug)]
pub(crate) struct News {
    pub(crate) at: OffsetDateTime,
    pub(crate) kind: EventKind,
    pub(crate) reason: Option<EndReason>,
    pub(crate) actor: Option<String>,
    pub(crate) session: Session,
}

/// Sends every event to every watcher, in one order.
#[derive(Debug)]
pub(crate) struct Feed {
    /// The revision of the latest event. Held while sending, so that the order of sending is that of the revisions.
    rev: Mutex<u64>,
    sender: broadcast::Sender<Event>,
}

impl Feed {
    pub(crate) fn new() -> Self {
        Self {
            rev: Mutex::new(0),
            sender: broadcast::Sender::new(KEPT),
        }
    }

    /// Whether anybody watches.
    pub(crate) fn is_watched(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    /// Tells all watchers what `news` gives, if anything. The change must be durable already.
    pub(crate) fn tell(&self, news: impl FnOnce() -> Option<News>) {
        let mut rev = self.rev.lock();
        let Some(News {
            at,
            kind,
            reason,
            actor,
            session,
        }) = news()
        else {
            return;
        };
        *rev += 1;
        // An error says that nobody watches.
        let _ = self.sender.send(Event {
            rev: *rev,
            at,
            kind,
            reason,
            actor,
            session,
        });
    }

    /// Follows the events whose session matches, after one [`Notice::Resync`].
    pub(crate) fn watch(&self, filter: Filter) -> BoxStream<Result<Notice, RegistryError>> {
        let events = BroadcastStream::new(self.sender.subscribe()).filter_map(move |received| {
            let notice = match received {
                Ok(event) if filter.matches(&event.session, event.at) => {
                    Some(Ok(Notice::Event(Box::new(event))))
                }
                Ok(_) => None,
                Err(BroadcastStreamRecvError::Lagged(_)) => Some(Ok(Notice::Resync)),
            };
            std::future::ready(notice)
        });
        Box::pin(futures_util::stream::iter([Ok(Notice::Resync)]).chain(events))
    }
}
