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

use tokio::sync::OnceCell;

use super::{
    catalog::{CHECKS, Check, Kind},
    exercise::Exercise,
    report::{Outcome, Severity, Verdict},
    scene::Scene,
    target::Target,
};
use crate::{Error, address};

/// Why most checks are not made for strangers.
const NEEDS_USER: &str = "needs somebody who signs in: --user NAME";

type Told<'t> = &'t (dyn Fn(&Outcome) + Sync);

/// Makes those checks that need nobody signed in.
pub(super) async fn of_strangers(target: &Target, told: Told<'_>) -> Result<Vec<Outcome>, Error> {
    // Shows first that the server is there.
    target.visitor()?.probe().await?;
    let mut outcomes = Vec::new();
    for check in CHECKS {
        let verdict = match check.kind {
            Kind::Transport => Ok(transport(target)),
            Kind::Escaped => names::of_strangers(target).await,
            Kind::Faults => faults::malformed(target, &[]).await,
            Kind::Throttling => passwords::throttling(target, None, false).await,
            _ => Ok(Verdict::skipped(NEEDS_USER)),
        };
        outcomes.push(concluded(check, verdict, str::to_owned, told)?);
    }
    Ok(outcomes)
}

/// Makes every check.
pub(super) async fn of_users(
    scene: &Scene<'_>,
    exercise: Option<&Exercise>,
    may_lock: bool,
    told: Told<'_>,
) -> Result<Vec<Outcome>, Error> {
    let guesses = OnceCell::new();
    let guesses = async || guesses.get_or_try_init(|| passwords::guesses(scene)).await;
    let mut outcomes = Vec::new();
    for check in CHECKS {
        let verdict = match check.kind {
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
            Kind::Throttling => match guesses().await?.reason_against() {
                Some(skipped) => Ok(skipped),
                None => passwords::throttling(scene.target, Some(scene), may_lock).await,
            },
        };
        let hide = |text: &str| scene.hide(text);
        outcomes.push(concluded(check, verdict, hide, told)?);
    }
    Ok(outcomes)
}

/// What one check cannot do is no failure of the others, but a server that is gone is.
fn concluded(
    check: &'static Check,
    verdict: Result<Verdict, Error>,
    hide: impl Fn(&str) -> String,
    told: Told<'_>,
) -> Result<Outcome, Error> {
    let verdict = match verdict {
        Ok(verdict) => verdict,
        Err(error @ Error::Unreachable { .. }) => return Err(error),
        Err(error) => Verdict::Skipped(format!("could not be made: {error}")),
    };
    let verdict = verdict.map(hide);
    let outcome = Outcome { check, verdict };
    told(&outcome);
    Ok(outcome)
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
