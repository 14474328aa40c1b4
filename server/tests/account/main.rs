//! People who have accounts: signing in, their own sessions, and their own password.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

#[path = "../common/mod.rs"]
mod common;
mod held_back;
mod lasting;
mod own_sessions;
mod password;
mod signing;

use reqwest::Response;

/// Status, headers (but the date) and body of an answer.
pub(crate) async fn whole(answer: Response) -> (u16, Vec<String>, String) {
    let status = answer.status().as_u16();
    let headers = answer.headers().iter();
    let headers = headers.filter(|(name, _)| *name != "date");
    let headers = headers.map(|(name, value)| format!("{name}: {value:?}"));
    (status, headers.collect(), answer.text().await.unwrap())
}
