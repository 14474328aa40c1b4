//! A session as others see it: described for people, viewed by filters.

use std::{net::IpAddr, sync::Arc};

use sessctl_api::{Session, View};

use super::{Entry, life, trail::Trail};
use crate::{
    clock::{Millis, to_time},
    origin::Origin,
    sync::Ordering,
};

/// What requests change, as it is at one moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moving {
    pub(crate) seen: Millis,
    pub(crate) requests: u64,
    pub(crate) ip: Option<IpAddr>,
    pub(crate) size: u32,
}

impl Entry {
    /// The session as lists, pages and events show it.
    pub fn describe(&self) -> Session {
        self.describe_at(self.moving())
    }

    pub(crate) fn describe_at(&self, moving: Moving) -> Session {
        let (login_ip, ips) = self.addresses(moving.ip);
        Session {
            handle: self.handle,
            user: self.user.as_deref().map(str::to_owned),
            ip: moving.ip,
            login_ip,
            ips,
            ua: self.origin.ua.as_deref().map(str::to_owned),
            client: self.client().map(str::to_owned),
            created: Some(to_time(self.created)),
            seen: Some(to_time(moving.seen)),
            idle_expires: Some(to_time(self.idle_end(moving.seen))),
            expires: Some(to_time(self.expires())),
            requests: Some(moving.requests),
            size: Some(moving.size.into()),
        }
    }

    /// The same for filters and sorting, without a copy of anything.
    pub(crate) fn view(&self) -> View<'_> {
        let moving = self.moving();
        let latest = usize::from(moving.ip.is_some());
        let (login_ip, ips) = self.with_trail(|trail| match trail {
            Some(trail) => (trail.login(moving.ip), latest + trail.others().len()),
            None => (moving.ip, latest),
        });
        View {
            handle: self.handle,
            user: self.user(),
            ip: moving.ip,
            ips: u32::try_from(ips).ok().filter(|ips| *ips > 0),
            login_ip,
            ua: self.origin.ua.as_deref(),
            client: self.client(),
            created: Some(self.created),
            seen: Some(moving.seen),
            idle_expires: Some(self.idle_end(moving.seen)),
            expires: Some(self.expires()),
            requests: Some(moving.requests),
            size: Some(moving.size.into()),
            data: None,
        }
    }

    fn client(&self) -> Option<&str> {
        self.origin.client.as_deref()
    }

    pub(crate) fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    pub(crate) fn moving(&self) -> Moving {
        Moving {
            seen: self.seen.load(Ordering::Acquire),
            requests: self.requests.load(Ordering::Relaxed),
            ip: self.ip.get(),
            size: self.size.load(Ordering::Relaxed),
        }
    }

    /// The address at login, and all distinct ones, latest first.
    pub(crate) fn addresses(&self, latest: Option<IpAddr>) -> (Option<IpAddr>, Vec<IpAddr>) {
        self.with_trail(|trail| match trail {
            Some(trail) => (trail.login(latest), trail.all(latest)),
            None => (latest, latest.into_iter().collect()),
        })
    }

    /// Looks at where else it was used from. Most have one address, and then nothing is locked.
    fn with_trail<T>(&self, look: impl FnOnce(Option<&Trail>) -> T) -> T {
        if !self.life.has(life::MOVED) {
            return look(None);
        }
        self.life.look(|rare| look(rare.map(|rare| &rare.trail)))
    }
}
