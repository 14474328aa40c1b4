//! Many clients at once: each is a loop of requests on a kept connection, until it is cut off or told to go home.

use std::{io, net::SocketAddr, panic, path::PathBuf};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::task::{JoinHandle, JoinSet};

use crate::{
    model::{Shared, look},
    operators,
    server::Server,
    visitors,
    wire::{Answer, Connection, Request},
};

/// Clients that are at work.
pub(crate) struct Load {
    clients: JoinSet<io::Result<()>>,
    watcher: JoinHandle<io::Result<()>>,
    model: Shared,
}

/// Why a request has no answer. Whatever it asked for may have been done, or may be done later.
#[derive(Debug)]
pub(crate) enum Unheard {
    /// The server went away.
    CutOff(io::Error),
    /// The client did.
    Left,
}

/// Where a client's connection leads, and so what it does.
#[derive(Debug, Clone)]
enum Door {
    Public(SocketAddr),
    Admin(PathBuf),
}

/// A client's connection, and the model that the answers are held against.
pub(crate) struct Line {
    pub(crate) model: Shared,
    pub(crate) rng: StdRng,
    door: Door,
    connection: Connection,
}

impl Load {
    /// Starts some visitors, two operators and a watcher.
    pub(crate) fn start(server: &Server, model: &Shared, rng: &mut StdRng) -> Self {
        look(model).wants_load = true;
        let public = Door::Public(server.public);
        let mut doors = vec![public; rng.random_range(4..24)];
        doors.extend(vec![Door::Admin(server.admin.clone()); 2]);
        let mut clients = JoinSet::new();
        for door in doors {
            clients.spawn(run(door, model.clone(), StdRng::from_rng(rng)));
        }
        let watcher = tokio::spawn(operators::watch(server.admin.clone(), model.clone()));
        Self {
            clients,
            watcher,
            model: model.clone(),
        }
    }

    /// Lets what is under way end, and nothing follow: every request gets its answer.
    pub(crate) async fn stops(mut self) {
        look(&self.model).wants_load = false;
        while let Some(ended) = self.clients.join_next().await {
            through(ended).expect("no connection breaks while the server runs");
        }
        self.watcher.abort();
    }

    /// Waits until everybody was cut off by the end of the server, which the model knows of.
    pub(crate) async fn ends_with_server(mut self) {
        while let Some(ended) = self.clients.join_next().await {
            self.goes_home(through(ended));
        }
        let watched = (&mut self.watcher).await;
        self.goes_home(through(watched));
    }

    fn goes_home(&self, ended: io::Result<()>) {
        let model = look(&self.model);
        if let (Err(error), false) = (ended, model.is_ending) {
            model.violated(&format!("a connection broke while the server ran: {error}"));
        }
    }
}

/// What a client ended with; where it failed, so does the test.
fn through<T>(ended: Result<T, tokio::task::JoinError>) -> T {
    ended.unwrap_or_else(|error| panic::resume_unwind(error.into_panic()))
}

async fn run(door: Door, model: Shared, rng: StdRng) -> io::Result<()> {
    let connection = door.open().await?;
    let mut line = Line {
        model,
        rng,
        door,
        connection,
    };
    while look(&line.model).wants_load {
        let acted = match line.door {
            Door::Public(_) => visitors::act(&mut line).await,
            Door::Admin(_) => operators::act(&mut line).await,
        };
        if let Err(Unheard::CutOff(error)) = acted {
            return Err(error);
        }
    }
    Ok(())
}

impl Door {
    async fn open(&self) -> io::Result<Connection> {
        match self {
            Self::Public(address) => Connection::tcp(*address).await,
            Self::Admin(path) => Connection::unix(path).await,
        }
    }
}

impl Line {
    /// Asks one thing. Now and then the client goes away before it hears the answer, and comes back by another
    /// connection.
    pub(crate) async fn ask(&mut self, request: Request<'_>) -> Result<Answer, Unheard> {
        if self.rng.random_ratio(1, 40) {
            let left = async {
                self.connection.send(request).await?;
                self.connection = self.door.open().await?;
                Ok(())
            };
            return Err(left
                .await
                .map_or_else(|error| self.cut_off(error), |()| Unheard::Left));
        }
        let answer = match self.connection.ask(request).await {
            Ok(answer) => answer,
            Err(error) => return Err(self.cut_off(error)),
        };
        if answer.status >= 500 {
            let model = look(&self.model);
            if !model.is_ending {
                model.violated(&format!(
                    "an answer of {}: {}",
                    answer.status,
                    answer.text()
                ));
            }
            drop(model);
            return Err(Unheard::Left);
        }
        Ok(answer)
    }

    fn cut_off(&self, error: io::Error) -> Unheard {
        look(&self.model).counts.cut_off += 1;
        Unheard::CutOff(error)
    }
}
