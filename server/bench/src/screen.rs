//! A program on a pseudo terminal: what it draws is read and counted, keys are typed.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

/// What each frame ends with: the dashboard draws in synchronized updates.
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// How long anything may take to be drawn.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program on a terminal. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Screen {
    child: Child,
    keys: File,
    drawn: Arc<Drawn>,
}

#[derive(Debug, Default)]
struct Drawn {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    frames: u64,
    /// The latest bytes.
    tail: Vec<u8>,
    is_closed: bool,
}

impl Screen {
    /// Starts a program on a terminal of 160 by 50 cells.
    pub(crate) fn start(mut command: Command) -> Result<Self> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let size = Winsize {
            ws_row: 50,
            ws_col: 160,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&ours, size)?;
        let path = ptsname(&ours, Vec::new())?;
        let theirs = rustix::fs::open(&*path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
        let child = command
            .stdin(Stdio::from(theirs.try_clone()?))
            .stdout(Stdio::from(theirs.try_clone()?))
            .stderr(Stdio::from(theirs))
            .spawn()
            .context("cannot start a program on a terminal")?;
        // The command holds their side of the terminal, which has to close with the program.
        drop(command);
        let drawn = Arc::new(Drawn::default());
        let of_reader = Arc::clone(&drawn);
        let reads = File::from(ours.try_clone()?);
        thread::spawn(move || of_reader.read(reads));
        Ok(Self {
            child,
            keys: File::from(ours),
            drawn,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Frames that were drawn up to now.
    pub(crate) fn frames(&self) -> u64 {
        self.drawn.lock().frames
    }

    /// Presses keys and waits for the next frame, which answers them. Says how long that took.
    pub(crate) fn press(&mut self, keys: &str) -> Result<Duration> {
        let before = self.frames();
        let begun = Instant::now();
        self.keys.write_all(keys.as_bytes())?;
        self.drawn.wait(|state| state.frames > before)?;
        Ok(begun.elapsed())
    }

    /// Waits until this is drawn in one piece.
    pub(crate) fn sees(&self, text: &str) -> Result<()> {
        let text = text.as_bytes();
        let is_there = |state: &State| state.tail.windows(text.len()).any(|part| part == text);
        self.drawn.wait(is_there)
    }
}

impl Drawn {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, mut from: File) {
        /// More than a frame.
        const TAIL: usize = 1 << 17;
        let mut bytes = vec![0; 1 << 16];
        let mut rest = Vec::new();
        // An error says that the program has ended.
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            let mut state = self.lock();
            // A mark may come in two pieces.
            rest.extend_from_slice(&bytes[..count]);
            let marks = rest
                .windows(FRAME_ENDS.len())
                .filter(|part| *part == FRAME_ENDS);
            state.frames += marks.count() as u64;
            state.tail.extend_from_slice(&bytes[..count]);
            let surplus = state.tail.len().saturating_sub(TAIL);
            state.tail.drain(..surplus);
            rest.drain(..rest.len().saturating_sub(FRAME_ENDS.len() - 1));
            drop(state);
            self.changed.notify_all();
        }
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    fn wait(&self, is: impl Fn(&State) -> bool) -> Result<()> {
        let goes_on = |state: &mut State| !state.is_closed && !is(state);
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), PATIENCE, goes_on);
        let (state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.is_closed || waited.timed_out() {
            let tail = String::from_utf8_lossy(&state.tail).into_owned();
            bail!("the dashboard did not draw what it should: {tail:?}");
        }
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Errors say that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
