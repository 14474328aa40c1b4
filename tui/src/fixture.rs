//! Sessions, models and a registry without any waiting, with fixed handles and times, for tests.

use std::time::Duration as Span;

use sessctl_api::{
    EndReason, Ended, EndedCounts, Event, EventKind, Filter, Found, Handle, ListQuery, Outcome,
    Page, Pager, Pass, RevokeReport, RevokeResult, Session, Stats, Top, ValueCount, client_of,
    span::millis,
};
use time::{Duration, OffsetDateTime};

use crate::{
    message::{Command, Key, Message, News, Order, Target, Told},
    model::Model,
    update::update,
};

/// The moment at which tests happen: 2026-01-02 12:00:00 UTC.
pub(crate) fn noon() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_767_355_200).unwrap()
}

/// The so many'th handle.
pub(crate) fn numbered(n: u64) -> Handle {
    // Spread over all twelve characters, as real handles are.
    Handle::from_random(n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(7))
}

/// A session that began so many seconds before noon and was last seen halfway since.
pub(crate) fn session(n: u64, user: &str, age: u64) -> Session {
    let created = noon() - Duration::seconds(age as i64);
    let seen = noon() - Duration::seconds(age as i64 / 2);
    let ua = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    Session {
        handle: numbered(n),
        user: Some(user.to_owned()),
        ip: Some(std::net::Ipv4Addr::new(192, 0, 2, (n % 250) as u8).into()),
        login_ip: None,
        ips: Vec::new(),
        ua: Some(ua.to_owned()),
        client: client_of(ua),
        created: Some(created),
        seen: Some(seen),
        idle_expires: Some(seen + Duration::minutes(30)),
        expires: Some(created + Duration::hours(12)),
        requests: Some(n * 3),
        size: Some(128),
        ended: None,
    }
}

pub(crate) fn event(kind: EventKind, session: &Session) -> Event {
    Event {
        rev: 1,
        at: noon(),
        kind,
        reason: None,
        actor: None,
        session: session.clone(),
    }
}

pub(crate) fn ended(session: &Session, reason: EndReason, actor: &str) -> Event {
    Event {
        reason: Some(reason),
        actor: Some(actor.to_owned()),
        ..event(EventKind::Ended, session)
    }
}

/// Five sessions: erin, the newest, first.
pub(crate) fn five() -> Vec<Session> {
    ["erin", "dave", "carol", "bob", "alice"]
        .iter()
        .enumerate()
        .map(|(i, user)| session(i as u64 + 1, user, 40 * (1 + i as u64).pow(3)))
        .collect()
}

/// So many sessions, each ten seconds older than the one before.
pub(crate) fn many(count: u64) -> Vec<Session> {
    let named = |n| session(n, &format!("user{n:03}"), 10 * n);
    (0..count).map(named).collect()
}

/// A registry that answers at once, and the dashboard over it.
pub(crate) struct World {
    pub(crate) model: Model,
    /// What lives.
    pub(crate) sessions: Vec<Session>,
    /// What was ordered, as it came.
    pub(crate) orders: Vec<Order>,
    /// What the loop was asked to do with the terminal and the settings.
    pub(crate) asides: Vec<Command>,
    /// Lists are not answered while this is set.
    pub(crate) holds_lists: bool,
}

impl World {
    /// A dashboard of this size that has not heard from its registry yet.
    pub(crate) fn silent(width: u16, height: u16) -> Self {
        let source = "unix:/run/sessctl/admin.sock".to_owned();
        let mut model = Model::new(source, Filter::default(), noon());
        update(&mut model, Message::Resized { width, height });
        Self {
            model,
            sessions: Vec::new(),
            orders: Vec::new(),
            asides: Vec::new(),
            holds_lists: false,
        }
    }

    /// A live one.
    pub(crate) fn new(width: u16, height: u16, sessions: &[Session]) -> Self {
        let mut world = Self::silent(width, height);
        world.sessions = sessions.to_vec();
        let want = world.model.want_first();
        world.perform(Command::List(want));
        world
    }

    pub(crate) fn press(&mut self, key: Key) {
        self.send(Message::Key(key));
    }

    /// Types into the line that is open.
    pub(crate) fn types(&mut self, text: &str) {
        for c in text.chars() {
            self.send(Message::Edit(crate::message::Edit::Type(c)));
        }
    }

    pub(crate) fn news(&mut self, news: News) {
        self.send(Message::News(Box::new(news)));
    }

    /// Updates, and answers whatever is asked for.
    pub(crate) fn send(&mut self, message: Message) {
        for command in update(&mut self.model, message) {
            self.perform(command);
        }
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, seconds: i64) {
        let now = self.model.now + Duration::seconds(seconds);
        self.send(Message::Tick(now));
    }

    /// Somebody signs in.
    pub(crate) fn login(&mut self, session: &Session) {
        self.sessions.push(session.clone());
        self.happened(event(EventKind::Created, session));
    }

