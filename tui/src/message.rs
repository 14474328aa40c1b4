//! What can happen to the dashboard, and what it can ask for.
//!
//! The lowest room: words only. Everything that changes the model comes through [`Message`], everything that leaves
//! it through [`Command`].

use std::time::Duration;

use serde_json::{Map, Value};
use sessctl_api::{
    Ended, Event, Filter, Handle, ListQuery, Page, RevokeReport, Session, Sort, SortField, Start,
    Stats, Top,
};
use time::OffsetDateTime;

use crate::settings::Settings;

/// One thing that happened: a key, the clock, or news from the registry.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// The clock moved on.
    Tick(OffsetDateTime),
    /// The terminal has this many cells now.
    Resized {
        width: u16,
        height: u16,
    },
    News(Box<News>),

    /// The cursor or the page goes somewhere.
    Move(Step),
    /// The mouse wheel: the page goes, the cursor only as far as it must.
    Scroll(i32),
    /// Somebody pointed at this cell of the screen.
    Click {
        column: u16,
        row: u16,
    },
    /// A line of text is edited.
    Edit(Edit),
    /// Text was pasted: into a line if one is open, else it is dropped, so that no letter of it acts as a key.
    Pasted(String),
    Key(Key),
}

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    /// The filter line opens.
    OpenFilter,
    /// An older or newer line of the history.
    Older,
    Newer,
    /// What is typed or chosen stays in force.
    Apply,
    /// The row under the cursor opens.
    Show,
    /// In a session: the one above or below in the list.
    ShowPrevious,
    ShowNext,
    /// In a session: the values of its data are shown, or hidden again.
    Reveal,
    /// The sessions in question are about to be ended: ask first.
    AskRevoke,
    /// The question is answered with yes.
    Confirm,
    /// The top dialog closes; what it would have changed stays as it was.
    Back,
    /// On the list: the marks go, or if there are none, the filter, or if there is none, the cursor.
    LetGo,
    /// The row under the cursor is marked, or no more.
    Mark,
    /// A range of marks begins at the cursor, or ends there.
    Range,
    /// All that match are marked.
    MarkAll,
    /// The rows stand still, or go on.
    Freeze,
    /// The list of columns to sort by opens.
    OpenSort,
    /// The order turns round.
    Reverse,
    /// The list of columns opens.
    OpenColumns,
    /// In the list of columns: shown or not, sooner or later, wider or narrower.
    Toggle,
    Sooner,
    Later,
    Wider,
    Narrower,
    /// Where only looking is allowed: ending is, for a while, or no more.
    Arm,
    /// The handle goes to the clipboard.
    Yank,
    /// The strip of counts shows or hides.
    Overview,
    Mouse,
    Theme,
    OpenPalette,
    /// The command line opens with `goto` typed.
    OpenGoto,
    /// The word that is being typed is completed.
    Complete,
    Help,
    /// The list is fetched again now, or the connection tried again.
    ListAgain,
    Suspend,
    /// The whole screen is drawn anew.
    Redraw,
    /// The dashboard closes.
    Quit,
}

/// What the registry tells, and what became of what was asked of it or of the terminal.
#[derive(Debug, Clone)]
pub(crate) enum News {
    /// A connection is being made, for the so many'th time since the last one stood.
    Connecting { attempt: u32 },
    /// There is no connection, and the next try comes after `wait`.
    Lost {
        attempt: u32,
        wait: Duration,
        why: Trouble,
    },
    /// The page that was wanted is in. `since` came while it was fetched and is applied on top, so that a session
    /// that ended meanwhile does not come back.
    Listed {
        want: u64,
        page: Page,
        since: Vec<Event>,
        took: Duration,
    },
    /// The page cannot be had, for what it asks; the connection stands.
    NotListed { want: u64, why: String },
    /// A session was created, changed or ended.
    Happened(Box<Event>),
    /// What the registry counts.
    /// Nothing: it answers, but does not count.
    Counted(Option<Box<Stats>>),
    /// The values that most sessions share.
    Ranked { field: SortField, top: Top },
    /// The registry was asked for one session.
    Told { handle: Handle, answer: Told },
    /// What a session holds.
    Held {
        handle: Handle,
        data: Result<Map<String, Value>, String>,
    },
    /// The sessions of a user.
    OfUser {
        user: String,
        sessions: Vec<Session>,
        total: u64,
    },
    /// The sessions to mark.
    Gathered {
        gather: Gather,
        page: Result<Page, String>,
    },
    /// The registry answered the order to end sessions, or could not.
    Answered {
        order: Order,
        answer: Result<RevokeReport, String>,
    },
    /// The settings could not be kept.
    NotSaved(String),
}

