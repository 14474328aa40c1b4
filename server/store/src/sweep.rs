//! What is done once a second whether or not requests come, and at the end.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parking_lot::Mutex;
use sessctl_api::{EndReason, Handle};

use crate::{
    Sessions, StoreError,
    change::Change,
    clock::{Millis, millis},
    entry::Entry,
};

/// How often to call [`Sessions::sweep`].
pub const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Changes in one job, so that a sweep of many leaves the writer free for logins in between.
const CHUNK: usize = 256;

/// What of one kind is done in one sweep; the rest is left to the next ones.
const MOST: usize = 8192;

/// A session that the clock ended.
#[derive(Debug, Clone)]
pub struct Expired {
    pub handle: Handle,
    pub user: Option<String>,
    pub reason: EndReason,
}

impl Sessions {
    /// Ends what is past its limits, writes last-seen times that moved far enough, tells watchers what changed,
    /// and forgets what ended long ago. Returns what the clock ended and nobody has written down yet.
    pub async fn sweep(&self) -> Result<Vec<Expired>, StoreError> {
        let live = self.live();
        let now = live.now();
        let mut due = live.due(now);
        while live.expire_some(&mut due, now) {
            // Very many may end at once, and requests are answered by the same threads.
            tokio::task::yield_now().await;
        }
        drop(due);
        live.forget_retired(now);
        for entry in take(&live.queues.news, MOST) {
            live.tell_changed(&entry);
        }
        let ended = take(&live.queues.unsettled, MOST);
        let expired = ended.iter().filter_map(clock_ended).collect();
        // What one of them fails by is no reason to leave the others undone.
        let written = self.write(ended, to_end).await;
        let touched = take(&live.queues.touched, MOST);
        let written = written.and(self.write(touched, to_touch).await);
        let forgotten = now.saturating_sub(millis(self.settings().keep_ended));
        let graves = live.queues.exhume(forgotten, MOST);
        let purged = self.write(graves, |entry| Some(Change::Purge(entry)));
        written.and(purged.await).map(|()| expired)
    }

    /// Writes what is only in memory yet (last seen), and closes the store. Later changes fail.
    pub async fn close(&self) -> Result<(), StoreError> {
        let flushed = self.flush(self.live().now()).await;
        self.stop_threads().await;
        flushed
    }

    /// Writes everything that the disk does not know: last-seen times, and ends whose commit failed.
    async fn flush(&self, now: Millis) -> Result<(), StoreError> {
        let live = self.live();
        let mut unwritten = Vec::new();
        live.scan(now, |entry| {
            if entry.is_unwritten() {
                unwritten.push(Arc::clone(entry));
            }
        });
        let written = self.write(unwritten, to_touch).await;
        let unsettled = take(&live.queues.unsettled, usize::MAX);
        written.and(self.write(unsettled, to_end).await)
    }

    /// Makes a change of each entry. What could not be handed over waits for the next time, if it still matters.
    async fn write(
        &self,
        entries: Vec<Arc<Entry>>,
        change: impl Fn(Arc<Entry>) -> Option<Change>,
    ) -> Result<(), StoreError> {
        let mut changes = entries.into_iter().filter_map(change);
        let mut result = Ok(());
        loop {
            let chunk: Vec<_> = changes.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return result;
            }
            // After a failure the others are handed over all the same: that is how they get back into their queue.
            let written = match self.submit(chunk) {
                Ok(pending) => pending.durable().await.map(drop),
                Err(error) => Err(error),
            };
            result = result.and(written);
        }
    }
}

fn take(queue: &Mutex<VecDeque<Arc<Entry>>>, most: usize) -> Vec<Arc<Entry>> {
    let mut queue = queue.lock();
    let count = queue.len().min(most);
    queue.drain(..count).collect()
}

fn to_end(entry: Arc<Entry>) -> Option<Change> {
    entry.is_unsettled().then_some(Change::End {
        entry,
        unless_ended: None,
    })
}

fn to_touch(entry: Arc<Entry>) -> Option<Change> {
    if !entry.is_unwritten() {
        entry.forget_touch();
        return None;
    }
    let seen = entry.begin_write();
    Some(Change::Touch { entry, seen })
}

fn clock_ended(entry: &Arc<Entry>) -> Option<Expired> {
    let reason = entry.ended().filter(|_| entry.is_unsettled())?.reason;
    matches!(reason, EndReason::Idle | EndReason::Absolute).then(|| Expired {
        handle: entry.handle(),
        user: entry.user().map(str::to_owned),
        reason,
    })
}
