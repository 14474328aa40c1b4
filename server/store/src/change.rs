//! What can change in a store.

use std::sync::Arc;

use sessctl_api::Ended;

use crate::{
    clock::Millis,
    data::Delta,
    entry::{Data, Entry},
    id::Digest,
};

/// One durable change of one session.
#[derive(Debug)]
pub(crate) enum Change {
    Insert {
        entry: Arc<Entry>,
        /// What it holds from the beginning.
        data: Data,
    },
    /// Changes what it holds. Alone in its job: it may be refused for itself.
    Edit {
        entry: Arc<Entry>,
        delta: Box<Delta>,
        /// Bytes of data afterwards, once it is written.
        size: u32,
    },
    Rotate {
        entry: Arc<Entry>,
        digest: Digest,
    },
    /// Writes how the entry ended; if it lives still, ends it with `unless_ended` once that is durable.
    End {
        entry: Arc<Entry>,
        unless_ended: Option<Ended>,
    },
    /// Writes requests up to `seen`.
    Touch {
        entry: Arc<Entry>,
        seen: Millis,
    },
    /// Forgets an entry that ended long ago.
    Purge(Arc<Entry>),
}

impl Change {
    /// Whether it is one of many that have nothing to do with each other.
    pub(crate) fn is_upkeep(&self) -> bool {
        match self {
            Self::Touch { .. } | Self::Purge(_) => true,
            Self::End { unless_ended, .. } => unless_ended.is_none(),
            Self::Insert { .. } | Self::Edit { .. } | Self::Rotate { .. } => false,
        }
    }

    /// Whether the rest of its job stands without it: a session that is replaced and whose row is gone opens nothing.
    pub(crate) fn may_miss_its_row(&self) -> bool {
        self.is_upkeep() || matches!(self, Self::End { .. })
    }

    /// About how much memory it takes while it waits, its entry aside.
    pub(crate) fn weight(&self) -> usize {
        let delta = match self {
            Self::Edit { delta, .. } => delta.weight(),
            _ => 0,
        };
        size_of::<Self>() + delta
    }
}
