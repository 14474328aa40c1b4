//! `sessctl get` and `sessctl dashboard`: a page as who I am.

use serde_json::json;
use sessctl_api::text::clean;
use sessctl_client::{Fetched, NotSignedIn, Profile, Verdict};

use crate::{
    context::Context,
    exit::{Code, Failure},
    global::Format,
    output, signed_out,
};

/// Fetch a page as who I am signed in as
///
///   sessctl get '/orders?open=1'
///   sessctl get /orders --profile blog > orders.html
///
/// Prints the page as it came. Exits 3 when the server takes me for a stranger: 401, sent to the
/// login page, or the very page that strangers get at the dashboard.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The page's path, such as /orders?open=1
    path: String,
}

/// Fetch the dashboard as who I am signed in as
///
/// That is /dashboard, or the page that `login --dashboard-path` named. Exits 3 when the server takes me for a
/// stranger, and says how the session ended where the server tells.
#[derive(Debug, clap::Args)]
pub(crate) struct DashboardArgs {}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let profile = context.profile()?;
    let page = fetch(context, &profile, &args.path).await?;
    output::body(&page.body)?;
    verdict(context, &page, &profile)
}

pub(crate) async fn dashboard(context: &Context, _args: DashboardArgs) -> Result<Code, Failure> {
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
    verdict(context, &page, &profile)
}

async fn fetch(context: &Context, profile: &Profile, path: &str) -> Result<Fetched, Failure> {
    let site = context.site(profile, None)?;
    let fetched = site.fetch(path, context.anonymous_of(profile)).await;
    // Also after a refusal: the server may have taken the cookie away.
    site.jar().save()?;
    Ok(fetched?)
}

/// The exit code of a page, and what to say beside it.
fn verdict(context: &Context, page: &Fetched, profile: &Profile) -> Result<Code, Failure> {
    let path = clean(&page.path);
    match &page.verdict {
        Verdict::Ok => Ok(Code::OK),
        Verdict::NotSignedIn { reason, ended } => {
            let words = page.message().unwrap_or_else(|| "not signed in".to_owned());
            let why = match (reason, ended) {
                (_, Some(ended)) => signed_out::how_ended(ended),
                (NotSignedIn::Unauthorized, None) => signed_out::UNKNOWN.to_owned(),
                (NotSignedIn::RedirectedToLogin, None) => {
                    "the server sends you to its login page".to_owned()
                }
                (NotSignedIn::AnonymousPage, None) => {
                    "the server shows you what it shows to strangers".to_owned()
                }
                (NotSignedIn::LoginForm, None) => "the server shows you a login form".to_owned(),
            };
            Err(signed_out::failure(context, profile, &words, &why))
        }
        Verdict::Forbidden => Err(Failure::new(
            Code::REFUSED,
            format!("{path} is not for you (403)"),
        )),
        Verdict::Unavailable => Err(Failure::new(
            Code::UNREACHABLE,
            "the server cannot serve now (503); try again later",
        )),
        Verdict::Failed(status) => Err(Failure::new(
            Code::FAILED,
            format!("{path} answered {status}"),
        )),
        Verdict::LeftSite { location } => Err(Failure::new(
            Code::FAILED,
            format!("{path} leads to another server, {location}; it was not followed"),
        )),
    }
}
