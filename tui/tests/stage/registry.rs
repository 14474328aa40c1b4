//! A registry that lists what it is given, tells what it is told to tell, and goes down when asked.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use ::time::{Duration, OffsetDateTime};
use futures_util::stream;
use sessctl_api::{
    BoxFuture, BoxStream, Data, EndReason, Event, EventKind, Filter, Handle, ListQuery, Notice,
    Outcome, Page, Pager, Pass, Ranking, Registry, RegistryError, Revocation, RevokeReport,
    RevokeResult, Selection, Session, Stats, Top, TopQuery,
};
use tokio::sync::{Notify, mpsc, watch};

type Notices = mpsc::UnboundedSender<Result<Notice, RegistryError>>;

#[derive(Debug, Default)]
pub(crate) struct Fake {
    state: Mutex<State>,
    held: watch::Sender<bool>,
    listing: Notify,
}

#[derive(Debug, Default)]
struct State {
    sessions: Vec<Session>,
    watchers: Vec<Notices>,
    mood: Mood,
    rev: u64,
    /// After which event each watch wanted to go on.
    resumed: Vec<Option<u64>>,
    orders: Vec<(Revocation, String)>,
    held: HashMap<Handle, Data>,
}

/// How it takes questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    #[default]
    Answers,
    Down,
    /// Says that whoever asks has to sign in.
    Refuses,
    Panics,
}

pub(crate) fn noon() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_767_355_200).unwrap()
}

