//! What the dashboard knows at a moment.
//!
//! State and what follows from it by itself: which rows match, where the cursor stands, how the lines of the screen
//! are shared out. It is changed by `update` alone and touches no clock, terminal or registry.

use sessctl_api::{Filter, FilterError, Handle, Session};
use time::OffsetDateTime;

use crate::{
    input::Line,
    message::Fate,
    rows::{Rank, Rows},
};

/// The whole state.
#[derive(Debug)]
pub(crate) struct Model {
    /// Set by each tick; the only time there is in here.
    pub(crate) now: OffsetDateTime,
    /// Where the sessions come from, for the header and for questions.
    pub(crate) source: String,
    /// Draw without colours.
    pub(crate) mono: bool,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) link: Link,
    /// When the rows were last known to be true; `None` before the first list.
    pub(crate) fresh: Option<OffsetDateTime>,
    pub(crate) rows: Rows,
    pub(crate) filter: Filter,
    /// The ranks of the rows that match the filter, in order.
    pub(crate) shown: Vec<Rank>,
    /// How many users the rows have.
    pub(crate) users: usize,
    /// The session under the cursor. Nothing until somebody moves it: before that, new logins come in at the top
    /// and no row is about to be acted on.
    pub(crate) selected: Option<Rank>,
    /// Where the cursor was in `shown` when it was last looked for.
    cursor: usize,
    /// The first row on the screen, an index into `shown`.
    pub(crate) offset: usize,
    /// What lies on top of the list; the last one has the keys.
    pub(crate) dialogs: Vec<Dialog>,
    pub(crate) status: Option<Status>,
    /// Something that can be seen has changed since the last frame.
    pub(crate) dirty: bool,
    /// `shown` may be out of date.
    unsettled: bool,
}

/// How the registry is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    Connecting {
        attempt: u32,
        /// What went wrong before, if anything did.
        why: Option<String>,
    },
    Live,
    Waiting {
        attempt: u32,
        until: OffsetDateTime,
        why: String,
    },
}

/// Where the keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    List,
    Filter,
    Detail,
    Confirm,
    Help,
}

/// One thing on top of the list.
#[derive(Debug, Clone)]
pub(crate) enum Dialog {
    Filter(Draft),
    Detail(Subject),
    Confirm(Subject),
    Help { scroll: usize },
}

/// The filter being typed.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) line: Line,
    /// Why the line is not in force, if it is not.
    pub(crate) error: Option<FilterError>,
    /// What cancelling goes back to.
    pub(crate) before: Filter,
    pub(crate) selected_before: Option<Rank>,
}

/// The session that a dialog is about, whatever the list does meanwhile.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) session: Session,
    pub(crate) fate: Fate,
    pub(crate) scroll: usize,
}

/// What the last order came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) text: String,
    pub(crate) tone: Tone,
    since: OffsetDateTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Note,
    Good,
    Bad,
}

/// How many lines each part of the screen has; the table has the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chrome {
    pub(crate) header: u16,
    pub(crate) banner: u16,
    pub(crate) filter: u16,
    pub(crate) heads: u16,
    pub(crate) status: u16,
    pub(crate) footer: u16,
}

impl Model {
    pub(crate) fn new(source: String, filter: Filter, mono: bool, now: OffsetDateTime) -> Self {
        Self {
            now,
            source,
            mono,
            width: 80,
            height: 24,
            link: Link::Connecting {
                attempt: 1,
                why: None,
            },
            fresh: None,
            rows: Rows::default(),
            filter,
            shown: Vec::new(),
            users: 0,
            selected: None,
            cursor: 0,
            offset: 0,
            dialogs: Vec::new(),
            status: None,
            dirty: true,
            unsettled: true,
        }
    }

    /// Where the keys go now.
    pub(crate) fn place(&self) -> Place {
        match self.dialogs.last() {
            None => Place::List,
            Some(Dialog::Filter(_)) => Place::Filter,
            Some(Dialog::Detail(_)) => Place::Detail,
            Some(Dialog::Confirm(_)) => Place::Confirm,
            Some(Dialog::Help { .. }) => Place::Help,
        }
    }

    /// Says that the rows or the filter changed, so that `shown` is worked out again before it is next used.
    pub(crate) fn unsettle(&mut self) {
        self.unsettled = true;
    }

