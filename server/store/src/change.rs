//! What can change in a store.

use std::sync::Arc;

use sessctl_api::Ended;

use crate::{
    entry::{Data, Entry, Touch},
    id::Digest,
};

/// One durable change of one session.
#[derive(Debug)]
pub(crate) enum Change {
    Insert(Arc<Entry>),
    Save {
        entry: Arc<Entry>,
        data: Arc<Data>,
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
    Touch {
        entry: Arc<Entry>,
        touch: Touch,
    },
    /// Forgets an entry that ended long ago.
    Purge(Arc<Entry>),
}
