//! What is said when nobody is signed in: how that came, and what to type next.

use sessctl_api::{Ended, SignedOut};
use sessctl_client::Profile;

use crate::{
    context::{Context, now},
    exit::{Code, Failure},
    output,
};

/// The failure of a command that wants a live session.
pub(crate) fn failure(context: &Context, profile: &Profile, words: &str, why: &str) -> Failure {
    Failure::new(Code::NOT_SIGNED_IN, format!("{words}\n{why}"))
        .hint(format!("sign in again with: {}", context.sign_in(profile)))
}

/// The same from what our own server says.
pub(crate) fn by_ours(context: &Context, profile: &Profile, out: &SignedOut) -> Failure {
    let why = match &out.ended {
        Some(ended) => how_ended(ended),
        None => UNKNOWN.to_owned(),
    };
    failure(context, profile, "not signed in", &why)
}

/// Why a 401 that says no more was one.
pub(crate) const UNKNOWN: &str = "the server knows no session of yours (401)";

/// When and how a session ended, as a sentence for its holder.
pub(crate) fn how_ended(ended: &Ended) -> String {
    format!(
        "your session ended {}, {}",
        output::ago(ended.at, now()),
        ended.in_words()
    )
}
