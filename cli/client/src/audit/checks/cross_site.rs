//! What a page of another site can make a visitor's browser do here.

use reqwest::Method;

use crate::{
    CookieDetail, CookieHeader, Error, Payload,
    audit::{
        report::{Finding, Severity, Verdict},
        scene::Scene,
        target::{self, from_elsewhere},
    },
    site::{ACCEPT_HTML, Ask, Who},
};

pub(super) async fn login(scene: &Scene<'_>) -> Result<Verdict, Error> {
    // The attacker's own visit: the form, with a token that belongs to the attacker's cookies.
    let attacker = scene.target.visitor()?;
    let login = target::login_of(&attacker, &scene.user, scene.password.as_ref()).await?;
    let Some(body) = login.body.clone() else {
        return Ok(Verdict::skipped("nothing is sent at the sign-in"));
    };
    // The victim's browser: without a cookie, and with what it says of where the form was.
    let victim = scene.target.visitor()?;
    let ask = Ask {
        headers: from_elsewhere("navigate"),
        body: Some(as_a_form_can(body)),
        ..Ask::new(Method::POST, login.url.clone(), ACCEPT_HTML, Who::Jar)
    };
    let answer = victim.reach(ask).await?;
    attacker.jar().forget();
    if !scene
        .eye
        .sees(&target::private_page(&victim, Who::Jar).await?)
    {
        return Ok(Verdict::passed(format!(
            "refused: answered {}",
            answer.status
        )));
    }
    let evidence = vec![
        "a POST with Origin: https://attacker.example and Sec-Fetch-Site: cross-site, without any cookie, signed in"
            .to_owned(),
    ];
    let what =
        "another site can sign a visitor in to an account of its own, and see what they do there";
    Ok(Verdict::found(Severity::Medium, what, evidence))
}

/// A page of another site can send a form's three types, and nothing else unasked: JSON goes as text.
fn as_a_form_can(body: Payload) -> Payload {
    match body {
        Payload::Bytes {
            content_type,
            bytes,
        } if content_type.ends_with("json") => Payload::Bytes {
            content_type: "text/plain",
            bytes,
        },
        other => other,
    }
}

pub(super) async fn logout(scene: &Scene<'_>) -> Result<Verdict, Error> {
    let mut findings = Vec::new();
    let mut refused = Vec::new();
    for (method, by) in [
        (Method::POST, "a form"),
        (Method::GET, "a link or an address"),
    ] {
        let visitor = scene.signed_in().await?;
        let keys = scene.keys_of(&visitor);
        // Whatever becomes of its cookies: somebody keeps them, to sign out in the end.
        scene.target.holder(&keys)?;
        // What a browser sends along when another site makes the request (RFC 6265bis, section 5.8.3).
        let goes = |cookie: &CookieDetail| match cookie.same_site.as_deref() {
            None | Some("None") => true,
            Some("Lax") => method == Method::GET,
            Some(_) => false,
        };
        let details = visitor.jar().details();
        let sent: Vec<_> = details
            .iter()
            .filter(|cookie| goes(cookie))
            .map(|cookie| (cookie.name.clone(), cookie.value.expose().to_owned()))
            .collect();
        let cookies = CookieHeader::of_pairs(&sent);
        let who = cookies.as_ref().map_or(Who::Stranger, Who::Holder);
        let url = visitor.url(&scene.target.paths().logout)?;
        let ask = Ask {
            headers: from_elsewhere("navigate"),
            ..Ask::new(method.clone(), url.clone(), ACCEPT_HTML, who)
        };
        let answer = visitor.reach(ask).await?;
        // The browser takes what the answer sets, as after a click of its user.
        for cookie in &answer.set_cookies {
            visitor.jar().take(cookie, &answer.url);
        }
        let is_in = scene
            .eye
            .sees(&target::private_page(&visitor, Who::Jar).await?);
        // A page that says no may also say so on the private page from then on. But what it does to the cookie counts.
        let is_untouched = scene.keys_of(&visitor) == keys;
        if is_in || is_untouched && answer.status >= 400 {
            refused.push(format!(
                "{method}: answered {}, and the session went on",
                answer.status
            ));
            continue;
        }
        let outcome = match scene.opens(&keys).await? {
            true => "put another cookie in the place of the browser's",
            false => "ended the session",
        };
        findings.push(Finding {
            severity: Severity::Low,
            what: format!("another site can sign a user out by {by}"),
            evidence: vec![format!(
                "{method} {} with Sec-Fetch-Site: cross-site was answered {}, and {outcome}",
                crate::site::without_query(&url),
                answer.status
            )],
        });
    }
    Ok(match findings.is_empty() {
        true => Verdict::passed(refused.join("; ")),
        false => Verdict::Found(findings),
    })
}
