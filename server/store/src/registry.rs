//! What operators do with our own sessions.

use std::{
    cell::{Cell, OnceCell},
    collections::HashSet,
    sync::Arc,
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sessctl_api::{
    BoxFuture, BoxStream, EndReason, Filter, Handle, ListQuery, Notice, Outcome, Page, Pager,
    Registry, RegistryError, Revocation, RevokeReport, RevokeResult, SCHEMA, Selection, Session,
    Stats, View,
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

    fn page(&self, query: &ListQuery) -> Result<Page, RegistryError> {
        let now = self.live().now();
        let mut pager = Pager::new(query, now)?;
        let mut offer = |view: &View<'_>, entry: &Arc<Entry>| {
            pager.offer(view, || Arc::clone(entry));
        };
        if query.ended {
            // What an ended session held is gone, so there is nothing of it to read.
            self.live()
                .scan_ended(now, |entry| offer(&entry.view(), entry));
        } else {
            self.look_at(&query.filter, offer)?;
        }
        let (shown, total, next) = pager.finish();
        let sessions = shown.iter().map(|entry| entry.describe()).collect();
        Ok(Page::new(sessions, total, next))
    }

    /// Shows every live session that may match, with what it holds if the filter asks for that.
    fn look_at(
        &self,
        filter: &Filter,
        mut look: impl FnMut(&View<'_>, &Arc<Entry>),
    ) -> Result<(), StoreError> {
        let now = self.live().now();
        let fault = Cell::new(None);
        let with_data = |entry: &Arc<Entry>, look: &mut dyn FnMut(&View<'_>, &Arc<Entry>)| {
            if !filter.needs_data() {
                return look(&entry.view(), entry);
            }
            let read = OnceCell::new();
            let data = |key: &str| {
                let data = read.get_or_init(|| match self.data_now(entry) {
                    Ok(data) => data,
                    // It holds nothing that anybody could know; the others can be asked all the same.
                    Err(StoreError::Undecodable) => Data::new(),
                    Err(error) => {
                        fault.set(Some(error));
                        Data::new()
                    }
                });
                data.get(key).cloned()
            };
            let view = View {
                data: Some(&data),
                ..entry.view()
            };
            look(&view, entry);
        };
        match filter.exact_user() {
            Some(user) => {
                for entry in self.live().of_user(user) {
                    if self.live().lives_at(&entry, now) {
                        with_data(&entry, &mut look);
                    }
                }
            }
            None if filter.needs_data() => {
                self.live()
                    .scan_slowly(now, |entry| with_data(entry, &mut look));
            }
            None => self.live().scan(now, |entry| with_data(entry, &mut look)),
        }
        fault.into_inner().map_or(Ok(()), Err)
    }

    fn matching(&self, filter: &Filter) -> Result<Vec<Selected>, RegistryError> {
        let now = self.live().now();
        let mut found = Vec::new();
        self.look_at(filter, |view, entry| {
            if filter.holds(view, now) {
                found.push((view.handle, Some(Arc::clone(entry))));
            }
        })?;
        Ok(found)
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

    fn count(&self) -> Stats {
        let live = self.live();
        live.expire_due(live.now());
        let (active, users) = live.active();
        let counts = live.counts();
        Stats {
            schema: SCHEMA,
            active,
            users,
            created: Some(counts.created),
            ended: Some(counts.ended),
            since: Some(self.started()),
            store: self.kind().to_owned(),
        }
    }
}
