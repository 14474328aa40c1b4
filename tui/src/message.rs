//! What can happen to the dashboard, and what it can ask for.
//!
//! The lowest room: words only. Everything that changes the model comes through [`Message`], everything that leaves
//! it through [`Command`].

use std::time::Duration;

use sessctl_api::{Ended, Event, Handle, RevokeReport, Session};
use time::OffsetDateTime;

/// One thing that happened: a key, the clock, or news from the registry.
#[derive(Debug, Clone)]
pub(crate) enum Message {
    /// The clock moved on.
    Tick(OffsetDateTime),
    /// The terminal has this many cells now.
    Resized { width: u16, height: u16 },

    /// A connection is being made, for the so many'th time since the last one stood.
    Connecting { attempt: u32 },
    /// There is no connection, and the next try comes after `wait`.
    Lost {
        attempt: u32,
        wait: Duration,
        why: String,
    },
    /// The whole list is in. `since` came while it was fetched and is applied on top, so that a session that ended
    /// meanwhile does not come back.
    Listed {
        sessions: Vec<Session>,
        total: u64,
        since: Vec<Event>,
    },
    /// A session was created, changed or ended.
    Happened(Box<Event>),
    /// The registry answered the order to end a session, or could not.
    Answered {
        target: Target,
        answer: Result<RevokeReport, String>,
    },
    /// The registry told what became of a session that was missing from a list.
    Told { handle: Handle, fate: Fate },

    /// The cursor or the page goes somewhere.
    Move(Step),
    /// The filter line opens.
    OpenFilter,
    /// The filter line is edited.
    Edit(Edit),
    /// Text was pasted: into the filter line if it is open, else it is dropped, so that no letter of it acts as a key.
    Pasted(String),
    /// The filter as typed stays in force.
    ApplyFilter,
    /// The row under the cursor opens.
    Show,
    /// The session in question is about to be ended: ask first.
    AskRevoke,
    /// The question is answered with yes.
    Confirm,
    /// The top dialog closes; what it would have changed stays as it was.
    Back,
    /// On the list: the filter goes, or if there is none, the cursor.
    LetGo,
    /// The list of keys opens.
    Help,
    /// The list is fetched again now, or the connection tried again.
    ListAgain,
    /// The whole screen is drawn anew.
    Redraw,
    /// The dashboard closes.
    Quit,
}

impl Message {
    /// Whether it is somebody's doing at the keyboard. To draw the screen anew is not: the terminal wants that too.
    pub(crate) fn is_key(&self) -> bool {
        !matches!(
            self,
            Self::Tick(_)
                | Self::Resized { .. }
                | Self::Connecting { .. }
                | Self::Lost { .. }
                | Self::Listed { .. }
                | Self::Happened(_)
                | Self::Answered { .. }
                | Self::Told { .. }
                | Self::Redraw
        )
    }
}

/// What `update` asks the loop to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// Order the registry to end this session.
    Revoke(Target),
    /// Ask the registry what became of this session.
    Ask(Handle),
    /// List again.
    List,
    /// Forget what is on the screen and draw all of it.
    Redraw,
    /// Leave the loop.
    Quit,
}

/// The session that an order is about: the handle acts, the name is for the answer's wording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) handle: Handle,
    pub(crate) user: Option<String>,
}

/// Whether a session shown in a dialog still lives.
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

/// One change of the filter line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    Type(char),
    /// Removes the character before the cursor.
    Backspace,
    /// Removes the character under the cursor.
    Delete,
    /// Removes everything before the cursor.
    Clear,
    Left,
    Right,
    Home,
    End,
}
