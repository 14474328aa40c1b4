//! What takes long (a look at every session, the check of a password), done where it holds up no request.

#[cfg(target_os = "linux")]
use std::num::NonZeroU64;
use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// How far they stand back: beside requests that take all there is, one gets about a quarter of a core.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// After a step, how long whoever looks at very many stops; the system makes two or three times as much of it.
///
/// On a few cores a thread that never sleeps is a burden however low its priority: on two the 99th percentile of
/// requests grows fourfold beside it (`server/BENCHMARKS.md`, "Lists beside requests").
const PAUSE: Duration = Duration::from_micros(15);

/// Threads for such work, each for one piece of it: a thread that stood back may not come forward again.
#[derive(Debug)]
pub(crate) struct Beside {
    name: &'static str,
    turns: Arc<Semaphore>,
}

impl Beside {
    /// As many threads at once, of one name; who comes then waits for their turn.
    pub(crate) fn new(name: &'static str, at_once: usize) -> Self {
        let turns = Arc::new(Semaphore::new(at_once));
        Self { name, turns }
    }

    /// Answers a question. It goes on also when nobody waits for the answer any more.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        self.ask_now(turn.map_err(io::Error::other)?, ask).await
    }

    /// The same for whoever would rather do without than wait longer than `patience`: then it is `None`.
    pub(crate) async fn ask_within<T: Send + 'static>(
        &self,
        patience: Duration,
        ask: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Option<T>> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        let Ok(turn) = tokio::time::timeout(patience, turn).await else {
            return Ok(None);
        };
        let answer = self.ask_now(turn.map_err(io::Error::other)?, ask);
        answer.await.map(Some)
    }

    async fn ask_now<T: Send + 'static>(
        &self,
        turn: OwnedSemaphorePermit,
        ask: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let (done, answer) = oneshot::channel();
        let _: JoinHandle<()> =
            thread::Builder::new()
                .name(self.name.to_owned())
                .spawn(move || {
                    stand_back();
                    // An error says that nobody waits.
                    let _ = done.send(ask());
                    drop(turn);
                })?;
        answer
            .await
            .map_err(|_| io::Error::other("the thread that did it panicked"))
    }
}

/// Lets the threads that serve requests run first.
fn stand_back() {
    // Of this thread alone, as Linux does it; elsewhere it would be the whole process.
    #[cfg(target_os = "linux")]
    {
        let standing = rustix::process::nice(NICENESS);
        // By default a sleep may last 50 microseconds longer than asked for.
        let sleeping = rustix::thread::set_current_timer_slack(NonZeroU64::new(1_000));
        if let Err(error) = standing.map(drop).and(sleeping) {
            tracing::debug!(%error, "a thread runs beside requests as an equal");
        }
    }
}

/// Stops for a moment, between two steps of a long look.
#[expect(
    clippy::disallowed_methods,
    reason = "no event is waited for: to sleep is what it is here to do"
)]
pub(crate) fn pause() {
    thread::sleep(PAUSE);
}
