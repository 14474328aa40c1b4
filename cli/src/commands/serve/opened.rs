//! A server that answers: its listeners, its store, and who holds what.

use std::path::Path;

use sessctl_server::{AdminListener, Audit, Auth, Config, PublicListener, Tls};
use sessctl_store::{Owner, Sessions};

use super::{
    plan::Plan,
    ready::{Ready, ReadyFile},
};
use crate::exit::Failure;

/// A server whose sockets are open: from here on the kernel takes connections in, so whoever is told gets an answer.
pub(super) struct Opened {
    pub(super) ready: Ready,
    pub(super) tls: Option<Tls>,
    pub(super) sessions: Sessions,
    pub(super) config: Config,
    public: PublicListener,
    admin: AdminListener,
    announced: Option<ReadyFile>,
    /// Held until the store is closed.
    owner: Option<Owner>,
}

impl Opened {
    pub(super) async fn open(plan: Plan, ready_file: Option<&Path>) -> Result<Self, Failure> {
        // The port first: if it is taken, no file has been made. The admin socket last: only the owner of the store may
        // take over what a dead server left there.
        let public = PublicListener::bind(&plan.listen, plan.exposure).await?;
        let mut owner = plan.store.own()?;
        let admin = plan.admin.bind().await?;
        let sessions = plan.store.open(plan.settings)?;
        if let Some(owner) = &mut owner {
            owner.announce(&admin.address().to_string())?;
        }
        let mut config = plan.config;
        if let Some(path) = &plan.audit_file {
            config.audit = Audit::open(path)?;
        }
        let ready = Ready::new(&public, &admin);
        Ok(Self {
            announced: ready_file.map(|path| ready.write(path)).transpose()?,
            ready,
            tls: plan.tls,
            sessions,
            config,
            public,
            admin,
            owner,
        })
    }

    /// Whether nobody can sign in yet.
    pub(super) fn wants_accounts(&self) -> bool {
        self.config.auth == Auth::Users && !self.sessions.has_users()
    }

    /// Serves until it is asked to end.
    pub(super) async fn run(self, asked: impl Future<Output = ()>) -> Result<(), Failure> {
        sessctl_server::run(self.public, self.admin, self.sessions, self.config, asked).await?;
        drop(self.announced);
        drop(self.owner);
        Ok(())
    }
}
