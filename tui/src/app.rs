//! The loop: takes input, news and time, updates the model, performs commands, draws.
//!
//! It works on any backend and any stream of input, so that tests run the whole dashboard without a terminal; what
//! only a real terminal has is in `run`. It decides nothing about keys, state or looks.

use std::{error::Error, io, pin::pin, sync::Arc, time::Duration};

use crossterm::event::Event as TerminalEvent;
use futures_core::Stream;
use futures_util::StreamExt as _;
use ratatui::{Terminal, backend::Backend, layout::Rect};
use sessctl_api::{Filter, Registry, RegistryError, Revocation};
use time::OffsetDateTime;
use tokio::{
    sync::{Notify, mpsc},
    task::{JoinError, JoinSet},
    time::{Instant, MissedTickBehavior},
};

use crate::{
    keys, link,
    message::{Command, Fate, Message},
    model::Model,
    update::update,
    view::view,
};

/// No more frames than thirty a second, whatever happens.
const FRAME: Duration = Duration::from_millis(33);
/// Messages taken before the next look at keys and the screen.
const BATCH: usize = 1_000;
/// How long an order is waited for, and how long on leaving.
const ANSWER: Duration = Duration::from_secs(30);
const FAREWELL: Duration = Duration::from_secs(1);

/// How the dashboard is to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the sessions come from, as the header and each question name it.
    pub source: String,
    /// Who ends sessions here, for the log and the holders.
    pub actor: String,
    /// The filter to begin with.
    pub filter: Filter,
    /// No colours: bold, reverse and underline only.
    pub mono: bool,
    /// The clock.
    pub now: fn() -> OffsetDateTime,
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
        "the dashboard needs a terminal on its input and output; without one use `sessctl ls` and `sessctl watch`"
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
) -> Result<Quit, TuiError>
where
    B: Backend,
    B::Error: Send + Sync + 'static,
{
    let mut input = pin!(input.fuse());
    let mut app = App::new(registry, options);
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next_frame = Instant::now();
    let quit = loop {
        tokio::select! {
            // Frames first, for they come thirty times a second at most; then keys, so that a flood of events
            // does not keep anybody from leaving.
            biased;
            () = tokio::time::sleep_until(next_frame), if app.model.dirty => {
                app.draw(terminal)?;
                next_frame = Instant::now() + FRAME;
            }
            // One at a time: to look ahead without waiting would leave crossterm with a waker that wakes nobody.
            one = input.next() => app.hear(one)?,
            Some(message) = app.news.recv() => {
                app.take(message);
                for _ in 0..BATCH {
                    let Ok(message) = app.news.try_recv() else { break };
                    app.take(message);
                }
            }
            // The link and the orders end only by a panic; it becomes this one's.
            Some(done) = app.tasks.join_next() => pass_panic_on(done),
            _ = ticks.tick() => app.tick(),
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
    app.leave().await;
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

struct App {
    registry: Arc<dyn Registry>,
    options: Options,
    model: Model,
    news: mpsc::Receiver<Message>,
    /// For the answers to orders.
    sender: mpsc::Sender<Message>,
    list_now: Arc<Notify>,
    /// The link, and the orders on their way. Dropping it ends them.
    tasks: JoinSet<()>,
    /// How many orders are on their way.
    orders: Arc<()>,
    redraw: bool,
    quit: Option<Quit>,
}

impl App {
    fn new(registry: Arc<dyn Registry>, options: Options) -> Self {
        let (sender, news) = mpsc::channel(BATCH);
        let list_now = Arc::new(Notify::new());
        let mut tasks = JoinSet::new();
        tasks.spawn(link::keep(
            registry.clone(),
            sender.clone(),
            list_now.clone(),
        ));
        let model = Model::new(
            options.source.clone(),
            options.filter.clone(),
            options.mono,
            (options.now)(),
        );
        Self {
            registry,
            options,
            model,
            news,
            sender,
            list_now,
            tasks,
            orders: Arc::new(()),
            redraw: false,
            quit: None,
        }
    }

    fn hear(&mut self, input: Option<io::Result<Input>>) -> Result<(), TuiError> {
        match input {
            None => self.quit = Some(Quit::Signal(1)),
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(Input::Signal(number))) => self.quit = Some(Quit::Signal(number)),
            Some(Ok(Input::Repaint)) => self.take(Message::Redraw),
            Some(Ok(Input::Terminal(TerminalEvent::Key(key)))) => {
                if let Some(message) = keys::message(key, self.model.place()) {
                    self.take(message);
                }
            }
            Some(Ok(Input::Terminal(TerminalEvent::Paste(text)))) => {
                self.take(Message::Pasted(text));
            }
            // The size is asked for with each frame.
            Some(Ok(Input::Terminal(TerminalEvent::Resize(..)))) => self.model.dirty = true,
            Some(Ok(Input::Terminal(_))) => {}
        }
        Ok(())
    }

    fn tick(&mut self) {
        update(&mut self.model, Message::Tick((self.options.now)()));
    }

    fn take(&mut self, message: Message) {
        self.tick();
        for command in update(&mut self.model, message) {
            self.perform(command);
        }
    }

    fn perform(&mut self, command: Command) {
        match command {
            Command::Quit => self.quit = Some(Quit::Asked),
            Command::Redraw => self.redraw = true,
            Command::List => self.list_now.notify_one(),
            Command::Revoke(target) => {
                let (registry, sender) = (self.registry.clone(), self.sender.clone());
                let (actor, on_its_way) = (self.options.actor.clone(), self.orders.clone());
                self.tasks.spawn(async move {
                    let order = Revocation::of_handles(vec![target.handle]);
                    let answer = registry.revoke(order, &actor);
                    let answer = match tokio::time::timeout(ANSWER, answer).await {
                        Ok(answer) => answer.map_err(|error| link::in_words(&error)),
                        Err(_) => Err("no answer yet; it may still be ended".to_owned()),
                    };
                    drop(on_its_way);
                    // It fails only when the loop has ended.
                    let _ = sender.send(Message::Answered { target, answer }).await;
                });
            }
            Command::Ask(handle) => {
                let (registry, sender) = (self.registry.clone(), self.sender.clone());
                self.tasks.spawn(async move {
                    let fate = match registry.get(handle).await {
                        Ok(_) => Fate::Alive,
                        Err(RegistryError::NotFound { ended, .. }) => Fate::Ended(ended),
                        // Not known: the next list asks again.
                        Err(_) => return,
                    };
                    let _ = sender.send(Message::Told { handle, fate }).await;
                });
            }
        }
    }

    fn draw<B>(&mut self, terminal: &mut Terminal<B>) -> Result<(), TuiError>
    where
        B: Backend,
        B::Error: Send + Sync + 'static,
    {
        let size = terminal.size().map_err(drawing)?;
        if (size.width, size.height) != (self.model.width, self.model.height) {
            let (width, height) = (size.width, size.height);
            update(&mut self.model, Message::Resized { width, height });
        }
        self.model.settle();
        terminal
            .draw(|frame| view(&self.model, frame))
            .map_err(drawing)?;
        self.model.dirty = false;
        Ok(())
    }

    /// Gives orders that are on their way a moment to arrive: whoever ends a session and leaves at once means both.
    async fn leave(mut self) {
        let answers = async {
            while Arc::strong_count(&self.orders) > 1 {
                if self.tasks.join_next().await.is_none() {
                    break;
                }
            }
        };
        let _ = tokio::time::timeout(FAREWELL, answers).await;
    }
}
