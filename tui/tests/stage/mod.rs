//! A fake terminal whose screen can be read while the dashboard runs, and somebody who types.

mod registry;
mod shared;

use std::{io, sync::Arc, time::Duration};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures_util::stream;
use ratatui::{Terminal, backend::Backend as _};
use sessctl_api::Filter;
use sessctl_tui::{Input, Options, Quit, TuiError, drive};
use tokio::{sync::mpsc, task::JoinHandle, time};

pub(crate) use registry::{Fake, noon, numbered, session};
use shared::Shared;

/// How long anything may take to be seen: far more than it needs, so that only what hangs fails.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Stage {
    pub(crate) registry: Arc<Fake>,
    terminal: Shared,
    input: Option<mpsc::UnboundedSender<io::Result<Input>>>,
    run: JoinHandle<Result<Quit, TuiError>>,
}

impl Stage {
    pub(crate) fn open(width: u16, height: u16, sessions: &[sessctl_api::Session]) -> Self {
        let registry = Arc::new(Fake::default());
        registry.set(sessions);
        Self::run(width, height, registry)
    }

    pub(crate) fn open_without_server(width: u16, height: u16) -> Self {
        let registry = Arc::new(Fake::default());
        registry.go_down();
        Self::run(width, height, registry)
    }

    fn run(width: u16, height: u16, registry: Arc<Fake>) -> Self {
        let shared = Shared::new(width, height);
        let (input, mut keys) = mpsc::unbounded_channel();
        let options = Options {
            source: "test".to_owned(),
            actor: "tester".to_owned(),
            filter: Filter::default(),
            mono: false,
            now: noon,
        };
        let mut terminal = Terminal::new(shared.clone()).unwrap();
        let (of_run, keys) = (
            registry.clone(),
            stream::poll_fn(move |cx| keys.poll_recv(cx)),
        );
        let run = tokio::spawn(async move { drive(of_run, options, &mut terminal, keys).await });
        Self {
            registry,
            terminal: shared,
            input: Some(input),
            run,
        }
    }

    pub(crate) fn gives(&self, input: Input) {
        let keys = self.input.as_ref().expect("nobody hung up");
        keys.send(Ok(input)).unwrap();
    }

    pub(crate) fn presses(&self, code: KeyCode, modifiers: KeyModifiers) {
        self.gives(Event::Key(KeyEvent::new(code, modifiers)).into());
    }

    pub(crate) fn types(&self, text: &str) {
        for c in text.chars() {
            self.presses(KeyCode::Char(c), KeyModifiers::NONE);
        }
    }

    pub(crate) fn resizes(&self, width: u16, height: u16) {
        self.terminal.with(|backend| backend.resize(width, height));
        self.gives(Event::Resize(width, height).into());
    }

    /// Another program writes over the screen.
    pub(crate) fn spoils(&self) {
        self.terminal.with(|backend| backend.clear().unwrap());
    }

    /// The input ends.
    pub(crate) fn hangs_up(&mut self) {
        self.input = None;
    }

    pub(crate) fn screen(&self) -> String {
        self.terminal.screen()
    }

    pub(crate) async fn sees(&self, text: &str) {
        self.waits(text, |screen| screen.contains(text)).await;
    }

    pub(crate) async fn sees_no(&self, text: &str) {
        self.waits(text, |screen| !screen.contains(text)).await;
    }

    async fn waits(&self, what: &str, is: impl Fn(&str) -> bool) {
        let look = async {
            while !is(&self.screen()) {
                time::sleep(Duration::from_millis(5)).await;
            }
        };
        if time::timeout(PATIENCE, look).await.is_err() {
            panic!("waited in vain for {what:?}:\n{}", self.screen());
        }
    }

    pub(crate) async fn ends(self) -> Quit {
        let Self { input, run, .. } = self;
        let end = time::timeout(PATIENCE, run).await.expect("it closes");
        drop(input);
        end.unwrap().unwrap()
    }
}
