//! `sessctl logout`.

use serde_json::json;
use sessctl_client::Site;

use crate::{
    context::Context,
    exit::{Code, Failure},
    global::Format,
    output,
};

/// Sign out, and forget the cookie
///
/// When the server cannot be reached the cookie is kept, because the session still lives there; --local forgets it all
/// the same.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only forget the cookie; the server is not asked, and its session lives on until it expires
    #[arg(long)]
    local: bool,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let site = context.site(&context.profile()?, None)?;
    let had_cookie = !site.jar().is_empty();
    let words = if args.local {
        forget(&site)
    } else {
        sign_out(&site).await?
    };
    site.jar().save()?;
    if site.jar().is_empty() {
        site.jar().remove_file()?;
    }
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => {
            output::document(
                format,
                &json!({"schema": 1, "signed_out": true, "had_cookie": had_cookie, "message": words}),
            )?;
        }
        Format::Name => {}
        Format::Table => output::line(&words)?,
    }
    Ok(Code::OK)
}

fn forget(site: &Site) -> String {
    if site.jar().is_empty() {
        return "there was no cookie to forget".to_owned();
    }
    site.jar().forget();
    "the cookie is forgotten; the session lives on at the server until it expires".to_owned()
}

async fn sign_out(site: &Site) -> Result<String, Failure> {
    let done = site.logout().await.map_err(|error| {
        let is_unreachable = matches!(error, sessctl_client::Error::Unreachable { .. });
        let failure = Failure::from(error);
        if is_unreachable && !site.jar().is_empty() {
            failure.hint("the cookie is kept; `sessctl logout --local` forgets it")
        } else {
            failure
        }
    })?;
    let words = done.message.unwrap_or_else(|| "signed out".to_owned());
    Ok(if done.had_cookie {
        words
    } else {
        format!("{words} (there was no session to sign out of)")
    })
}
