//! The checks, in the order of the catalog.

mod birth;
mod cookies;
mod cross_site;
mod ending;
mod exposure;
mod faults;
mod names;
mod parallel;
mod passwords;
mod throttling;

use tokio::sync::OnceCell;

use super::{
    catalog::{CHECKS, Kind},
    exercise::Exercise,
    report::{Outcome, Severity, Verdict},
    scene::Scene,
    target::{AT_ITS_END, Target},
};
use crate::{Error, address};

/// Why most checks are not made for strangers.
const NEEDS_USER: &str = "needs somebody who signs in: --user NAME";

type Told<'t> = &'t (dyn Fn(&Outcome) + Sync);

/// What was made of the checks.
pub(super) struct Made {
    pub(super) outcomes: Vec<Outcome>,
    /// The server went away in the middle of it.
    pub(super) gone: Option<Error>,
}

/// Makes those checks that need nobody signed in. An error is a server that is not there.
pub(super) async fn of_strangers(target: &Target, told: Told<'_>) -> Result<Made, Error> {
    target.visitor()?.probe().await?;
    let hide = |text: &str| target.hide(text);
    let make = async |kind| match kind {
        Kind::Transport => Ok(transport(target)),
        Kind::Escaped => names::of_strangers(target).await,
        Kind::Faults => faults::malformed(target, &[]).await,
        Kind::Throttling => throttling::tried(target, None, false).await,
        _ => Ok(Verdict::skipped(NEEDS_USER)),
    };
    Ok(each(target, hide, told, make).await)
}

/// Makes every check.
pub(super) async fn of_users(
    scene: &Scene<'_>,
    exercise: Option<&Exercise>,
    may_lock: bool,
    told: Told<'_>,
) -> Made {
    let guesses = OnceCell::new();
    let guesses = async || guesses.get_or_try_init(|| passwords::guesses(scene)).await;
    let make = async |kind| match kind {
        Kind::Transport => Ok(transport(scene.target)),
        Kind::Guard => exposure::guard(scene).await,
        Kind::Fixation => birth::fixation(scene).await,
        Kind::Adopted => birth::adopted(scene).await,
        Kind::Entropy => birth::entropy(scene).await,
        Kind::Readable => Ok(exposure::readable(scene)),
        Kind::HttpOnly => Ok(cookies::http_only(scene)),
        Kind::Secure => Ok(cookies::secure(scene)),
        Kind::SameSite => Ok(cookies::same_site(scene)),
        Kind::Scope => Ok(cookies::scope(scene)),
        Kind::Exposed => exposure::exposed(scene).await,
        Kind::FromUrl => exposure::from_url(scene).await,
        Kind::Cached => exposure::cached(scene).await,
        Kind::Logout => ending::logout(scene).await,
        Kind::Cleared => ending::cleared(scene).await,
        Kind::Replaced => ending::replaced(scene).await,
        Kind::CrossLogin => cross_site::login(scene).await,
        Kind::CrossLogout => cross_site::logout(scene).await,
        Kind::Parallel => parallel::lost(scene, exercise).await,
        Kind::AnyPassword => guesses().await.map(|guesses| guesses.any.clone()),
        Kind::Enumeration => guesses().await.map(|guesses| guesses.words.clone()),
        Kind::Timing => guesses().await.map(|guesses| guesses.time.clone()),
        Kind::Escaped => names::of_users(scene).await,
        Kind::Faults => faults::malformed(scene.target, &scene.keys).await,
        Kind::Throttling => match guesses().await?.settles_throttling() {
            Some(settled) => Ok(settled),
            None => throttling::tried(scene.target, Some(scene), may_lock).await,
        },
    };
    each(scene.target, |text| scene.hide(text), told, make).await
}

/// Makes one after the other. What one of them cannot do is no failure of the others. After each everybody signs out who
/// signed in for it: some servers take only so many.
async fn each(
    target: &Target,
    hide: impl Fn(&str) -> String,
    told: Told<'_>,
    make: impl AsyncFn(Kind) -> Result<Verdict, Error>,
) -> Made {
    let mut made = Made {
        outcomes: Vec::new(),
        gone: None,
    };
    for check in CHECKS {
        if target.is_stopped() {
            break;
        }
        let verdict = match &made.gone {
            Some(_) => Verdict::skipped("the server does not answer any more"),
            None => match make(check.kind).await {
                Ok(verdict) => verdict,
                Err(error) => {
                    let why = format!("could not be made: {error}");
                    if matches!(error, Error::Unreachable { .. }) && is_gone(target).await {
                        made.gone = Some(error);
                    }
                    Verdict::Skipped(why)
                }
            },
        };
        let verdict = verdict.map(&hide);
        let outcome = Outcome { check, verdict };
        told(&outcome);
        made.outcomes.push(outcome);
        if made.gone.is_none() {
            target.leave(AT_ITS_END).await;
        }
    }
    made
}

/// One request may be left without an answer, and the next one not.
async fn is_gone(target: &Target) -> bool {
    match target.visitor() {
        Ok(visitor) => visitor.probe().await.is_err(),
        Err(_) => true,
    }
}

fn transport(target: &Target) -> Verdict {
    let base = target.base();
    if base.scheme() == "https" {
        return Verdict::passed("HTTPS");
    }
    if address::is_loopback(base) {
        return Verdict::skipped("this machine alone is asked, by plain HTTP");
    }
    let what = "name, password and cookie were sent over plain HTTP";
    let evidence = format!("the server answers at {}", address::written(base));
    Verdict::found(Severity::High, what, vec![evidence])
}
