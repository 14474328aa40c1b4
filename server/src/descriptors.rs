//! How many files and connections the system lets this process have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is kept back for operators' connections, the store and whatever else is opened.
const KEPT_BACK: usize = 256 + 64;

/// Asks for as many as the process may have, and returns how many connections fit beside everything else, at most
/// `wanted`.
pub(crate) fn connections(wanted: usize) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::debug!(%error, "the limit of open files stays as it is");
            current
        }
    };
    let limit = limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    });
    // However few there are, most of them are for visitors.
    let room = limit - KEPT_BACK.min(limit / 4);
    if room < wanted {
        tracing::warn!(
            connections = room,
            wanted,
            open_files = limit,
            "fewer connections than wanted: the system's limit of open files (ulimit -n) allows no more"
        );
    }
    room.min(wanted)
}
