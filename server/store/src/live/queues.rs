//! What waits for the next sweep.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;

use crate::{Entry, clock::Millis};

/// Ended sessions that are remembered at most: whoever signs in and out in a loop must not fill the memory.
const GRAVES: usize = 250_000;

/// What waits for the next sweep.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    /// Ended, and the disk does not know.
    pub(crate) unsettled: Mutex<VecDeque<Arc<Entry>>>,
    /// Seen so long after the last write that it should be written again.
    pub(crate) touched: Mutex<VecDeque<Arc<Entry>>>,
    /// Seen, and watchers do not know.
    pub(crate) news: Mutex<VecDeque<Arc<Entry>>>,
    /// Ended for good, oldest first.
    pub(crate) graves: Mutex<VecDeque<Arc<Entry>>>,
}

impl Queues {
    /// Takes those of the oldest ended sessions that are remembered no longer.
    pub(crate) fn exhume(&self, before: Millis, most: usize) -> Vec<Arc<Entry>> {
        let mut graves = self.graves.lock();
        let mut out = Vec::new();
        while out.len() < most {
            let is_old = |entry: &Arc<Entry>| entry.ended_at().is_none_or(|at| at <= before);
            match graves.front() {
                Some(entry) if graves.len() > GRAVES || is_old(entry) => {}
                _ => break,
            }
            out.extend(graves.pop_front());
        }
        out
    }
}
