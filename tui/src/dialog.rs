//! What can lie on top of the list, and what it holds while it does.

use serde_json::{Map, Value};
use sessctl_api::{Filter, FilterError, Session};
use time::OffsetDateTime;

use crate::{
    columns::Column,
    input::Line,
    message::{Fate, Order},
};

/// One thing on top of the list.
#[derive(Debug, Clone)]
pub(crate) enum Dialog {
    Filter(Draft),
    Palette(Command),
    Detail(Box<Subject>),
    Confirm(Question),
    /// The columns to sort by, and which one the cursor is on.
    Sort {
        at: usize,
    },
    Columns(Chooser),
    Help {
        scroll: usize,
    },
}

/// The filter being typed.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) line: Line,
    /// Why the line is not in force, if it is not.
    pub(crate) error: Option<FilterError>,
    /// What cancelling goes back to.
    pub(crate) before: Filter,
    pub(crate) cursor_before: Option<Session>,
    /// How far back in the history the line is; 0: not at all.
    pub(crate) back: usize,
}

/// The command being typed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Command {
    pub(crate) line: Line,
    /// Why it cannot be done.
    pub(crate) error: Option<String>,
}

/// The columns being chosen: all there are, and which of them are shown.
#[derive(Debug, Clone)]
pub(crate) struct Chooser {
    pub(crate) columns: Vec<(Column, bool)>,
    pub(crate) at: usize,
    /// What cancelling goes back to.
    pub(crate) before: Vec<Column>,
}

/// The session that a dialog is about, whatever the list does meanwhile.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) session: Session,
    pub(crate) fate: Fate,
    pub(crate) scroll: usize,
    /// What it holds, or why that is not known; nothing while it is asked.
    pub(crate) data: Option<Result<Map<String, Value>, String>>,
    /// Whether the values are shown.
    pub(crate) is_revealed: bool,
    /// The same user's other sessions, and how many there are.
    pub(crate) others: Option<(Vec<Session>, u64)>,
    /// What happened to it while it was looked at, the latest last.
    pub(crate) seen: Vec<(OffsetDateTime, String)>,
}

/// The question before sessions are ended.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) order: Order,
    /// The session, if it is about one.
    pub(crate) one: Option<(Session, Fate)>,
    /// The number that is typed, where that is the answer.
    pub(crate) typed: Option<Line>,
}

impl Subject {
    pub(crate) fn new(session: Session, fate: Fate) -> Self {
        Self {
            session,
            fate,
            scroll: 0,
            data: None,
            is_revealed: false,
            others: None,
            seen: Vec::new(),
        }
    }
}
