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
    pub(crate) size: u32,
}

impl Entry {
    /// The session as lists and pages show it.
    pub fn describe(&self) -> Session {
        Session {
            ended: self.ended(),
            ..self.describe_at(self.moving())
        }
    }

    /// The session as events show it, which say themselves how it ended.
    pub(crate) fn describe_at(&self, moving: Moving) -> Session {
        let (ip, login_ip, ips) = self.addresses();
        Session {
            handle: self.handle,
            user: self.user.as_deref().map(str::to_owned),
            ip,
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
            ended: None,
        }
    }

    /// The same for filters and sorting, without a copy of anything.
    pub(crate) fn view(&self) -> View<'_> {
        let moving = self.moving();
        let end = self.end_of_it();
        let (ip, login_ip, ips) = self.with_trail(|latest, trail| {
            let ips = usize::from(latest.is_some()) + trail.others().len();
            (latest, trail.login(latest), ips)
        });
        View {
            handle: self.handle,
            user: self.user(),
            ip,
            ips: u32::try_from(ips).ok().filter(|ips| *ips > 0),
            login_ip,
            ua: self.origin.ua.as_deref(),
            client: self.client(),
            created: Some(self.created),
            seen: Some(moving.seen),
            idle_expires: Some(self.idle_end(moving.seen)),
            expires: Some(self.expires()),
            ended: end.map(|(at, _)| at),
            reason: end.map(|(_, reason)| reason),
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
            size: self.size.load(Ordering::Relaxed),
        }
    }

    /// The latest address, that at login, and all distinct ones, latest first: those of one moment.
    pub(crate) fn addresses(&self) -> (Option<IpAddr>, Option<IpAddr>, Vec<IpAddr>) {
        self.with_trail(|latest, trail| (latest, trail.login(latest), trail.all(latest)))
    }

    /// Looks at the latest address and where else it was used from. Most have one address, and then nothing is locked.
    fn with_trail<T>(&self, look: impl FnOnce(Option<IpAddr>, &Trail) -> T) -> T {
        let latest = self.ip.get();
        // Asked after the address: whoever changes that raises the flag first.
        if !self.life.has(life::MOVED) {
            return look(latest, &Trail::None);
        }
        self.life.look(|rare| {
            let trail = rare.map_or(&Trail::None, |rare| &rare.trail);
            look(self.ip.get(), trail)
        })
    }
}
