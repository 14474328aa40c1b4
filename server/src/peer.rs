//! Who is on the other end of a connection.

use std::net::IpAddr;

/// The other end of a connection, put into every request of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Peer {
    Tcp(IpAddr),
    /// A process on this machine, by the user and the group it runs as.
    Unix {
        uid: u32,
        gid: u32,
    },
}

impl Peer {
    pub(crate) fn ip(self) -> Option<IpAddr> {
        match self {
            // An IPv4 client of a dual-stack listener is shown as what it is.
            Self::Tcp(ip) => Some(ip.to_canonical()),
            Self::Unix { .. } => None,
        }
    }
}

/// The user that this process runs as.
pub(crate) fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The name of a user of this machine, wherever it keeps its users, or `uid 1000` where it knows none.
pub(crate) fn user_name(uid: u32) -> String {
    let user = uzers::get_user_by_uid(uid);
    user.map_or_else(
        || format!("uid {uid}"),
        |user| user.name().to_string_lossy().into_owned(),
    )
}

/// Whether a process of a user, running as a group, is a member of another. It asks wherever the machine keeps its
/// groups, which may take a while.
pub(crate) fn is_member(uid: u32, gid: u32, group: u32) -> bool {
    if gid == group {
        return true;
    }
    let groups = uzers::get_user_by_uid(uid)
        .and_then(|user| uzers::get_user_groups(user.name(), user.primary_group_id()));
    groups.is_some_and(|groups| groups.iter().any(|found| found.gid() == group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_named_where_the_machine_names_them() {
        assert_eq!(user_name(0), "root");
        assert_eq!(user_name(4_000_000_001), "uid 4000000001");
    }

    #[test]
    fn a_group_has_who_runs_as_it_and_whom_the_machine_counts_to_it() {
        assert!(is_member(4_000_000_001, 7, 7));
        assert!(!is_member(4_000_000_001, 7, 8), "nobody knows that user");
        assert!(is_member(0, 7, 0), "root's own group");
        assert!(!is_member(0, 0, 4_000_000_001));
    }
}
