//! The loop: takes input, news and time, updates the model, performs commands, draws.
//!
//! It works on any backend and any stream of input, so that tests run the whole dashboard without a terminal; what
//! only a real terminal has is in `run`, what is asked of the registry in `desk`. It decides nothing about keys, state
//! or looks.

use std::{error::Error, io, pin::pin, sync::Arc, time::Duration};

use crossterm::event::{Event as TerminalEvent, MouseButton, MouseEventKind};
use futures_core::Stream;
use futures_util::StreamExt as _;
use ratatui::{Terminal, backend::Backend, layout::Rect};
use sessctl_api::{Registry, Start};
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinError,
    time::{Instant, MissedTickBehavior},
};

use crate::{
    desk::Desk,
    link::Link,
    message::{Command, Message, News, Want},
    model::{Aim, Model},
    options::{Options, Save},
    update::update,
    view::view,
};

/// No more frames than thirty a second, whatever happens.
const FRAME: Duration = Duration::from_millis(33);
/// No more than one a second for what nobody did here, where motion is to be reduced.
const SLOW_FRAME: Duration = Duration::from_secs(1);
/// Messages taken before the next look at keys and the screen.
const BATCH: usize = 1_000;
/// Rows that the wheel moves.
const WHEEL: i32 = 3;

/// What only a real terminal can do.
pub trait Device: Send {
    /// Puts text in the clipboard.
    fn copy(&mut self, text: &str) -> io::Result<()>;
    /// Listens to the mouse, or no more.
    fn mouse(&mut self, on: bool) -> io::Result<()>;
    /// Gives the terminal back and stops; returns when the process goes on.
    fn suspend(&mut self) -> io::Result<()>;
}

/// Why the dashboard closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quit {
    /// By `q` or Ctrl-C.
    Asked,
    /// By this signal: 15, 2, or 1, which also stands for a terminal that went away.
    Signal(i32),
}

/// What comes from the user's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Terminal(TerminalEvent),
    /// A signal that asks to leave.
    Signal(i32),
    /// The screen was spoilt by something else: draw all of it again.
    Repaint,
}

impl From<TerminalEvent> for Input {
    fn from(event: TerminalEvent) -> Self {
        Self::Terminal(event)
    }
}

/// Why the dashboard could not run, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    #[error(
        "the dashboard needs a terminal on its input and output; without one use `sessctl tui --plain`, `sessctl ls` or `sessctl watch`"
    )]
    NoTerminal,
    #[error("cannot read from or write to the terminal")]
    Io(#[from] io::Error),
    #[error("cannot draw")]
    Draw(#[source] Box<dyn Error + Send + Sync>),
}

/// Runs the dashboard on any backend until it is asked to close. Input that ends is a terminal that went away.
pub async fn drive<B>(
    registry: Arc<dyn Registry>,
    options: Options,
    terminal: &mut Terminal<B>,
    input: impl Stream<Item = io::Result<Input>>,
    device: &mut dyn Device,
) -> Result<Quit, TuiError>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
{
    let mut input = pin!(input.fuse());
    if options.mouse {
        device.mouse(true)?;
    }
    let mut app = App::new(registry, options, device);
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next_frame = Instant::now();
    let quit = loop {
        // What somebody did is seen at once.
        let due = if app.is_hasty {
            next_frame.min(Instant::now() + FRAME)
        } else {
            next_frame
        };
        tokio::select! {
            // Frames first, for they come thirty times a second at most; then keys, so that a flood of events
            // does not keep anybody from leaving.
            biased;
            () = tokio::time::sleep_until(due), if app.model.dirty => {
                app.draw(terminal)?;
                next_frame = Instant::now() + app.frame;
            }
            // One at a time: to look ahead without waiting would leave crossterm with a waker that wakes nobody.
            one = input.next() => app.hear(one)?,
            Some(message) = app.news.recv() => {
                app.take(message)?;
                for _ in 0..BATCH {
                    let Ok(message) = app.news.try_recv() else { break };
                    app.take(message)?;
                }
            }
            // The link and the questions end only by a panic; it becomes this one's.
            Some(done) = app.desk.next() => pass_panic_on(done),
            _ = ticks.tick() => app.tick()?,
        }
        if app.redraw {
            app.redraw = false;
            // Not `Terminal::clear`, which asks the terminal for the cursor's place and reads the answer from the
            // same input as the keys.
            let size = terminal.size().map_err(drawing)?;
            terminal
                .resize(Rect::from((ratatui::layout::Position::ORIGIN, size)))
                .map_err(drawing)?;
        }
        if let Some(quit) = app.quit {
            break quit;
        }
    };
    app.desk.leave().await;
    Ok(quit)
}

fn drawing(error: impl Error + Send + Sync + 'static) -> TuiError {
    TuiError::Draw(Box::new(error))
}

fn pass_panic_on(done: Result<(), JoinError>) {
    if let Err(error) = done
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}

struct App<'d> {
    model: Model,
    desk: Desk,
    device: &'d mut dyn Device,
    news: mpsc::Receiver<Message>,
    wants: watch::Sender<Want>,
    connect: Arc<Notify>,
    save: Save,
    now: fn() -> time::OffsetDateTime,
    /// The least time between two frames.
    frame: Duration,
    /// Somebody did something since the last frame.
    is_hasty: bool,
    redraw: bool,
    quit: Option<Quit>,
}

