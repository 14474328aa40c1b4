//! The audit log's file, and the one thread that writes it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, SyncSender, TrySendError},
    },
    thread,
};

use rustix::fs::OFlags;
use sessctl_api::{AuditRecord, AuditResult, audit::actions};

/// At how many bytes the file is put aside. With the one before it, some 200,000 records are kept.
pub(super) const LARGEST: u64 = 16 * 1024 * 1024;

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

/// Records that could not be written.
#[derive(Debug, Default)]
struct Lost {
    all: AtomicU64,
    /// Of these, the ones that the file does not tell of yet.
    untold: AtomicU64,
}

impl Lost {
    fn note(&self) {
        self.all.fetch_add(1, Ordering::Relaxed);
        self.untold.fetch_add(1, Ordering::Relaxed);
    }
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
            .spawn(move || lines.write_all(&work, &its_lost))
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

/// Tells a file from another that took its name.
type Mark = (u64, u64);

fn mark_of(found: &fs::Metadata) -> Mark {
    (found.dev(), found.ino())
}

fn put_aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

fn open_if_there(path: &Path) -> io::Result<Option<(Mark, File)>> {
    match File::open(path) {
        Ok(file) => Ok(Some((mark_of(&file.metadata()?), file))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The file as its thread knows it.
#[derive(Debug)]
struct Lines {
    path: PathBuf,
    largest: u64,
    file: File,
    mark: Mark,
    size: u64,
    /// The last line is not whole: the next one begins with a line break.
    is_torn: bool,
    /// The disk refused the latest write, which was said.
    is_failing: bool,
}

impl Lines {
    fn open(path: &Path, largest: u64) -> io::Result<Self> {
        // A link could lead the log anywhere, and to open a pipe waits for its reader.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .mode(0o600)
            .custom_flags(flags.bits().cast_signed())
            .open(path)
            .map_err(in_words)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::other("it is no ordinary file"));
        }
        Ok(Self {
            path: path.to_owned(),
            largest,
            mark: mark_of(&found),
            size: found.len(),
            is_torn: !ends_whole(&file, found.len())?,
            file,
            is_failing: false,
        })
    }

    fn write_all(&mut self, work: &Receiver<Job>, lost: &Lost) {
        for job in work {
            match job {
                Job::Write(record) => self.write(&record, lost),
                Job::Flush(done) => {
                    // What a crash of the machine may take is not what a failed sync should be told for.
                    let _ = self.file.sync_data();
                    // An error says that nobody waits.
                    let _ = done.send(());
                }
            }
        }
    }

    fn write(&mut self, record: &AuditRecord, lost: &Lost) {
        let untold = lost.untold.swap(0, Ordering::Relaxed);
        let told = if untold == 0 {
            Ok(())
        } else {
            let result = AuditResult::Failed;
            let mut gap = AuditRecord::new(record.at, actions::LOST, result);
            gap.count = Some(untold);
            self.line(&gap)
        };
        if told.is_err() {
            lost.untold.fetch_add(untold, Ordering::Relaxed);
        }
        match told.and_then(|()| self.line(record)) {
            Ok(()) if self.is_failing => {
                self.is_failing = false;
                tracing::info!("the audit log can be written again; it tells how much is missing");
            }
            Ok(()) => {}
            Err(error) => {
                lost.note();
                if !self.is_failing {
                    self.is_failing = true;
                    tracing::error!(%error, file = %self.path.display(), "the audit log cannot be written: what happens is counted until it can be");
                }
            }
        }
    }

    /// Writes one line by one call, so that no other line can get into it.
    fn line(&mut self, record: &AuditRecord) -> io::Result<()> {
        let mut line = Vec::with_capacity(256);
        if self.is_torn {
            line.push(b'\n');
        }
        serde_json::to_writer(&mut line, record)?;
        line.push(b'\n');
        self.follow();
        if self.size > 0 && self.size + line.len() as u64 > self.largest {
            self.turn_over();
        }
        let written = self.file.write(&line)?;
        self.size += written as u64;
        self.is_torn = written < line.len();
        if self.is_torn {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    /// Begins anew where somebody moved the file away, as programs do that turn logs over.
    fn follow(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| mark_of(&found) == self.mark) {
            return;
        }
        self.begin_anew();
    }

    /// Puts the file aside in the place of the one before it.
    fn turn_over(&mut self) {
        match fs::rename(&self.path, put_aside(&self.path)) {
            Ok(()) => self.begin_anew(),
            Err(error) => {
                tracing::warn!(%error, file = %self.path.display(), "the audit log cannot be put aside, and grows");
                // To be tried again when it has grown by as much.
                self.size = 0;
            }
        }
    }

    fn begin_anew(&mut self) {
        match Self::open(&self.path, self.largest) {
            Ok(new) => {
                *self = Self {
                    is_failing: self.is_failing,
                    ..new
                };
            }
            // The old one is open still, and better than none.
            Err(error) if !self.is_failing => {
                tracing::warn!(%error, file = %self.path.display(), "the audit log cannot be begun anew");
            }
            Err(_) => {}
        }
    }
}

/// Whether a file ends with a whole line.
fn ends_whole(file: &File, size: u64) -> io::Result<bool> {
    use std::os::unix::fs::FileExt as _;

    let Some(last) = size.checked_sub(1) else {
        return Ok(true);
    };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte == *b"\n")
}

fn in_words(error: io::Error) -> io::Error {
    const LOOP: i32 = rustix::io::Errno::LOOP.raw_os_error();
    match error.raw_os_error() {
        Some(LOOP) => io::Error::other("it is a symbolic link, which could lead anywhere"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::{TempDir, tempdir};
    use time::OffsetDateTime;

    use super::*;

    fn place() -> (TempDir, PathBuf) {
        let dir = tempdir().unwrap();
        let path = dir.path().join("audit.jsonl");
        (dir, path)
    }

    fn record(second: i64) -> AuditRecord {
        let at = OffsetDateTime::from_unix_timestamp(second).unwrap();
        AuditRecord::new(at, actions::LOGIN, AuditResult::Done)
    }

    fn seconds(writer: &Writer) -> Vec<i64> {
        let mut found = Vec::new();
        writer
            .read(|line| {
                if let Ok(record) = serde_json::from_str::<AuditRecord>(line) {
                    found.push(record.at.unix_timestamp());
                }
            })
            .unwrap();
        found
    }

    #[test]
    fn records_are_lines_of_a_file_that_is_its_owners_alone() {
        let (_dir, path) = place();
        for start in [0, 3] {
            let writer = Writer::open(&path, LARGEST).unwrap();
            for second in start..start + 3 {
                writer.put(record(second));
            }
            writer.flush();
            assert_eq!(seconds(&writer), (0..start + 3).collect::<Vec<_>>());
        }
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 6);
    }

    #[test]
    fn a_file_that_is_full_is_put_aside_once() {
        let (_dir, path) = place();
        let writer = Writer::open(&path, 500).unwrap();
        for second in 0..100 {
            writer.put(record(second));
        }
        writer.flush();
        let kept = seconds(&writer);
        let first = kept[0];
        assert!(first > 80, "both files are bounded: {first}");
        assert_eq!(kept, (first..100).collect::<Vec<_>>(), "none is missing");
        for file in [path.clone(), put_aside(&path)] {
            assert!(fs::metadata(file).unwrap().len() <= 500);
        }
    }

    #[test]
    fn a_file_that_was_moved_away_is_begun_anew() {
        let (dir, path) = place();
        let writer = Writer::open(&path, LARGEST).unwrap();
        writer.put(record(1));
        writer.flush();
        let moved = dir.path().join("audit.jsonl-20270115");
        fs::rename(&path, &moved).unwrap();
        writer.put(record(2));
        writer.flush();
        assert_eq!(seconds(&writer), [2]);
        fs::remove_file(&path).unwrap();
        writer.put(record(3));
        writer.flush();
        assert_eq!(seconds(&writer), [3]);
        assert_eq!(fs::read_to_string(&moved).unwrap().lines().count(), 1);
        assert_eq!(writer.lost(), 0);
    }

    #[test]
    fn a_line_that_is_not_whole_spoils_no_other() {
        let (_dir, path) = place();
        fs::write(&path, "{\"at\":\"2027-01-1").unwrap();
        let writer = Writer::open(&path, LARGEST).unwrap();
        writer.put(record(1));
        writer.put(record(2));
        writer.flush();
        assert_eq!(seconds(&writer), [1, 2]);
    }

    #[test]
    fn what_a_full_disk_took_is_counted_and_told_once_there_is_room() {
        let (_dir, path) = place();
        let mut lines = Lines::open(&path, LARGEST).unwrap();
        let good = std::mem::replace(&mut lines.file, File::open(&path).unwrap());
        let lost = Lost::default();
        for second in 0..3 {
            lines.write(&record(second), &lost);
        }
        assert!(lines.is_failing);
        lines.file = good;
        lines.write(&record(3), &lost);
        assert!(!lines.is_failing);
        assert_eq!(lost.all.load(Ordering::Relaxed), 3);
        let text = fs::read_to_string(&path).unwrap();
        let told: Vec<AuditRecord> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(told.len(), 2);
        assert_eq!((&*told[0].action, told[0].count), (actions::LOST, Some(3)));
        assert_eq!(told[1], record(3));
    }

    #[test]
    fn no_link_and_no_pipe_is_taken_for_a_file() {
        let (dir, path) = place();
        let elsewhere = dir.path().join("precious");
        fs::write(&elsewhere, "").unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        for wrong in [&path, dir.path()] {
            let refusal = Writer::open(wrong, LARGEST).unwrap_err();
            assert!(refusal.to_string().contains("audit log"), "{refusal}");
        }
        let socket = dir.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        Writer::open(&socket, LARGEST).unwrap_err();
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "");
    }
}
