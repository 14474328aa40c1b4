//! `sessctl status`.

use serde_json::{Value, json};
use sessctl_api::{span, text::clean};
use sessctl_client::{Profile, SessionAnswer, Site, Verdict};
use time::OffsetDateTime;

use crate::{
    context::{Context, keep_cookies, now},
    exit::{Code, Failure},
    global::Format,
    output,
};

/// Say whether the server answers, who I am there, and until when
///
///   sessctl status
///   sessctl status --profile blog -q        my user name there, or nothing
///
/// Exits 0 when signed in, 3 when not, 6 when the server does not answer.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {}

/// What is known of my session.
struct Standing {
    is_live: bool,
    server: &'static str,
    session: String,
    json: Value,
}

pub(crate) async fn run(context: &Context, _args: Args) -> Result<Code, Failure> {
    let profile = context.profile()?;
    let site = context.site(&profile, None)?;
    let answer = site.session().await;
    let standing = match answer {
        Ok(SessionAnswer::NotOurs { .. }) => standing_elsewhere(context, &site, &profile).await,
        Ok(answer) => Ok(standing_at_ours(&answer)),
        Err(error) => Err(error.into()),
    };
    keep_cookies(&site);
    let standing = standing?;
    let url = site.address().to_owned();
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => output::document(
            format,
            &json!({
                "schema": 1, "server": url, "signed_in": standing.is_live, "profile": context.profile_name(),
                "session": standing.json,
            }),
        )?,
        Format::Name => {
            let user = standing
                .json
                .get("user")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if standing.is_live && !user.is_empty() {
                output::line(&clean(user))?;
            }
        }
        Format::Table => output::fields(&[
            ("server", format!("{url} {}", standing.server)),
            ("session", standing.session),
            ("profile", context.profile_name().to_owned()),
            ("jar", site.jar().path().display().to_string()),
        ])?,
    }
    Ok(if standing.is_live {
        Code::OK
    } else {
        Code::NOT_SIGNED_IN
    })
}

fn standing_at_ours(answer: &SessionAnswer) -> Standing {
    const SERVER: &str = "answers (sessctl)";
    let now = now();
    let left = |end: OffsetDateTime| span::left((end - now).try_into().unwrap_or_default());
    match answer {
        SessionAnswer::Live(live) => {
            let user = output::word(live.user.as_deref(), 64);
            let session = format!(
                "{user}, live as {}: ends in {} if idle, in {} at the latest",
                live.handle,
                left(live.idle_expires),
                left(live.expires)
            );
            Standing {
                is_live: true,
                server: SERVER,
                session,
                json: json!(live),
            }
        }
        SessionAnswer::SignedOut(out) => {
            let session = match &out.ended {
                Some(ended) => format!(
                    "not signed in: it ended {}, {}",
                    output::ago(ended.at, now),
                    ended.in_words()
                ),
                None => "not signed in".to_owned(),
            };
            Standing {
                is_live: false,
                server: SERVER,
                session,
                json: json!(out),
            }
        }
        SessionAnswer::NotOurs { .. } => Standing {
            is_live: false,
            server: "answers",
            session: "unknown".to_owned(),
            json: Value::Null,
        },
    }
}

/// A server that does not tell: what the dashboard shows is all there is to know.
async fn standing_elsewhere(
    context: &Context,
    site: &Site,
    profile: &Profile,
) -> Result<Standing, Failure> {
    const SERVER: &str = "answers (not a sessctl server)";
    let path = context.paths_of(profile).dashboard;
    if site.jar().is_empty() {
        let session = "not signed in: there is no cookie for it".to_owned();
        return Ok(Standing {
            is_live: false,
            server: SERVER,
            session,
            json: json!({"user": null, "expires": null}),
        });
    }
    let anonymous = context.anonymous_of(profile);
    let page = site.fetch(&path, anonymous).await?;
    let user = profile.user.as_deref().filter(|_| context.is_home(profile));
    let who = output::word(user, 64);
    let shown = clean(&path);
    let (is_live, session) = match (&page.verdict, anonymous) {
        (Verdict::Ok, Some(_)) => (
            true,
            format!("{who}, signed in by what {shown} shows; until when this server does not say"),
        ),
        (Verdict::Ok, None) => (
            false,
            format!(
                "unknown: {shown} answers {}, and nobody signed in here with sessctl to compare",
                page.status
            ),
        ),
        (Verdict::NotSignedIn { .. }, _) => (
            false,
            format!("not signed in: {shown} shows what strangers get"),
        ),
        (Verdict::Unavailable, _) => {
            return Err(Failure::new(
                Code::UNREACHABLE,
                "the server cannot serve now (503); try again later",
            ));
        }
        (_, _) => (false, format!("unknown: {shown} answers {}", page.status)),
    };
    Ok(Standing {
        is_live,
        server: SERVER,
        session,
        json: json!({"user": user, "expires": null}),
    })
}
