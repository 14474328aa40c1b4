//! Where operators reach the server, and where it is written down what happens.

use std::path::PathBuf;

use sessctl_server::{AdminAccess, AdminAddress, AdminListener, Group, ListenError, Tls};

use super::{OPERATORS, OrOff};
use crate::commands::serve::faults::Faults;

/// The operators.
#[derive(Debug, clap::Args)]
pub(in crate::commands::serve) struct OperatorArgs {
    /// Where operators reach the server: unix:PATH; and HOST:PORT for programs with tokens, beyond this machine with
    /// --tls-cert only; several with commas [default: the socket where list commands look for it]
    #[arg(
        long,
        env = "SESSCTL_ADMIN",
        value_name = "ADDR",
        value_delimiter = ',',
        help_heading = OPERATORS
    )]
    admin: Vec<String>,
    /// Let members of this group use the Unix socket too [default: you and root alone]
    #[arg(long, env = "SESSCTL_ADMIN_GROUP", value_name = "GROUP", help_heading = OPERATORS)]
    admin_group: Option<String>,
    /// Write down every action and every refusal in this file, as JSON lines; off: the latest are kept in memory
    /// [default: beside the store, as in sessions.audit.jsonl]
    #[arg(
        long,
        env = "SESSCTL_AUDIT_LOG",
        value_name = "FILE|off",
        value_parser = audit_log,
        help_heading = OPERATORS
    )]
    audit_log: Option<OrOff<PathBuf>>,
}

fn audit_log(text: &str) -> Result<OrOff<PathBuf>, String> {
    OrOff::parse(text, |path| Ok(PathBuf::from(path)))
}

/// Where operators are let in, and who.
#[derive(Debug)]
pub(in crate::commands::serve) struct Admin {
    first: AdminAddress,
    others: Vec<AdminAddress>,
    access: AdminAccess,
}

impl OperatorArgs {
    /// Puts together where operators are let in. There is a Unix socket always: it alone manages accounts and tokens.
    pub(in crate::commands::serve) fn admin(
        &self,
        own_socket: PathBuf,
        tls: Option<Tls>,
        faults: &mut Faults,
    ) -> Admin {
        let said = self.admin.iter().map(|address| address.trim().parse());
        let mut others: Vec<AdminAddress> = said
            .filter_map(|address: Result<_, ListenError>| faults.take(address))
            .collect();
        let socket = others.iter().position(|other| other.path().is_some());
        let first = match socket {
            Some(place) => others.remove(place),
            None => AdminAddress::unix(own_socket),
        };
        let group = self.admin_group.as_deref().map(Group::named);
        let group = group.and_then(|group| faults.take(group));
        let access = AdminAccess { group, tls };
        Admin {
            first,
            others,
            access,
        }
    }

    /// The file of the audit log, if there is to be one.
    pub(in crate::commands::serve) fn audit_file(self, beside: Option<PathBuf>) -> Option<PathBuf> {
        self.audit_log.map_or(beside, OrOff::on)
    }
}

impl Admin {
    /// Judges every address, and opens none.
    pub(in crate::commands::serve) async fn judge(&self, faults: &mut Faults) {
        for address in [&self.first].into_iter().chain(&self.others) {
            faults.take(AdminListener::judge(address, &self.access).await);
        }
    }

    /// Listens everywhere.
    pub(in crate::commands::serve) async fn bind(&self) -> Result<AdminListener, ListenError> {
        let mut bound = AdminListener::bind_for(&self.first, &self.access).await?;
        for other in &self.others {
            bound = bound.and(AdminListener::bind_for(other, &self.access).await?);
        }
        Ok(bound)
    }
}
