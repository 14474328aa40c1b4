//! Looks from outside whether a server handles sessions soundly.
//!
//! Every check does what an attacker or a careless network would do, and tells what came of it: a finding has evidence,
//! or is not made. Nothing is changed but sessions of the audit's own, which are signed out in the end. At most two
//! wrong passwords in a row are sent for the account that is lent to it, so that it is not locked, unless that is allowed.
//!
//! Start at [`Audit`]. What is checked stands in `catalog`, the checks below `checks`; `scene` is somebody signed in,
//! `target` is the server with all who visit it, `asking` what they ask for, `eye` tells the private page from others, `report` is what comes out.

mod asking;
mod catalog;
mod checks;
mod exercise;
mod eye;
mod ids;
mod report;
mod scene;
mod target;
mod words;

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};
use tokio::time::timeout;
use url::Url;

pub use self::{
    catalog::{CHECKS, Check},
    exercise::Exercise,
    report::{Finding, Outcome, Report, Severity, Verdict},
};
use self::{
    scene::Scene,
    target::{AT_ITS_END, IN_A_HURRY, Target},
};
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

impl Audit {
    /// Makes every check; `told` hears each outcome as it comes. Stopped before its end it tells nothing more.
    ///
    /// A server that cannot be reached, and a first sign-in that is refused, are errors; what one check alone cannot do is
    /// its own [`Verdict::Skipped`]. Whatever comes, whoever was signed in is signed out, if that takes no longer than a
    /// minute, or a few seconds when it was stopped.
    pub async fn run(
        self,
        told: &(dyn Fn(&Outcome) + Sync),
        stop: impl Future<Output = ()>,
    ) -> Result<Ending, Error> {
        let server = address::written(&self.base).to_owned();
        let target = Target::new(self.base, self.paths, self.timeout, &self.user_agent);
        let checks = async {
            match &self.user {
                None => checks::of_strangers(&target, told).await,
                Some(user) => {
                    let scene = Scene::set(&target, user, self.password.as_ref()).await?;
                    let exercise = self.exercise.as_ref();
                    Ok(checks::of_users(&scene, exercise, self.may_lock, told).await)
                }
            }
        };
        let mut checks = pin!(checks);
        let made = match select(&mut checks, pin!(stop)).await {
            Either::Left((made, _)) => Some(made),
            Either::Right(_) => {
                // The check that is under way ends first: of a sign-in that is cut off nobody would have the cookie.
                target.stop();
                if timeout(IN_A_HURRY, checks).await.is_err() {
                    target.cannot_sign_out();
                }
                None
            }
        };
        let patience = match made {
            Some(_) => AT_ITS_END,
            None => IN_A_HURRY,
        };
        let are_all_out = target.leave(patience).await;
        let made = made.transpose()?;
        let (outcomes, gone) = made.map(|made| (made.outcomes, made.gone)).unzip();
        Ok(Ending {
            report: outcomes.map(|outcomes| Report {
                server,
                user: self.user.clone(),
                outcomes,
                requests: target.sent(),
            }),
            gone: gone.flatten(),
            are_all_out,
        })
    }
}

/// How an audit ended.
#[derive(Debug)]
pub struct Ending {
    /// Nothing if it was stopped first.
    pub report: Option<Report>,
    /// Why the server could not be asked any more, if it went away in the middle of it.
    pub gone: Option<Error>,
    /// Whether everybody it signed in could be signed out.
    pub are_all_out: bool,
}
