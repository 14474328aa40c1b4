//! Who else gets at the private page, and where else the id is.

use reqwest::Method;

use crate::{
    Error,
    audit::{
        ids,
        report::{Finding, Severity, Verdict},
        scene::Scene,
        target::{self, Pairs, TELLING, shown},
    },
    site::{ACCEPT_PAGE, Ask, Marks, Who},
};

pub(super) async fn guard(scene: &Scene<'_>) -> Result<Verdict, Error> {
    let forged = scene.forged();
    let empty: Pairs = scene
        .keys
        .iter()
        .map(|key| (key.name.clone(), String::new()))
        .collect();
    for (pairs, whose) in [(forged, "a made-up value"), (empty, "an empty value")] {
        if scene.opens(&pairs).await? {
            let evidence = format!("{} with {whose} got the private page", scene.key_names());
            let what = "the private page opens to a cookie that the server never gave";
            return Ok(Verdict::found(Severity::High, what, vec![evidence]));
        }
    }
    Ok(Verdict::passed(
        "neither strangers nor made-up cookies get the private page",
    ))
}

pub(super) fn readable(scene: &Scene<'_>) -> Verdict {
    for key in &scene.keys {
        let value = key.value.expose();
        let Some(hint) = names_in(value, &scene.user) else {
            continue;
        };
        let evidence = vec![shown(&key.name, value), hint];
        let what = "the cookie tells who its holder is to everybody who sees it";
        return Verdict::found(Severity::Low, what, evidence);
    }
    Verdict::passed("the name of its holder is not in it")
}

/// How a value tells the name: as it is, or behind base64. By chance an id may hold a short one, but not as a word of its
/// own.
fn names_in(value: &str, user: &str) -> Option<String> {
    if user.len() < 3 {
        return None;
    }
    let has = |text: &str| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        text.match_indices(user).any(|(at, _)| {
            let (before, after) = (&text[..at], &text[at + user.len()..]);
            !before.ends_with(is_word) && !after.starts_with(is_word)
        })
    };
    let plain = ids::decoded(value);
    if has(&plain) {
        return Some("the user's name stands in it".to_owned());
    }
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    plain.split(|c| !is_base64(c)).find_map(|part| {
        let bytes = ids::base64(part)?;
        has(&String::from_utf8_lossy(&bytes))
            .then(|| "a part of it is base64 for something with the user's name".to_owned())
    })
}

pub(super) async fn exposed(scene: &Scene<'_>) -> Result<Verdict, Error> {
    let visitor = scene.target.visitor()?;
    let ask = target::login_of(&visitor, &scene.user, scene.password.as_ref()).await?;
    let posted = visitor.reach(ask).await?;
    let own = target::private_html(&visitor, Who::Jar).await?;
    let keys = scene.keys_of(&visitor);
    if !scene.eye.sees(&own) {
        let why = format!("a later sign-in was answered {}", posted.status);
        return Ok(Verdict::Skipped(why));
    }
    let mut findings = Vec::new();
    for (name, value) in keys.iter().filter(|(_, value)| value.len() >= TELLING) {
        let plain = ids::decoded(value);
        let has = |text: &str| text.contains(value.as_str()) || text.contains(&plain);
        let without = |text: &str| text.replace(value.as_str(), "***").replace(&plain, "***");
        let addresses = posted
            .hops
            .iter()
            .chain(posted.left.as_ref())
            .chain(&own.hops);
        if let Some(url) = addresses.into_iter().find(|url| has(url.as_str())) {
            findings.push(Finding {
                severity: Severity::High,
                what: "the id stands in an address: logs, history and other sites get it"
                    .to_owned(),
                evidence: vec![
                    shown(name, value),
                    format!(
                        "after the sign-in the browser is sent to {}",
                        sessctl_api::text::fit(&without(url.as_str()), 160)
                    ),
                ],
            });
        }
        for page in [&posted, &own] {
            if has(&String::from_utf8_lossy(&page.body)) {
                findings.push(Finding {
                    severity: Severity::Medium,
                    what: "the id stands in a page, where scripts can read it in spite of HttpOnly"
                        .to_owned(),
                    evidence: vec![
                        shown(name, value),
                        format!(
                            "seen in the text of {}",
                            crate::site::without_query(&page.url)
                        ),
                    ],
                });
                break;
            }
        }
    }
    Ok(match findings.is_empty() {
        true => Verdict::passed("it is in no address and no page"),
        false => Verdict::Found(findings),
    })
}

pub(super) async fn from_url(scene: &Scene<'_>) -> Result<Verdict, Error> {
    let [_] = &scene.keys[..] else {
        return Ok(Verdict::skipped("more than one cookie is needed"));
    };
    let visitor = scene.signed_in().await?;
    let keys = scene.keys_of(&visitor);
    let marks = Marks::of(&visitor)?;
    for (name, value) in &keys {
        let value = ids::decoded(value);
        let mut by_query = marks.dashboard.clone();
        by_query.query_pairs_mut().append_pair(name, &value);
        let mut by_path = marks.dashboard.clone();
        by_path.set_path(&format!("{};{name}={value}", by_path.path()));
        for (url, how) in [(by_query, "?"), (by_path, ";")] {
            let ask = Ask::new(Method::GET, url, ACCEPT_PAGE, Who::Stranger);
            if scene.eye.sees(&visitor.reach(ask).await?) {
                let evidence = format!(
                    "{}{how}{}=... got the private page without a cookie",
                    marks.dashboard.path(),
                    sessctl_api::text::fit(name, 64)
                );
                let what =
                    "an id in the address opens the session: a link can carry one to a victim";
                return Ok(Verdict::found(Severity::High, what, vec![evidence]));
            }
        }
    }
    Ok(Verdict::passed("one in the address opened nothing"))
}

pub(super) async fn cached(scene: &Scene<'_>) -> Result<Verdict, Error> {
    let visitor = scene.signed_in().await?;
    let page = target::private_html(&visitor, Who::Jar).await?;
    let said: Vec<_> = page
        .headers
        .get_all(reqwest::header::CACHE_CONTROL)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase())
        .collect();
    let said = said.join(", ");
    let says = |word: &str| said.split(',').any(|part| part.trim().starts_with(word));
    if says("no-store") {
        return Ok(Verdict::passed("no-store"));
    }
    // HTTP/1.0's own words keep caches from showing it to others, as far as they are obeyed.
    let old = ["pragma", "expires"].map(|name| page.headers.contains_key(name));
    let is_private = says("private") || says("no-cache") || old == [true, true];
    let severity = if is_private {
        Severity::Low
    } else {
        Severity::Medium
    };
    let shown = match said.is_empty() {
        true => "no Cache-Control".to_owned(),
        false => format!("Cache-Control: {}", sessctl_api::text::fit(&said, 80)),
    };
    let what = match is_private {
        true => {
            "the browser keeps private pages: whoever uses it next finds them by its back button"
        }
        false => "browsers and caches on the way may keep private pages and show them to others",
    };
    let evidence = format!(
        "{} answers {} with {shown}",
        crate::site::without_query(&page.url),
        page.status
    );
    Ok(Verdict::found(severity, what, vec![evidence]))
}
