//! What the dashboard knows at a moment.
//!
//! State, and what follows from it by itself: where the keys go, how the lines of the screen are shared out. Where the
//! cursor stands in the list is in `list`. It is changed by `update` alone and touches no clock, terminal or registry.

use std::time::Duration;

use sessctl_api::{Filter, Handle, Session, Sort};
use time::OffsetDateTime;

use crate::{
    columns::Column,
    dialog::Dialog,
    keys::Keymap,
    marks::Marks,
    message::{Trouble, Want},
    overview::Overview,
    place::Place,
    settings::{Glyphs, Settings, Theme},
    window::Window,
};

/// The whole state.
#[derive(Debug)]
pub(crate) struct Model {
    /// Set by each tick; the only time there is in here.
    pub(crate) now: OffsetDateTime,
    /// Where the sessions come from, for the header and for questions.
    pub(crate) source: String,
    pub(crate) look: Look,
    pub(crate) keymap: Keymap,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) link: Link,
    /// When the rows were last known to be true; `None` before the first list.
    pub(crate) fresh: Option<OffsetDateTime>,
    pub(crate) window: Window,
    pub(crate) filter: Filter,
    pub(crate) sort: Sort,
    pub(crate) asked: Asked,
    /// Set while the rows stand still: how many logins and ends have come since.
    pub(crate) held: Option<u64>,
    /// The session under the cursor. Nothing until somebody moves it: before that, new logins come in at the top
    /// and no row is about to be acted on.
    pub(crate) cursor: Option<Handle>,
    /// The first row on the screen, an index into the window's rows.
    pub(crate) top: usize,
    pub(crate) marks: Marks,
    /// Where a range of marks begins.
    pub(crate) anchor: Option<Session>,
    pub(crate) writes: Writes,
    /// What lies on top of the list; the last one has the keys.
    pub(crate) dialogs: Vec<Dialog>,
    /// The session that somebody asked for by its handle, while the registry is asked for it.
    pub(crate) awaited: Option<Handle>,
    pub(crate) status: Option<Status>,
    /// Filters that were in force, the latest last.
    pub(crate) history: Vec<String>,
    pub(crate) overview: Overview,
    /// Something that can be seen has changed since the last frame.
    pub(crate) dirty: bool,
}

/// How things are drawn.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) theme: Theme,
    pub(crate) glyphs: Glyphs,
    /// The chosen columns; none: those that fit.
    pub(crate) columns: Vec<Column>,
    /// Whether the mouse is listened to.
    pub(crate) mouse: bool,
}

/// The last wish for a page of the list, and what came of it.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// The number of the last wish.
    pub(crate) id: u64,
    /// The wish that has no answer yet, and where the cursor is to be then.
    pub(crate) open: Option<(Want, Aim)>,
    /// The filter of the rows at hand.
    pub(crate) filter: Filter,
    /// When the last answer came, and how long it took.
    pub(crate) listed: Option<OffsetDateTime>,
    pub(crate) took: Duration,
}

/// Where the cursor is to be on a page that is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// On its session.
    Keep,
    First,
    Last,
    /// On the row with this number, counted from one.
    Row(u64),
}

/// How the registry is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    Connecting {
        attempt: u32,
        /// What went wrong before, if anything did.
        why: Option<Trouble>,
    },
    Live,
    Waiting {
        attempt: u32,
        until: OffsetDateTime,
        why: Trouble,
    },
}

/// Whether sessions may be ended from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writes {
    Allowed,
    /// Only looking is.
    Locked,
    /// Only looking is, but not until then.
    Armed {
        until: OffsetDateTime,
    },
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
    /// Lines and columns of a frame around everything.
    pub(crate) frame: u16,
    pub(crate) header: u16,
    pub(crate) banner: u16,
    pub(crate) overview: u16,
    pub(crate) filter: u16,
    pub(crate) heads: u16,
    pub(crate) status: u16,
    pub(crate) footer: u16,
}

/// A registry is asked for its counts each second. If nothing has come for so long, something is wrong.
const SILENCE: Duration = Duration::from_secs(3);

/// From which width on a session is shown beside the list.
const BESIDE: u16 = 120;

