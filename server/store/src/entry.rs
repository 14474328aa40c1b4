//! One session in memory, and the few ways in which it may change.
//!
//! The state machine is small: live, then ended, and never back. `ended` is set once under the entry's lock; whoever
//! reads it set treats the session as gone, whether or not the disk knows yet.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use sessctl_api::{EndReason, Ended, Handle, Session, client_of};

use crate::{
    clock::{Millis, to_millis, to_time},
    id::Digest,
};

/// A session's own data: a JSON object.
pub type Data = serde_json::Map<String, serde_json::Value>;

/// One session: shared by the requests that use it and by those who list and end it.
#[derive(Debug)]
pub struct Entry {
    pub(crate) row: i64,
    handle: Handle,
    user: Option<Box<str>>,
    ua: Option<Box<str>>,
    login_ip: Option<IpAddr>,
    created: Millis,
    expires: Millis,
    idle: Millis,
    seen: AtomicI64,
    requests: AtomicU64,
    /// Says that `state.ended` is set, for readers who do not want the lock.
    over: AtomicBool,
    state: Mutex<State>,
}

/// What changes under the lock.
#[derive(Debug)]
struct State {
    digest: Digest,
    ip: Option<IpAddr>,
    /// `None` when the stored bytes could not be decoded.
    data: Option<Arc<Data>>,
    size: usize,
    ended: Option<Ended>,
    /// Whether the disk knows that it ended.
    settled: bool,
    /// The last seen time that the disk knows.
    saved_seen: Millis,
    /// The last seen time that watchers know.
    told_seen: Millis,
}

/// Everything of an entry that is stored.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) row: i64,
    pub(crate) digest: Digest,
    pub(crate) handle: Handle,
    pub(crate) user: Option<String>,
    pub(crate) ua: Option<String>,
    pub(crate) login_ip: Option<IpAddr>,
    pub(crate) ip: Option<IpAddr>,
    pub(crate) created: Millis,
    pub(crate) expires: Millis,
    /// The idle limit; like `expires` it is that of the day of the login.
    pub(crate) idle: Millis,
    pub(crate) seen: Millis,
    pub(crate) requests: u64,
    pub(crate) data: Option<Data>,
    pub(crate) ended: Option<Ended>,
}

/// What is written when last seen moved on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Touch {
    pub(crate) seen: Millis,
    pub(crate) requests: u64,
    pub(crate) ip: Option<IpAddr>,
}

impl Entry {
    pub(crate) fn new(row: Row) -> Self {
        let size = row.data.as_ref().map_or(0, size_of_data);
        Self {
            row: row.row,
            handle: row.handle,
            user: row.user.map(Into::into),
            ua: row.ua.map(Into::into),
            login_ip: row.login_ip,
            created: row.created,
            expires: row.expires,
            idle: row.idle,
            seen: AtomicI64::new(row.seen),
            requests: AtomicU64::new(row.requests),
            over: AtomicBool::new(row.ended.is_some()),
            state: Mutex::new(State {
                digest: row.digest,
                ip: row.ip,
                size,
                settled: row.ended.is_some(),
                data: row.data.map(Arc::new),
                ended: row.ended,
                saved_seen: row.seen,
                told_seen: row.seen,
            }),
        }
    }

    /// The public name.
    pub fn handle(&self) -> Handle {
        self.handle
    }

    /// Who signed in.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Whether it has ended, by anybody's act or by the clock when somebody looked.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// How it ended.
    pub fn ended(&self) -> Option<Ended> {
        if self.is_over() {
            self.state.lock().ended.clone()
        } else {
            None
        }
    }

    /// The session's own data; `None` if what is stored could not be decoded.
    pub fn data(&self) -> Option<Arc<Data>> {
        self.state.lock().data.clone()
    }

    /// The session as lists, pages and events show it.
    pub fn describe(&self) -> Session {
        let (ip, size) = {
            let state = self.state.lock();
            (state.ip, state.size)
        };
        let seen = self.seen.load(Ordering::Acquire);
        Session {
            handle: self.handle,
            user: self.user.as_deref().map(str::to_owned),
            ip,
            ua: self.ua.as_deref().map(str::to_owned),
            client: self.ua.as_deref().and_then(client_of),
            created: Some(to_time(self.created)),
            seen: Some(to_time(seen)),
            idle_expires: Some(to_time(self.idle_end(seen))),
            expires: Some(to_time(self.expires)),
            requests: Some(self.requests.load(Ordering::Relaxed)),
            size: Some(size as u64),
        }
    }

    /// Whether it lives at a time. Past a limit it ends here and now, sweeper or no sweeper.
    pub(crate) fn lives_at(&self, now: Millis) -> bool {
        if self.is_over() {
            return false;
        }
        let Some(reason) = self.limit_reached(now) else {
            return true;
        };
        // Judged again under the lock: a request may have touched it between the look and the lock.
        let mut state = self.state.lock();
        if state.ended.is_none() && self.limit_reached(now).is_some() {
            self.mark(
                &mut state,
                Ended {
                    reason,
                    actor: None,
                    at: to_time(now),
                },
            );
        }
        state.ended.is_none()
    }

