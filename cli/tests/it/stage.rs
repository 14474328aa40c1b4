//! The whole dashboard on a fake terminal, over the admin socket of a real server.

#[path = "../../../tui/tests/stage/shared.rs"]
mod shared;

use std::{io, sync::Arc};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures_util::stream;
use ratatui::Terminal;
use sessctl_client::Admin;
use sessctl_store::{Clock as _, SystemClock};
use sessctl_tui::{Device, Input, Options, Quit, TuiError, drive};
use shared::Shared;
use tokio::{sync::mpsc, task::JoinHandle, time};

use crate::{
    home::{PATIENCE, until},
    server::Server,
};

/// A dashboard that runs, and somebody who types and looks.
pub(crate) struct Stage {
    terminal: Shared,
    input: mpsc::UnboundedSender<io::Result<Input>>,
    run: JoinHandle<Result<Quit, TuiError>>,
}

/// A terminal that can do nothing else.
struct NoHand;

impl Device for NoHand {
    fn copy(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn mouse(&mut self, _: bool) -> io::Result<()> {
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stage {
    pub(crate) fn open(server: &Server<'_>, (width, height): (u16, u16)) -> Self {
        let shared = Shared::new(width, height);
        let (input, mut keys) = mpsc::unbounded_channel();
        let options = Options::new(server.admin.clone(), "tester".to_owned(), || {
            SystemClock.now()
        });
        let admin = Arc::new(Admin::unix(server.socket(), PATIENCE).unwrap());
        let mut terminal = Terminal::new(shared.clone()).unwrap();
        let keys = stream::poll_fn(move |context| keys.poll_recv(context));
        let run =
            tokio::spawn(
                async move { drive(admin, options, &mut terminal, keys, &mut NoHand).await },
            );
        Self {
            terminal: shared,
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
        self.terminal.screen()
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