impl Model {
    pub(crate) fn new(source: String, filter: Filter, now: OffsetDateTime) -> Self {
        Self {
            now,
            source,
            look: Look {
                theme: Theme::default(),
                glyphs: Glyphs::default(),
                columns: Vec::new(),
                mouse: false,
            },
            keymap: Keymap::default(),
            width: 80,
            height: 24,
            link: Link::Connecting {
                attempt: 1,
                why: None,
            },
            fresh: None,
            window: Window::default(),
            filter,
            sort: Sort::default(),
            asked: Asked::default(),
            held: None,
            cursor: None,
            top: 0,
            marks: Marks::default(),
            anchor: None,
            writes: Writes::Allowed,
            dialogs: Vec::new(),
            awaited: None,
            status: None,
            history: Vec::new(),
            overview: Overview::default(),
            dirty: true,
        }
    }

    /// Where the keys go now.
    pub(crate) fn place(&self) -> Place {
        match self.dialogs.last() {
            None => Place::List,
            Some(Dialog::Filter(_)) => Place::Filter,
            Some(Dialog::Palette(_)) => Place::Palette,
            Some(Dialog::Detail(_)) => Place::Detail,
            Some(Dialog::Confirm(question)) if question.typed.is_some() => Place::Number,
            Some(Dialog::Confirm(_)) => Place::Confirm,
            Some(Dialog::Sort { .. }) => Place::Sort,
            Some(Dialog::Columns(_)) => Place::Columns,
            Some(Dialog::Help { .. }) => Place::Help,
        }
    }

    /// What is to be kept when it was changed.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            columns: self.look.columns.clone(),
            theme: self.look.theme,
        }
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

    /// Whether sessions may be ended at this moment.
    pub(crate) fn may_write(&self) -> bool {
        match self.writes {
            Writes::Allowed => true,
            Writes::Locked => false,
            Writes::Armed { until } => self.now < until,
        }
    }

    /// Whether a session is shown beside the list, and not over it.
    pub(crate) fn is_beside(&self) -> bool {
        self.width >= BESIDE
    }

    /// How many columns of the screen a session has that is shown.
    pub(crate) fn pane_width(&self) -> u16 {
        if self.is_beside() {
            (self.width * 2 / 5).clamp(56, 80)
        } else {
            self.width
        }
    }

    /// How many rows of the table are on the screen.
    pub(crate) fn page(&self) -> usize {
        let chrome = self.chrome();
        let taken = 2 * chrome.frame
            + chrome.header
            + chrome.banner
            + chrome.overview
            + chrome.filter
            + chrome.heads
            + chrome.status
            + chrome.footer;
        usize::from(self.height.saturating_sub(taken))
    }

    /// Shares out the screen: on a small one the rows come first.
    pub(crate) fn chrome(&self) -> Chrome {
        let framed = matches!(self.writes, Writes::Armed { .. }) && self.height >= 10;
        let height = self.height - 2 * u16::from(framed);
        let when = |wanted: bool, least: u16| u16::from(wanted && height >= least);
        let line = |has_error| when(true, 2) + 2 * when(has_error, 4);
        let filter = match self.dialogs.last() {
            Some(Dialog::Filter(draft)) => line(draft.error.is_some()),
            Some(Dialog::Palette(command)) => when(true, 2) + when(command.error.is_some(), 3),
            _ => when(!self.filter.is_empty(), 6),
        };
        Chrome {
            frame: u16::from(framed),
            header: when(true, 1),
            banner: when(self.trouble().is_some(), 6),
            overview: self.overview.lines(height),
            filter,
            heads: when(true, 6),
            status: when(self.status.is_some(), 3),
            footer: when(true, 5),
        }
    }

    /// What is wrong with the link, if anything is.
    pub(crate) fn trouble(&self) -> Option<&Trouble> {
        match &self.link {
            Link::Live => None,
            Link::Connecting { why, .. } => why.as_ref(),
            Link::Waiting { why, .. } => Some(why),
        }
    }

    /// How long a registry that is connected has not answered, once that is longer than it should be.
    pub(crate) fn silence(&self) -> Option<Duration> {
        let since = self.now - self.fresh.filter(|_| self.is_live())?;
        Duration::try_from(since)
            .ok()
            .filter(|since| *since > SILENCE)
    }

    pub(crate) fn is_live(&self) -> bool {
        self.link == Link::Live
    }
}
