//! The connections of one listener: no more than it may have, and none that waits too long.

use std::{collections::VecDeque, sync::Arc};

use tokio::task::AbortHandle;

use crate::pace::{Pace, Waits};

/// How many of those that wait the longest are noted at once, so that not every newcomer looks at all.
const NOTED: usize = 256;

/// How many connections a newcomer may cost a look at, on average.
const LOOKS: usize = 64;

/// See the module's own text.
#[derive(Debug)]
pub(crate) struct Connections {
    most: usize,
    all: Vec<Connection>,
    /// Those that waited the longest when somebody looked, and for what.
    waiting: VecDeque<(Waits, Connection)>,
    /// How many newcomers are turned away before somebody looks again, because so few waited.
    pause: usize,
    /// Shared by all that are open, each of which has a clone.
    open: Open,
    /// Whether the log says already that there is no room.
    is_said: bool,
}

#[derive(Debug, Clone)]
struct Connection {
    pace: Arc<Pace>,
    task: AbortHandle,
}

/// Held by a connection for as long as it is open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Open(Arc<()>);

impl Connections {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            all: Vec::new(),
            waiting: VecDeque::new(),
            pause: 0,
            open: Open::default(),
            is_said: false,
        }
    }

    /// What a connection has to hold while it is open.
    pub(crate) fn open(&self) -> Open {
        self.open.clone()
    }

    pub(crate) fn add(&mut self, pace: Arc<Pace>, task: AbortHandle) {
        self.all.push(Connection { pace, task });
    }

    /// Closes those whose next request, its body or reader is overdue, and forgets those that are closed.
    pub(crate) fn sweep(&mut self, now: u32) {
        self.all.retain(|Connection { pace, task }| {
            if let Some(fault) = pace.fault(now) {
                task.abort();
                tracing::debug!("{fault}: closed");
                return false;
            }
            !task.is_finished()
        });
        self.waiting.clear();
        self.pause = 0;
        self.is_said &= self.is_full();
    }

    /// Whether one more may come; if need be the one that has waited the longest for its client goes.
    pub(crate) fn has_room(&mut self) -> bool {
        !self.is_full() || self.make_room()
    }

    /// Closes the one that has waited the longest for a request, or for the rest of one; false if none waits.
    pub(crate) fn make_room(&mut self) -> bool {
        if !self.is_said {
            tracing::warn!(
                connections = self.most,
                "no room for more connections: those that wait the longest are closed"
            );
            self.is_said = true;
        }
        loop {
            while let Some((waits, Connection { pace, task })) = self.waiting.pop_front() {
                if pace.close_if(waits) {
                    task.abort();
                    return true;
                }
            }
            if self.pause > 0 {
                self.pause -= 1;
                return false;
            }
            self.look();
            if self.waiting.is_empty() {
                return false;
            }
        }
    }

    fn is_full(&self) -> bool {
        // One is ours.
        Arc::strong_count(&self.open.0) > self.most
    }

    /// Notes which have waited the longest.
    fn look(&mut self) {
        self.all.retain(|connection| !connection.task.is_finished());
        let waits = |(place, connection): (usize, &Connection)| {
            let waits = connection.pace.waits();
            waits.map(|waits| (waits.place(), place, waits))
        };
        let order = |&(since, place, _): &(u64, usize, Waits)| (since, place);
        let mut waiting: Vec<_> = self.all.iter().enumerate().filter_map(waits).collect();
        if waiting.len() > NOTED {
            waiting.select_nth_unstable_by_key(NOTED, order);
            waiting.truncate(NOTED);
        }
        waiting.sort_unstable_by_key(order);
        let note = |(_, place, waits): (u64, usize, Waits)| (waits, self.all[place].clone());
        self.waiting = waiting.into_iter().map(note).collect();
        self.pause = (self.all.len() / LOOKS).saturating_sub(self.waiting.len());
    }
}
