//! Whether everything that is stored is in memory yet.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::sync::watch;

use crate::StoreError;

/// How long a question waits for the load before it is refused.
const WAIT: Duration = Duration::from_secs(5);

/// See the module's own text.
#[derive(Debug)]
pub(crate) struct Loading {
    is_done: AtomicBool,
    /// `None` while it goes on; sent anew with each batch.
    result: watch::Sender<Option<Result<(), StoreError>>>,
}

impl Loading {
    pub(crate) fn new() -> Self {
        Self {
            is_done: AtomicBool::new(false),
            result: watch::Sender::new(None),
        }
    }

    /// Nothing has to be loaded.
    pub(crate) fn done() -> Self {
        let loading = Self::new();
        loading.finish(Ok(()));
        loading
    }

    /// Whether everything is there: asked by every lookup.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done.load(Ordering::Acquire)
    }

    /// How far it is, without waiting.
    pub(crate) fn state(&self) -> Result<(), StoreError> {
        let result = self.result.borrow().clone();
        result.unwrap_or(Err(StoreError::Loading))
    }

    pub(crate) fn finish(&self, result: Result<(), StoreError>) {
        if let Err(error) = &result {
            tracing::error!(%error, cause = ?std::error::Error::source(error), "the session store could not be read whole: sessions that are missing get an error");
        }
        self.is_done.store(result.is_ok(), Ordering::Release);
        self.result.send_replace(Some(result));
    }

    /// Wakes those who wait for one session: some more are there.
    pub(crate) fn go_on(&self) {
        self.result.send_replace(None);
    }

    /// Resolves with what `find` finds, as soon as it finds something or everything is there.
    pub(crate) async fn find<T>(
        &self,
        find: impl Fn() -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut result = self.result.subscribe();
        let finding = async {
            loop {
                let finished = result.borrow_and_update().clone();
                // After the look at how far it is, or what comes between the two would be missed.
                let found = find();
                match (found, finished) {
                    (None, None) => {}
                    (None, Some(Err(error))) => return Err(error),
                    (found, _) => return Ok(found),
                }
                // An error cannot be: the sender is ours.
                let _ = result.changed().await;
            }
        };
        tokio::time::timeout(WAIT, finding)
            .await
            .unwrap_or(Err(StoreError::Loading))
    }

    /// Resolves once everything is there; gives up after five seconds, and at once when it will never be.
    pub(crate) async fn wait(&self) -> Result<(), StoreError> {
        if self.is_done() {
            return Ok(());
        }
        let mut result = self.result.subscribe();
        let finished = result.wait_for(Option::is_some);
        match tokio::time::timeout(WAIT, finished).await {
            Ok(Ok(result)) => result.clone().unwrap_or(Err(StoreError::Loading)),
            _ => Err(StoreError::Loading),
        }
    }
}

#[cfg(all(test, not(feature = "loom")))]
mod tests {
    use super::*;

    #[test]
    fn a_load_is_over_when_all_is_there_and_never_when_it_failed() {
        let loading = Loading::new();
        assert!(matches!(loading.state(), Err(StoreError::Loading)));
        loading.go_on();
        assert!(matches!(loading.state(), Err(StoreError::Loading)));
        loading.finish(Err(StoreError::Damaged));
        assert!(matches!(loading.state(), Err(StoreError::Damaged)));
        assert!(Loading::done().state().is_ok());
    }
}
