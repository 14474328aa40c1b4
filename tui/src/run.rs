//! The dashboard on the real terminal: its keys, its signals, and its way out.
//!
//! It takes the terminal, hands everything to the loop in `app`, and gives the terminal back.

use std::{
    io::{self, IsTerminal as _},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use crossterm::event::EventStream;
use futures_core::Stream;
use futures_util::{StreamExt as _, stream};
use ratatui::{Terminal, backend::CrosstermBackend};
use sessctl_api::Registry;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    app::{self, Device, Input, Quit, TuiError},
    options::Options,
    term,
};

/// Runs the dashboard on the terminal of this process until it is asked to close.
///
/// The terminal is given back whatever happens: on a key, a signal, an error or a panic.
pub async fn run(registry: Arc<dyn Registry>, options: Options) -> Result<Quit, TuiError> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(TuiError::NoTerminal);
    }
    // Before the terminal is taken: from then on a signal must not end the process on its own.
    let signals = signals()?;
    let mut terminal = Terminal::new(CrosstermBackend::new(term::Paint::default()))?;
    // Dropped before `terminal`, whose own drop would panic when it cannot write to a terminal that hung up.
    let _guard = term::Guard::take()?;
    let mut device = Real {
        in_tmux: options.in_tmux,
    };
    match app::drive(
        registry,
        options,
        &mut terminal,
        input(signals),
        &mut device,
    )
    .await
    {
        // What failed is that the terminal went away, a moment before its signal came.
        Err(_) if !io::stdin().is_terminal() => Ok(Quit::Signal(1)),
        end => end,
    }
}

/// What only the real terminal can do.
struct Real {
    in_tmux: bool,
}

impl Device for Real {
    fn copy(&mut self, text: &str) -> io::Result<()> {
        term::copy(text, self.in_tmux)
    }

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        term::mouse(on)
    }

    fn suspend(&mut self) -> io::Result<()> {
        term::suspend()
    }
}

type Signals = Vec<(tokio::signal::unix::Signal, i32)>;

/// SIGCONT.
const CONTINUED: SignalKind = SignalKind::from_raw(18);

fn signals() -> io::Result<Signals> {
    [
        SignalKind::terminate(),
        SignalKind::hangup(),
        SignalKind::interrupt(),
        // Whoever stopped this process may have left the terminal as it likes.
        CONTINUED,
    ]
    .into_iter()
    .map(|kind| Ok((signal(kind)?, kind.as_raw_value())))
    .collect()
}

/// Signals, keys, and once a second a look at whether the terminal is still there and still ours.
fn input(mut signals: Signals) -> impl Stream<Item = io::Result<Input>> {
    let mut events = EventStream::new();
    let mut looks = tokio::time::interval(Duration::from_secs(1));
    stream::poll_fn(move |context| {
        for (signal, number) in &mut signals {
            if signal.poll_recv(context).is_ready() {
                if *number == CONTINUED.as_raw_value() {
                    return Poll::Ready(Some(term::enter().map(|()| Input::Repaint)));
                }
                return Poll::Ready(Some(Ok(Input::Signal(*number))));
            }
        }
        // crossterm reads a terminal that went away for ever, so it must not be asked then.
        if !io::stdin().is_terminal() {
            return Poll::Ready(None);
        }
        while looks.poll_tick(context).is_ready() {
            // A panic in some other task of this process, which went on.
            if term::is_to_be_entered_again() {
                return Poll::Ready(Some(term::enter().map(|()| Input::Repaint)));
            }
        }
        events
            .poll_next_unpin(context)
            .map(|event| event.map(|event| event.map(Input::Terminal)))
    })
}
