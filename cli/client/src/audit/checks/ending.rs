//! What ends a session: signing out, and signing in again.

use crate::{
    Error, Site,
    audit::{
        report::{Severity, Verdict},
        scene::Scene,
        target::{self, shown},
    },
    site::Who,
};

const NO_LOGOUT: &str =
    "after the sign-out the same browser still got the private page: is --logout-path right?";

/// Whether a sign-out did nothing, also for the browser that asked for it: then it was none, or is somewhere else.
async fn signs_nobody_out(scene: &Scene<'_>, visitor: &Site) -> Result<bool, Error> {
    let page = target::private_page(visitor, Who::Jar).await?;
    let is_in = scene.eye.sees(&page);
    if is_in {
        scene.target.cannot_sign_out();
    }
    Ok(is_in)
}

pub(super) async fn logout(scene: &Scene<'_>) -> Result<Verdict, Error> {
    let visitor = scene.signed_in().await?;
    let keys = scene.keys_of(&visitor);
    if !scene.opens(&keys).await? {
        return Ok(Verdict::skipped(
            "the cookies of a sign-in did not open the private page",
        ));
    }
    visitor.send_logout().await?;
    if signs_nobody_out(scene, &visitor).await? {
        return Ok(Verdict::skipped(NO_LOGOUT));
    }
    if !scene.opens(&keys).await? {
        return Ok(Verdict::passed("the cookie of before opens nothing"));
    }
    let mut evidence: Vec<_> = keys
        .iter()
        .map(|(name, value)| format!("sent again after the sign-out: {}", shown(name, value)))
        .collect();
    evidence.push("the private page came back".to_owned());
    let what = "who has a copy of the cookie is still signed in after its user signed out";
    Ok(Verdict::found(Severity::High, what, evidence))
}

pub(super) async fn cleared(scene: &Scene<'_>) -> Result<Verdict, Error> {
    let visitor = scene.signed_in().await?;
    let keys = scene.keys_of(&visitor);
    if visitor.send_logout().await?.clears_cookies {
        return Ok(Verdict::passed("browsers are told to forget all cookies"));
    }
    let left = target::pairs(&visitor);
    if signs_nobody_out(scene, &visitor).await? {
        return Ok(Verdict::skipped(NO_LOGOUT));
    }
    let kept: Vec<_> = keys.iter().filter(|pair| left.contains(pair)).collect();
    if kept.is_empty() {
        return Ok(Verdict::passed("it is removed or replaced"));
    }
    let evidence = kept.iter().map(|(name, value)| {
        format!(
            "still in the browser after the sign-out: {}",
            shown(name, value)
        )
    });
    let what = "the browser keeps the cookie of the session that was signed out of";
    Ok(Verdict::found(Severity::Low, what, evidence.collect()))
}

pub(super) async fn replaced(scene: &Scene<'_>) -> Result<Verdict, Error> {
    let visitor = scene.signed_in().await?;
    let before = scene.keys_of(&visitor);
    // Somebody has to keep it, to sign out of it in the end.
    scene.target.holder(&before)?;
    let ask = target::login_of(&visitor, &scene.user, scene.password.as_ref()).await?;
    if scene.keys_of(&visitor) != before {
        return Ok(Verdict::skipped(
            "whoever is signed in is shown no form to sign in with",
        ));
    }
    visitor.reach(ask).await?;
    let after = scene.keys_of(&visitor);
    if before == after {
        return Ok(Verdict::passed("the session goes on, with the same id"));
    }
    if !scene.opens(&before).await? {
        return Ok(Verdict::passed(
            "the cookie of the first sign-in opens nothing",
        ));
    }
    let mut evidence: Vec<_> = before
        .iter()
        .map(|(name, value)| format!("from the first sign-in: {}", shown(name, value)))
        .chain(
            after
                .iter()
                .map(|(name, value)| format!("from the second: {}", shown(name, value))),
        )
        .collect();
    evidence.push(
        "the first still opens the private page, and no browser has it any more to sign out with"
            .to_owned(),
    );
    let what = "a second sign-in in the same browser leaves the first session alive";
    Ok(Verdict::found(Severity::Low, what, evidence))
}
