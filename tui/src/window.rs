//! The part of the list that is at hand: as many rows as some screens have, whatever the list's length.
//!
//! No filter's text, no cursor, no drawing: rows in their order, and how many there are before them and in all. A page
//! of the registry's list replaces them; until the next one, events keep them near the truth.

use std::collections::{HashSet, VecDeque};

use sessctl_api::{Ended, Event, EventKind, Filter, Handle, Page, Session, Sort};
use time::OffsetDateTime;

use crate::message::Fate;

/// Rows that stand after their session ended, if nobody moves.
const GHOST: time::Duration = time::Duration::seconds(10);

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) session: Session,
    pub(crate) fate: Fate,
    /// Since when it is no row of the list any more: it stands for the eye only, and is not counted.
    gone: Option<OffsetDateTime>,
}

/// See the module's own text.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// Logins come in at its front, often.
    rows: VecDeque<Row>,
    /// Those of the rows: most events are about none of them.
    handles: HashSet<Handle>,
    /// How many sessions match and come before the first row.
    offset: u64,
    /// How many match in all.
    total: u64,
    sort: Sort,
    /// An event spoke of something that cannot be judged here: only a new page tells.
    is_unsure: bool,
}

impl Row {
    fn new(session: Session) -> Self {
        Self {
            session,
            fate: Fate::Alive,
            gone: None,
        }
    }

    pub(crate) fn handle(&self) -> Handle {
        self.session.handle
    }

    /// Whether its session has ended, or is known no more.
    pub(crate) fn is_ghost(&self) -> bool {
        self.gone.is_some()
    }
}

