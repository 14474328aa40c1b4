//! What can change in a store.

use std::sync::Arc;

use parking_lot::Mutex;
use sessctl_api::Ended;

use crate::{
    book::Edit,
    clock::Millis,
    data::Delta,
    entry::{Data, Entry},
    id::Digest,
    settings::SessionLimit,
    throttle::{Key, Throttle},
};

/// One durable change.
#[derive(Debug)]
pub(crate) enum Change {
    Insert {
        entry: Arc<Entry>,
        /// What it holds from the beginning.
        data: Data,
        /// Under which it is inserted at all.
        terms: Option<Box<Terms>>,
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
    /// Changes accounts or tokens.
    Account(Box<Order>),
    /// Writes what is counted under these keys by now.
    Failures {
        throttle: Arc<Throttle>,
        keys: Vec<Key>,
    },
}

/// Under which a session of an account begins.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) proof: Proof,
    pub(crate) limit: Option<SessionLimit>,
    /// Told which sessions end to make room for it.
    pub(crate) pushed_out: Arc<Mutex<Vec<Arc<Entry>>>>,
}

/// An account as it was when its password was given.
#[derive(Debug, Clone)]
pub(crate) struct Proof {
    pub(crate) name: Arc<str>,
    pub(crate) version: u64,
}

/// A change of accounts or tokens. Those that shut an account end its sessions in the same job: see `judge`.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) edit: Edit,
    /// Who ends the sessions that end by it.
    pub(crate) actor: Option<String>,
    /// Only if the account is still so.
    pub(crate) proof: Option<Proof>,
    /// The session that stays, and must be there.
    pub(crate) spares: Option<Arc<Entry>>,
}

impl Order {
    /// A change that anybody may ask for, and that nobody stays out of.
    pub(crate) fn of(edit: Edit) -> Self {
        Self {
            edit,
            actor: None,
            proof: None,
            spares: None,
        }
    }
}

impl Change {
    /// Whether it is one of many that have nothing to do with each other.
    pub(crate) fn is_upkeep(&self) -> bool {
        match self {
            Self::Touch { .. } | Self::Purge(_) => true,
            Self::End { unless_ended, .. } => unless_ended.is_none(),
            Self::Insert { .. }
            | Self::Edit { .. }
            | Self::Rotate { .. }
            | Self::Account(_)
            | Self::Failures { .. } => false,
        }
    }

    /// Whether the rest of its job stands without it: a session that is replaced and whose row is gone opens nothing.
    pub(crate) fn may_miss_its_row(&self) -> bool {
        self.is_upkeep() || matches!(self, Self::End { .. })
    }

    /// Whether it is made only if the accounts, and who signed in before it, allow it. Such a change is the first of
    /// its job.
    pub(crate) fn is_judged(&self) -> bool {
        match self {
            Self::Insert { terms, .. } => terms.is_some(),
            Self::Account(_) => true,
            _ => false,
        }
    }

    /// About how much memory it takes while it waits, its entry aside.
    pub(crate) fn weight(&self) -> usize {
        let more = match self {
            Self::Edit { delta, .. } => delta.weight(),
            Self::Account(_) => size_of::<Order>(),
            Self::Failures { keys, .. } => size_of_val(keys.as_slice()),
            _ => 0,
        };
        size_of::<Self>() + more
    }
}
