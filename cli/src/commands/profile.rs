//! `sessctl profile`. How profiles are printed is in `shown`.

mod shown;

use clap::Subcommand;
use clap_complete::ArgValueCompleter;
use sessctl_client::{
    Profile, check_profile_name, parse_server, remove_profile, save_default, save_profile,
};

use crate::{
    complete,
    context::Context,
    exit::{Code, Failure},
    global::Format,
    output,
    site_args::SiteArgs,
};

/// Profiles: names for a server, a user and a jar
///
///   sessctl login alice --profile blog --server http://localhost:8080
///   sessctl profile ls
///   sessctl profile use blog
///
/// A profile is made by signing in with its name, or by `add`.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a profile without signing in
    ///
    ///   sessctl profile add blog --server http://localhost:8080 --user alice
    ///   sessctl profile add ops --source unix:/run/sessctl/admin.sock
    ///
    /// Its server and source are those of --server and --source.
    #[command(verbatim_doc_comment)]
    Add(Add),
    /// Mean this profile when nobody names any: default_profile of the settings
    ///
    ///   sessctl profile use blog
    #[command(verbatim_doc_comment)]
    Use {
        /// Which profile
        #[arg(add = ArgValueCompleter::new(complete::profiles))]
        name: String,
    },
    /// List all profiles
    ///
    ///   sessctl profile ls
    ///   sessctl profile ls -o wide
    #[command(verbatim_doc_comment)]
    Ls,
    /// Show one profile
    ///
    ///   sessctl profile show blog
    #[command(verbatim_doc_comment)]
    Show {
        /// Which profile [default: the one in use]
        #[arg(add = ArgValueCompleter::new(complete::profiles))]
        name: Option<String>,
    },
    /// Remove a profile; its cookies stay until `sessctl jar clear`
    ///
    ///   sessctl profile rm blog
    #[command(verbatim_doc_comment)]
    Rm {
        /// Which profile
        #[arg(add = ArgValueCompleter::new(complete::profiles))]
        name: String,
    },
}

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

impl Args {
    /// Whether it prints columns.
    pub(crate) fn lists(&self) -> bool {
        matches!(self.action, Action::Ls | Action::Show { .. })
    }
}

pub(crate) fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    match args.action {
        Action::Add(add) => make(context, add)?,
        Action::Use { name } => make_default(context, &name)?,
        Action::Ls => shown::list(context)?,
        Action::Show { name } => {
            shown::show(context, name.as_deref().unwrap_or(context.profile_name()))?
        }
        Action::Rm { name } => remove(context, &name)?,
    }
    Ok(Code::OK)
}

fn make(context: &Context, add: Add) -> Result<(), Failure> {
    let name = &add.name;
    check_profile_name(name)?;
    add.site.check()?;
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
