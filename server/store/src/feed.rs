//! The stream of events that watchers follow.
//!
//! The latest events stay in a ring. Every watcher reads it at its own pace, so that a slow one delays nobody: when the
//! ring has passed it by, or it comes back too late, it is told to list again.

use std::{collections::VecDeque, sync::Arc};

use futures_util::stream;
use parking_lot::Mutex;
use sessctl_api::{BoxStream, Event, EventKind, Filter, Notice, RegistryError};
use tokio::sync::watch;

use crate::{
    Entry,
    clock::{Millis, to_time},
    entry::Moving,
};

/// Events that a watcher may lag behind before it has to list again.
const KEPT: usize = 16_384;

/// Events that a watcher takes at once.
const BATCH: usize = 256;

/// Revisions of one run; the part above tells runs apart. Together they stay below 2^53, as JSON's numbers should.
const RUN_BITS: u32 = 32;

/// Sends every event to every watcher, in one order.
#[derive(Debug)]
pub(crate) struct Feed {
    ring: Mutex<Ring>,
    /// The latest revision, to wake watchers.
    latest: watch::Sender<u64>,
}

#[derive(Debug)]
struct Ring {
    /// Revision of the latest event.
    rev: u64,
    events: VecDeque<News>,
}

/// An event as the ring keeps it: the words are made for those who read it.
#[derive(Debug, Clone)]
pub(crate) struct News {
    pub(crate) at: Millis,
    pub(crate) kind: EventKind,
    pub(crate) entry: Arc<Entry>,
    pub(crate) moving: Moving,
}

impl Feed {
    pub(crate) fn new() -> Self {
        let run = rand::random_range(1..1_u64 << (53 - RUN_BITS));
        let rev = run << RUN_BITS;
        Self {
            ring: Mutex::new(Ring {
                rev,
                events: VecDeque::new(),
            }),
            latest: watch::Sender::new(rev),
        }
    }

    /// Whether anybody watches.
    pub(crate) fn is_watched(&self) -> bool {
        self.latest.receiver_count() > 0
    }

    /// Tells all watchers of a change that is durable already, unless `holds` says that it is none any more.
    pub(crate) fn tell(
        &self,
        at: Millis,
        kind: EventKind,
        entry: &Arc<Entry>,
        holds: impl FnOnce() -> bool,
    ) {
        let mut ring = self.ring.lock();
        if !holds() {
            return;
        }
        ring.rev += 1;
        if ring.events.len() == KEPT {
            ring.events.pop_front();
        }
        ring.events.push_back(News {
            at,
            kind,
            entry: Arc::clone(entry),
            moving: entry.moving(),
        });
        if self.is_watched() {
            self.latest.send_replace(ring.rev);
        }
    }

    /// Follows the events whose session matches, from after a revision on; where that is not possible, and without
    /// one, [`Notice::Resync`] comes first.
    pub(crate) fn watch(
        self: &Arc<Self>,
        filter: Filter,
        after: Option<u64>,
    ) -> BoxStream<Result<Notice, RegistryError>> {
        let woken = self.latest.subscribe();
        let watcher = Watcher {
            feed: Arc::clone(self),
            woken,
            filter,
            seen: after.unwrap_or(0),
            batch: VecDeque::new(),
        };
        Box::pin(stream::unfold(watcher, async |mut watcher| {
            let notice = watcher.next().await?;
            Some((Ok(notice), watcher))
        }))
    }

    /// The events after a revision, oldest first and not all at once. `Err`: some are lost; this is the latest.
    fn after(&self, seen: u64) -> Result<Vec<(u64, News)>, u64> {
        let ring = self.ring.lock();
        let oldest = ring.rev - ring.events.len() as u64 + 1;
        if seen > ring.rev || seen + 1 < oldest {
            return Err(ring.rev);
        }
        let skipped = (seen + 1 - oldest) as usize;
        let news = ring.events.iter().skip(skipped).take(BATCH).cloned();
        Ok((seen + 1..).zip(news).collect())
    }
}

/// Where one watcher is.
#[derive(Debug)]
struct Watcher {
    feed: Arc<Feed>,
    woken: watch::Receiver<u64>,
    filter: Filter,
    /// The latest revision that was taken from the ring.
    seen: u64,
    batch: VecDeque<(u64, News)>,
}

impl Watcher {
    /// The next notice; `None` when the store is gone.
    async fn next(&mut self) -> Option<Notice> {
        loop {
            while let Some((rev, news)) = self.batch.pop_front() {
                let event = event_of(rev, &news);
                if self.filter.matches(&event.session, event.at) {
                    return Some(Notice::Event(Box::new(event)));
                }
            }
            // Before the look, so that what comes after the look wakes.
            self.woken.mark_unchanged();
            match self.feed.after(self.seen) {
                Err(latest) => {
                    self.seen = latest;
                    return Some(Notice::Resync);
                }
                Ok(news) if news.is_empty() => self.woken.changed().await.ok()?,
                Ok(news) => {
                    self.seen += news.len() as u64;
                    self.batch.extend(news);
                }
            }
        }
    }
}

fn event_of(rev: u64, news: &News) -> Event {
    let ended = news.entry.ended().filter(|_| news.kind == EventKind::Ended);
    Event {
        rev,
        at: to_time(news.at),
        kind: news.kind,
        reason: ended.as_ref().map(|ended| ended.reason),
        actor: ended.and_then(|ended| ended.actor),
        session: news.entry.describe_at(news.moving),
    }
}
