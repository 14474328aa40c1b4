//! Sessions and models with fixed handles and times, for tests.

use sessctl_api::{EndReason, Event, EventKind, Filter, Handle, Session, client_of};
use time::{Duration, OffsetDateTime};

use crate::{
    message::{Command, Message},
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

/// A model of this size that has not heard from its registry yet.
pub(crate) fn empty(width: u16, height: u16) -> Model {
    let mut model = Model::new(
        "unix:/run/sessctl/admin.sock".to_owned(),
        Filter::default(),
        false,
        noon(),
    );
    send(&mut model, Message::Resized { width, height });
    model
}

/// A live model of this size with these sessions.
pub(crate) fn listing(width: u16, height: u16, sessions: &[Session]) -> Model {
    let mut model = empty(width, height);
    send(&mut model, listed(sessions));
    model
}

pub(crate) fn listed(sessions: &[Session]) -> Message {
    Message::Listed {
        sessions: sessions.to_vec(),
        total: sessions.len() as u64,
        since: Vec::new(),
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

/// Updates and settles, as the loop does.
pub(crate) fn send(model: &mut Model, message: Message) -> Vec<Command> {
    let commands = update(model, message);
    model.settle();
    commands
}
