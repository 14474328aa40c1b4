//! Where the cursor and the screen stand in the list, and which part of it is wanted next.
//!
//! The cursor follows its session by handle. A page from the registry, an event or a new size never move it to
//! another one; only when its session is nowhere to be found it stays as a ghost, until somebody moves.

use std::time::Duration;

use sessctl_api::{Event, EventKind, Handle, Page, Session, Sort, SortField, Start};

use crate::{
    dialog::Dialog,
    message::{Fate, Want},
    model::{Aim, Model},
    window::{Row, Window},
};

/// Rows that are fetched at once: some screens, so that paging seldom waits.
const SCREENS: usize = 12;
const ROWS: std::ops::RangeInclusive<usize> = 500..=2_000;

/// The list is fetched again this often even if no event asks for it: events are a hint.
const LIST_EVERY: Duration = Duration::from_secs(30);
/// And this often at most when one does, or so many times what it takes: a large registry has better things to do.
const LIST_SOON: Duration = Duration::from_secs(2);
const LIST_SHARE: u32 = 20;

impl Model {
    /// The index of the row under the cursor.
    pub(crate) fn cursor_index(&self) -> Option<usize> {
        self.window.index_of(self.cursor?)
    }

    /// The row under the cursor.
    pub(crate) fn cursor_row(&self) -> Option<&Row> {
        self.window.get(self.cursor?)
    }

    /// Puts the cursor on a row.
    pub(crate) fn put_cursor(&mut self, index: usize) {
        let index = index.min(self.window.rows().len().saturating_sub(1));
        self.cursor = self.window.rows().get(index).map(Row::handle);
        self.show_cursor();
    }

    /// Moves the screen so that the cursor is on it, and never beyond the rows.
    pub(crate) fn show_cursor(&mut self) {
        let page = self.page().max(1);
        if let Some(index) = self.cursor_index() {
            self.top = self.top.clamp((index + 1).saturating_sub(page), index);
        }
        self.top = self.top.min(self.window.rows().len().saturating_sub(page));
    }

    /// How many rows are kept at hand.
    pub(crate) fn limit(&self) -> usize {
        (self.page() * SCREENS).clamp(*ROWS.start(), *ROWS.end())
    }

    /// The row that stays where it is on the screen when rows come and go: the cursor's if it is in sight, else the
    /// first one; and on which line that is.
    fn hinge(&self) -> Option<(Handle, Session, usize)> {
        let in_sight = self
            .cursor_index()
            .filter(|index| (self.top..self.top + self.page().max(1)).contains(index));
        let index = in_sight.unwrap_or(self.top);
        let row = self.window.rows().get(index)?;
        Some((row.handle(), row.session.clone(), index - self.top))
    }

    /// Whether new rows at the top are to be seen: nobody has moved, and nobody is reading elsewhere.
    fn is_at_top(&self) -> bool {
        self.cursor.is_none() && self.top == 0 && self.window.offset() == 0
    }

    /// Does something to the rows without moving the screen below the eye.
    pub(crate) fn steady<T>(&mut self, change: impl FnOnce(&mut Window) -> T) -> T {
        let hinge = self.hinge().filter(|_| !self.is_at_top());
        let done = change(&mut self.window);
        if let Some((handle, _, line)) = hinge
            && let Some(index) = self.window.index_of(handle)
            // Rows that come in above the first screen push the cursor down, and not the screen.
            && self.top > 0
        {
            self.top = index.saturating_sub(line);
        }
        self.show_cursor();
        done
    }

    /// Applies what happened to a session.
    pub(crate) fn apply(&mut self, event: Event) {
        let (now, limit) = (self.now, self.limit());
        if event.kind == EventKind::Created {
            let filter = self.filter.clone();
            self.steady(|window| window.happened(event, &filter, now, limit));
        } else {
            // No row comes or goes, and most events are about none.
            self.window.happened(event, &self.filter, now, limit);
        }
    }

    /// The wish for a page. The loop passes it on; its answer comes as a list.
    pub(crate) fn want(&mut self, start: Start, aim: Aim) -> Want {
        // Whoever asked for an end of the list, and then for another filter or order before it came, means both.
        let (start, aim) = match (aim, &self.asked.open) {
            (Aim::Keep, Some((_, Aim::First))) => (Start::First, Aim::First),
            (Aim::Keep, Some((_, Aim::Last))) => (Start::Offset(u64::MAX), Aim::Last),
            _ => (start, aim),
        };
        self.asked.id += 1;
        let want = Want {
            id: self.asked.id,
            filter: self.filter.clone(),
            sort: self.sort,
            start,
            limit: self.limit(),
        };
        self.asked.open = Some((want.clone(), aim));
        want
    }

