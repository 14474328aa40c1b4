//! Whether a name that holds markup comes back as markup.

use scraper::{Html, Selector};

use crate::{
    Error,
    audit::{
        report::{Severity, Verdict},
        scene::Scene,
        target::{self, Target, Tried},
    },
    site::{Reached, Who, is_html},
};

/// As a name: harmless, and seen nowhere by chance.
const NAME: &str = "<i id=sessctl-audit>name</i>";
const ELEMENT: &str = "i#sessctl-audit";

pub(super) async fn of_strangers(target: &Target) -> Result<Verdict, Error> {
    let tried = target.try_login(NAME, &target.wrong_password()).await?;
    if matches!(tried.first.status, 404 | 405) {
        return Ok(Verdict::skipped(
            "there is no login where it was looked for",
        ));
    }
    Ok(echoed(&tried).unwrap_or_else(passed))
}

pub(super) async fn of_users(scene: &Scene<'_>) -> Result<Verdict, Error> {
    let password = scene.target.wrong_password();
    let tried = scene.target.try_login(NAME, &password).await?;
    if let Some(found) = echoed(&tried) {
        return Ok(found);
    }
    let page = target::private_html(&tried.visitor, Who::Jar).await?;
    if has_markup(&page) {
        let evidence = format!(
            "signed in as {NAME}, and {} holds that name as it is, as {}",
            crate::site::without_query(&page.url),
            sessctl_api::text::fit(page.content_type.as_deref().unwrap_or_default(), 64)
        );
        let what = "a name can hold scripts, which run for everybody who sees it";
        return Ok(Verdict::found(Severity::High, what, vec![evidence]));
    }
    Ok(passed())
}

fn passed() -> Verdict {
    Verdict::passed("one that holds markup came back escaped, or not at all")
}

fn echoed(tried: &Tried) -> Option<Verdict> {
    let page = [&tried.first, &tried.last]
        .into_iter()
        .find(|page| has_markup(page))?;
    let evidence = format!(
        "{} repeats the name {NAME} as it is",
        crate::site::without_query(&page.url)
    );
    let what = "the answer to a sign-in repeats the name with its markup: scripts in it run";
    Some(Verdict::found(Severity::High, what, vec![evidence]))
}

/// Whether the name became an element of the page. In an attribute, a script or a text field it is only text.
fn has_markup(page: &Reached) -> bool {
    let element = Selector::parse(ELEMENT).expect("a constant selector is right");
    let body = String::from_utf8_lossy(&page.body);
    is_html(page)
        && Html::parse_document(&body)
            .select(&element)
            .next()
            .is_some()
}
