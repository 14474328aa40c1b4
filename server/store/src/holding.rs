//! What a session holds, read and changed.

use std::{sync::Arc, time::Duration};

use crate::{Entry, Sessions, StoreError, change::Change, data::Delta, entry::Data};

/// How long after the file the memory may know of an end: they are a moment apart.
const NOTICED_WITHIN: Duration = Duration::from_secs(1);

impl Sessions {
    /// What a session holds; nothing once it has ended.
    pub async fn data(&self, entry: &Arc<Entry>) -> Result<Data, StoreError> {
        if entry.is_over() || entry.size() == 0 {
            return Ok(Data::new());
        }
        if self.reader().is_none() {
            return self.data_now(entry);
        }
        let (sessions, row) = (self.clone(), entry.row);
        let reading = tokio::task::spawn_blocking(move || sessions.stored(row));
        // An error says that the reading panicked, or that the runtime ends.
        if let Some(data) = reading.await.map_err(|_| StoreError::Stopped)?? {
            return Ok(data);
        }
        // It has ended in the file, and in memory it is about to: until then it must not look as if it held nothing.
        let about_to = async {
            while !entry.is_over() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(NOTICED_WITHIN, about_to)
            .await
            .map_err(|_| StoreError::Damaged)?;
        Ok(Data::new())
    }

    fn stored(&self, row: i64) -> Result<Option<Data>, StoreError> {
        self.reader().map_or(Ok(None), |reader| reader.data(row))
    }

    /// The same, blocking for as long as the disk takes.
    pub(crate) fn data_now(&self, entry: &Entry) -> Result<Data, StoreError> {
        let data = match self.reader() {
            Some(reader) if entry.size() > 0 => reader.data(entry.row)?,
            _ => entry.held().as_deref().cloned(),
        };
        Ok(data.unwrap_or_default())
    }

    /// Makes `data` all that a live session holds. Returns whether it did: `false` says that the session has ended.
    ///
    /// On an error the data is what it was; [`StoreError::DataLimit`] says that it would be too much.
    pub async fn save(&self, entry: &Arc<Entry>, data: Data) -> Result<bool, StoreError> {
        self.edit(entry, Delta::replace_by(data)).await
    }

    /// Changes what a live session holds, and leaves what the change does not name. Returns whether it did.
    pub(crate) async fn edit(&self, entry: &Arc<Entry>, delta: Delta) -> Result<bool, StoreError> {
        if !self.lives(entry) {
            return Ok(false);
        }
        let change = Change::Edit {
            entry: Arc::clone(entry),
            delta: Box::new(delta),
            size: 0,
        };
        // Two changes become durable, and visible, in the order in which they are handed over.
        self.submit(vec![change])?.durable().await?;
        Ok(!entry.is_over())
    }
}
