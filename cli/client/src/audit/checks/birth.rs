//! Where ids come from: a sign-in gives a new one, the server alone makes them, and none can be guessed.

use crate::{
    CookieHeader, Error,
    audit::{
        ids::{self, ENOUGH, Weakness},
        report::{Severity, Verdict},
        scene::Scene,
        target::{self, Pairs, shown},
    },
    site::Who,
};

/// Ids in a sample. With fewer, a place where letters happen to be the same would be taken for one that never changes.
const SAMPLE: usize = 12;
/// The most that are asked for where a visit is enough.
const VISITS: usize = 64;

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
    if scene.sign_in(&visitor).await.is_ok() && scene.opens(&offered).await? {
        evidence.push(
            "after a sign-in with it, a client with nothing else got the private page".to_owned(),
        );
        let what =
            "an id that the attacker made up becomes the session of whoever signs in with it";
        return Ok(Verdict::found(Severity::High, what, evidence));
    }

    // A part of it: strangers always get an id, unless they bring one that the server never made.
    let (with, without) = (
        sets_key(scene, Some(&offered)).await?,
        sets_key(scene, None).await?,
    );
    if without && !with {
        evidence.push(format!(
            "a stranger without it is given {} by the same page, one with it is not",
            scene.key_names()
        ));
        let what = "an id that the server never made is taken for one of its own";
        return Ok(Verdict::found(Severity::Low, what, evidence));
    }
    Ok(Verdict::passed(
        "one that was made up opened nothing, and was not kept",
    ))
}

/// Whether a page that asks for a sign-in sets the cookie that would open the private one.
async fn sets_key(scene: &Scene<'_>, offered: Option<&Pairs>) -> Result<bool, Error> {
    let visitor = scene.target.visitor()?;
    let cookies = offered.and_then(|pairs| CookieHeader::of_pairs(pairs));
    let who = cookies.as_ref().map_or(Who::Stranger, Who::Holder);
    let page = target::private_html(&visitor, who).await?;
    let names = page.set_cookies.iter().filter_map(|value| {
        let text = std::str::from_utf8(value.as_bytes()).ok()?;
        text.split_once('=').map(|(name, _)| name.trim().to_owned())
    });
    Ok(names
        .into_iter()
        .any(|name| scene.keys.iter().any(|key| key.name == name)))
}

pub(super) async fn entropy(scene: &Scene<'_>) -> Result<Verdict, Error> {
    let [key] = &scene.keys[..] else {
        return Ok(Verdict::skipped(format!(
            "there is no one id: {} open the page together",
            scene.key_names()
        )));
    };
    let mut sample = of_visits(scene, &key.name).await?;
    let from = if sample.len() < SAMPLE {
        while scene.ids().len() < SAMPLE {
            scene.signed_in().await?;
        }
        sample = scene.ids();
        "sign-ins"
    } else {
        "visits"
    };
    let looked_at = format!(
        "{} values of {} from {from}",
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

/// The ids that strangers get, if they get any: they cost no sign-in.
async fn of_visits(scene: &Scene<'_>, name: &str) -> Result<Vec<String>, Error> {
    let mut sample = Vec::new();
    for _ in 0..VISITS {
        let visitor = scene.target.visitor()?;
        target::private_html(&visitor, Who::Jar).await?;
        let found = target::pairs(&visitor)
            .into_iter()
            .find(|(key, _)| key == name);
        // What strangers get is nobody's session; there is nothing to sign out of.
        visitor.jar().forget();
        match found {
            Some((_, value)) => sample.push(value),
            None => return Ok(Vec::new()),
        }
    }
    Ok(sample)
}
