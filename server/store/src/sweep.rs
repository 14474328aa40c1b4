//! What is done once a second whether or not requests come, and at the end.

use std::{sync::Arc, time::Duration};

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

/// `changed` events told in one sweep; the rest is told in the next ones.
const NEWS: usize = 256;

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
        let now = self.live().now();
        let keep = millis(self.settings().keep_ended);
        let mut expired = Vec::new();
        let mut changes = Vec::new();
        let mut news = if self.live().feed.is_watched() {
            NEWS
        } else {
            0
        };
        for entry in self.in_turn() {
            if entry.lives_at(now) {
                changes.extend(due_touch(&entry, touch_grain(entry.idle())));
                if news > 0 && entry.take_news() {
                    news -= 1;
                    self.live().tell_changed(&entry);
                }
            } else if entry.is_unsettled() {
                expired.extend(clock_ended(&entry));
                changes.push(Change::End {
                    entry,
                    unless_ended: None,
                });
            } else if entry
                .ended_at()
                .is_some_and(|ended| ended.saturating_add(keep) <= now)
            {
                changes.push(Change::Purge(entry));
            }
        }
        self.write_in_chunks(changes).await?;
        Ok(expired)
    }

    /// Every entry, each time from another one on: when there is more news than one sweep tells, all get their turn.
    fn in_turn(&self) -> Vec<Arc<Entry>> {
        let mut entries = self.live().all();
        if !entries.is_empty() {
            let first = self.live().next_turn(NEWS) % entries.len();
            entries.rotate_left(first);
        }
        entries
    }

    /// Writes what is only in memory yet (last seen), and closes the store. Later changes fail.
    pub async fn close(&self) -> Result<(), StoreError> {
        let flushed = self.flush().await;
        self.stop_writer().await;
        flushed
    }

    /// Writes everything that the disk does not know: last-seen times, and ends whose commit failed.
    async fn flush(&self) -> Result<(), StoreError> {
        let unwritten = |entry: Arc<Entry>| {
            if !entry.is_unsettled() {
                return due_touch(&entry, 1);
            }
            Some(Change::End {
                entry,
                unless_ended: None,
            })
        };
        let changes = self
            .live()
            .all()
            .into_iter()
            .filter_map(unwritten)
            .collect();
        self.write_in_chunks(changes).await
    }

    async fn write_in_chunks(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let mut changes = changes.into_iter().peekable();
        while changes.peek().is_some() {
            self.submit(changes.by_ref().take(CHUNK).collect())?
                .durable()
                .await?;
        }
        Ok(())
    }
}

fn due_touch(entry: &Arc<Entry>, grain: Millis) -> Option<Change> {
    let touch = entry.due_touch(grain)?;
    Some(Change::Touch {
        entry: Arc::clone(entry),
        touch,
    })
}

fn clock_ended(entry: &Arc<Entry>) -> Option<Expired> {
    let reason = entry.ended()?.reason;
    matches!(reason, EndReason::Idle | EndReason::Absolute).then(|| Expired {
        handle: entry.handle(),
        user: entry.user().map(str::to_owned),
        reason,
    })
}

/// How far last seen may move before it is written: a crash loses at most that.
///
/// A tenth of the idle limit and at least a minute, but never more than a quarter of a short limit: else a crash
/// would end sessions that were in use.
fn touch_grain(idle: Millis) -> Millis {
    (idle / 10).max(60_000).min(idle / 4).max(1)
}
