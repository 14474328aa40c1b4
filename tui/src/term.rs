//! The real terminal: how it is taken, and how it is always given back.
//!
//! One function gives it back, whatever happened: the guard's drop and the panic hook both call it. Nothing here
//! knows what is drawn.

use std::{
    io::{self, Write},
    panic::{self, PanicHookInfo},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use crossterm::{
    cursor, event, execute, queue,
    terminal::{self, BeginSynchronizedUpdate, EndSynchronizedUpdate},
};

/// Whether the terminal is in our hands: raw, on the alternate screen.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// How many panics are being printed at this moment: until they are through, the terminal is theirs.
static PANICS: AtomicUsize = AtomicUsize::new(0);

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// Holds the terminal; gives it back when dropped.
pub(crate) struct Guard {
    hook_before: Arc<Hook>,
}

impl Guard {
    /// Takes the terminal, and makes any panic give it back before a word is printed.
    pub(crate) fn take() -> io::Result<Self> {
        let hook_before: Arc<Hook> = panic::take_hook().into();
        let hook = hook_before.clone();
        panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            restore();
            hook(panic);
            PANICS.fetch_sub(1, Ordering::SeqCst);
        }));
        // From here on the drop undoes whatever was done, also half of it.
        let guard = Self { hook_before };
        enter()?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
        // The hook cannot be changed during a panic, and then does no harm.
        if !thread::panicking() {
            let hook = self.hook_before.clone();
            panic::set_hook(Box::new(move |panic| hook(panic)));
        }
    }
}

/// Takes the terminal: once by the guard, and again after a panic elsewhere in the process gave it back.
pub(crate) fn enter() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    terminal::enable_raw_mode()?;
    execute!(
        io::stdout(),
        terminal::EnterAlternateScreen,
        // Pasted letters must not act as keys.
        event::EnableBracketedPaste,
        cursor::Hide
    )
}

/// Whether the terminal is in our hands.
fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

/// Whether a panic gave the terminal back, has had its say, and the dashboard goes on.
pub(crate) fn is_to_be_entered_again() -> bool {
    !is_taken() && PANICS.load(Ordering::SeqCst) == 0
}

/// Gives the terminal back as it was. Does it once, tries every step, and cannot fail: there is nobody left to tell.
fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = queue!(out, EndSynchronizedUpdate, event::DisableBracketedPaste);
    let _ = execute!(out, terminal::LeaveAlternateScreen, cursor::Show);
    let _ = terminal::disable_raw_mode();
}

/// Standard output a frame at a time: what is written is kept until it is flushed, then goes out in one piece
/// between the marks of a synchronized update, so that no half a frame is ever seen.
#[derive(Debug, Default)]
pub(crate) struct Paint {
    frame: Vec<u8>,
}

impl Write for Paint {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // A terminal that was given back belongs to the panic's words.
        if !self.frame.is_empty() && is_taken() {
            let mut whole = Vec::with_capacity(self.frame.len() + 16);
            queue!(whole, BeginSynchronizedUpdate)?;
            whole.append(&mut self.frame);
            queue!(whole, EndSynchronizedUpdate)?;
            let mut out = io::stdout().lock();
            out.write_all(&whole)?;
            out.flush()?;
        }
        self.frame.clear();
        Ok(())
    }
}
