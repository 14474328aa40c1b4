//! An answer as people and programs read it, without what cookies are worth.

use std::collections::BTreeMap;

use http::{StatusCode, header};
use serde_json::json;
use sessctl_api::text::clean;
use sessctl_client::{Fetched, Verdict};

use super::expect::Check;
use crate::{exit::Failure, global::Format, output};

/// Status and headers.
pub(super) fn head(page: &Fetched) -> Result<(), Failure> {
    let reason = StatusCode::from_u16(page.status).ok();
    let reason = reason.and_then(|status| status.canonical_reason());
    output::line(&format!("{} {}", page.status, reason.unwrap_or_default()))?;
    for (name, value) in headers(page) {
        output::line(&format!("{name}: {}", clean(&value)))?;
    }
    output::line("")
}

/// One document: the answer and what was checked.
pub(super) fn document(format: Format, page: &Fetched, checks: &[Check]) -> Result<(), Failure> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers(page) {
        all.entry(name).or_default().push(value);
    }
    let checks: Vec<_> = checks
        .iter()
        .map(|check| json!({"check": check.wanted, "holds": check.found.is_none(), "found": check.found}))
        .collect();
    let signed_in = match page.verdict {
        Verdict::Ok => Some(true),
        Verdict::NotSignedIn { .. } => Some(false),
        // The answer does not say.
        _ => None,
    };
    output::document(
        format,
        &json!({
            "schema": 1,
            "path": page.path,
            "status": page.status,
            "signed_in": signed_in,
            "headers": all,
            "body": String::from_utf8_lossy(&page.body),
            "checks": checks,
        }),
    )
}

fn headers(page: &Fetched) -> impl Iterator<Item = (String, String)> + '_ {
    page.headers.iter().map(|(name, value)| {
        let text = String::from_utf8_lossy(value.as_bytes());
        let text = match *name == header::SET_COOKIE {
            true => masked(&text),
            false => text.into_owned(),
        };
        (name.to_string(), text)
    })
}

/// A cookie with its attributes, and without its value.
fn masked(cookie: &str) -> String {
    let (pair, attributes) = match cookie.split_once(';') {
        Some((pair, attributes)) => (pair, format!(";{attributes}")),
        None => (cookie, String::new()),
    };
    match pair.split_once('=') {
        Some((name, value)) if !value.trim().is_empty() => format!("{name}=***{attributes}"),
        _ => format!("{pair}{attributes}"),
    }
}
