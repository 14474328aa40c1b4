//! Changes on their way to the writer thread: bounded, and taken all at once.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use crate::{StoreError, change::Change};

/// Jobs that may wait; more is answered with [`StoreError::Busy`].
const MOST_JOBS: usize = 8192;

/// Bytes that may wait, whatever the jobs.
const MOST_BYTES: usize = 64 << 20;

/// Jobs in the last batch from which on the next one is waited for.
const CROWD: usize = 4;

/// How long it is waited for: about as long as a commit takes.
const GATHER: Duration = Duration::from_micros(250);

/// Changes that become durable together or not at all, and who waits for them.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) changes: Vec<Change>,
    /// Told how many sessions ended by it besides those that it names: see `judge`.
    pub(crate) done: oneshot::Sender<Result<u64, StoreError>>,
}

/// See the module's own text.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    jobs: Vec<Job>,
    bytes: usize,
    /// The writer sleeps and wants to be woken.
    is_idle: bool,
    /// The last batch was of many.
    is_crowded: bool,
    /// Nothing is taken any more: what came before is still done.
    is_closed: bool,
}

impl Queue {
    /// Hands a job over, without waiting. A job that is refused comes back.
    pub(crate) fn push(&self, job: Job) -> Result<(), (StoreError, Job)> {
        let bytes: usize = job.changes.iter().map(Change::weight).sum();
        let mut waiting = self.waiting.lock();
        if waiting.is_closed {
            return Err((StoreError::Stopped, job));
        }
        if waiting.jobs.len() >= MOST_JOBS || waiting.bytes + bytes > MOST_BYTES {
            return Err((StoreError::Busy, job));
        }
        waiting.jobs.push(job);
        waiting.bytes += bytes;
        if std::mem::take(&mut waiting.is_idle) {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Waits for jobs and takes all that there are into `batch`, which is empty. `false`: there will be none.
    ///
    /// At full load it also waits a moment for more: a commit costs the same for many as for a few, and the time that
    /// it takes from requests is worth more than what they wait here.
    pub(crate) fn take(&self, batch: &mut Vec<Job>) -> bool {
        let mut waiting = self.waiting.lock();
        if waiting.is_crowded && !waiting.is_closed {
            self.wake.wait_for(&mut waiting, GATHER);
        }
        while waiting.jobs.is_empty() {
            if waiting.is_closed {
                return false;
            }
            waiting.is_idle = true;
            self.wake.wait(&mut waiting);
        }
        waiting.bytes = 0;
        waiting.is_crowded = waiting.jobs.len() >= CROWD;
        std::mem::swap(&mut waiting.jobs, batch);
        true
    }

    /// Takes no more jobs.
    pub(crate) fn close(&self) {
        self.waiting.lock().is_closed = true;
        self.wake.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Data, data::Delta, entry};

    fn job(bytes: usize) -> Job {
        let data: Data = [("k".to_owned(), "x".repeat(bytes).into())]
            .into_iter()
            .collect();
        let change = Change::Edit {
            entry: std::sync::Arc::new(entry::tests::entry()),
            delta: Box::new(Delta::replace_by(data)),
            size: 0,
        };
        Job {
            changes: vec![change],
            done: oneshot::channel().0,
        }
    }

    #[test]
    fn too_many_jobs_and_too_many_bytes_are_refused() {
        let queue = Queue::default();
        for _ in 0..MOST_JOBS {
            queue.push(job(0)).unwrap();
        }
        assert!(matches!(queue.push(job(0)), Err((StoreError::Busy, _))));
        let mut batch = Vec::new();
        assert!(queue.take(&mut batch));
        assert_eq!(batch.len(), MOST_JOBS);
        queue.push(job(MOST_BYTES / 2)).unwrap();
        assert!(matches!(
            queue.push(job(MOST_BYTES / 2)),
            Err((StoreError::Busy, _))
        ));
        queue.push(job(0)).unwrap();
    }

    #[test]
    fn what_came_before_the_close_is_still_done() {
        let queue = Queue::default();
        queue.push(job(0)).unwrap();
        queue.close();
        assert!(matches!(queue.push(job(0)), Err((StoreError::Stopped, _))));
        let mut batch = Vec::new();
        assert!(queue.take(&mut batch) && batch.len() == 1);
        assert!(!queue.take(&mut Vec::new()));
    }
}