    /// A session ends.
    pub(crate) fn end(&mut self, session: &Session, reason: EndReason, actor: &str) {
        self.sessions.retain(|one| one.handle != session.handle);
        self.happened(ended(session, reason, actor));
    }

    pub(crate) fn happened(&mut self, event: Event) {
        self.news(News::Happened(Box::new(event)));
    }

    pub(crate) fn perform(&mut self, command: Command) {
        let news = match command {
            Command::List(_) if self.holds_lists => return,
            Command::List(want) => News::Listed {
                want: want.id,
                page: self.page(&ListQuery {
                    sort: want.sort,
                    start: want.start,
                    ..ListQuery::first(want.filter, want.limit)
                }),
                since: Vec::new(),
                took: Span::from_millis(1),
            },
            Command::Ask(handle) => {
                let found = self.sessions.iter().find(|one| one.handle == handle);
                let answer = match found {
                    Some(session) => Told::Alive(Box::new(session.clone())),
                    None => Told::Ended(None, None),
                };
                News::Told { handle, answer }
            }
            Command::Revoke(order) => {
                let answer = Ok(self.revoke(&order));
                self.orders.push(order.clone());
                News::Answered { order, answer }
            }
            Command::Gather(gather) => News::Gathered {
                page: Ok(self.page(&gather.query(10_000))),
                gather,
            },
            Command::OfUser(user) => {
                let page = self.page(&ListQuery::first(Filter::of_user(&user), 11));
                News::OfUser {
                    user,
                    sessions: page.sessions,
                    total: page.total,
                }
            }
            Command::Data(handle) => News::Held {
                handle,
                data: Ok([
                    ("theme".to_owned(), "dark".into()),
                    ("cart".to_owned(), 3.into()),
                ]
                .into_iter()
                .collect()),
            },
            Command::Rank(field, _) => News::Ranked {
                field,
                top: Top::new(
                    vec![ValueCount {
                        value: Some(format!("most of {field}")),
                        sessions: 4_321,
                    }],
                    5_000,
                ),
            },
            aside => return self.asides.push(aside),
        };
        self.news(news);
    }

    fn page(&self, query: &ListQuery) -> Page {
        let mut pager = Pager::new(query, millis(self.model.now)).unwrap();
        loop {
            for session in &self.sessions {
                pager.offer(&session.view(), || session.clone());
            }
            match pager.finish() {
                Pass::Again(next) => pager = next,
                Pass::Done(Found {
                    items,
                    total,
                    offset,
                    next,
                }) => return Page::new(items, total, offset, next),
            }
        }
    }

    fn revoke(&mut self, order: &Order) -> RevokeReport {
        let targets: Vec<Target> = match order {
            Order::Sessions(targets) => targets.clone(),
            Order::All { filter, .. } => {
                let now = self.model.now;
                let matching = self.sessions.iter().filter(|one| filter.matches(one, now));
                matching.map(Target::of).collect()
            }
        };
        let outcomes = targets.into_iter().map(|target| {
            let before = self.sessions.len();
            self.sessions.retain(|one| one.handle != target.handle);
            Outcome {
                handle: target.handle,
                user: target.user,
                result: if self.sessions.len() < before {
                    RevokeResult::Revoked
                } else {
                    RevokeResult::AlreadyEnded
                },
                ended: None,
            }
        });
        RevokeReport::new(false, outcomes.collect())
    }

    /// The users of the rows at hand, in their order; those that have ended in brackets.
    pub(crate) fn users(&self) -> Vec<String> {
        let rows = self.model.window.rows().iter();
        rows.map(|row| {
            let user = row.session.user.clone().unwrap_or_default();
            if row.is_ghost() {
                format!("({user})")
            } else {
                user
            }
        })
        .collect()
    }

    /// The user of the row under the cursor.
    pub(crate) fn under_cursor(&self) -> Option<String> {
        self.model.cursor_row()?.session.user.clone()
    }

    pub(crate) fn status(&self) -> &str {
        self.model.status.as_ref().map_or("", |status| &status.text)
    }

    /// What is counted at a moment, for the curves.
    pub(crate) fn counted(&mut self, seconds: u64) {
        let stats = Stats {
            schema: 1,
            active: 4_000 + 10 * seconds,
            users: 900,
            created: Some(100 + seconds * seconds),
            ended: Some(EndedCounts {
                logout: seconds * 3,
                revoked: seconds / 2,
                ..EndedCounts::default()
            }),
            requests: Some(seconds * (90 + 40 * (seconds % 7))),
            since: Some(noon() - Duration::hours(1)),
            store: "memory".to_owned(),
        };
        self.news(News::Counted(Some(Box::new(stats))));
    }
}

/// How a session ended, as a registry remembers it.
pub(crate) fn how(reason: EndReason, actor: &str) -> Ended {
    Ended {
        reason,
        actor: Some(actor.to_owned()),
        at: noon(),
    }
}
