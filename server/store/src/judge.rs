//! Whether accounts allow what is about to be written, and which sessions end by it.
//!
//! Asked on the one thread that makes changes durable, just before it writes a job: what came earlier is in memory, or
//! earlier in the same batch and heard of here. So two sign-ins cannot both take the last place, and none slips past
//! the change that shuts its account. A job that nobody asks about costs nothing.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use sessctl_api::{EndReason, Ended, Handle};

use crate::{
    Entry, OnLimit, StoreError,
    book::Edit,
    change::{Change, Order, Proof, Terms},
    clock::to_time,
    live::Live,
    queue::Job,
};

/// What a batch has brought so far.
#[derive(Debug)]
pub(crate) struct Judge<'l> {
    live: &'l Live,
    /// How many jobs of the batch it has heard of.
    heard: usize,
    /// Accounts that were changed, and whether there is one now.
    accounts: HashMap<Arc<str>, bool>,
    tokens: HashMap<String, bool>,
    /// New sessions of each user.
    begun: HashMap<String, Vec<Arc<Entry>>>,
    ended: HashSet<Handle>,
}

impl<'l> Judge<'l> {
    pub(crate) fn new(live: &'l Live) -> Self {
        Self {
            live,
            heard: 0,
            accounts: HashMap::new(),
            tokens: HashMap::new(),
            begun: HashMap::new(),
            ended: HashSet::new(),
        }
    }

    /// Refuses a job, or adds the ends of the sessions that end by it. Returns how many these are.
    ///
    /// `earlier` is what the batch brought before it, and `results` what became of that.
    pub(crate) fn rule(
        &mut self,
        changes: &mut Vec<Change>,
        earlier: &[Job],
        results: &[Result<u64, StoreError>],
    ) -> Result<u64, StoreError> {
        let news = earlier[self.heard..].iter().zip(&results[self.heard..]);
        let done = news.filter(|(_, result)| result.is_ok());
        done.flat_map(|(job, _)| &job.changes)
            .for_each(|change| self.hear(change));
        self.heard = earlier.len();
        let ends = match changes.first() {
            Some(Change::Insert {
                terms: Some(terms), ..
            }) => self.admit(terms, changes)?,
            Some(Change::Account(order)) => self.carry_out(order)?,
            _ => Vec::new(),
        };
        let count = ends.len() as u64;
        changes.extend(ends);
        Ok(count)
    }

    /// Notes a change that the batch brings.
    fn hear(&mut self, change: &Change) {
        match change {
            Change::Insert { entry, .. } => {
                if let Some(user) = entry.user() {
                    let begun = self.begun.entry(user.to_owned()).or_default();
                    begun.push(Arc::clone(entry));
                }
            }
            Change::End { entry, .. } => {
                self.ended.insert(entry.handle());
            }
            Change::Account(order) => {
                let is_there =
                    !matches!(order.edit, Edit::Remove { .. } | Edit::RemoveToken { .. });
                if let Some(name) = order.edit.account().filter(|_| order.edit.outdates()) {
                    self.accounts.insert(Arc::clone(name), is_there);
                }
                if let Some(name) = order.edit.token() {
                    self.tokens.insert(name.to_owned(), is_there);
                }
            }
            _ => {}
        }
    }

    /// A sign-in: the account must be as it was when its password was given, and have room for one more session.
    fn admit(&self, terms: &Terms, changes: &[Change]) -> Result<Vec<Change>, StoreError> {
        self.check(&terms.proof)?;
        let Some(limit) = terms.limit else {
            return Ok(Vec::new());
        };
        let replaced: Vec<_> = changes.iter().filter_map(handle_of_end).collect();
        let mut others = self.sessions_of(&terms.proof.name);
        others.retain(|other| !replaced.contains(&other.handle()));
        let too_many = (others.len() + 1).saturating_sub(limit.most as usize);
        if too_many == 0 {
            return Ok(Vec::new());
        }
        if limit.then == OnLimit::Deny {
            return Err(StoreError::TooManySessions { most: limit.most });
        }
        others.sort_by_cached_key(|other| (other.moving().seen, other.created(), other.row));
        others.truncate(too_many);
        terms.pushed_out.lock().clone_from(&others);
        Ok(self.ends(others, EndReason::Limit, None))
    }

