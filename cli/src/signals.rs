//! Being told to end: listened to before anything is made that must be taken away again.

use std::{future::poll_fn, io, task::Poll};

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that no longer end the process on their own.
#[derive(Debug)]
pub(crate) struct Signals(Vec<(Signal, i32)>);

impl Signals {
    /// Listens to these from now on.
    pub(crate) fn listen(kinds: &[SignalKind]) -> io::Result<Self> {
        let listening = kinds
            .iter()
            .map(|kind| Ok((signal(*kind)?, kind.as_raw_value())));
        listening.collect::<io::Result<_>>().map(Self)
    }

    /// The number of the next one; one that came before this was called is not lost.
    pub(crate) async fn next(&mut self) -> i32 {
        poll_fn(|context| {
            let came = self.0.iter_mut().find_map(|(signal, number)| {
                signal.poll_recv(context).is_ready().then_some(*number)
            });
            came.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}
