//! Questions that look at every session, or at all of one user.
//!
//! They take long: whoever asks them does so [`beside`](crate::beside).

use std::{
    cell::{Cell, OnceCell},
    sync::Arc,
};

use sessctl_api::{
    Filter, ListQuery, Page, Pager, Pass, Ranking, RegistryError, SCHEMA, Stats, Top, TopQuery,
    View,
};

use super::Selected;
use crate::{Data, Entry, Sessions, StoreError, clock::Millis};

impl Sessions {
    pub(super) fn page(&self, query: &ListQuery) -> Result<Page, RegistryError> {
        let now = self.live().now();
        let mut pager = Pager::new(query, now)?;
        loop {
            let offer = |view: &View<'_>, entry: &Arc<Entry>| {
                pager.offer(view, || Arc::clone(entry));
            };
            match query.ended {
                true => self.look_at_ended(now, offer),
                false => self.look_at(&query.filter, offer)?,
            }
            pager = match pager.finish() {
                Pass::Again(again) => again,
                Pass::Done(found) => {
                    let sessions = found.items.iter().map(|entry| entry.describe()).collect();
                    return Ok(Page::new(sessions, found.total, found.offset, found.next));
                }
            };
        }
    }

    pub(super) fn ranked(&self, query: &TopQuery) -> Result<Top, RegistryError> {
        let mut ranking = Ranking::new(query, self.live().now())?;
        loop {
            self.look_at(&query.filter, |view, _| ranking.offer(view))?;
            ranking = match ranking.finish() {
                Pass::Again(again) => again,
                Pass::Done(top) => return Ok(top),
            };
        }
    }

    pub(super) fn count(&self) -> Stats {
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
            requests: Some(live.requests.get()),
            since: Some(self.started()),
            store: self.kind().to_owned(),
        }
    }

    /// Shows every session that has ended. What it held is gone, so there is nothing of it to read.
    fn look_at_ended(&self, now: Millis, mut look: impl FnMut(&View<'_>, &Arc<Entry>)) {
        self.live()
            .scan_ended(now, |entry| look(&entry.view(), entry));
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
                self.live().each_of_user(user, |entry| {
                    if self.live().lives_at(entry, now) {
                        with_data(entry, &mut look);
                    }
                });
            }
            None if filter.needs_data() => {
                self.live()
                    .scan_slowly(now, |entry| with_data(entry, &mut look));
            }
            None => self.live().scan(now, |entry| with_data(entry, &mut look)),
        }
        fault.into_inner().map_or(Ok(()), Err)
    }

    pub(super) fn matching(&self, filter: &Filter) -> Result<Vec<Selected>, RegistryError> {
        let now = self.live().now();
        let mut found = Vec::new();
        self.look_at(filter, |view, entry| {
            if filter.holds(view, now) {
                found.push((view.handle, Some(Arc::clone(entry))));
            }
        })?;
        Ok(found)
    }
}
