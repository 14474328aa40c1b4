//! The audit log's file: opened, handed records, read.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    thread,
    time::Duration,
};

use sessctl_api::AuditRecord;

use super::{
    lines::{Lines, Lost, Mark, mark_of, put_aside},
    lock,
};

/// Records that may wait for the disk; more are lost, and counted.
const WAITING: usize = 16 * 1024;

/// For how long records are gathered, so that many are written at once: a call for each would cost as much as signing
/// somebody in.
const GATHER: Duration = Duration::from_millis(20);

/// Why an audit log cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the audit log {}", path.display())]
pub struct AuditError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// The way to the thread that writes.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    shared: Arc<Shared>,
}

/// What whoever notes something and the thread have in common.
#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Wakes the thread.
    wake: Condvar,
    /// Wakes those who wait for it.
    done: Condvar,
    lost: Lost,
}

#[derive(Debug, Default)]
struct Waiting {
    records: Vec<AuditRecord>,
    /// The thread sleeps until somebody wakes it.
    is_idle: bool,
    /// How many flushes were asked for, and how many of them were done.
    wanted: u64,
    flushed: u64,
    /// Nobody notes anything any more.
    is_closed: bool,
}

impl Writer {
    /// Opens the file and starts the thread, which ends when the writer is dropped.
    pub(super) fn open(path: &Path, largest: u64) -> Result<Self, AuditError> {
        let failed = |source| AuditError {
            path: path.to_owned(),
            source,
        };
        let mut lines = Lines::open(path, largest).map_err(failed)?;
        let shared = Arc::new(Shared::default());
        let its_own = Arc::clone(&shared);
        thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || its_own.write_all(&mut lines))
            .map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            shared,
        })
    }

    /// Hands a record over, or counts it as lost where too many wait.
    pub(super) fn put(&self, record: AuditRecord) {
        let mut waiting = lock(&self.shared.waiting);
        if waiting.records.len() >= WAITING {
            self.shared.lost.note();
            return;
        }
        waiting.records.push(record);
        if std::mem::take(&mut waiting.is_idle) {
            self.shared.wake.notify_one();
        }
    }

    pub(super) fn lost(&self) -> u64 {
        self.shared.lost.all.load(Ordering::Relaxed)
    }

    /// Returns once everything before it is on the disk, or cannot be. Blocks.
    pub(super) fn flush(&self) {
        let mut waiting = lock(&self.shared.waiting);
        waiting.wanted += 1;
        let own = waiting.wanted;
        self.shared.wake.notify_one();
        // Of a thread that panicked nothing more is to be waited for: it says so on its way.
        while waiting.flushed < own && !waiting.is_closed {
            waiting = wait(&self.shared.done, waiting);
        }
    }

    /// Shows every line, those of the file that was put aside first.
    pub(super) fn read(&self, mut show: impl FnMut(&str)) -> io::Result<()> {
        // In this order: what is put aside between the two is then the same file twice, and none is missed.
        let newer = open_if_there(&self.path)?;
        let older = open_if_there(&put_aside(&self.path))?;
        let older = older.filter(|(mark, _)| newer.as_ref().is_none_or(|(new, _)| new != mark));
        for (_, file) in older.into_iter().chain(newer) {
            let mut lines = BufReader::new(file);
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line)? > 0 {
                show(String::from_utf8_lossy(&line).trim_end());
                line.clear();
            }
        }
        Ok(())
    }
}

fn open_if_there(path: &Path) -> io::Result<Option<(Mark, File)>> {
    match File::open(path) {
        Ok(file) => Ok(Some((mark_of(&file.metadata()?), file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        lock(&self.shared.waiting).is_closed = true;
        self.shared.wake.notify_one();
    }
}

/// Lets those go who wait for a thread that is no more.
struct Closing<'s>(&'s Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        lock(&self.0.waiting).is_closed = true;
        self.0.done.notify_all();
    }
}

impl Shared {
    /// Writes until the writer is dropped and nothing waits any more.
    fn write_all(&self, lines: &mut Lines) {
        let _closing = Closing(self);
        let mut batch = Vec::new();
        while let Some(wanted) = self.take(&mut batch) {
            lines.write(&batch, &self.lost);
            batch.clear();
            if let Some(wanted) = wanted {
                lines.sync();
                lock(&self.waiting).flushed = wanted;
                self.done.notify_all();
            }
        }
    }

    /// Waits for records and takes all that there are, with the number of flushes that they are the last of; `None`:
    /// there will be none.
    fn take(&self, batch: &mut Vec<AuditRecord>) -> Option<Option<u64>> {
        let mut waiting = lock(&self.waiting);
        let is_due = |waiting: &Waiting| waiting.wanted > waiting.flushed || waiting.is_closed;
        while waiting.records.is_empty() && !is_due(&waiting) {
            waiting.is_idle = true;
            waiting = wait(&self.wake, waiting);
        }
        if !is_due(&waiting) {
            // An error says that somebody panicked while it was held, which spoils nothing.
            let gathered = self
                .wake
                .wait_timeout_while(waiting, GATHER, |w| !is_due(w));
            waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
        }
        std::mem::swap(&mut waiting.records, batch);
        let wanted = (waiting.wanted > waiting.flushed).then_some(waiting.wanted);
        if batch.is_empty() && wanted.is_none() {
            return None;
        }
        Some(wanted)
    }
}

fn wait<'w, T>(signal: &Condvar, held: MutexGuard<'w, T>) -> MutexGuard<'w, T> {
    signal.wait(held).unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