    /// A change of accounts or tokens: what it is about must be there, or not yet; who was let in by what is no more
    /// so is thrown out.
    fn carry_out(&self, order: &Order) -> Result<Vec<Change>, StoreError> {
        if let Some(proof) = &order.proof {
            self.check(proof)?;
        }
        let is_theirs = |kept: &Arc<Entry>| kept.user() == order.edit.account().map(|name| &**name);
        if let Some(kept) = &order.spares
            && !(is_theirs(kept) && self.lives(kept))
        {
            return Err(StoreError::AccountChanged);
        }
        let is_there = match (order.edit.account(), order.edit.token()) {
            (Some(name), _) => self.has_account(name),
            (None, Some(name)) => self.has_token(name),
            (None, None) => true,
        };
        match &order.edit {
            Edit::Add(_) | Edit::AddToken { .. } if is_there => return Err(StoreError::Exists),
            Edit::Add(_) | Edit::AddToken { .. } => {}
            _ if !is_there => return Err(StoreError::Missing),
            _ => {}
        }
        let (Some(name), Some(reason)) = (order.edit.account(), shut_by(&order.edit)) else {
            return Ok(Vec::new());
        };
        let mut ending = self.sessions_of(name);
        let spared = order.spares.as_ref().map(|kept| kept.handle());
        ending.retain(|entry| Some(entry.handle()) != spared);
        Ok(self.ends(ending, reason, order.actor.as_ref()))
    }

    fn check(&self, proof: &Proof) -> Result<(), StoreError> {
        let is_so = !self.accounts.contains_key(&proof.name)
            && self.live.book.account(&proof.name).is_some_and(|account| {
                account.version == proof.version && account.disabled.is_none()
            });
        is_so.then_some(()).ok_or(StoreError::AccountChanged)
    }

    fn has_account(&self, name: &str) -> bool {
        let changed = self.accounts.get(name).copied();
        changed.unwrap_or_else(|| self.live.book.account(name).is_some())
    }

    fn has_token(&self, name: &str) -> bool {
        let changed = self.tokens.get(name).copied();
        changed.unwrap_or_else(|| self.live.book.has_token(name))
    }

    /// The user's sessions that live once everything earlier is done.
    fn sessions_of(&self, name: &str) -> Vec<Arc<Entry>> {
        let begun = self.begun.get(name).into_iter().flatten();
        let mut all = self.live.of_user(name);
        all.retain(|entry| self.lives(entry));
        all.extend(begun.filter(|entry| self.goes_on(entry)).cloned());
        all
    }

    fn lives(&self, entry: &Arc<Entry>) -> bool {
        self.live.lives_at(entry, self.live.now()) && self.goes_on(entry)
    }

    fn goes_on(&self, entry: &Entry) -> bool {
        !entry.is_over() && !self.ended.contains(&entry.handle())
    }

    fn ends(
        &self,
        entries: Vec<Arc<Entry>>,
        reason: EndReason,
        actor: Option<&String>,
    ) -> Vec<Change> {
        let ended = Ended {
            reason,
            actor: actor.cloned(),
            at: to_time(self.live.now()),
        };
        let ends = entries.into_iter().map(|entry| Change::End {
            entry,
            unless_ended: Some(ended.clone()),
        });
        ends.collect()
    }
}

/// Why nobody may stay who was let in before; `None`: everybody may.
///
/// A new account too: sessions of its name were begun without its password, when any name could sign in.
fn shut_by(edit: &Edit) -> Option<EndReason> {
    match edit {
        Edit::Add(_) => Some(EndReason::Revoked),
        Edit::Password { .. } => Some(EndReason::Password),
        Edit::Disable { .. } => Some(EndReason::Disabled),
        Edit::Remove { .. } => Some(EndReason::Removed),
        Edit::Enable { .. }
        | Edit::Rehash { .. }
        | Edit::SignedIn { .. }
        | Edit::AddToken { .. }
        | Edit::RemoveToken { .. } => None,
    }
}

fn handle_of_end(change: &Change) -> Option<Handle> {
    match change {
        Change::End { entry, .. } => Some(entry.handle()),
        _ => None,
    }
}
