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
    time::Duration,
};

use crossterm::{
    Command as _,
    clipboard::CopyToClipboard,
    cursor, event, execute, queue,
    style::Print,
    terminal::{self, BeginSynchronizedUpdate, EndSynchronizedUpdate},
};
use rustix::process::{Signal, getpid, kill_process};

/// Whether the terminal is in our hands: raw, on the alternate screen.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether it tells us about the mouse.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// How many panics are being printed at this moment: until they are through, the terminal is theirs.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Buttons and the wheel, with columns beyond 223.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// How long a signal to oneself may take.
const STOPPED_WITHIN: Duration = Duration::from_millis(100);

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
    )?;
    mouse(MOUSE.load(Ordering::SeqCst))
}

/// Listens to the mouse or no more: buttons and the wheel, and not where it moves, which would be a flood.
pub(crate) fn mouse(on: bool) -> io::Result<()> {
    MOUSE.store(on, Ordering::SeqCst);
    execute!(io::stdout(), Print(if on { MOUSE_ON } else { MOUSE_OFF }))
}

/// Puts text in the clipboard of the terminal, wherever that runs (OSC 52). Nothing tells whether it did.
pub(crate) fn copy(text: &str, in_tmux: bool) -> io::Result<()> {
    let mut plain = String::new();
    // Writing to a String cannot fail.
    let _ = CopyToClipboard::to_clipboard_from(text).write_ansi(&mut plain);
    execute!(io::stdout(), Print(&plain))?;
    if in_tmux {
        // For the terminal around tmux, where that lets it through.
        let through = plain.replace('\x1b', "\x1b\x1b");
        execute!(io::stdout(), Print(format!("\x1bPtmux;{through}\x1b\\")))?;
    }
    Ok(())
}

/// Gives the terminal back and stops this process, as Ctrl-Z does elsewhere; goes on from here when it goes on.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing tells when a stop has come and gone; it is not waited for but given its moment"
)]
pub(crate) fn suspend() -> io::Result<()> {
    restore();
    kill_process(getpid(), Signal::TSTP)?;
    // The stop comes within this moment. Without a shell that could wake it, it does not come at all.
    thread::sleep(STOPPED_WITHIN);
    enter()
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
    let _ = queue!(
        out,
        EndSynchronizedUpdate,
        Print(MOUSE_OFF),
        event::DisableBracketedPaste
    );
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
