//! Which part of a project's file, that may be anybody's, a sign-in does not obey.

use sessctl_client::{Profile, parse_server};

use crate::{
    context::Context,
    exit::{Code, Failure},
    output,
};

type Value = fn(&Profile) -> Option<&str>;

/// What decides where a password goes, with its flag. The dashboard too, for it may lead to the login page.
const FORM: [(&str, &str, Value); 6] = [
    ("login_path", "--login-path", |profile| {
        profile.login_path.as_deref()
    }),
    ("dashboard_path", "--dashboard-path", |profile| {
        profile.dashboard_path.as_deref()
    }),
    ("user_field", "--user-field", |profile| {
        profile.user_field.as_deref()
    }),
    ("password_field", "--password-field", |profile| {
        profile.password_field.as_deref()
    }),
    ("via", "--via", |profile| profile.via.as_deref()),
    ("login_body", "--body", |profile| {
        profile.login_body.as_deref()
    }),
];

/// Refuses a form that only the project's file describes, for a server that is not the project's: it would say where on
/// one's own server a password goes, to be shown there perhaps. `profile` has what both files say, `own` the user's.
pub(in crate::commands) fn refuse(
    context: &Context,
    profile: &Profile,
    own: &Profile,
) -> Result<(), Failure> {
    let server = |profile: &Profile| profile.server.as_deref().map(parse_server).transpose();
    if !context.is_home(profile) || server(profile)? != server(own)? {
        return Ok(());
    }
    for (key, flag, value) in FORM {
        let Some(said) = value(profile) else { continue };
        if value(own) == Some(said) || context.is_typed(key) {
            continue;
        }
        let value = output::shell_word(said);
        let what = format!(
            "the {key} of your own server is not taken from ./sessctl.toml; nothing was sent"
        );
        let way = format!(
            "if it is right, say it here: {flag} {value}; a project's file names its own server beside it"
        );
        return Err(Failure::new(Code::USAGE, what).hint(way));
    }
    Ok(())
}
