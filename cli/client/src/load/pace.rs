//! A fixed rate: views are due at moments that no server can move.
//!
//! Whoever is free takes the next of these moments and waits for it; where all users wait for answers, the moments pass
//! and the views are late. Their latency counts from when they were due, so that a server that stalls cannot hide it by
//! holding up those who ask (coordinated omission).

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, oneshot, watch},
    time::{Instant, sleep_until},
};

use super::clock::Alarm;

/// How long after the last sign-in the first view is due.
const LEAD: Duration = Duration::from_millis(20);

/// All users' plan.
pub(super) struct Pace {
    /// Where the system has none left, the runtime's timers do: views are then late by up to a millisecond, which is told.
    alarm: Option<Alarm>,
    per_second: f64,
    span: Duration,
    state: Mutex<State>,
    /// Begins when every user has tried to sign in.
    begun: watch::Sender<Option<Instant>>,
    queued: Notify,
}

struct State {
    /// Users who have not tried to sign in yet.
    awaited: usize,
    /// How many moments are taken.
    taken: u64,
    /// Who waits for which; the earliest stands first, for moments are taken in order.
    queue: VecDeque<(Instant, oneshot::Sender<()>)>,
}

/// A moment that somebody took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    pub(super) at: Instant,
    /// By how much whoever was ready and waiting was woken too late: not the server's fault.
    pub(super) woken_late: Option<Duration>,
}

impl Pace {
    pub(super) fn new(per_second: f64, span: Duration, users: usize) -> Self {
        Self {
            alarm: Alarm::new().ok(),
            per_second,
            span,
            state: Mutex::new(State {
                awaited: users,
                taken: 0,
                queue: VecDeque::new(),
            }),
            begun: watch::Sender::new(None),
            queued: Notify::new(),
        }
    }

    /// Says that a user is there, signed in or not. With the last one it begins.
    pub(super) fn arrive(&self) {
        let mut state = self.state();
        state.awaited = state.awaited.saturating_sub(1);
        if state.awaited == 0 && self.begun.borrow().is_none() {
            self.begun.send_replace(Some(Instant::now() + LEAD));
        }
    }

    /// When it began and when it ends, once that is known.
    pub(super) fn span(&self) -> Option<(Instant, Instant)> {
        let begun = *self.begun.borrow();
        begun.map(|start| (start, start + self.span))
    }

    /// Takes the next moment and waits for it; nothing when the time is over.
    pub(super) async fn next(&self) -> Option<Due> {
        let mut begun = self.begun.subscribe();
        let start = *begun.wait_for(Option::is_some).await.ok()?;
        let start = start?;
        let (at, woken) = {
            let mut state = self.state();
            let at = start + self.after(state.taken);
            let now = Instant::now();
            if now.max(at) >= start + self.span {
                return None;
            }
            state.taken += 1;
            if at <= now {
                return Some(Due {
                    at,
                    woken_late: None,
                });
            }
            let (wake, woken) = oneshot::channel();
            state.queue.push_back((at, wake));
            if state.queue.len() == 1 {
                self.queued.notify_one();
            }
            (at, woken)
        };
        woken.await.ok()?;
        Some(Due {
            at,
            woken_late: Some(at.elapsed()),
        })
    }

    /// Wakes those whose moment has come, for ever.
    pub(super) async fn wake(&self) {
        loop {
            let first = self.state().queue.front().map(|(at, _)| *at);
            let Some(first) = first else {
                self.queued.notified().await;
                continue;
            };
            let is_there = match &self.alarm {
                Some(alarm) => alarm.wait_until(first).await.is_ok(),
                None => false,
            };
            if !is_there {
                sleep_until(first).await;
            }
            let now = Instant::now();
            let mut state = self.state();
            while state.queue.front().is_some_and(|(at, _)| *at <= now) {
                if let Some((_, wake)) = state.queue.pop_front() {
                    // Who waited may have been stopped.
                    let _ = wake.send(());
                }
            }
        }
    }

    /// The moments that passed until then and that nobody was free to take.
    pub(super) fn missed(&self, until: Instant) -> Vec<Instant> {
        let Some((start, end)) = self.span() else {
            return Vec::new();
        };
        let taken = self.state().taken;
        let moments = (taken..).map(|number| start + self.after(number));
        moments.take_while(|at| *at < end.min(until)).collect()
    }

    /// How long after the start a moment is; not by adding up gaps, whose roundings would add up too.
    fn after(&self, number: u64) -> Duration {
        Duration::from_secs_f64(number as f64 / self.per_second)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn moments_are_handed_out_in_order_and_never_early() {
        let pace = Pace::new(500.0, Duration::from_millis(60), 2);
        pace.arrive();
        assert!(pace.span().is_none(), "it waits for everybody");
        pace.arrive();
        let start = pace.span().unwrap().0;
        let take = async {
            let mut taken = Vec::new();
            while let Some(due) = pace.next().await {
                assert!(Instant::now() >= due.at);
                taken.push(due.at - start);
            }
            taken
        };
        tokio::select! {
            taken = take => {
                let expected: Vec<_> = (0..30).map(|number| Duration::from_millis(2) * number).collect();
                assert!(expected.starts_with(&taken), "{taken:?}");
                let missed = pace.missed(Instant::now());
                assert_eq!(taken.len() + missed.len(), 30, "none is forgotten");
            }
            () = pace.wake() => {}
        }
    }

    #[tokio::test]
    async fn what_nobody_took_is_missed() {
        let pace = Pace::new(1_000.0, Duration::from_millis(5), 1);
        pace.arrive();
        let (start, end) = pace.span().unwrap();
        assert_eq!(pace.missed(start).len(), 0);
        assert_eq!(pace.missed(end).len(), 5);
        assert_eq!(pace.missed(start + Duration::from_millis(2)).len(), 2);
    }
}
