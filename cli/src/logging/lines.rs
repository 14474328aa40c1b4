//! Log lines on their way to stderr: whoever says one does not wait until it is written, and lines that come together
//! are written together. A line for each login, written by itself, is a tenth of what a login costs.

use std::{
    io::{self, Write as _},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// Bytes that may wait. Who says more waits until stderr has taken them.
const MOST: usize = 1 << 20;

/// After a line that is written at once, how long the next ones gather.
const PAUSE: Duration = Duration::from_millis(20);

/// Where log lines are put.
#[derive(Debug, Clone)]
pub(super) struct Lines(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    text: Vec<u8>,
    /// The thread sleeps until somebody says something.
    is_idle: bool,
    is_closed: bool,
}

/// Writes what was put there, and all of it before it is dropped.
#[derive(Debug)]
pub(crate) struct Writing {
    lines: Lines,
    thread: Option<JoinHandle<()>>,
}

/// Starts the thread that writes.
pub(super) fn start() -> io::Result<(Lines, Writing)> {
    let lines = Lines(Arc::default());
    let of_thread = lines.clone();
    let thread = thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || of_thread.write())?;
    let writing = Writing {
        lines: lines.clone(),
        thread: Some(thread),
    };
    Ok((lines, writing))
}

impl Lines {
    fn write(&self) {
        let mut text = Vec::new();
        loop {
            let mut waiting = self.lock();
            while waiting.text.is_empty() {
                if waiting.is_closed {
                    return;
                }
                waiting.is_idle = true;
                waiting = self.wait(waiting);
            }
            waiting.is_idle = false;
            std::mem::swap(&mut text, &mut waiting.text);
            drop(waiting);
            self.0.changed.notify_all();
            // Who cannot be told anything cannot be told that either.
            let _ = io::stderr().write_all(&text);
            text.clear();
            self.pause();
        }
    }

    /// Lets lines come together.
    fn pause(&self) {
        let goes_on = |waiting: &mut Waiting| !waiting.is_closed && waiting.text.len() < MOST;
        let paused = self
            .0
            .changed
            .wait_timeout_while(self.lock(), PAUSE, goes_on);
        drop(paused.unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nobody panics between two changes that belong together.
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'w>(&'w self, waiting: MutexGuard<'w, Waiting>) -> MutexGuard<'w, Waiting> {
        let waited = self.0.changed.wait(waiting);
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.lock();
        while waiting.text.len() > MOST {
            waiting = self.wait(waiting);
        }
        waiting.text.extend_from_slice(line);
        let wants_thread = waiting.is_idle || waiting.text.len() > MOST;
        drop(waiting);
        if wants_thread {
            self.0.changed.notify_all();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.lines.lock().is_closed = true;
        self.lines.0.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It panics for nothing that it does.
            let _ = thread.join();
        }
    }
}
