//! Profiles as they are printed.

use serde::Serialize;
use serde_json::json;
use sessctl_api::{SCHEMA, text::clean};
use sessctl_client::{Profile, SitePaths};

use crate::{
    context::Context,
    exit::Failure,
    output::{self, Column, Document, Listing},
    site_args::site_paths,
};

/// A profile as it is printed: what it leaves open is what counts where nobody says.
#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    #[serde(skip)]
    is_in_use: bool,
    server: Option<String>,
    user: Option<String>,
    source: Option<String>,
    token_file: Option<String>,
    login_path: Option<String>,
    dashboard_path: Option<String>,
    logout_path: Option<String>,
    user_field: Option<String>,
    password_field: Option<String>,
    via: Option<String>,
    login_body: Option<String>,
    #[serde(skip)]
    paths: SitePaths,
}

impl Shown {
    fn of(context: &Context, name: &str, profile: &Profile) -> Self {
        let own = profile.clone();
        Self {
            name: name.to_owned(),
            is_in_use: name == context.profile_name(),
            source: shown_source(profile),
            server: own.server,
            user: own.user,
            token_file: own.token_file,
            login_path: own.login_path,
            dashboard_path: own.dashboard_path,
            logout_path: own.logout_path,
            user_field: own.user_field,
            password_field: own.password_field,
            via: own.via,
            login_body: own.login_body,
            paths: site_paths(profile),
        }
    }

    /// How name and password are sent.
    fn way(&self) -> String {
        let way = self.via.as_deref().unwrap_or("form");
        match &self.login_body {
            Some(body) => format!("{way}: {}", clean(body)),
            None => way.to_owned(),
        }
    }
}

/// Of the list.
static ALL: [Column<Shown>; 11] = [
    Column::new("name", "PROFILE", |one: &Shown, _| {
        let mark = if one.is_in_use { "*" } else { "" };
        format!("{}{mark}", one.name)
    })
    .naming(),
    Column::new("user", "USER", |one: &Shown, _| {
        output::word(one.user.as_deref(), 32)
    }),
    Column::new("server", "SERVER", |one: &Shown, _| {
        output::word(one.server.as_deref(), 60)
    }),
    Column::new("source", "SOURCE", |one: &Shown, _| {
        output::word(one.source.as_deref(), 200)
    })
    .wide(),
    Column::new("token_file", "TOKEN FILE", |one: &Shown, _| {
        output::word(one.token_file.as_deref(), 200)
    })
    .wide(),
    Column::new("login_path", "LOGIN PATH", |one: &Shown, _| {
        output::word(Some(&one.paths.login), 64)
    })
    .wide(),
    Column::new("dashboard_path", "DASHBOARD PATH", |one: &Shown, _| {
        output::word(Some(&one.paths.dashboard), 64)
    })
    .wide(),
    Column::new("logout_path", "LOGOUT PATH", |one: &Shown, _| {
        output::word(Some(&one.paths.logout), 64)
    })
    .wide(),
    Column::new("user_field", "USER FIELD", |one: &Shown, _| {
        output::word(Some(&one.paths.user_field), 32)
    })
    .wide(),
    Column::new("password_field", "PASSWORD FIELD", |one: &Shown, _| {
        output::word(Some(&one.paths.password_field), 32)
    })
    .wide(),
    Column::new("via", "SENT AS", |one: &Shown, _| one.way()).wide(),
];

/// Of one, line by line.
static ONE: [Column<Shown>; 11] = [
    Column::new("name", "profile", |one: &Shown, _| one.name.clone()).naming(),
    Column::new("server", "server", |one: &Shown, _| {
        output::word(one.server.as_deref(), 200)
    }),
    Column::new("user", "user", |one: &Shown, _| {
        output::word(one.user.as_deref(), 200)
    }),
    Column::new("source", "source", |one: &Shown, _| {
        output::word(one.source.as_deref(), 200)
    }),
    Column::new("token_file", "token file", |one: &Shown, _| {
        output::word(one.token_file.as_deref(), 200)
    }),
    Column::new("login_path", "login path", |one: &Shown, _| {
        clean(&one.paths.login).into_owned()
    }),
    Column::new("dashboard_path", "dashboard path", |one: &Shown, _| {
        clean(&one.paths.dashboard).into_owned()
    }),
    Column::new("logout_path", "logout path", |one: &Shown, _| {
        clean(&one.paths.logout).into_owned()
    }),
    Column::new("user_field", "user field", |one: &Shown, _| {
        clean(&one.paths.user_field).into_owned()
    }),
    Column::new("password_field", "password field", |one: &Shown, _| {
        clean(&one.paths.password_field).into_owned()
    }),
    Column::new("via", "sent as", |one: &Shown, _| one.way()),
];

pub(super) fn list(context: &Context) -> Result<(), Failure> {
    let listing = Listing::of(context, &ALL)?;
    let profiles = context.config.profiles();
    let profiles: Vec<_> = profiles
        .map(|(name, profile)| Shown::of(context, name, profile))
        .collect();
    listing.print(
        &profiles,
        &json!({"schema": SCHEMA, "profiles": profiles}),
        "profiles",
        "no profiles yet; sessctl login USER makes one",
    )
}

pub(super) fn show(context: &Context, name: &str) -> Result<(), Failure> {
    let listing = Listing::of(context, &ONE)?;
    let profile = context.config.profile(name);
    let profile = profile.ok_or_else(|| context.no_profile(name))?;
    let shown = Shown::of(context, name, profile);
    listing.print_one(&shown, &Document::of(&shown))
}

/// The source without a password that may stand in it.
fn shown_source(profile: &Profile) -> Option<String> {
    let source = profile.source.as_deref()?;
    Some(match (source.split_once("://"), source.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://..@{}", clean(host)),
        _ => clean(source).into_owned(),
    })
}
