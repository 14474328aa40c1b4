//! What an answer means for whoever is signed in, as an exit code and words.

use sessctl_api::text::clean;
use sessctl_client::{Fetched, NotSignedIn, Profile, Verdict};

use crate::{
    context::Context,
    exit::{Code, Failure},
    signed_out,
};

/// The exit code of a page, and what to say beside it.
pub(crate) fn judge(context: &Context, page: &Fetched, profile: &Profile) -> Result<Code, Failure> {
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
