//! The backends that every rule is held over, each on a clock that tests move.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]
#![allow(dead_code, reason = "each test file uses its part")]

mod ground;

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

#[allow(unused_imports, reason = "each test file uses its part")]
pub(crate) use ground::{ABSOLUTE, CHEAP, IDLE, clock, rows_of, settings};
use sessctl_api::{Accounts as _, Credential, NewUser, Secret};
use sessctl_store::{
    Client, Created, Denied, Found, ManualClock, Owner, SessionId, Sessions, Settings, Verified,
    Why,
};

/// A store under test with what keeps it alive.
pub(crate) struct Store {
    pub(crate) sessions: Sessions,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) file: Option<PathBuf>,
    _dir: Option<tempfile::TempDir>,
    _owner: Option<Owner>,
}

pub(crate) fn memory(change: impl FnOnce(&mut Settings)) -> Store {
    let clock = clock();
    let mut settings = settings(&clock);
    change(&mut settings);
    Store {
        sessions: Sessions::in_memory(settings),
        clock,
        file: None,
        _dir: None,
        _owner: None,
    }
}

pub(crate) fn sqlite(change: impl FnOnce(&mut Settings)) -> Store {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sessions.db");
    let clock = clock();
    let mut settings = settings(&clock);
    change(&mut settings);
    let owner = Owner::take(&file).unwrap();
    let sessions = Sessions::open_sqlite(&file, settings).unwrap();
    Store {
        sessions,
        clock,
        file: Some(file),
        _dir: Some(dir),
        _owner: Some(owner),
    }
}

pub(crate) fn client() -> Client {
    Client {
        ip: Some(IpAddr::from([127, 0, 0, 1])),
        ua: Some("curl/8.5.0".into()),
    }
}

pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text)
}

/// An account to be, with the one password of these tests.
pub(crate) fn new_user(name: &str) -> NewUser {
    NewUser {
        name: name.to_owned(),
        credential: Credential::Password(secret(PASSWORD)),
    }
}

/// What a file has of something.
pub(crate) fn stored(file: &Path, expression: &str) -> String {
    let connection = rusqlite::Connection::open(file).unwrap();
    let query = format!("SELECT {expression}");
    connection.query_row(&query, [], |row| row.get(0)).unwrap()
}

/// Changes a file behind the back of its owner.
pub(crate) fn change(file: &Path, statements: &str) {
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.execute_batch(statements).unwrap();
}

/// Why a password is not taken.
pub(crate) async fn why(sessions: &Sessions, name: &str, password: &str) -> Why {
    let result = sessions.verify(name, &secret(password), client().ip).await;
    match result {
        Err(Denied::Wrong(why)) => why,
        other => panic!("{other:?}"),
    }
}

impl Store {
    pub(crate) async fn add_user(&self, name: &str) {
        self.sessions.add_user(new_user(name)).await.unwrap();
    }

    pub(crate) async fn verify(&self, name: &str, password: &str) -> Result<Verified, Denied> {
        let password = secret(password);
        self.sessions.verify(name, &password, client().ip).await
    }

    /// Why a password is not taken.
    pub(crate) async fn why(&self, name: &str, password: &str) -> Why {
        why(&self.sessions, name, password).await
    }

    /// Gives the password and signs in.
    pub(crate) async fn sign_in(&self, name: &str) -> Created {
        let verified = self.verify(name, PASSWORD).await.unwrap();
        let client = client();
        let begun = self.sessions.sign_in(&verified, &client, None, false);
        begun.await.unwrap()
    }

    pub(crate) async fn login(&self, user: &str) -> Created {
        self.sessions.create(user, &client(), None).await.unwrap()
    }

    pub(crate) async fn opens(&self, id: &SessionId) -> bool {
        matches!(self.sessions.lookup(id).await.unwrap(), Found::Live(_))
    }

    pub(crate) fn forward(&self, span: Duration) {
        self.clock.advance(span.try_into().unwrap());
    }

    /// Rows that the store holds, ended ones too.
    pub(crate) async fn rows(&self) -> usize {
        match &self.file {
            None => usize::try_from(self.sessions.stats_now().await.created.unwrap()).unwrap(),
            Some(file) => rows_of(file),
        }
    }
}

/// Stats without the boxed error, for assertions.
pub(crate) trait StatsNow {
    async fn stats_now(&self) -> sessctl_api::Stats;
}

impl StatsNow for Sessions {
    async fn stats_now(&self) -> sessctl_api::Stats {
        sessctl_api::Registry::stats(self).await.unwrap()
    }
}
