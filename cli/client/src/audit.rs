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

use std::time::Duration;

use reqwest::Method;
use url::Url;

pub use self::{
    catalog::{CHECKS, Check},
    report::{Finding, Outcome, Report, Severity, Verdict},
};
use self::{scene::Scene, target::Target};
use crate::{Error, Secret, SitePaths, address};

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
    /// Makes every check; `told` hears each outcome as it comes.
    ///
    /// A server that cannot be reached, and a sign-in that is refused, are errors; what one check alone cannot do is its own
    /// [`Verdict::Skipped`].
    pub async fn run(self, told: &(dyn Fn(&Outcome) + Sync)) -> Result<Report, Error> {
        let server = address::written(&self.base).to_owned();
        let target = Target::new(self.base, self.paths, self.timeout, &self.user_agent);
        let (outcomes, requests) = match &self.user {
            None => {
                let outcomes = checks::of_strangers(&target, told).await;
                let requests = target.leave(&[]).await;
                (outcomes?, requests)
            }
            Some(user) => match Scene::set(target, user, self.password.as_ref()).await {
                Ok(scene) => {
                    let outcomes =
                        checks::of_users(&scene, self.exercise.as_ref(), self.may_lock, told).await;
                    let keys: Vec<_> = scene.keys.iter().map(|key| &*key.name).collect();
                    let requests = scene.target.leave(&keys).await;
                    (outcomes?, requests)
                }
                Err(error) => return Err(error),
            },
        };
        Ok(Report {
            server,
            user: self.user,
            outcomes,
            requests,
        })
    }
}
