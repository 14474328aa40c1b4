//! `sessctl profile`.

use clap::Subcommand;
use serde_json::{Value, json};
use sessctl_api::text::clean;
use sessctl_client::{
    Profile, check_profile_name, parse_server, remove_profile, save_default, save_profile,
};

use crate::{
    context::Context,
    exit::{Code, Failure},
    global::Format,
    output,
    site_args::{SiteArgs, site_paths},
};

/// Profiles: names for a server, a user and a jar
///
/// A profile is made by signing in with its name, sessctl login USER --profile NAME, or by `add`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a profile without signing in
    Add(Add),
    /// Mean this profile when nobody names any: default_profile of the settings
    Use {
        /// Which profile
        name: String,
    },
    /// List all profiles
    Ls,
    /// Show one profile
    Show {
        /// Which profile [default: the one in use]
        name: Option<String>,
    },
    /// Remove a profile; its cookies stay until `sessctl jar clear`
    Rm {
        /// Which profile
        name: String,
    },
}

/// Its server and source are those of --server and --source.
#[derive(Debug, clap::Args)]
struct Add {
    /// What to call it
    name: String,
    /// Who signs in
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    #[command(flatten)]
    site: SiteArgs,
}

pub(crate) fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    match args.action {
        Action::Add(add) => make(context, add)?,
        Action::Use { name } => make_default(context, &name)?,
        Action::Ls => list(context)?,
        Action::Show { name } => show(context, name.as_deref().unwrap_or(context.profile_name()))?,
        Action::Rm { name } => remove(context, &name)?,
    }
    Ok(Code::OK)
}

fn list(context: &Context) -> Result<(), Failure> {
    let profiles: Vec<_> = context.config.profiles().collect();
    match context.format() {
        Format::Json => output::json(&json!({
            "schema": 1,
            "profiles": profiles.iter().map(|(name, profile)| as_json(name, profile)).collect::<Vec<_>>(),
        })),
        Format::Jsonl => profiles
            .iter()
            .try_for_each(|(name, profile)| output::json_line(&as_json(name, profile))),
        Format::Name => profiles.iter().try_for_each(|(name, _)| output::line(name)),
        Format::Table if profiles.is_empty() => {
            output::say!("no profiles yet; sessctl login USER makes one");
            Ok(())
        }
        Format::Table => {
            let rows: Vec<_> = profiles
                .iter()
                .map(|(name, profile)| {
                    let mark = if *name == context.profile_name() {
                        "*"
                    } else {
                        ""
                    };
                    let server = output::word(profile.server.as_deref(), 60);
                    vec![
                        format!("{name}{mark}"),
                        output::word(profile.user.as_deref(), 32),
                        server,
                    ]
                })
                .collect();
            output::table(&["PROFILE", "USER", "SERVER"], &rows)
        }
    }
}

fn show(context: &Context, name: &str) -> Result<(), Failure> {
    let profile = context
        .config
        .profile(name)
        .ok_or_else(|| context.no_profile(name))?;
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => {
            output::document(format, &as_json(name, profile))
        }
        Format::Name => output::line(name),
        Format::Table => {
            let paths = site_paths(profile);
            output::fields(&[
                ("profile", name.to_owned()),
                ("server", output::word(profile.server.as_deref(), 200)),
                ("user", output::word(profile.user.as_deref(), 200)),
                (
                    "source",
                    shown_source(profile).unwrap_or_else(|| "-".to_owned()),
                ),
                (
                    "token file",
                    output::word(profile.token_file.as_deref(), 200),
                ),
                ("login path", clean(&paths.login).into_owned()),
                ("dashboard path", clean(&paths.dashboard).into_owned()),
                ("logout path", clean(&paths.logout).into_owned()),
                ("user field", clean(&paths.user_field).into_owned()),
                ("password field", clean(&paths.password_field).into_owned()),
                ("sent as", sent_as(profile)),
            ])
        }
    }
}

fn make(context: &Context, add: Add) -> Result<(), Failure> {
    let name = &add.name;
    check_profile_name(name)?;
    if context.config.profile(name).is_some() {
        let what = format!("there is a profile {name:?} already; nothing was changed");
        return Err(Failure::new(Code::FAILED, what).hint(format!(
            "see it by `sessctl profile show {name}`, remove it by `sessctl profile rm {name}`"
        )));
    }
    // Those of every command: where to talk to, and what to list.
    let server = context.global.server.as_deref();
    let source = context.global.source.clone();
    if server.is_none() && source.is_none() {
        let what =
            "a profile is for a server or a source: say --server URL, --source SOURCE, or both";
        return Err(Failure::new(Code::USAGE, what));
    }
    if context.is_typed("source") && source.as_ref().is_some_and(|source| source.contains('@')) {
        let what = "a source with a password in it does not belong on the command line";
        return Err(Failure::new(Code::USAGE, what).hint("put it into SESSCTL_SOURCE"));
    }
    let server = server.map(parse_server).transpose()?;
    let profile = Profile {
        server: server
            .as_ref()
            .map(|url| url.as_str().trim_end_matches('/').to_owned()),
        user: add.user,
        source,
        ..add.site.over(Profile::default())
    };
    save_profile(&context.paths.config_file, name, &profile)?;
    if context.format() == Format::Table {
        output::line(&format!(
            "added profile {name}; sign in with: sessctl login USER --profile {name}"
        ))?;
    }
    Ok(())
}

fn make_default(context: &Context, name: &str) -> Result<(), Failure> {
    context
        .config
        .profile(name)
        .ok_or_else(|| context.no_profile(name))?;
    save_default(&context.paths.config_file, name)?;
    if context.format() == Format::Table {
        output::line(&format!(
            "{name} is meant from now on where nobody names a profile"
        ))?;
    }
    Ok(())
}

fn remove(context: &Context, name: &str) -> Result<(), Failure> {
    if !remove_profile(&context.paths.config_file, name)? {
        return Err(match context.config.profile(name) {
            Some(_) => Failure::new(
                Code::FAILED,
                format!("profile {name:?} stands in ./sessctl.toml; remove it there"),
            ),
            None => context.no_profile(name),
        });
    }
    if context.format() == Format::Table {
        output::line(&format!("removed profile {name}"))?;
    }
    Ok(())
}

fn as_json(name: &str, profile: &Profile) -> Value {
    json!({
        "name": name, "server": profile.server, "user": profile.user, "source": shown_source(profile),
        "token_file": profile.token_file,
        "login_path": profile.login_path, "dashboard_path": profile.dashboard_path, "logout_path": profile.logout_path,
        "user_field": profile.user_field, "password_field": profile.password_field,
        "via": profile.via, "login_body": profile.login_body,
    })
}

/// How name and password are sent.
fn sent_as(profile: &Profile) -> String {
    let way = profile.via.as_deref().unwrap_or("form");
    match &profile.login_body {
        Some(body) => format!("{way}: {}", clean(body)),
        None => way.to_owned(),
    }
}

/// The source without a password that may stand in it.
fn shown_source(profile: &Profile) -> Option<String> {
    let source = profile.source.as_deref()?;
    Some(match (source.split_once("://"), source.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://..@{}", clean(host)),
        _ => clean(source).into_owned(),
    })
}
