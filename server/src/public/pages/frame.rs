//! What stands around every page of somebody who is signed in: who it is, where one can go, and the way out.

use sessctl_api::text::clean;
use sessctl_store::Entry;

use crate::{Auth, public::state::PublicState};

/// The links of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    Home,
    Dashboard,
    Sessions,
    Password,
}

/// See the module's own text.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) user: String,
    pub(super) here: Here,
    /// Where sign-in is open there is none to change.
    pub(super) has_password: bool,
}

impl Frame {
    /// `None`: nobody has signed in.
    pub(super) fn new(state: &PublicState, entry: &Entry, here: Here) -> Option<Self> {
        Some(Self {
            user: clean(entry.user()?).into_owned(),
            here,
            has_password: state.config.auth == Auth::Users,
        })
    }

    /// The mark of the link to the page that is shown.
    pub(super) fn mark(&self, here: Here) -> &'static str {
        if self.here == here {
            " aria-current=\"page\""
        } else {
            ""
        }
    }
}