    /// Brings `shown`, the cursor and the page in line with the rows. Called before each frame and before whatever
    /// looks at the cursor, not on each event: a thousand events a second cost one pass a frame.
    pub(crate) fn settle(&mut self) {
        if self.unsettled {
            self.unsettled = false;
            self.shown = self
                .rows
                .ranks()
                .filter(|rank| self.filter.is_empty() || self.matches(rank.handle))
                .collect();
            self.users = self.rows.users();
        }
        self.follow();
    }

    fn matches(&self, handle: Handle) -> bool {
        self.rows
            .get(handle)
            .is_some_and(|session| self.filter.matches(session, self.now))
    }

    /// Keeps the cursor on its session, or moves it to the neighbour when that one is gone.
    fn follow(&mut self) {
        let last = self.shown.len().saturating_sub(1);
        if let Some(rank) = self.selected {
            // The handle counts; its rank may have been corrected.
            let rank = self.rows.rank(rank.handle).unwrap_or(rank);
            match self.shown.binary_search(&rank) {
                Ok(index) => {
                    // Away from the top, rows that come in above do not push the page down.
                    if self.offset > 0 {
                        self.offset = (self.offset + index).saturating_sub(self.cursor);
                    }
                    self.cursor = index;
                    self.selected = Some(rank);
                    self.show_cursor();
                }
                // Nothing moves below a dialog; the neighbour is looked for when it closes.
                Err(_) if self.is_about_a_session() => {}
                Err(next) => {
                    self.cursor = next.min(last);
                    self.selected = self.shown.get(self.cursor).copied();
                    self.show_cursor();
                }
            }
        } else {
            self.offset = 0;
        }
        self.offset = self
            .offset
            .min(self.shown.len().saturating_sub(self.page().max(1)));
    }

    fn show_cursor(&mut self) {
        let page = self.page().max(1);
        if self.cursor < self.offset {
            self.offset = self.cursor;
        } else if self.cursor >= self.offset + page {
            self.offset = self.cursor + 1 - page;
        }
    }

    fn is_about_a_session(&self) -> bool {
        self.dialogs
            .iter()
            .any(|dialog| matches!(dialog, Dialog::Detail(_) | Dialog::Confirm(_)))
    }

    /// The index of the cursor in `shown`, if it stands on a row.
    pub(crate) fn selected_index(&self) -> Option<usize> {
        self.shown.binary_search(&self.selected?).ok()
    }

    /// Puts the cursor on a row of `shown`.
    pub(crate) fn select(&mut self, index: usize) {
        let index = index.min(self.shown.len().saturating_sub(1));
        self.selected = self.shown.get(index).copied();
        self.cursor = index;
        self.show_cursor();
    }

    /// Puts up a status line. It goes with the next key, and by itself after eight seconds.
    pub(crate) fn say(&mut self, tone: Tone, text: String) {
        let since = self.now;
        self.status = Some(Status { text, tone, since });
    }

    /// Takes the status line away once it has stood for so long.
    pub(crate) fn hush(&mut self, after: time::Duration) {
        let gone = self
            .status
            .take_if(|status| self.now - status.since >= after);
        self.dirty |= gone.is_some();
    }

    /// How many rows of the table are on the screen.
    pub(crate) fn page(&self) -> usize {
        let chrome = self.chrome(self.height);
        let taken = chrome.header
            + chrome.banner
            + chrome.filter
            + chrome.heads
            + chrome.status
            + chrome.footer;
        usize::from(self.height.saturating_sub(taken))
    }

    /// Shares out a screen of this height: on a small one the rows come first.
    pub(crate) fn chrome(&self, height: u16) -> Chrome {
        let when = |wanted: bool, least: u16| u16::from(wanted && height >= least);
        let filter = match self.dialogs.last() {
            Some(Dialog::Filter(draft)) => when(true, 2) + 2 * when(draft.error.is_some(), 4),
            _ => when(!self.filter.is_empty(), 6),
        };
        Chrome {
            header: when(true, 1),
            banner: when(self.trouble().is_some(), 6),
            filter,
            heads: when(true, 6),
            status: when(self.status.is_some(), 3),
            footer: when(true, 5),
        }
    }

    /// What is wrong with the link, if anything is.
    pub(crate) fn trouble(&self) -> Option<&str> {
        match &self.link {
            Link::Live => None,
            Link::Connecting { why, .. } => why.as_deref(),
            Link::Waiting { why, .. } => Some(why),
        }
    }

    pub(crate) fn is_live(&self) -> bool {
        self.link == Link::Live
    }
}
