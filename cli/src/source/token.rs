//! Where the token for an admin API over TCP comes from: the environment or a private file, and never the command line.

use std::path::Path;

use sessctl_client::{Secret, read_token, token_path};
use url::Url;

use crate::{
    context::Context,
    exit::{Code, Failure},
};

/// How one gets a token.
pub(super) const HOW: &str = "make a token on the server's machine: sessctl token add NAME; `sessctl token --help` says where it goes";

/// The token for the admin API at an address.
pub(super) fn find(context: &Context, url: &Url) -> Result<Secret, Failure> {
    // Whoever wrote the project's file does not decide where a token goes that was not kept for that very place.
    let from_project = context.global.source.is_none()
        && context.config.source_is_projects(context.profile_name());
    let dir = context.paths.config_file.parent().unwrap_or(Path::new("."));
    if let Ok(token) = std::env::var("SESSCTL_TOKEN")
        && !from_project
    {
        return Ok(Secret::new(token.trim()));
    }
    let profile = context.profile()?;
    // The profile's token is for the profile's source.
    let is_profiles = context
        .global
        .source
        .as_ref()
        .is_none_or(|said| profile.source.as_ref() == Some(said));
    if let Some(file) = profile.token_file.filter(|_| is_profiles) {
        let path = dir.join(file);
        return read_token(&path)?.ok_or_else(|| {
            Failure::new(
                Code::USAGE,
                format!("there is no token file {}", path.display()),
            )
            .hint(HOW)
        });
    }
    let path = token_path(dir, url)?;
    read_token(&path)?.ok_or_else(|| {
        let place = url.as_str().trim_end_matches('/');
        let variable = if from_project {
            "SESSCTL_TOKEN is not sent where ./sessctl.toml points, unless --source says so"
        } else {
            "none in SESSCTL_TOKEN"
        };
        let what = format!(
            "no token for {place}: there is none in {}, and {variable}",
            path.display()
        );
        Failure::new(Code::USAGE, what).hint(format!(
            "{HOW}; a server on this machine is looked at by its socket: --source unix:PATH"
        ))
    })
}
