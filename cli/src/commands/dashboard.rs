//! `sessctl dashboard`: the page that only those signed in see.

use serde_json::json;
use sessctl_client::{Fetched, Profile, Verdict};

use super::fetch::verdict;
use crate::{
    context::{Context, keep_cookies},
    exit::{Code, Failure},
    global::Format,
    output,
};

/// Fetch the dashboard as who I am signed in as
///
///   sessctl dashboard
///   sessctl dashboard --profile blog
///
/// That is /dashboard, or the page that `login --dashboard-path` named. Exits 3 when the server takes
/// me for a stranger, and says how the session ended where the server tells.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {}

pub(crate) async fn run(context: &Context, _args: Args) -> Result<Code, Failure> {
    let profile = context.profile()?;
    let path = context.paths_of(&profile).dashboard;
    let page = fetch(context, &profile, &path).await?;
    let is_in = page.verdict == Verdict::Ok;
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => {
            let ended = match &page.verdict {
                Verdict::NotSignedIn { ended, .. } => ended.as_ref(),
                _ => None,
            };
            let body = String::from_utf8_lossy(&page.body);
            output::document(
                format,
                &json!({"schema": 1, "signed_in": is_in, "status": page.status, "body": body, "ended": ended}),
            )?;
        }
        _ if is_in => output::body(&page.body)?,
        _ => {}
    }
    verdict::judge(context, &page, &profile)
}

async fn fetch(context: &Context, profile: &Profile, path: &str) -> Result<Fetched, Failure> {
    let site = context.site(profile, None)?;
    let fetched = site.fetch(path, context.anonymous_of(profile)).await;
    // Also after a refusal: the server may have taken the cookie away.
    keep_cookies(&site);
    Ok(fetched?)
}
