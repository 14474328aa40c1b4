//! Looks from outside whether a server handles sessions soundly.
//!
//! Every check does what an attacker or a careless network would do, and tells what came of it: a finding has evidence,
//! or is not made. Nothing is changed but sessions of the audit's own, which are signed out in the end. At most two
//! wrong passwords in a row are sent for the account that is lent to it, so that it is not locked, unless that is allowed.
//!
//! Start at [`Audit`]. What is checked stands in `catalog`, the checks below `checks`; `scene` is somebody signed in,
//! `target` sends, `eye` tells the private page from others, `report` is what comes out.

mod catalog;
mod checks;
mod eye;
mod ids;
mod report;
mod scene;
mod target;
mod words;

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};
use reqwest::Method;
use url::Url;

pub use self::{
    catalog::{CHECKS, Check},
    report::{Finding, Outcome, Report, Severity, Verdict},
};
use self::{scene::Scene, target::Target};
use crate::{Error, Secret, SitePaths, address};

/// How long signing out may take: at the end, and when somebody waits for it.
const AT_ITS_END: Duration = Duration::from_secs(60);
const IN_A_HURRY: Duration = Duration::from_secs(2);

/// What an audit needs to know.
#[derive(Debug)]
pub struct Audit {
    pub base: Url,
    pub paths: SitePaths,
    /// For each request as a whole.
    pub timeout: Duration,
    pub user_agent: String,
    /// Whose account is lent to it; without one, only what strangers can see is checked.
    pub user: Option<String>,
    pub password: Option<Secret>,
    /// How something is written into the session and read back, where the server is not ours.
    pub exercise: Option<Exercise>,
    /// Whether the account may get more wrong passwords in a row than it might stand.
    pub may_lock: bool,
}

/// A request that writes something into the session, and the page that shows it.
#[derive(Debug, Clone)]
pub struct Exercise {
    pub method: Method,
    /// `{n}` stands for another word each time, here and in the body.
    pub path: String,
    pub body: String,
    /// JSON, and else a form.
    pub is_json: bool,
    /// Shows all the words that were written.
    pub read: String,
}

impl Audit {
    /// Makes every check; `told` hears each outcome as it comes. `None` if it was told to `stop` before its end.
    ///
    /// A server that cannot be reached, and a sign-in that is refused, are errors; what one check alone cannot do is its own
    /// [`Verdict::Skipped`]. Whatever comes, whoever was signed in is signed out, for as long as that takes a moment.
    pub async fn run(
        self,
        told: &(dyn Fn(&Outcome) + Sync),
        stop: impl Future<Output = ()>,
    ) -> Result<Option<Report>, Error> {
        let server = address::written(&self.base).to_owned();
        let target = Target::new(self.base, self.paths, self.timeout, &self.user_agent);
        let stop = pin!(stop);
        let (outcomes, requests) = match &self.user {
            None => {
                let checks = pin!(checks::of_strangers(&target, told));
                let outcomes = first(checks, stop).await;
                (outcomes, target.leave(&[], AT_ITS_END).await)
            }
            Some(user) => {
                let scene = Scene::set(target, user, self.password.as_ref()).await?;
                let exercise = self.exercise.as_ref();
                let checks = pin!(checks::of_users(&scene, exercise, self.may_lock, told));
                let outcomes = first(checks, stop).await;
                let keys: Vec<_> = scene.keys.iter().map(|key| &*key.name).collect();
                let patience = match outcomes {
                    Some(_) => AT_ITS_END,
                    None => IN_A_HURRY,
                };
                (outcomes, scene.target.leave(&keys, patience).await)
            }
        };
        let Some(outcomes) = outcomes else {
            return Ok(None);
        };
        Ok(Some(Report {
            server,
            user: self.user,
            outcomes: outcomes?,
            requests,
        }))
    }
}

/// What comes of it, unless it is stopped first.
async fn first<T>(
    doing: impl Future<Output = T> + Unpin,
    stop: impl Future<Output = ()> + Unpin,
) -> Option<T> {
    match select(doing, stop).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}
