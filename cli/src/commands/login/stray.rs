//! Which part of a project's file, that may be anybody's, a sign-in does not obey.

use sessctl_client::{Profile, parse_server};

use crate::{
    context::Context,
    exit::{Code, Failure},
    output,
};

type Value = fn(&Profile) -> Option<&str>;

/// What decides where in a form a password goes.
const FORM: [(&str, Value); 3] = [
    ("login_path", |profile| profile.login_path.as_deref()),
    ("user_field", |profile| profile.user_field.as_deref()),
    ("password_field", |profile| {
        profile.password_field.as_deref()
    }),
];

/// Refuses a form that only the project's file describes, for a server that is not the project's: it would say where on
/// one's own server a password goes, to be shown there perhaps. `profile` has what both files say, `own` the user's.
pub(super) fn refuse(context: &Context, profile: &Profile, own: &Profile) -> Result<(), Failure> {
    let server = |profile: &Profile| profile.server.as_deref().map(parse_server).transpose();
    if !context.is_home(profile) || server(profile)? != server(own)? {
        return Ok(());
    }
    for (key, value) in FORM {
        let Some(said) = value(profile) else { continue };
        if value(own) == Some(said) || context.is_typed(key) {
            continue;
        }
        let flag = key.replace('_', "-");
        let value = output::shell_word(said);
        let what = format!(
            "the {key} of your own server is not taken from ./sessctl.toml; nothing was sent"
        );
        let way = format!(
            "if it is right, say it here: --{flag} {value}; a project's file names its own server beside it"
        );
        return Err(Failure::new(Code::USAGE, what).hint(way));
    }
    Ok(())
}