pub(crate) fn numbered(n: u64) -> Handle {
    Handle::from_random(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// A session; a greater number signed in later.
pub(crate) fn session(n: u64, user: &str) -> Session {
    let created = noon() - Duration::days(1) + Duration::seconds(n as i64);
    Session {
        handle: numbered(n),
        user: Some(user.to_owned()),
        ip: None,
        login_ip: None,
        ips: Vec::new(),
        ua: None,
        client: None,
        created: Some(created),
        seen: Some(noon()),
        idle_expires: None,
        expires: None,
        requests: None,
        size: None,
        ended: None,
    }
}

impl Fake {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Sets what a session holds.
    pub(crate) fn hold(&self, handle: Handle, data: Data) {
        self.state().held.insert(handle, data);
    }

    /// Sets the list without telling anybody.
    pub(crate) fn set(&self, sessions: &[Session]) {
        self.state().sessions = sessions.to_vec();
    }

    pub(crate) fn event(&self, kind: EventKind, session: Session, reason: Option<EndReason>) {
        let mut state = self.state();
        state.sessions.retain(|one| one.handle != session.handle);
        if kind != EventKind::Ended {
            state.sessions.insert(0, session.clone());
        }
        state.rev += 1;
        let event = Event {
            rev: state.rev,
            at: noon(),
            kind,
            reason,
            actor: reason.map(|_| "root".to_owned()),
            session,
        };
        for watcher in &state.watchers {
            watcher
                .send(Ok(Notice::Event(Box::new(event.clone()))))
                .ok();
        }
    }

    pub(crate) fn resync(&self) {
        for watcher in &self.state().watchers {
            watcher.send(Ok(Notice::Resync)).ok();
        }
    }

    pub(crate) fn go_down(&self) {
        self.become_one_who(Mood::Down);
    }

    /// Breaks off what is watched, and is like that from now on.
    pub(crate) fn become_one_who(&self, mood: Mood) {
        let mut state = self.state();
        state.mood = mood;
        for watcher in state.watchers.drain(..) {
            watcher.send(Err(gone())).ok();
        }
    }

    pub(crate) fn resumed(&self) -> Vec<Option<u64>> {
        self.state().resumed.clone()
    }

    pub(crate) fn come_back(&self, sessions: &[Session]) {
        let mut state = self.state();
        state.mood = Mood::Answers;
        state.sessions = sessions.to_vec();
    }

    /// While lists are held, their content is fixed but they do not arrive.
    pub(crate) fn hold_lists(&self, held: bool) {
        self.held.send_replace(held);
    }

    pub(crate) async fn list_begun(&self) {
        self.listing.notified().await;
    }

    pub(crate) fn orders(&self) -> Vec<(Revocation, String)> {
        self.state().orders.clone()
    }
}

impl State {
    fn is_there(&self) -> Result<(), RegistryError> {
        match self.mood {
            Mood::Answers => Ok(()),
            Mood::Down => Err(gone()),
            Mood::Refuses => Err(RegistryError::Refused("the token has expired".to_owned())),
            Mood::Panics => panic!("a defect of the registry"),
        }
    }

    fn page(&self, query: &ListQuery) -> Result<Page, RegistryError> {
        let mut pager = Pager::new(query, now())?;
        loop {
            for one in &self.sessions {
                pager.offer(&one.view(), || one.clone());
            }
            pager = match pager.finish() {
                Pass::Again(again) => again,
                Pass::Done(found) => {
                    let (total, offset) = (found.total, found.offset);
                    return Ok(Page::new(found.items, total, offset, found.next));
                }
            };
        }
    }

    fn top(&self, query: &TopQuery) -> Result<Top, RegistryError> {
        let mut ranking = Ranking::new(query, now())?;
        loop {
            for one in &self.sessions {
                ranking.offer(&one.view());
            }
            ranking = match ranking.finish() {
                Pass::Again(again) => again,
                Pass::Done(top) => return Ok(top),
            };
        }
    }
}

/// Noon in milliseconds.
fn now() -> i64 {
    noon().unix_timestamp() * 1_000
}

fn gone() -> RegistryError {
    RegistryError::unreachable("the server is down", "connection refused")
}

impl Registry for Fake {
    fn list(&self, query: ListQuery) -> BoxFuture<'_, Result<Page, RegistryError>> {
        let page = {
            let state = self.state();
            state.is_there().and_then(|()| state.page(&query))
        };
        Box::pin(async move {
            let mut held = self.held.subscribe();
            if *held.borrow() {
                self.listing.notify_one();
            }
            held.wait_for(|held| !held).await.unwrap();
            page
        })
    }

    fn get(&self, handle: Handle) -> BoxFuture<'_, Result<Session, RegistryError>> {
        let found = self
            .state()
            .sessions
            .iter()
            .find(|one| one.handle == handle)
            .cloned();
        Box::pin(async move {
            found.ok_or(RegistryError::NotFound {
                handle,
                ended: None,
            })
        })
    }

    fn recall(&self, handle: Handle) -> BoxFuture<'_, Result<Session, RegistryError>> {
        self.get(handle)
    }

    fn revoke(
        &self,
        order: Revocation,
        actor: &str,
    ) -> BoxFuture<'_, Result<RevokeReport, RegistryError>> {
        let actor = actor.to_owned();
        Box::pin(async move {
            // As a real one, it takes a while.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            let Selection::Handles(handles) = &order.select else {
                return Err(RegistryError::BadQuery("by handle only".to_owned()));
            };
            let mut outcomes = Vec::new();
            for handle in handles.clone() {
                let found = self
                    .state()
                    .sessions
                    .iter()
                    .find(|one| one.handle == handle)
                    .cloned();
                let result = if found.is_some() {
                    RevokeResult::Revoked
                } else {
                    RevokeResult::NotFound
                };
                outcomes.push(Outcome {
                    handle,
                    user: found.as_ref().and_then(|one| one.user.clone()),
                    result,
                    ended: None,
                });
                if let Some(session) = found {
                    self.event(EventKind::Ended, session, Some(EndReason::Revoked));
                }
            }
            self.state().orders.push((order, actor));
            Ok(RevokeReport::new(false, outcomes))
        })
    }

    fn data(&self, handle: Handle) -> BoxFuture<'_, Result<Data, RegistryError>> {
        let held = self.state().held.get(&handle).cloned();
        Box::pin(async move {
            self.get(handle).await?;
            Ok(held.unwrap_or_default())
        })
    }

    fn top(&self, query: TopQuery) -> BoxFuture<'_, Result<Top, RegistryError>> {
        let state = self.state();
        let top = state.is_there().and_then(|()| state.top(&query));
        Box::pin(async move { top })
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, RegistryError>> {
        Box::pin(async { Err(gone()) })
    }

    fn watch(
        &self,
        _: Filter,
        after: Option<u64>,
    ) -> BoxFuture<'_, Result<BoxStream<Result<Notice, RegistryError>>, RegistryError>> {
        let mut state = self.state();
        let answer = state.is_there().map(|()| {
            state.resumed.push(after);
            let (sender, mut notices) = mpsc::unbounded_channel();
            if after.is_none() {
                sender.send(Ok(Notice::Resync)).ok();
            }
            state.watchers.push(sender);
            let stream: BoxStream<_> = Box::pin(stream::poll_fn(move |cx| notices.poll_recv(cx)));
            stream
        });
        Box::pin(async move { answer })
    }
}
