//! What was asked of a server and what came back, for those who want to see each step. No value of a cookie is kept, and
//! of addresses nothing that may be an id.

use std::sync::{Mutex, PoisonError};

use reqwest::Response;

use super::ask::{Ask, Who, redirect_target, set_cookies};
use crate::address::without_query;

/// One request and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub method: String,
    /// Without what may be an id.
    pub url: String,
    pub status: u16,
    /// Where the answer redirects to, without what may be an id.
    pub location: Option<String>,
    /// The names of the cookies that it sets.
    pub sets: Vec<String>,
    /// Whether it was asked without the jar's cookies, to compare.
    pub as_stranger: bool,
}

/// All steps since the last look.
#[derive(Debug, Default)]
pub(super) struct Trace(Mutex<Vec<Step>>);

impl Trace {
    pub(super) fn note(&self, ask: &Ask<'_>, response: &Response) {
        let sets = set_cookies(response).map(|value| {
            let name = value.as_bytes().split(|byte| matches!(byte, b'=' | b';'));
            let name = String::from_utf8_lossy(name.into_iter().next().unwrap_or_default());
            sessctl_api::text::fit(name.trim(), 64)
        });
        let step = Step {
            method: ask.method.to_string(),
            url: without_query(&ask.url),
            status: response.status().as_u16(),
            location: redirect_target(&ask.url, response).map(|url| without_query(&url)),
            sets: sets.collect(),
            as_stranger: !matches!(ask.who, Who::Jar),
        };
        let mut steps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        steps.push(step);
    }

    pub(super) fn take(&self) -> Vec<Step> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
