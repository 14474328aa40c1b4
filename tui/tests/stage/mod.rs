//! A fake terminal whose screen can be read while the dashboard runs, and somebody who types.

mod registry;
mod shared;

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures_util::stream;
use ratatui::{Terminal, backend::Backend as _};
use sessctl_tui::{Device, Input, Options, Quit, TuiError, drive};
use tokio::{
    sync::mpsc,
    task::{JoinError, JoinHandle},
    time,
};

pub(crate) use registry::{Fake, Mood, noon, numbered, session};
use shared::Shared;

/// How long anything may take to be seen: far more than it needs, so that only what hangs fails.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Stage {
    pub(crate) registry: Arc<Fake>,
    pub(crate) device: Hand,
    terminal: Shared,
    input: Option<mpsc::UnboundedSender<io::Result<Input>>>,
    run: JoinHandle<Result<Quit, TuiError>>,
}

/// Notes what only a real terminal could do.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hand(Arc<Mutex<Vec<String>>>);

impl Hand {
    pub(crate) fn deeds(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn note(&self, deed: String) -> io::Result<()> {
        self.0.lock().unwrap().push(deed);
        Ok(())
    }
}

impl Device for Hand {
    fn copy(&mut self, text: &str) -> io::Result<()> {
        self.note(format!("copy {text}"))
    }

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.note(format!("mouse {on}"))
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.note("suspend".to_owned())
    }
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
        Self::with(width, height, registry, |_| {})
    }

    pub(crate) fn with(
        width: u16,
        height: u16,
        registry: Arc<Fake>,
        change: impl FnOnce(&mut Options),
    ) -> Self {
        let shared = Shared::new(width, height);
        let (input, mut keys) = mpsc::unbounded_channel();
        let mut options = Options::new("test".to_owned(), "tester".to_owned(), noon);
        change(&mut options);
        let mut terminal = Terminal::new(shared.clone()).unwrap();
        let (of_run, keys) = (
            registry.clone(),
            stream::poll_fn(move |cx| keys.poll_recv(cx)),
        );
        let device = Hand::default();
        let mut of_drive = device.clone();
        let run = tokio::spawn(async move {
            drive(of_run, options, &mut terminal, keys, &mut of_drive).await
        });
        Self {
            registry,
            device,
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
        self.end().await.unwrap().unwrap()
    }

    /// Waits for it to break down, and says with which words.
    pub(crate) async fn panics(self) -> String {
        let end = self.end().await.expect_err("a panic");
        let words = end.into_panic();
        let words = words.downcast_ref::<&str>().expect("a text");
        (*words).to_owned()
    }

    async fn end(self) -> Result<Result<Quit, TuiError>, JoinError> {
        let Self { input, run, .. } = self;
        let end = time::timeout(PATIENCE, run).await.expect("it closes");
        drop(input);
        end
    }
}
