//! Hashing and checking passwords: dear on purpose, and never where requests are answered.
//!
//! A check costs the same whoever it is for. How many run at once is bounded, because each takes its memory, and so is
//! how many wait: more than that are told to come back.

mod pace;
mod rules;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::{self, phc},
};
use sessctl_api::Secret;

pub(crate) use self::pace::Pace;
pub(crate) use self::rules::{fits, refusal};
use crate::{Hashing, beside::Beside};

/// Checks that may wait for their turn.
const WAITING: usize = 64;

/// How long one waits, from the moment in which it came.
const PATIENCE: Duration = Duration::from_secs(1);

/// The dearest hash of another place that is taken: memory in KiB times passes. It takes ten times as long as ours.
const DEAREST: u64 = 384 * 1024;

/// The most memory that one of another place may take, in KiB: as many are checked at once as there are processors.
const WIDEST: u32 = 128 * 1024;

/// See the module's own text.
#[derive(Debug)]
pub(crate) struct Passwords {
    params: Params,
    threads: Beside,
    waiting: AtomicUsize,
    pub(crate) pace: Pace,
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    Right,
    /// And it is time for a dearer hash of it.
    RightButCheap,
    Wrong,
    /// What is stored is no hash that can be checked.
    Unreadable,
}

/// Too many are being checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Busy;

impl Passwords {
    pub(crate) fn new(hashing: Hashing) -> Self {
        let params = Params::new(
            hashing.memory.max(Params::MIN_M_COST),
            hashing.passes.max(Params::MIN_T_COST),
            Params::MIN_P_COST,
            None,
        );
        let params = params.expect("no parameter is below the least that there is");
        Self {
            params,
            threads: Beside::new("store-password", hashing.at_once.max(1)),
            waiting: AtomicUsize::new(0),
            pace: Pace::default(),
        }
    }

    /// A place among those who wait, if there is one, for whoever came at `since`.
    pub(crate) fn place(&self, since: Instant) -> Result<Place<'_>, Busy> {
        let place = Place {
            waiting: &self.waiting,
            since,
        };
        // Taken first and given back by the drop, so that many at once cannot all take the last one.
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        (before < WAITING).then_some(place).ok_or(Busy)
    }

    /// Checks a password against a stored hash; without one it does the same work, and the password is wrong.
    pub(crate) async fn check(
        &self,
        place: &Place<'_>,
        password: &Secret,
        hash: Option<&Secret>,
    ) -> Result<Checked, Busy> {
        let (password, params) = (password.clone(), self.params.clone());
        // Another salt each time, as accounts have: with the same one memory is read in the same order, which is faster.
        let hash = hash.map_or_else(|| of_nobody(&self.params), Secret::clone);
        self.work(place, move || match verify(&password, &hash) {
            Ok(stored) if is_cheaper(&stored, &params) => Ok(Checked::RightButCheap),
            Ok(_) => Ok(Checked::Right),
            Err(password_hash::Error::PasswordInvalid) => Ok(Checked::Wrong),
            Err(password_hash::Error::OutOfMemory) => Err(Busy),
            Err(_) => Ok(Checked::Unreadable),
        })
        .await
    }

    /// Whether a check of this hash takes what one of ours does, and so as long.
    pub(crate) fn is_usual(&self, hash: &Secret) -> bool {
        let parsed = PasswordHash::new(hash.expose()).ok();
        let params = parsed.and_then(|hash| Params::try_from(&hash).ok());
        params.is_some_and(|its| {
            let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
            cost(&its) == cost(&self.params)
        })
    }

    /// The hash of a new password, in PHC form.
    pub(crate) async fn hash(&self, password: &Secret) -> Result<Secret, Busy> {
        let (password, params) = (password.clone(), self.params.clone());
        let place = self.place(Instant::now())?;
        self.work(&place, move || {
            let salt: [u8; 16] = rand::random();
            let hash =
                argon2id(params).hash_password_with_salt(password.expose().as_bytes(), &salt);
            // Parameters and lengths are right: what is left is memory.
            hash.map_err(|_| Busy)
                .map(|hash| Secret::new(hash.to_string()))
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        place: &Place<'_>,
        work: impl FnOnce() -> Result<T, Busy> + Send + 'static,
    ) -> Result<T, Busy> {
        match self.threads.ask_within(patience(place.since), work).await {
            Ok(Some(done)) => done,
            Ok(None) => Err(Busy),
            Err(error) => {
                tracing::error!(%error, "a password could not be checked");
                Err(Busy)
            }
        }
    }
}

/// Among those who wait or are checked, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place<'p> {
    waiting: &'p AtomicUsize,
    since: Instant,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// How much longer somebody waits who came at `since`.
pub(crate) fn patience(since: Instant) -> Duration {
    PATIENCE.saturating_sub(since.elapsed())
}

/// Why a hash of another place cannot be taken; `None`: it can.
pub(crate) fn refusal_of_hash(hash: &Secret) -> Option<String> {
    let Ok(parsed) = PasswordHash::new(hash.expose()) else {
        return Some(
            "this is no hash in PHC form ($argon2id$v=19$m=...,t=...,p=...$SALT$HASH)".to_owned(),
        );
    };
    if parsed.algorithm != Algorithm::Argon2id.ident()
        || parsed.version != Some(Version::V0x13.into())
    {
        return Some(
            "only hashes of argon2id, version 19, are taken; set a password instead".to_owned(),
        );
    }
    let salt = parsed.salt.as_ref().map_or(0, |salt| salt.len());
    let output = parsed.hash.as_ref().map_or(0, phc::Output::len);
    match Params::try_from(&parsed) {
        _ if salt < 8 || output < 16 => Some(
            "the hash is cut short: it needs a salt of 8 bytes and 16 of its own at least"
                .to_owned(),
        ),
        Err(_) => Some("the hash has parameters that argon2id does not know".to_owned()),
        Ok(params)
            if work_of(&params) > DEAREST || params.m_cost() > WIDEST || params.p_cost() > 16 =>
        {
            Some(
                "the hash is too dear, and whoever signs in would hold up the others: m=131072 and t=3 together are the most that is taken; set a password instead"
                    .to_owned(),
            )
        }
        Ok(_) => None,
    }
}

fn argon2id(params: Params) -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn verify(password: &Secret, hash: &Secret) -> password_hash::Result<PasswordHash> {
    let stored =
        PasswordHash::new(hash.expose()).map_err(|_| password_hash::Error::EncodingInvalid)?;
    // Its own parameters count, whichever these are.
    Argon2::default().verify_password(password.expose().as_bytes(), &stored)?;
    Ok(stored)
}

fn is_cheaper(stored: &PasswordHash, wanted: &Params) -> bool {
    Params::try_from(stored).is_ok_and(|stored| work_of(&stored) < work_of(wanted))
}

fn work_of(params: &Params) -> u64 {
    u64::from(params.m_cost()) * u64::from(params.t_cost())
}

/// A hash that no password has but by a chance of 2^-256.
fn of_nobody(params: &Params) -> Secret {
    let (salt, output): ([u8; 16], [u8; 32]) = (rand::random(), rand::random());
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: params
            .try_into()
            .expect("parameters that can be used can be written"),
        salt: Some(phc::Salt::new(&salt).expect("a salt of the usual length")),
        hash: Some(phc::Output::new(&output).expect("a hash of the usual length")),
    };
    Secret::new(hash.to_string())
}
