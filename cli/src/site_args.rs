//! How a server's login works, as flags say it and profiles keep it.

use sessctl_client::{Profile, SitePaths, Via};

use crate::exit::{Code, Failure};

/// What a server has of its own; kept in the profile.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "How the server's login works")]
pub(crate) struct SiteArgs {
    /// Path of the page with the login form, or of what the form is sent to [default: where the server sends
    /// strangers, else /login]
    #[arg(long, value_name = "PATH")]
    login_path: Option<String>,
    /// Path of a page that only signed-in users get: the proof of a sign-in [default: /dashboard]
    #[arg(long, value_name = "PATH", visible_alias = "check")]
    dashboard_path: Option<String>,
    /// Path that signs out [default: /logout]
    #[arg(long, value_name = "PATH")]
    logout_path: Option<String>,
    /// The form's field for the user name [default: found in the form, else username]
    #[arg(long, value_name = "NAME")]
    user_field: Option<String>,
    /// The form's field for the password [default: found in the form, else password]
    #[arg(long, value_name = "NAME")]
    password_field: Option<String>,
    /// How name and password are sent [default: form]
    #[arg(long, value_name = "WAY", value_parser = ["form", "json"])]
    via: Option<String>,
    /// The JSON to send, with {user} and {password} where they belong; means --via json
    #[arg(
        id = "login_body",
        long = "body",
        value_name = "TEMPLATE",
        conflicts_with_all = ["user_field", "password_field"]
    )]
    login_body: Option<String>,
}

impl SiteArgs {
    /// Refuses a template without a place for the name or the password. Whoever writes a password into it shows it to
    /// everybody on this machine, and the profile would keep it.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.login_body.is_some() && self.via.as_deref() == Some("form") {
            let what = "--body is for --via json, and --via form was said; nothing was sent";
            return Err(Failure::new(Code::USAGE, what));
        }
        let Some(body) = &self.login_body else {
            return Ok(());
        };
        let missing = ["{user}", "{password}"]
            .into_iter()
            .find(|place| !body.contains(place));
        let Some(place) = missing else {
            return Ok(());
        };
        let what = format!("--body: {place} does not stand in the template; nothing was sent");
        Err(Failure::new(Code::USAGE, what).hint(
            "write the places and not the values: --body '{\"email\": \"{user}\", \"password\": \"{password}\"}'; the password comes as in any sign-in",
        ))
    }

    /// A profile with what was said here in the place of what it had. What is usual is not kept.
    pub(crate) fn over(&self, known: Profile) -> Profile {
        let own = SitePaths::default();
        let said = |now: &Option<String>, before: Option<String>, default: &str| {
            now.clone().or(before).filter(|value| value != default)
        };
        let by_body = self.login_body.as_ref().map(|_| "json".to_owned());
        let via = said(&self.via.clone().or(by_body), known.via, "form");
        Profile {
            login_path: said(&self.login_path, known.login_path, &own.login),
            dashboard_path: said(&self.dashboard_path, known.dashboard_path, &own.dashboard),
            logout_path: said(&self.logout_path, known.logout_path, &own.logout),
            user_field: said(&self.user_field, known.user_field, &own.user_field),
            password_field: said(
                &self.password_field,
                known.password_field,
                &own.password_field,
            ),
            login_body: said(&self.login_body, known.login_body, "").filter(|_| via.is_some()),
            via,
            ..known
        }
    }
}

/// The paths and fields of a profile's server.
pub(crate) fn site_paths(profile: &Profile) -> SitePaths {
    let own = SitePaths::default();
    SitePaths {
        login: profile.login_path.clone().unwrap_or(own.login),
        dashboard: profile.dashboard_path.clone().unwrap_or(own.dashboard),
        logout: profile.logout_path.clone().unwrap_or(own.logout),
        user_field: profile.user_field.clone().unwrap_or(own.user_field),
        password_field: profile.password_field.clone().unwrap_or(own.password_field),
        via: match profile.via.as_deref() {
            Some("json") => Via::Json,
            _ => Via::Form,
        },
        login_body: profile.login_body.clone(),
    }
}
