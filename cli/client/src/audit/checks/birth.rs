//! Where ids come from: a sign-in gives a new one, the server alone makes them, and none can be guessed.

use crate::{
    Error,
    audit::{
        ids::{self, ENOUGH, Weakness},
        report::{Severity, Verdict},
        scene::Scene,
        target::{self, shown},
    },
    site::Who,
};

/// Ids in a sample. With fewer, a place where letters happen to be the same would be taken for one that never changes.
const SAMPLE: usize = 12;

pub(super) async fn fixation(scene: &Scene<'_>) -> Result<Verdict, Error> {
    let visitor = scene.target.visitor()?;
    // A visit to both pages: what comes before the sign-in is what somebody else may know.
    target::private_html(&visitor, Who::Jar).await?;
    target::login_of(&visitor, &scene.user, None).await?;
    let before = scene.keys_of(&visitor);
    scene.sign_in(&visitor).await?;
    let after = scene.keys_of(&visitor);
    if before.is_empty() {
        return Ok(Verdict::passed(
            "strangers have no id, and a sign-in gives one",
        ));
    }
    // Only what opens the page is proof.
    if !scene.opens(&before).await? {
        return Ok(Verdict::passed(format!(
            "{}: another value since the sign-in",
            scene.key_names()
        )));
    }
    let kept = before.iter().filter(|pair| after.contains(pair));
    let mut evidence: Vec<_> = kept
        .map(|(name, value)| format!("before and after the sign-in: {}", shown(name, value)))
        .collect();
    evidence.push(
        "a client with nothing but the cookies of before the sign-in got the private page"
            .to_owned(),
    );
    let what = "whoever knows the id of a visitor is signed in as soon as the visitor is";
    Ok(Verdict::found(Severity::High, what, evidence))
}

pub(super) async fn adopted(scene: &Scene<'_>) -> Result<Verdict, Error> {
    let offered = scene.forged();
    let made_up = offered.iter().map(|(name, value)| shown(name, value));
    let mut evidence: Vec<_> = made_up
        .map(|shown| format!("made up and sent along: {shown}"))
        .collect();

    // The whole attack: the victim signs in with an id that the attacker made up.
    let visitor = scene.target.holder(&offered)?;
    scene.sign_in(&visitor).await?;
    if !scene.opens(&offered).await? {
        return Ok(Verdict::passed(
            "one that was made up and sent along opened nothing after a sign-in",
        ));
    }
    evidence.push(
        "after a sign-in with it, a client with nothing else got the private page".to_owned(),
    );
    let what = "an id that the attacker made up becomes the session of whoever signs in with it";
    Ok(Verdict::found(Severity::High, what, evidence))
}

pub(super) async fn entropy(scene: &Scene<'_>) -> Result<Verdict, Error> {
    let [key] = &scene.keys[..] else {
        return Ok(Verdict::skipped(format!(
            "there is no one id: {} open the page together",
            scene.key_names()
        )));
    };
    if ids::is_signed_token(key.value.expose()) {
        return Ok(Verdict::skipped(
            "the cookie is a signed token and not the id of what a server keeps",
        ));
    }
    while scene.ids().len() < SAMPLE {
        scene.signed_in().await?;
    }
    let sample = scene.ids();
    let looked_at = format!(
        "{} sign-ins' values of {}",
        sample.len(),
        sessctl_api::text::fit(&key.name, 64)
    );
    let all: Vec<_> = sample.iter().map(String::as_str).collect();
    let (severity, what) = match ids::weakness(&all) {
        None => {
            let length = all.iter().map(|id| id.len()).min().unwrap_or(0);
            return Ok(Verdict::passed(format!(
                "{looked_at}, {length} characters or more, show no weakness"
            )));
        }
        Some(Weakness::Repeated) => (Severity::High, "the same id was given twice".to_owned()),
        Some(Weakness::Counted { step }) => (
            Severity::High,
            format!("ids are counted: each is within {step} of the one before"),
        ),
        Some(Weakness::Short { bits }) => {
            let severity = if bits < ENOUGH / 2 {
                Severity::High
            } else {
                Severity::Medium
            };
            (
                severity,
                format!("ids have {bits} random bits at most, not {ENOUGH}"),
            )
        }
    };
    Ok(Verdict::found(
        severity,
        what,
        vec![format!("seen in {looked_at}")],
    ))
}
