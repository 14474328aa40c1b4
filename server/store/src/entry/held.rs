//! What a session holds, where no disk keeps it, and how much that is wherever it is kept.

use std::sync::Arc;

pub use sessctl_api::Data;

use super::Entry;
use crate::sync::Ordering;

impl Entry {
    /// Its data, if it is kept here; an ended session holds nothing.
    pub(crate) fn held(&self) -> Option<Arc<Data>> {
        self.life.look(|rare| rare?.held.clone())
    }

    /// Replaces the data that is kept here by what `change` makes of it. `None`: the session has ended.
    pub(crate) fn change_held<E>(
        &self,
        change: impl FnOnce(&Data) -> Result<Data, E>,
    ) -> Option<Result<(), E>> {
        self.life.change(|rare| {
            let before = rare.held.take().unwrap_or_default();
            let changed = change(&before).map(Arc::new);
            let (held, result) = match changed {
                Ok(data) => {
                    self.size.store(size_of_data(&data), Ordering::Relaxed);
                    (data, Ok(()))
                }
                Err(error) => (before, Err(error)),
            };
            rare.held = Some(held);
            result
        })
    }

    /// Notes how much data the disk holds now.
    pub(crate) fn note_size(&self, size: u32) {
        self.size.store(size, Ordering::Relaxed);
    }

    pub(crate) fn size(&self) -> u32 {
        self.size.load(Ordering::Relaxed)
    }
}

/// Bytes of data as JSON; nothing at all for an empty object.
fn size_of_data(data: &Data) -> u32 {
    if data.is_empty() {
        return 0;
    }
    let bytes = serde_json::to_vec(data).map_or(0, |bytes| bytes.len());
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
