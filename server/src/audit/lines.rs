//! The audit log's file as the one thread knows it that writes it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use rustix::fs::OFlags;
use sessctl_api::{AuditRecord, AuditResult, audit::actions};

/// At how many bytes the file is put aside. With the one before it, some 200,000 records are kept.
pub(super) const LARGEST: u64 = 16 * 1024 * 1024;

/// How many bytes are written by one call, or little more.
const AT_ONCE: usize = 64 * 1024;

/// Records that could not be written.
#[derive(Debug, Default)]
pub(super) struct Lost {
    pub(super) all: AtomicU64,
    /// Of these, the ones that the file does not tell of yet.
    untold: AtomicU64,
}

impl Lost {
    pub(super) fn note(&self) {
        self.all.fetch_add(1, Ordering::Relaxed);
        self.untold.fetch_add(1, Ordering::Relaxed);
    }
}

/// Tells a file from another that took its name.
pub(super) type Mark = (u64, u64);

pub(super) fn mark_of(found: &fs::Metadata) -> Mark {
    (found.dev(), found.ino())
}

/// Where the file goes when it is full.
pub(super) fn put_aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

/// The file as its thread knows it.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    largest: u64,
    pub(super) file: File,
    mark: Mark,
    size: u64,
    /// The last line is not whole: the next one begins with a line break.
    is_torn: bool,
    /// The disk refused the latest write, which was said.
    pub(super) is_failing: bool,
}

impl Lines {
    pub(super) fn open(path: &Path, largest: u64) -> io::Result<Self> {
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

    /// Puts what was written on the disk.
    pub(super) fn sync(&self) {
        // What a crash of the machine may take is not what a failed sync should be told for.
        let _ = self.file.sync_data();
    }

    /// Writes records, as many by one call as go together.
    pub(super) fn write(&mut self, records: &[AuditRecord], lost: &Lost) {
        let mut rest = records;
        while let Some(first) = rest.first() {
            let untold = lost.untold.swap(0, Ordering::Relaxed);
            if untold > 0 {
                let mut gap = AuditRecord::new(first.at, actions::LOST, AuditResult::Failed);
                gap.count = Some(untold);
                if let Err((error, _)) = self.lines(std::slice::from_ref(&gap)) {
                    lost.untold.fetch_add(untold, Ordering::Relaxed);
                    rest.iter().for_each(|_| lost.note());
                    self.say(&error);
                    return;
                }
            }
            match self.lines(rest) {
                Ok(done) => {
                    rest = &rest[done..];
                    if std::mem::take(&mut self.is_failing) {
                        tracing::info!(
                            "the audit log can be written again; it tells how much is missing"
                        );
                    }
                }
                Err((error, done)) => {
                    rest[done..].iter().for_each(|_| lost.note());
                    self.say(&error);
                    return;
                }
            }
        }
    }

    fn say(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::error!(%error, file = %self.path.display(), "the audit log cannot be written: what happens is counted until it can be");
        }
    }

    /// Writes lines by one call, so that no other line can get into one: the first of these records, and as many more
    /// as the file and one call have room for. Returns how many are whole in the file, on an error too.
    fn lines(&mut self, records: &[AuditRecord]) -> Result<usize, (io::Error, usize)> {
        self.follow();
        let mut text = Vec::with_capacity(256 * records.len().min(64));
        if self.is_torn {
            text.push(b'\n');
        }
        let mut ends = Vec::new();
        for record in records {
            let before = text.len();
            serde_json::to_writer(&mut text, record).map_err(|error| (error.into(), 0))?;
            text.push(b'\n');
            let size = self.size + text.len() as u64;
            if !ends.is_empty() && (size > self.largest || text.len() > AT_ONCE) {
                text.truncate(before);
                break;
            }
            if self.size > 0 && size > self.largest {
                self.turn_over();
            }
            ends.push(text.len());
        }
        let written = self.file.write(&text).map_err(|error| (error, 0))?;
        self.size += written as u64;
        self.is_torn = written < text.len();
        if self.is_torn {
            let whole = ends.iter().filter(|end| **end <= written).count();
            return Err((io::ErrorKind::StorageFull.into(), whole));
        }
        Ok(ends.len())
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