    /// The wish for the list's beginning.
    pub(crate) fn want_first(&mut self) -> Want {
        let aim = if self.cursor.is_some() {
            Aim::First
        } else {
            Aim::Keep
        };
        self.want(Start::First, aim)
    }

    /// The wish for the rows around those on the screen.
    pub(crate) fn want_here(&mut self) -> Want {
        let start = match self.hinge() {
            Some((_, session, _)) if !self.is_at_top() => {
                Start::Around(self.sort.cursor_at(&session))
            }
            _ => Start::First,
        };
        self.want(start, Aim::Keep)
    }

    /// The wish for more rows, where the screen comes near the end of those at hand.
    pub(crate) fn want_more(&mut self) -> Option<Want> {
        if self.asked.open.is_some() {
            return None;
        }
        let margin = (2 * self.page()).min(self.limit() / 4);
        let bottom = self.top + self.page();
        let above = self.window.offset() > 0 && self.top < margin;
        let below = self.window.has_more() && bottom + margin > self.window.rows().len();
        (above || below).then(|| self.want_here())
    }

    /// The wish for the same rows once more, when they may not be the truth any more.
    pub(crate) fn want_again(&mut self) -> Option<Want> {
        let listed = self.asked.listed?;
        if self.held.is_some() || self.asked.open.is_some() || !self.is_live() {
            return None;
        }
        let age = Duration::try_from(self.now - listed).unwrap_or_default();
        let soon = LIST_SOON.max(self.asked.took * LIST_SHARE);
        let moves = moves_by_itself(self.sort) || self.filter.changes_with_time();
        let is_unsure = self.window.is_unsure() || moves;
        let due = age >= LIST_EVERY.max(self.asked.took * LIST_SHARE) || (is_unsure && age >= soon);
        due.then(|| self.want_here())
    }

    /// Takes the page that was wanted. Says which session under the cursor it does not have.
    pub(crate) fn take_page(&mut self, page: Page, sort: Sort, aim: Aim) -> Option<Handle> {
        let (now, cursor) = (self.now, self.cursor);
        let hinge = self.hinge().filter(|_| !self.is_at_top());
        let was_there = self.cursor_row().is_some_and(|row| !row.is_ghost());
        // Rows of another filter are none of this one's.
        let is_same = self.asked.filter == self.filter;
        self.asked.filter = self.filter.clone();
        self.window.replace(page, sort, now, |row| {
            let stands = row.is_ghost() && !Window::is_old(row, now);
            is_same && (Some(row.handle()) == cursor || stands)
        });
        match aim {
            Aim::First => {
                self.top = 0;
                self.put_cursor(0);
            }
            Aim::Last => {
                self.top = self.window.rows().len();
                self.put_cursor(self.window.rows().len());
            }
            Aim::Row(number) => {
                let index = number.saturating_sub(self.window.offset() + 1);
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                self.top = index.saturating_sub(self.page() / 2);
                self.put_cursor(index);
            }
            Aim::Keep => {
                if let Some((handle, session, line)) = hinge {
                    let index = self.window.index_of(handle);
                    let index = index.unwrap_or_else(|| self.window.place(&session));
                    self.top = index.saturating_sub(line);
                    if self.cursor.is_some() && self.cursor_index().is_none() {
                        self.put_cursor(index);
                    }
                }
                self.show_cursor();
            }
        }
        let missing = self.cursor_row().filter(|row| row.is_ghost() && was_there);
        missing
            .filter(|row| row.fate == Fate::Alive)
            .map(Row::handle)
    }

    /// Takes the ghosts away: all that nothing is about when somebody moves, and else the old ones.
    pub(crate) fn bury(&mut self, moved: bool) {
        let (now, cursor) = (self.now, self.cursor);
        let shown = self.dialogs.iter().find_map(|dialog| match dialog {
            Dialog::Detail(subject) => Some(subject.session.handle),
            _ => None,
        });
        let gone = self.steady(|window| {
            window.bury(|row| {
                Some(row.handle()) == cursor
                    || Some(row.handle()) == shown
                    || !(moved || Window::is_old(row, now))
            })
        });
        self.dirty |= gone;
    }
}

/// Whether the order of a list changes with each request.
fn moves_by_itself(sort: Sort) -> bool {
    match sort.field {
        SortField::Idle
        | SortField::Seen
        | SortField::Requests
        | SortField::Ip
        | SortField::Ips
        | SortField::Size => true,
        SortField::User
        | SortField::Handle
        | SortField::LoginIp
        | SortField::Ua
        | SortField::Client
        | SortField::Created
        | SortField::Age
        | SortField::Expires
        | SortField::Ended
        | SortField::Reason => false,
    }
}