impl<'d> App<'d> {
    fn new(registry: Arc<dyn Registry>, options: Options, device: &'d mut dyn Device) -> Self {
        let (sender, news) = mpsc::channel(BATCH);
        let mut model = options.model();
        let (wants, wanted) = watch::channel(model.want(Start::First, Aim::Keep));
        let connect = Arc::new(Notify::new());
        let mut desk = Desk::new(registry.clone(), options.actor, sender.clone());
        let link = Link {
            registry,
            news: sender,
            wants: wanted,
            connect: connect.clone(),
        };
        desk.tasks.spawn(link.keep());
        Self {
            model,
            desk,
            device,
            news,
            wants,
            connect,
            save: options.save,
            now: options.now,
            frame: if options.reduced_motion {
                SLOW_FRAME
            } else {
                FRAME
            },
            is_hasty: false,
            redraw: false,
            quit: None,
        }
    }

    fn hear(&mut self, input: Option<io::Result<Input>>) -> Result<(), TuiError> {
        self.is_hasty = true;
        match input {
            None => self.quit = Some(Quit::Signal(1)),
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(Input::Signal(number))) => self.quit = Some(Quit::Signal(number)),
            Some(Ok(Input::Repaint)) => {
                self.redraw = true;
                self.model.dirty = true;
            }
            Some(Ok(Input::Terminal(event))) => {
                if let Some(message) = self.message(event) {
                    self.take(message)?;
                }
            }
        }
        Ok(())
    }

    fn message(&mut self, event: TerminalEvent) -> Option<Message> {
        match event {
            TerminalEvent::Key(key) => self.model.keymap.message(key, self.model.place()),
            TerminalEvent::Paste(text) => Some(Message::Pasted(text)),
            TerminalEvent::Mouse(mouse) if self.model.look.mouse => match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => Some(Message::Click {
                    column: mouse.column,
                    row: mouse.row,
                }),
                MouseEventKind::ScrollUp => Some(Message::Scroll(-WHEEL)),
                MouseEventKind::ScrollDown => Some(Message::Scroll(WHEEL)),
                _ => None,
            },
            TerminalEvent::Resize(..) => {
                // The size is asked for with each frame.
                self.model.dirty = true;
                None
            }
            _ => None,
        }
    }

    fn tick(&mut self) -> Result<(), TuiError> {
        let now = (self.now)();
        let commands = update(&mut self.model, Message::Tick(now));
        commands.into_iter().try_for_each(|one| self.perform(one))
    }

    fn take(&mut self, message: Message) -> Result<(), TuiError> {
        self.tick()?;
        let commands = update(&mut self.model, message);
        commands.into_iter().try_for_each(|one| self.perform(one))
    }

    fn perform(&mut self, command: Command) -> Result<(), TuiError> {
        match command {
            Command::List(want) => drop(self.wants.send(want)),
            Command::Connect => self.connect.notify_one(),
            Command::Revoke(order) => self.desk.revoke(order),
            Command::Ask(handle) => self.desk.recall(handle),
            Command::Data(handle) => self.desk.data(handle),
            Command::OfUser(user) => self.desk.of_user(user),
            Command::Rank(field, filter) => self.desk.rank(field, filter),
            Command::Gather(gather) => self.desk.gather(gather),
            Command::Copy(text) => self.device.copy(&text)?,
            Command::Mouse(on) => self.device.mouse(on)?,
            Command::Save(settings) => {
                if let Err(why) = (self.save)(&settings) {
                    update(
                        &mut self.model,
                        Message::News(Box::new(News::NotSaved(why))),
                    );
                }
            }
            Command::Suspend => {
                self.device.suspend()?;
                self.redraw = true;
            }
            Command::Redraw => self.redraw = true,
            Command::Quit => self.quit = Some(Quit::Asked),
        }
        Ok(())
    }

    fn draw<B>(&mut self, terminal: &mut Terminal<B>) -> Result<(), TuiError>
    where
        B: Backend,
        B::Error: Send + Sync + 'static,
    {
        let size = terminal.size().map_err(drawing)?;
        if (size.width, size.height) != (self.model.width, self.model.height) {
            let (width, height) = (size.width, size.height);
            for command in update(&mut self.model, Message::Resized { width, height }) {
                self.perform(command)?;
            }
        }
        terminal
            .draw(|frame| view(&self.model, frame))
            .map_err(drawing)?;
        self.model.dirty = false;
        self.is_hasty = false;
        Ok(())
    }
}
