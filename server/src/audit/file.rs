//! The audit log's file: opened, handed records, read.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::Ordering,
        mpsc::{self, Receiver, SyncSender, TrySendError},
    },
    thread,
};

use sessctl_api::AuditRecord;

use super::lines::{Lines, Lost, Mark, mark_of, put_aside};

/// Records that may wait for the disk; more are lost, and counted.
const WAITING: usize = 16 * 1024;

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
    jobs: SyncSender<Job>,
    lost: Arc<Lost>,
}

#[derive(Debug)]
enum Job {
    Write(AuditRecord),
    /// Answer once everything before it is written.
    Flush(SyncSender<()>),
}

impl Writer {
    /// Opens the file and starts the thread, which ends when the writer is dropped.
    pub(super) fn open(path: &Path, largest: u64) -> Result<Self, AuditError> {
        let failed = |source| AuditError {
            path: path.to_owned(),
            source,
        };
        let mut lines = Lines::open(path, largest).map_err(failed)?;
        let (jobs, work) = mpsc::sync_channel(WAITING);
        let lost = Arc::new(Lost::default());
        let its_lost = Arc::clone(&lost);
        thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || write_all(&mut lines, &work, &its_lost))
            .map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            jobs,
            lost,
        })
    }

    /// Hands a record over, or counts it as lost where too many wait.
    pub(super) fn put(&self, record: AuditRecord) {
        match self.jobs.try_send(Job::Write(record)) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => self.lost.note(),
        }
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost.all.load(Ordering::Relaxed)
    }

    /// Returns once everything before it is on the disk, or cannot be. Blocks.
    pub(super) fn flush(&self) {
        let (done, flushed) = mpsc::sync_channel(1);
        if self.jobs.send(Job::Flush(done)).is_ok() {
            // An error says that the thread has died, and nothing will be written any more.
            let _ = flushed.recv();
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

fn write_all(lines: &mut Lines, work: &Receiver<Job>, lost: &Lost) {
    for job in work {
        match job {
            Job::Write(record) => lines.write(&record, lost),
            Job::Flush(done) => {
                lines.sync();
                // An error says that nobody waits.
                let _ = done.send(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