/// What is wrong with the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) why: String,
    /// The registry answers, but does not let this caller in.
    pub(crate) is_refusal: bool,
}

/// What became of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    Alive(Box<Session>),
    /// It ended; how, and as what it was last known, if the registry remembers.
    Ended(Option<Ended>, Option<Box<Session>>),
}

/// What the model asks the loop to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Command {
    /// Fetch this page and follow it; an earlier wish is forgotten.
    List(Want),
    /// Try to connect now.
    Connect,
    /// Order the registry to end these sessions.
    Revoke(Order),
    /// Ask the registry what became of this session.
    Ask(Handle),
    /// Ask what this session holds.
    Data(Handle),
    /// Ask for the sessions of this user.
    OfUser(String),
    /// Ask for the values that most sessions share.
    Rank(SortField, Filter),
    /// Ask for the sessions to mark.
    Gather(Gather),
    /// Put a text in the clipboard.
    Copy(String),
    /// Listen to the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Keep these settings.
    Save(Settings),
    /// Stop as Ctrl-Z does elsewhere.
    Suspend,
    /// Forget what is on the screen and draw all of it.
    Redraw,
    /// Leave the loop.
    Quit,
}

/// The part of the list that the dashboard wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Want {
    /// Grows with each wish: an answer to an older one is of no use.
    pub(crate) id: u64,
    pub(crate) filter: Filter,
    pub(crate) sort: Sort,
    pub(crate) start: Start,
    pub(crate) limit: usize,
}

/// Sessions that are to be marked but may not be at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gather {
    pub(crate) filter: Filter,
    pub(crate) sort: Sort,
    /// From this one on; all if there is none.
    pub(crate) from: Option<Box<Session>>,
    /// As far as this one; all if there is none.
    pub(crate) to: Option<Handle>,
}

impl Gather {
    /// What tells so many of them, the one that it begins with excepted: a page begins after its cursor.
    pub(crate) fn query(&self, limit: usize) -> ListQuery {
        let from = self.from.as_ref();
        let start = from.map_or(Start::First, |one| Start::After(self.sort.cursor_at(one)));
        ListQuery {
            sort: self.sort,
            start,
            ..ListQuery::first(self.filter.clone(), limit)
        }
    }
}

/// What is to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Order {
    /// These, whatever the list shows by now.
    Sessions(Vec<Target>),
    /// All that match, if they are exactly so many.
    All { filter: Filter, count: u64 },
}

/// The session that an order is about: the handle acts, the name is for the answer's wording.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Target {
    pub(crate) handle: Handle,
    pub(crate) user: Option<String>,
}

impl Target {
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            handle: session.handle,
            user: session.user.clone(),
        }
    }
}

/// Whether a session on the screen still lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    Alive,
    /// It ended; how, if the registry remembers.
    Ended(Option<Ended>),
}

/// Where the cursor goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Up,
    Down,
    HalfUp,
    HalfDown,
    PageUp,
    PageDown,
    First,
    Last,
}

/// One change of a line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    Type(char),
    /// Removes the character before the cursor.
    Backspace,
    /// Removes the character under the cursor.
    Delete,
    /// Removes everything before the cursor.
    Clear,
    /// Removes the word before the cursor.
    Word,
    Left,
    Right,
    Home,
    End,
}

impl Message {
    /// Whether it is somebody's doing. To draw the screen anew is not: the terminal wants that too.
    pub(crate) fn is_input(&self) -> bool {
        !matches!(
            self,
            Self::Tick(_) | Self::Resized { .. } | Self::News(_) | Self::Key(Key::Redraw)
        )
    }
}
