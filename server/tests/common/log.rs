//! What the server logs. It is captured for the whole process: one test in a file of its own.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing_subscriber::{Layer as _, filter::Targets, fmt::MakeWriter, layer::SubscriberExt as _};

/// Everything that was logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Captures our own targets at every level; capping the others is the matter of whoever starts the log.
pub(crate) fn capture() -> Log {
    let log = Log::default();
    let ours =
        Targets::new().with_target("sessctl", tracing_subscriber::filter::LevelFilter::TRACE);
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(log.clone())
        .with_filter(ours);
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines)).unwrap();
    log
}
