//! How one user among many signs in and out: as it was found out with the first.

use reqwest::Method;
use url::Url;

use super::{
    browser::{Browser, Landed},
    connection::{Answer, Fault},
    plan::Person,
    report::Outcome,
    run::Signing,
};
use crate::{
    Fingerprint,
    site::{
        ACCEPT_HTML, ACCEPT_JSON, ACCEPT_PAGE, Ask, WayIn, WayOut, Who, is_login_again,
        is_logout_refused, same_path, shows_login_form,
    },
};

/// Sends name and password, and says what came back, as far as that tells.
pub(super) async fn sign_in(
    signing: &Signing,
    browser: &mut Browser,
    person: &Person,
) -> Result<Outcome, Fault> {
    let (site, login) = (&signing.site, &signing.found.login);
    let get = |url: &Url, accept| Ask::new(Method::GET, url.clone(), accept, Who::Jar);
    let before = match &signing.found.way_in {
        WayIn::Form(page) => Some(browser.follow(get(page, ACCEPT_HTML)).await?),
        WayIn::Json => {
            // Only the cookies count.
            browser.follow(get(login, ACCEPT_JSON)).await?;
            None
        }
        WayIn::Fields => None,
    };
    let (jar, Person { name, password }) = (&browser.jar, person);
    let who = site.credentials(name, password.as_ref());
    let ask = match before {
        Some(page) if page.answer.status >= 400 => {
            return Ok(Outcome::Status(page.answer.status));
        }
        Some(page) => {
            let html = String::from_utf8_lossy(&page.answer.body);
            site.filled_form(&html, &page.url, jar, who)
        }
        None => site.formless(login, jar, who).map(Some),
    };
    // What no form can be found for, or what must not be sent, was no sign-in.
    let Ok(Some(ask)) = ask else {
        return Ok(Outcome::NotSignedIn);
    };
    let landed = browser.follow(ask).await?;
    Ok(judge_login(&landed, login))
}

/// Signs out by the way that let the first user out.
pub(super) async fn sign_out(signing: &Signing, browser: &mut Browser) -> Result<Outcome, Fault> {
    let WayOut {
        method,
        url,
        by_form,
    } = &signing.found.way_out;
    let accept = if *by_form { ACCEPT_HTML } else { ACCEPT_PAGE };
    let mut ask = Ask::new(method.clone(), url.clone(), accept, Who::Jar);
    if *by_form {
        let Landed { answer, url, .. } = browser.follow(ask).await?;
        let (kind, jar) = (answer.content_type.as_deref(), &browser.jar);
        ask = match signing.site.logout_form(&url, kind, &answer.body, jar) {
            Ok(Some(form)) => form,
            _ if answer.status >= 400 => return Ok(Outcome::Status(answer.status)),
            // Strangers are shown no such form.
            _ => return Ok(Outcome::NotSignedIn),
        };
    }
    let asked = ask.url.clone();
    let landed = browser.follow(ask).await?;
    let status = landed.answer.status;
    let is_elsewhere = landed.was_redirected && !same_path(&landed.url, &asked);
    Ok(match is_logout_refused(status, is_elsewhere) {
        true => Outcome::Status(status),
        false => landed.outcome(),
    })
}

/// What the answer to a posted login means, as far as it tells.
fn judge_login(landed: &Landed, login: &Url) -> Outcome {
    let answer = &landed.answer;
    let led_to = landed.was_redirected.then_some(&landed.url);
    let kind = answer.content_type.as_deref();
    match is_login_again(login, led_to, answer.status, kind, &answer.body) {
        true => Outcome::NotSignedIn,
        false => landed.outcome(),
    }
}

/// Whether the page that is for those signed in looks as it does to a stranger.
pub(super) fn is_strangers(answer: &Answer, signing: &Signing) -> bool {
    answer.status < 400
        && (Fingerprint::new(answer.status, &answer.body, None) == signing.found.anonymous
            || shows_login_form(answer.content_type.as_deref(), &answer.body))
}
