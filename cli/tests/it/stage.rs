//! The whole dashboard on a fake terminal, over the admin socket of a real server.

use std::{
    convert::Infallible,
    io,
    sync::{Arc, Mutex},
};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures_util::stream;
use ratatui::{
    Terminal,
    backend::{Backend, ClearType, TestBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};
use sessctl_api::Filter;
use sessctl_client::Admin;
use sessctl_store::{Clock as _, SystemClock};
use sessctl_tui::{Input, Options, Quit, TuiError, drive};
use tokio::{sync::mpsc, task::JoinHandle, time};

use crate::{
    home::{PATIENCE, until},
    server::Server,
};

/// A dashboard that runs, and somebody who types and looks.
pub(crate) struct Stage {
    backend: Arc<Mutex<TestBackend>>,
    input: mpsc::UnboundedSender<io::Result<Input>>,
    run: JoinHandle<Result<Quit, TuiError>>,
}

impl Stage {
    pub(crate) fn open(server: &Server<'_>, (width, height): (u16, u16)) -> Self {
        let backend = Arc::new(Mutex::new(TestBackend::new(width, height)));
        let (input, mut keys) = mpsc::unbounded_channel();
        let options = Options {
            source: server.admin.clone(),
            actor: "tester".to_owned(),
            filter: Filter::default(),
            mono: false,
            now: || SystemClock.now(),
        };
        let admin = Arc::new(Admin::unix(server.socket(), PATIENCE).unwrap());
        let mut terminal = Terminal::new(Shared(Arc::clone(&backend))).unwrap();
        let keys = stream::poll_fn(move |context| keys.poll_recv(context));
        let run = tokio::spawn(async move { drive(admin, options, &mut terminal, keys).await });
        Self {
            backend,
            input,
            run,
        }
    }

    pub(crate) fn types(&self, text: &str) {
        for c in text.chars() {
            self.presses(KeyCode::Char(c));
        }
    }

    pub(crate) fn presses(&self, code: KeyCode) {
        let key = KeyEvent::new(code, KeyModifiers::NONE);
        self.input.send(Ok(Event::Key(key).into())).unwrap();
    }

    pub(crate) fn screen(&self) -> String {
        self.backend.lock().unwrap().to_string()
    }

    pub(crate) async fn sees(&self, text: &str) {
        until(&format!("{text:?}"), || self.screen().contains(text)).await;
    }

    pub(crate) async fn sees_no(&self, text: &str) {
        let what = format!("the end of {text:?}");
        until(&what, || !self.screen().contains(text)).await;
    }

    /// Closes it by its key.
    pub(crate) async fn quits(self) {
        self.types("q");
        let end = time::timeout(PATIENCE, self.run).await.expect("it closes");
        assert_eq!(end.unwrap().unwrap(), Quit::Asked);
    }
}

/// A fake terminal that two can look at.
struct Shared(Arc<Mutex<TestBackend>>);

impl Shared {
    fn with<T>(&self, work: impl FnOnce(&mut TestBackend) -> T) -> T {
        work(&mut self.0.lock().unwrap())
    }
}

impl Backend for Shared {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        self.with(|backend| backend.draw(content))
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.with(TestBackend::hide_cursor)
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.with(TestBackend::show_cursor)
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        self.with(TestBackend::get_cursor_position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.with(|backend| backend.set_cursor_position(position))
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.with(TestBackend::clear)
    }

    fn clear_region(&mut self, region: ClearType) -> Result<(), Infallible> {
        self.with(|backend| backend.clear_region(region))
    }

    fn size(&self) -> Result<Size, Infallible> {
        self.with(|backend| backend.size())
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        self.with(TestBackend::window_size)
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
