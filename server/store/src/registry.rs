//! What operators do with our own sessions.

use std::{collections::HashSet, sync::Arc};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sessctl_api::{
    BoxFuture, BoxStream, EndReason, Filter, Handle, ListQuery, Notice, Outcome, Page, Registry,
    RegistryError, Revocation, RevokeReport, RevokeResult, SCHEMA, Selection, Session, Stats,
};

use crate::{Entry, Sessions, StoreError};

/// Ends under way at once in one revocation.
const AT_ONCE: usize = 512;

/// A selected handle, and its entry if there is one.
type Selected = (Handle, Option<Arc<Entry>>);

impl Registry for Sessions {
    fn list(&self, query: ListQuery) -> BoxFuture<'_, Result<Page, RegistryError>> {
        Box::pin(std::future::ready(self.page(&query)))
    }

    fn get(&self, handle: Handle) -> BoxFuture<'_, Result<Session, RegistryError>> {
        Box::pin(std::future::ready(self.one(handle)))
    }

    fn revoke(
        &self,
        order: Revocation,
        actor: &str,
    ) -> BoxFuture<'_, Result<RevokeReport, RegistryError>> {
        let actor = actor.to_owned();
        Box::pin(async move {
            let selected = self.select(&order.select)?;
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
        Box::pin(std::future::ready(Ok(self.count())))
    }

    fn watch(
        &self,
        filter: Filter,
    ) -> BoxFuture<'_, Result<BoxStream<Result<Notice, RegistryError>>, RegistryError>> {
        Box::pin(std::future::ready(Ok(self.live().feed.watch(filter))))
    }
}

impl Sessions {
    fn lives(&self, entry: &Entry) -> bool {
        entry.lives_at(self.live().now())
    }

    /// The live sessions that match, newest login first.
    fn matching(&self, filter: &Filter) -> Vec<Arc<Entry>> {
        let now = self.live().clock.now();
        let mut entries = self.live().all();
        entries.retain(|entry| {
            self.lives(entry) && (filter.is_empty() || filter.matches(&entry.describe(), now))
        });
        entries.sort_unstable_by_key(|entry| order_of(entry));
        entries
    }

    fn page(&self, query: &ListQuery) -> Result<Page, RegistryError> {
        let after = query.cursor.as_deref().map(read_cursor).transpose()?;
        let entries = self.matching(&query.filter);
        let total = entries.len() as u64;
        let limit = query.limit.clamp(1, ListQuery::MAX_LIMIT);
        let from = after.map_or(0, |after| {
            entries.partition_point(|entry| order_of(entry) <= after)
        });
        let rest = &entries[from..];
        let shown = &rest[..rest.len().min(limit)];
        let next = if rest.len() > limit {
            shown.last().map(|entry| write_cursor(entry))
        } else {
            None
        };
        Ok(Page::new(
            shown.iter().map(|entry| entry.describe()).collect(),
            total,
            next,
        ))
    }

    fn one(&self, handle: Handle) -> Result<Session, RegistryError> {
        match self.live().by_handle(handle) {
            Some(entry) if self.lives(&entry) => Ok(entry.describe()),
            other => Err(RegistryError::NotFound {
                handle,
                ended: other.and_then(|entry| entry.ended()),
            }),
        }
    }

    fn select(&self, selection: &Selection) -> Result<Vec<Selected>, RegistryError> {
        let found = match selection {
            Selection::Handles(handles) => {
                let mut seen = HashSet::new();
                let once = handles.iter().filter(|handle| seen.insert(**handle));
                return Ok(once
                    .map(|handle| (*handle, self.live().by_handle(*handle)))
                    .collect());
            }
            Selection::Filter(text) => self.matching(&text.parse::<Filter>()?.for_revoke()?),
            Selection::All => self.matching(&Filter::default()),
        };
        Ok(found
            .into_iter()
            .map(|entry| (entry.handle(), Some(entry)))
            .collect())
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
        let entries = self.matching(&Filter::default());
        let users: HashSet<_> = entries.iter().filter_map(|entry| entry.user()).collect();
        let counts = self.live().counts();
        Stats {
            schema: SCHEMA,
            active: entries.len() as u64,
            users: users.len() as u64,
            created: Some(counts.created),
            ended: Some(counts.ended),
            since: Some(self.started()),
            store: self.kind().to_owned(),
        }
    }
}

/// The order of lists: newest login first, then by handle so that no two sessions are equal.
fn order_of(entry: &Entry) -> (std::cmp::Reverse<i64>, Handle) {
    (std::cmp::Reverse(entry.created()), entry.handle())
}

fn write_cursor(entry: &Entry) -> String {
    format!("{}.{}", entry.created(), entry.handle())
}

fn read_cursor(cursor: &str) -> Result<(std::cmp::Reverse<i64>, Handle), RegistryError> {
    let parts = cursor
        .split_once('.')
        .and_then(|(created, handle)| Some((created.parse().ok()?, handle.parse().ok()?)));
    match parts {
        Some((created, handle)) => Ok((std::cmp::Reverse(created), handle)),
        None => Err(RegistryError::BadQuery(format!(
            "{:?} is not a cursor of a page",
            sessctl_api::text::clean(cursor)
        ))),
    }
}
