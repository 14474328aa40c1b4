//! What a browser is to forget once somebody has signed out: pages that its back button would show.
//!
//! `Cache-Control: no-store` does not do it alone. Chromium keeps whole pages that were left, also those, and shows
//! them again without asking. The answer to a logout comes too early for the page that sent it, which is kept only when
//! the next one is there; so the sign-in page loads an empty stylesheet, and that says it once more. Browsers heed it
//! by HTTPS and on loopback.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse as _, Response},
};

use super::state::PublicState;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Pages, and what scripts kept. Not `"cookies"`: that would reach those of every host of the domain; ours goes by its
/// own removal line.
const CLEARED: &str = "\"cache\", \"storage\"";

/// Adds the order to an answer, where nobody else's pages are on this site.
pub(super) fn order(state: &PublicState, answer: &mut Response) {
    if state.clears_site {
        let headers = answer.headers_mut();
        headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static(CLEARED));
    }
}

/// A stylesheet without styles.
pub(super) async fn style(State(state): State<PublicState>) -> Response {
    let mut answer = ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], "").into_response();
    order(&state, &mut answer);
    answer
}
