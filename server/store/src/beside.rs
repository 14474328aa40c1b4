//! Questions that may look at every session, answered where they hold up no request.

#[cfg(target_os = "linux")]
use std::num::NonZeroU64;
use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::sync::{Semaphore, oneshot};

/// How many are answered at once; others wait for their turn.
const AT_ONCE: usize = 4;

/// How far they stand back: beside requests that take all there is, one gets about a quarter of a core.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// After a step, how long whoever looks at very many stops; the system makes two or three times as much of it.
///
/// On a few cores a thread that never sleeps is a burden however low its priority: on two the 99th percentile of
/// requests grows fourfold beside it (`server/BENCHMARKS.md`, "Lists beside requests").
const PAUSE: Duration = Duration::from_micros(15);

/// Threads for such questions, each for one of them: a thread that stood back may not come forward again.
#[derive(Debug)]
pub(crate) struct Beside(Arc<Semaphore>);

impl Default for Beside {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Beside {
    /// Answers a question. It goes on also when nobody waits for the answer any more.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let turn = Arc::clone(&self.0).acquire_owned().await;
        let (done, answer) = oneshot::channel();
        let _: JoinHandle<()> =
            thread::Builder::new()
                .name("store-list".to_owned())
                .spawn(move || {
                    stand_back();
                    // An error says that nobody waits.
                    let _ = done.send(ask());
                    drop(turn);
                })?;
        answer
            .await
            .map_err(|_| io::Error::other("the thread that looked panicked"))
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
            tracing::debug!(%error, "a list runs beside requests as an equal");
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