impl Window {
    pub(crate) fn rows(&self) -> &VecDeque<Row> {
        &self.rows
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn is_unsure(&self) -> bool {
        self.is_unsure
    }

    /// Whether the list goes on after the last row.
    pub(crate) fn has_more(&self) -> bool {
        self.offset + self.alive() < self.total
    }

    /// How many rows stand for sessions of the list.
    fn alive(&self) -> u64 {
        self.rows.iter().filter(|row| !row.is_ghost()).count() as u64
    }

    pub(crate) fn index_of(&self, handle: Handle) -> Option<usize> {
        if !self.handles.contains(&handle) {
            return None;
        }
        self.rows.iter().position(|row| row.handle() == handle)
    }

    pub(crate) fn get(&self, handle: Handle) -> Option<&Row> {
        self.rows.get(self.index_of(handle)?)
    }

    /// The place of a row in the whole list, counted from one; of a ghost, the place it had.
    pub(crate) fn number(&self, index: usize) -> u64 {
        let before = self.rows.iter().take(index);
        self.offset + before.filter(|row| !row.is_ghost()).count() as u64 + 1
    }

    /// Takes a page of the list. Of the old rows only those stay that `keep` wants to see, as ghosts.
    pub(crate) fn replace(
        &mut self,
        page: Page,
        sort: Sort,
        now: OffsetDateTime,
        keep: impl Fn(&Row) -> bool,
    ) {
        let same_order = self.sort == sort;
        let old = std::mem::take(&mut self.rows);
        self.rows = page.sessions.into_iter().map(Row::new).collect();
        (self.offset, self.total, self.sort) = (page.offset, page.total, sort);
        self.is_unsure = false;
        self.handles = self.rows.iter().map(Row::handle).collect();
        let first_page = self.offset == 0;
        let last_page = !self.has_more();
        for mut row in old {
            if !same_order || !keep(&row) || self.index_of(row.handle()).is_some() {
                continue;
            }
            let at = self.place(&row.session);
            // Beyond the page it would stand between rows that it does not know.
            let is_within = (at > 0 || first_page) && (at < self.rows.len() || last_page);
            if is_within {
                row.gone.get_or_insert(now);
                self.handles.insert(row.handle());
                self.rows.insert(at, row);
            }
        }
    }

    /// Where a session belongs among the rows.
    pub(crate) fn place(&self, session: &Session) -> usize {
        let view = session.view();
        let value = self.sort.value(&view);
        self.rows.partition_point(|row| {
            let other = row.session.view();
            let other_value = self.sort.value(&other);
            self.sort
                .order((&other_value, other.handle), (&value, view.handle))
                .is_lt()
        })
    }

    /// Applies an event as well as it can be judged from here. `filter` is that of the list.
    pub(crate) fn happened(
        &mut self,
        event: Event,
        filter: &Filter,
        now: OffsetDateTime,
        limit: usize,
    ) {
        let index = self.index_of(event.session.handle);
        let ended = (event.kind == EventKind::Ended).then(|| how(&event));
        match (event.kind, index) {
            (EventKind::Ended, Some(index)) => self.end(index, ended.flatten(), now),
            (_, Some(index)) => {
                let row = &mut self.rows[index];
                // A late change must not bring an ended session back.
                if !row.is_ghost() {
                    // It stays where it is until the next page: rows do not jump under the eye.
                    row.session = event.session;
                }
            }
            // What it holds is not told, so whether it matches is not known.
            (_, None) if filter.needs_data() => self.is_unsure = true,
            (EventKind::Created, None) => {
                if filter.matches(&event.session, now) {
                    self.insert(event.session, limit);
                }
            }
            (EventKind::Ended, None) => {
                if filter.matches(&event.session, now) {
                    self.total = self.total.saturating_sub(1);
                    if self.offset > 0 && self.place(&event.session) == 0 {
                        self.offset -= 1;
                    }
                }
            }
            // It may have grown into the filter, or moved in the order.
            (EventKind::Changed, None) => self.is_unsure |= !filter.is_empty(),
        }
    }

    fn insert(&mut self, session: Session, limit: usize) {
        let (at, had_more) = (self.place(&session), self.has_more());
        self.total += 1;
        if at == 0 && self.offset > 0 {
            self.offset += 1;
        } else if at < self.rows.len() || !had_more {
            self.handles.insert(session.handle);
            self.rows.insert(at, Row::new(session));
            while self.rows.len() > limit.max(1) {
                if let Some(last) = self.rows.pop_back() {
                    self.handles.remove(&last.handle());
                }
            }
        }
    }

    /// Turns a row into a ghost.
    pub(crate) fn end(&mut self, index: usize, how: Option<Ended>, now: OffsetDateTime) {
        let row = &mut self.rows[index];
        if row.gone.is_none() {
            row.gone = Some(now);
            self.total = self.total.saturating_sub(1);
        }
        row.fate = match (&row.fate, how) {
            // The first word on it stays.
            (Fate::Ended(Some(before)), _) => Fate::Ended(Some(before.clone())),
            (_, how) => Fate::Ended(how),
        };
    }

    /// Takes a session's newer state, wherever it stands.
    pub(crate) fn renew(&mut self, session: Session) {
        if let Some(index) = self.index_of(session.handle) {
            self.rows[index].session = session;
        }
    }

    /// Forgets the ghosts, but for those that are to stay. Says whether there were any.
    pub(crate) fn bury(&mut self, stays: impl Fn(&Row) -> bool) -> bool {
        let before = self.rows.len();
        let handles = &mut self.handles;
        self.rows.retain(|row| {
            let stays = !row.is_ghost() || stays(row);
            if !stays {
                handles.remove(&row.handle());
            }
            stays
        });
        self.rows.len() != before
    }

    /// Whether a ghost has stood long enough.
    pub(crate) fn is_old(row: &Row, now: OffsetDateTime) -> bool {
        row.gone.is_some_and(|since| now - since >= GHOST)
    }
}

/// How the session of an event ended.
pub(crate) fn how(event: &Event) -> Option<Ended> {
    event.reason.map(|reason| Ended {
        reason,
        actor: event.actor.clone(),
        at: event.at,
    })
}
