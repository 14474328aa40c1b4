//! tower-sessions' store, over [`Sessions`]: for what a session *holds*.
//!
//! Our own handlers decide elsewhere which session exists (`create`, `end`, `rotate`). A handler that writes through tower-sessions
//! while its session is revoked gets no error, because an error would turn its answer into a 500; its write is simply
//! not there, and the gate takes its cookie away. One whose session is *rotated* meanwhile still writes to that session,
//! by the id that it came with, unless another password took that away.

use async_trait::async_trait;
use tower_sessions_core::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use crate::{
    Found, SessionId, Sessions, StoreError,
    base::{self, Base},
    clock::to_time,
    entry::Data,
    in_flight,
    sessions::Beginning,
};
use sessctl_api::EndReason;

/// The key under which a handler names the user when it creates a session through tower-sessions.
pub const USER_KEY: &str = "sessctl.user";

#[async_trait]
impl SessionStore for Sessions {
    /// Inserts a session with a new id, unless this request's own session was ended by somebody else meanwhile, or
    /// nobody has signed in and such sessions are not wanted: then nothing is inserted and the id opens nothing.
    async fn create(&self, record: &mut Record) -> Result<()> {
        let user = record.data.get(USER_KEY).and_then(|user| user.as_str());
        let is_wanted = user.is_some() || self.settings().save_uninitialized;
        if in_flight::is_cut_off() || !is_wanted {
            record.id = SessionId::random().to_tower();
            return Ok(());
        }
        let data = base::without(&record.data);
        let client = in_flight::client();
        let beginning = Beginning {
            user,
            data: data.clone(),
            ..Beginning::of(&client)
        };
        let created = self.insert(beginning).await;
        let created = created.map_err(|error| seam(&error))?;
        record.id = created.id.to_tower();
        record.data = Base::of(&data).put_into(data);
        Ok(())
    }

    /// Writes the keys that changed since the record was loaded, and no others: two parallel writers of different keys
    /// both count, of two writers of one key the later one. Matches nothing once the session ended.
    async fn save(&self, record: &Record) -> Result<()> {
        let found = self.opened(&record.id).await;
        if let Found::Live(entry) = found.map_err(|error| seam(&error))? {
            // A handler that saves twice: what the first save wrote is no change any more.
            let before =
                in_flight::saved(&entry).unwrap_or_else(|| Base::from_record(&record.data));
            let delta = before.delta(&record.data);
            if !delta.is_empty() {
                self.edit(&entry, delta)
                    .await
                    .map_err(|error| seam(&error))?;
                in_flight::note_saved(&entry, Base::of(&record.data));
            }
        }
        Ok(())
    }

    /// Loads a live session. One that has ended loads as empty under its own id: were it `None`, tower-sessions would
    /// take the next write for a new session and bring the user back.
    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self.opened(id).await;
        let (data, expires) = match found.map_err(|error| seam(&error))? {
            Found::Live(entry) => {
                let data = self.data(&entry).await.map_err(|error| seam(&error))?;
                (data, entry.expires())
            }
            Found::Ended { .. } => (Data::new(), self.live().now()),
            Found::Rotated if self.is_shut_out() => (Data::new(), self.live().now()),
            Found::Rotated | Found::Unknown => return Ok(None),
        };
        Ok(Some(Record {
            id: *id,
            data: Base::of(&data).put_into(data),
            expiry_date: to_time(expires),
        }))
    }

    /// Ends a session by its user's own act; of one that has ended it makes sure that the disk knows.
    async fn delete(&self, id: &Id) -> Result<()> {
        let found = self.opened(id).await;
        match found.map_err(|error| seam(&error))? {
            Found::Live(entry) | Found::Ended { entry, .. } => {
                self.end(&entry, EndReason::Logout, None)
                    .await
                    .map_err(|error| seam(&error))?;
            }
            Found::Rotated | Found::Unknown => {}
        }
        Ok(())
    }
}

impl Sessions {
    /// What an id opens, for a handler: the one that its request came with opens that session also after a rotation, and
    /// no other one. After a change of the password it opens nothing.
    async fn opened(&self, id: &Id) -> std::result::Result<Found, StoreError> {
        let id = SessionId::from_tower(*id);
        match in_flight::session_of(id) {
            Some(_) if self.is_shut_out() => Ok(Found::Rotated),
            Some(entry) => self.judge(entry),
            None => self.lookup(&id).await,
        }
    }
}

/// tower-sessions keeps only a text: the cause goes to the log here, or it is lost.
fn seam(error: &StoreError) -> Error {
    tracing::error!(%error, cause = ?std::error::Error::source(error), "the session store failed");
    match error {
        StoreError::Undecodable => Error::Decode(error.to_string()),
        // Too much to be kept: the caller's fault, and no failure of ours.
        StoreError::DataLimit { .. } => Error::Encode(error.to_string()),
        _ => Error::Backend(error.to_string()),
    }
}
