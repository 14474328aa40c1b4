//! What operators do with our own sessions.

mod looks;

use std::{collections::HashSet, sync::Arc};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sessctl_api::{
    BoxFuture, BoxStream, EndReason, Filter, Handle, ListQuery, Notice, Outcome, Page, Registry,
    RegistryError, Revocation, RevokeReport, RevokeResult, Selection, Session, Stats, Top,
    TopQuery,
};

use crate::{Data, Entry, Sessions, StoreError};

/// Ends under way at once in one revocation.
const AT_ONCE: usize = 512;

/// A selected handle, and its entry if there is one.
type Selected = (Handle, Option<Arc<Entry>>);

impl Registry for Sessions {
    fn list(&self, query: ListQuery) -> BoxFuture<'_, Result<Page, RegistryError>> {
        Box::pin(self.beside(move |sessions| sessions.page(&query)))
    }

    fn get(&self, handle: Handle) -> BoxFuture<'_, Result<Session, RegistryError>> {
        Box::pin(async move {
            match self.entry(handle).await? {
                Some(entry) if self.lives(&entry) => Ok(entry.describe()),
                other => Err(RegistryError::NotFound {
                    handle,
                    ended: other.and_then(|entry| entry.ended()),
                }),
            }
        })
    }

    fn recall(&self, handle: Handle) -> BoxFuture<'_, Result<Session, RegistryError>> {
        Box::pin(async move {
            let entry = self.entry(handle).await?;
            let entry = entry.ok_or(RegistryError::NotFound {
                handle,
                ended: None,
            })?;
            // Past a limit it ends here and now, so that it is told as it is.
            self.lives(&entry);
            Ok(entry.describe())
        })
    }

    fn revoke(
        &self,
        order: Revocation,
        actor: &str,
    ) -> BoxFuture<'_, Result<RevokeReport, RegistryError>> {
        let actor = actor.to_owned();
        Box::pin(async move {
            let selected = self.select(order.select).await?;
            if let Some(expected) = order.expect {
                let found = selected
                    .iter()
                    .filter(|(_, entry)| entry.as_ref().is_some_and(|e| self.lives(e)))
                    .count() as u64;
                if found != expected {
                    return Err(RegistryError::CountMismatch { expected, found });
                }
            }
            let dry_run = order.dry_run;
            // Many at once, so that they share commits.
            let outcomes = stream::iter(selected)
                .map(|(handle, entry)| self.revoke_one(handle, entry, dry_run, &actor))
                .buffered(AT_ONCE)
                .try_collect()
                .await?;
            Ok(RevokeReport::new(dry_run, outcomes))
        })
    }

    fn data(&self, handle: Handle) -> BoxFuture<'_, Result<Data, RegistryError>> {
        Box::pin(async move {
            let entry = self.entry(handle).await?;
            let not_found = |entry: Option<&Arc<Entry>>| RegistryError::NotFound {
                handle,
                ended: entry.and_then(|entry| entry.ended()),
            };
            let Some(entry) = entry.as_ref().filter(|entry| self.lives(entry)) else {
                return Err(not_found(entry.as_ref()));
            };
            if entry.is_broken() {
                return Err(StoreError::Undecodable.into());
            }
            let data = Self::data(self, entry).await?;
            // What an ended session held is gone: nobody is told that it held nothing.
            match self.lives(entry) {
                true => Ok(data),
                false => Err(not_found(Some(entry))),
            }
        })
    }

    fn top(&self, query: TopQuery) -> BoxFuture<'_, Result<Top, RegistryError>> {
        Box::pin(self.beside(move |sessions| sessions.ranked(&query)))
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, RegistryError>> {
        Box::pin(self.beside(|sessions| Ok(sessions.count())))
    }

    fn watch(
        &self,
        filter: Filter,
        after: Option<u64>,
    ) -> BoxFuture<'_, Result<BoxStream<Result<Notice, RegistryError>>, RegistryError>> {
        let filter = filter.for_events().map_err(RegistryError::from);
        let stream = filter.map(|filter| self.live().feed.watch(filter, after));
        Box::pin(std::future::ready(stream))
    }
}

impl Sessions {
    /// Asks what may take as long as a look at every session, without holding requests up. Waits for the load first.
    pub(crate) async fn beside<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Self) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, RegistryError> {
        self.loaded().await?;
        let sessions = self.clone();
        self.lists()
            .ask(move || ask(&sessions))
            .await
            .map_err(|error| RegistryError::broken("the question failed", error))?
    }

    async fn entry(&self, handle: Handle) -> Result<Option<Arc<Entry>>, StoreError> {
        let found = self.live().by_handle(handle);
        if found.is_some() {
            return Ok(found);
        }
        self.loaded().await?;
        Ok(self.live().by_handle(handle))
    }

    async fn select(&self, selection: Selection) -> Result<Vec<Selected>, RegistryError> {
        let filter = match selection {
            Selection::Handles(handles) => {
                let mut seen = HashSet::new();
                let mut found = Vec::new();
                for handle in handles {
                    if seen.insert(handle) {
                        found.push((handle, self.entry(handle).await?));
                    }
                }
                return Ok(found);
            }
            Selection::Filter(text) => text.parse::<Filter>()?.for_revoke()?,
            Selection::All => Filter::default(),
        };
        self.beside(move |sessions| sessions.matching(&filter))
            .await
    }

    async fn revoke_one(
        &self,
        handle: Handle,
        entry: Option<Arc<Entry>>,
        dry_run: bool,
        actor: &str,
    ) -> Result<Outcome, RegistryError> {
        let Some(entry) = entry else {
            return Ok(Outcome {
                handle,
                user: None,
                result: RevokeResult::NotFound,
                ended: None,
            });
        };
        let result = if dry_run {
            if self.lives(&entry) {
                RevokeResult::WouldRevoke
            } else {
                RevokeResult::AlreadyEnded
            }
        } else {
            match self
                .end(&entry, EndReason::Revoked, Some(actor.to_owned()))
                .await
            {
                Ok(true) => RevokeResult::Revoked,
                Ok(false) => RevokeResult::AlreadyEnded,
                Err(error @ StoreError::ReadOnly) => return Err(error.into()),
                Err(error) => {
                    tracing::error!(%handle, %error, "a session was shut but its end is not durable yet");
                    RevokeResult::Failed
                }
            }
        };
        let ended = if result == RevokeResult::AlreadyEnded {
            entry.ended()
        } else {
            None
        };
        Ok(Outcome {
            handle,
            user: entry.user().map(str::to_owned),
            result,
            ended,
        })
    }
}
