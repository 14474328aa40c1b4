//! What visitors ask for: the login, and the private page with these or those cookies.

use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERER},
};

use crate::{
    CookieHeader, Error, Secret, Site,
    site::{ACCEPT_HTML, ACCEPT_PAGE, Ask, Marks, Reached, Who},
};

/// Where the site of an attacker would be.
const ELSEWHERE: &str = "https://attacker.example";

/// The request that would sign in.
pub(super) async fn login_of(
    visitor: &Site,
    user: &str,
    password: Option<&Secret>,
) -> Result<Ask<'static>, Error> {
    let marks = Marks::of(visitor)?;
    let pages = visitor.login_pages(&marks.login, None);
    let who = visitor.credentials(user, password);
    let filled = visitor.fill_in(&pages, &marks.login, who).await?;
    Ok(filled.ask)
}

/// The private page as somebody gets it with these cookies.
pub(super) async fn private_page(visitor: &Site, who: Who<'_>) -> Result<Reached, Error> {
    let marks = Marks::of(visitor)?;
    visitor
        .reach(Ask::new(Method::GET, marks.dashboard, ACCEPT_PAGE, who))
        .await
}

/// The same as a browser gets it.
pub(super) async fn private_html(visitor: &Site, who: Who<'_>) -> Result<Reached, Error> {
    let marks = Marks::of(visitor)?;
    visitor
        .reach(Ask::new(Method::GET, marks.dashboard, ACCEPT_HTML, who))
        .await
}

/// The cookies of a visitor by name and value.
pub(super) type Pairs = Vec<(String, String)>;

/// What a visitor's jar holds.
pub(super) fn pairs(visitor: &Site) -> Pairs {
    let cookies = visitor.jar().details().into_iter();
    cookies
        .map(|cookie| (cookie.name, cookie.value.expose().to_owned()))
        .collect()
}

/// The private page with exactly these cookies, which stay as they are.
pub(super) async fn private_with(visitor: &Site, pairs: &Pairs) -> Result<Reached, Error> {
    match CookieHeader::of_pairs(pairs) {
        Some(cookies) => private_page(visitor, Who::Holder(&cookies)).await,
        None => private_page(visitor, Who::Stranger).await,
    }
}

/// What a browser says beside a request that a page of another site makes.
pub(super) fn from_elsewhere(mode: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ORIGIN, HeaderValue::from_static(ELSEWHERE));
    headers.insert(
        REFERER,
        HeaderValue::from_static("https://attacker.example/"),
    );
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", mode),
        ("sec-fetch-dest", "document"),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    headers
}

/// A cookie as evidence shows it: enough to tell two values apart, and not to use one.
pub(super) fn shown(name: &str, value: &str) -> String {
    let name = sessctl_api::text::fit(name, 64);
    let mark = crate::fingerprint::mark(value.as_bytes());
    format!("{name} ({} characters, mark {mark})", value.len())
}