    /// Notes a request. Does nothing once the session ended.
    pub(crate) fn touch(&self, now: Millis, ip: Option<IpAddr>) {
        let mut state = self.state.lock();
        if state.ended.is_some() {
            return;
        }
        // The clock may step back; last seen never does.
        self.seen.fetch_max(now, Ordering::AcqRel);
        self.requests.fetch_add(1, Ordering::Relaxed);
        if ip.is_some() {
            state.ip = ip;
        }
    }

    /// Ends it if it lives. Returns whether this call did.
    pub(crate) fn end(&self, ended: Ended) -> bool {
        let mut state = self.state.lock();
        let lived = state.ended.is_none();
        if lived {
            self.mark(&mut state, ended);
        }
        lived
    }

    /// Notes that the disk knows of the end. Returns whether that is news.
    pub(crate) fn settle(&self) -> bool {
        let mut state = self.state.lock();
        !std::mem::replace(&mut state.settled, true)
    }

    /// Whether it ended and the disk does not know yet.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.is_over() && !self.state.lock().settled
    }

    /// Replaces the data, which is durable by now, if the session still lives.
    pub(crate) fn replace_data(&self, data: &Arc<Data>) {
        let mut state = self.state.lock();
        if state.ended.is_none() {
            state.size = size_of_data(data);
            state.data = Some(Arc::clone(data));
        }
    }

    pub(crate) fn digest(&self) -> Digest {
        self.state.lock().digest
    }

    /// Gives it a new digest and returns the old one.
    pub(crate) fn replace_digest(&self, digest: Digest) -> Digest {
        std::mem::replace(&mut self.state.lock().digest, digest)
    }

    /// What to write if last seen moved by at least `grain` since it was written.
    pub(crate) fn due_touch(&self, grain: Millis) -> Option<Touch> {
        let state = self.state.lock();
        let seen = self.seen.load(Ordering::Acquire);
        (state.ended.is_none() && seen - state.saved_seen >= grain).then(|| Touch {
            seen,
            requests: self.requests.load(Ordering::Relaxed),
            ip: state.ip,
        })
    }

    /// Notes what was written.
    pub(crate) fn note_touch(&self, touch: Touch) {
        let mut state = self.state.lock();
        state.saved_seen = state.saved_seen.max(touch.seen);
    }

    /// Whether watchers have not heard of the latest request; notes that they have.
    pub(crate) fn take_news(&self) -> bool {
        let mut state = self.state.lock();
        let seen = self.seen.load(Ordering::Acquire);
        state.ended.is_none() && std::mem::replace(&mut state.told_seen, seen) != seen
    }

    /// Everything that is stored of it.
    pub(crate) fn to_row(&self) -> Row {
        let state = self.state.lock();
        Row {
            row: self.row,
            digest: state.digest,
            handle: self.handle,
            user: self.user.as_deref().map(str::to_owned),
            ua: self.ua.as_deref().map(str::to_owned),
            login_ip: self.login_ip,
            ip: state.ip,
            created: self.created,
            expires: self.expires,
            idle: self.idle,
            seen: self.seen.load(Ordering::Acquire),
            requests: self.requests.load(Ordering::Relaxed),
            data: state.data.as_deref().cloned(),
            ended: state.ended.clone(),
        }
    }

    /// When it was created; lists are in this order.
    pub(crate) fn created(&self) -> Millis {
        self.created
    }

    /// How long it may be idle.
    pub(crate) fn idle(&self) -> Millis {
        self.idle
    }

    /// When it ends whatever comes.
    pub(crate) fn expires(&self) -> Millis {
        self.expires
    }

    /// When it ended.
    pub(crate) fn ended_at(&self) -> Option<Millis> {
        self.ended().map(|ended| to_millis(ended.at))
    }

    fn mark(&self, state: &mut State, ended: Ended) {
        state.ended = Some(ended);
        // What an ended session held is nobody's business any more.
        state.data = Some(Arc::default());
        state.size = 0;
        self.over.store(true, Ordering::Release);
    }

    fn limit_reached(&self, now: Millis) -> Option<EndReason> {
        if now >= self.expires {
            Some(EndReason::Absolute)
        } else if now >= self.idle_end(self.seen.load(Ordering::Acquire)) {
            Some(EndReason::Idle)
        } else {
            None
        }
    }

    fn idle_end(&self, seen: Millis) -> Millis {
        // An activity cannot extend past the absolute end.
        seen.saturating_add(self.idle).min(self.expires)
    }
}

fn size_of_data(data: &Data) -> usize {
    if data.is_empty() {
        0
    } else {
        serde_json::to_vec(data).map_or(0, |bytes| bytes.len())
    }
}
