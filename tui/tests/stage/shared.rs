//! A fake terminal that two can look at: the dashboard that draws on it, and the test. The CLI's tests use it too.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use ratatui::{
    backend::{Backend, ClearType, TestBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};

#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<TestBackend>>);

impl Shared {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        Self(Arc::new(Mutex::new(TestBackend::new(width, height))))
    }

    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut TestBackend) -> T) -> T {
        work(&mut self.0.lock().unwrap())
    }

    pub(crate) fn screen(&self) -> String {
        self.with(|backend| backend.to_string())
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
