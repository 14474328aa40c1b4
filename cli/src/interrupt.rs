//! Ctrl-C at a command that has no use for it: one line, and the end at once, by the very signal.

use std::{
    io::{self, IsTerminal as _},
    sync::{Once, OnceLock},
    thread,
};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::{consts::SIGINT, iterator::Signals, low_level::emulate_default_handler};

use crate::output;

/// How the terminal was before anybody was asked for a password, which is not shown.
static TERMINAL: OnceLock<Termios> = OnceLock::new();

/// Says in a line that the command was stopped, where somebody is there to read it. Elsewhere the signal alone tells.
///
/// A thread of its own, since a command may be reading from its terminal, and deaf to anything else. What was printed by
/// then stays.
pub(crate) fn announce() -> io::Result<()> {
    if !io::stderr().is_terminal() {
        return Ok(());
    }
    if let Ok(terminal) = tcgetattr(io::stderr()) {
        let _ = TERMINAL.set(terminal);
    }
    let mut signals = Signals::new([SIGINT])?;
    thread::Builder::new().spawn(move || {
        if signals.forever().next().is_some() {
            stop();
        }
    })?;
    Ok(())
}

/// Ends the process as if nobody had listened, so that loops of a shell end too. Whoever comes second waits for that.
pub(crate) fn stop() {
    static STOPPED: Once = Once::new();
    STOPPED.call_once(|| {
        if let Some(terminal) = TERMINAL.get() {
            let _ = tcsetattr(io::stderr(), OptionalActions::Now, terminal);
        }
        // Behind the ^C that the terminal shows.
        output::say!("\nsessctl: stopped by Ctrl-C");
        let _ = emulate_default_handler(SIGINT);
    });
}
