//! The audit log: every action and every refusal, with who, what and how it ended.
//!
//! Whoever acts hands a record over and goes on: one thread writes them, one line each. **The log never stops what it
//! tells of.** To end a session is what an operator does in need, and a full disk must not be able to forbid it; what
//! could not be written is counted, told in the server's log at once, and in the audit log as soon as it can be.

mod file;
mod flood;
mod lines;
mod tally;

use std::{
    collections::VecDeque,
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sessctl_api::{AuditPage, AuditQuery, AuditRecord, Newest};
use time::OffsetDateTime;

pub use self::file::AuditError;
pub(crate) use self::tally::Tally;
use self::{file::Writer, flood::Floods};

/// How many records are kept where no file is.
const IN_MEMORY: usize = 10_000;

/// Where what happens is written down. Clones write to the same place.
///
/// The default one keeps the latest 10,000 records in memory and writes no file.
#[derive(Debug, Clone, Default)]
pub struct Audit(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    place: Place,
    floods: Mutex<Floods>,
    tally: Tally,
}

#[derive(Debug)]
enum Place {
    Memory(Mutex<VecDeque<AuditRecord>>),
    File(Writer),
}

impl Default for Place {
    fn default() -> Self {
        Self::Memory(Mutex::default())
    }
}

impl Audit {
    /// Appends to a file of JSON lines, which is made (0600) if it is not there. At 16 MiB it is renamed to `FILE.1`, in
    /// the place of the one that was called so, and begun anew. A file that somebody moves away is begun anew too.
    pub fn open(path: &Path) -> Result<Self, AuditError> {
        let place = Place::File(Writer::open(path, lines::LARGEST)?);
        Ok(Self(Arc::new(Inner {
            place,
            ..Inner::default()
        })))
    }

    /// Writes a record down, and says it in the server's log. It waits for nothing.
    ///
    /// Refusals that come in floods, and what users do to their own in a loop, are counted and told of once a minute:
    /// nobody can flush the log by knocking.
    pub fn note(&self, record: AuditRecord) {
        self.0.tally.count(&record);
        let judged = lock(&self.0.floods).judge(record);
        for record in [judged.left_out, judged.record].into_iter().flatten() {
            self.put(record);
        }
    }

    /// Tells of the floods that are over.
    pub(crate) fn tell_floods(&self, now: OffsetDateTime) {
        let past = lock(&self.0.floods).past(now);
        for left_out in past {
            self.put(left_out);
        }
    }

    /// What was counted since the start.
    pub(crate) fn tally(&self) -> &Tally {
        &self.0.tally
    }

    /// How many records could not be written since the start.
    pub(crate) fn lost(&self) -> u64 {
        match &self.0.place {
            Place::Memory(_) => 0,
            Place::File(writer) => writer.lost(),
        }
    }

    /// Finds what is asked for, everything that was noted before included.
    pub(crate) async fn find(&self, query: AuditQuery) -> io::Result<AuditPage> {
        let audit = self.clone();
        tokio::task::spawn_blocking(move || {
            audit.settle();
            let mut newest = Newest::of(&query);
            match &audit.0.place {
                Place::Memory(kept) => {
                    for record in &*lock(kept) {
                        newest.offer(record);
                    }
                }
                Place::File(writer) => writer.read(|line| newest.offer_line(line))?,
            }
            Ok(newest.into_page())
        })
        .await
        .map_err(io::Error::other)?
    }

    /// Resolves once everything that was noted is on the disk, or cannot be put there.
    pub async fn flush(&self) {
        let audit = self.clone();
        // An error says that the writer panicked, which the log has told.
        let _ = tokio::task::spawn_blocking(move || audit.settle()).await;
    }

    fn settle(&self) {
        let left_out = lock(&self.0.floods).settle();
        for left_out in left_out {
            self.put(left_out);
        }
        if let Place::File(writer) = &self.0.place {
            writer.flush();
        }
    }

    fn put(&self, record: AuditRecord) {
        let record = record.made_harmless();
        tracing::info!(
            result = record.result.as_str(),
            user = record.user,
            handle = record.handle.map(tracing::field::display),
            actor = record.actor,
            from = record.from,
            why = record.why,
            count = record.count,
            "{}",
            record.action
        );
        match &self.0.place {
            Place::Memory(kept) => {
                let mut kept = lock(kept);
                if kept.len() == IN_MEMORY {
                    kept.pop_front();
                }
                kept.push_back(record);
            }
            Place::File(writer) => writer.put(record),
        }
    }
}

/// A panic while it was held leaves it as good as it was: it holds counts and whole records.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
