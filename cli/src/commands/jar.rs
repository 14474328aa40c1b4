//! `sessctl jar`. What carries cookies elsewhere is in `carry`, what shows them in `shown`.

mod carry;
mod shown;

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;
use sessctl_api::{SCHEMA, text::clean};
use sessctl_client::list_jars;

use crate::{
    context::Context,
    exit::{Code, Failure},
    global::Format,
    output::{self, Column, Listing},
    prompt,
};

/// See, carry and clear the cookies that are kept on disk
///
///   sessctl jar show
///   sessctl jar export cookies.txt && curl -b cookies.txt http://127.0.0.1:3000/dashboard
///   sessctl jar import cookies.txt --profile blog
///   sessctl jar doctor
///
/// Each is about the cookies of the profile in use for its server.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List all jars, without any cookie's value
    ///
    ///   sessctl jar ls
    #[command(verbatim_doc_comment)]
    Ls,
    /// Show the cookies with every attribute; their values are hidden
    ///
    ///   sessctl jar show
    ///   sessctl jar show --profile blog --show-secrets
    #[command(verbatim_doc_comment)]
    Show(shown::Show),
    /// Write the cookies as a cookies.txt for curl and wget (whoever has it is signed in)
    ///
    ///   sessctl jar export cookies.txt
    #[command(verbatim_doc_comment)]
    Export(carry::Export),
    /// Take the cookies of a cookies.txt that are for this server
    ///
    ///   sessctl jar import cookies.txt --profile blog
    #[command(verbatim_doc_comment)]
    Import(carry::Import),
    /// Look for what may be wrong with the jar; change nothing
    ///
    ///   sessctl jar doctor
    #[command(verbatim_doc_comment)]
    Doctor,
    /// Print where this profile's cookies for its server are kept
    ///
    ///   sessctl jar path
    #[command(verbatim_doc_comment)]
    Path,
    /// Forget this profile's cookies for its server; the sessions live on there until they expire
    ///
    ///   sessctl jar clear
    ///   sessctl jar clear --all --yes
    #[command(verbatim_doc_comment)]
    Clear {
        /// Forget the cookies of every profile and server
        #[arg(long)]
        all: bool,
    },
}

impl Args {
    /// Whether it prints columns.
    pub(crate) fn lists(&self) -> bool {
        matches!(self.action, Action::Ls | Action::Show(_))
    }
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<Code, Failure> {
    match &args.action {
        Action::Ls => list(context)?,
        Action::Show(args) => shown::show(context, args)?,
        Action::Export(args) => carry::export(context, args)?,
        Action::Import(args) => carry::import(context, args)?,
        Action::Doctor => return carry::doctor(context),
        Action::Path => output::line(&context.jar_path()?.display().to_string())?,
        Action::Clear { all: true } => clear_all(context)?,
        Action::Clear { all: false } => clear(context)?,
    }
    Ok(Code::OK)
}

/// A jar as it is printed.
#[derive(Debug, Serialize)]
struct Shown {
    server: String,
    profile: String,
    path: String,
    /// How many; unknown of one that cannot be read.
    cookies: Option<usize>,
}

static COLUMNS: [Column<Shown>; 4] = [
    Column::new("server", "SERVER", |jar: &Shown, _| {
        output::word(Some(&jar.server), 48)
    }),
    Column::new("profile", "PROFILE", |jar: &Shown, _| {
        output::word(Some(&jar.profile), 32)
    }),
    Column::new("cookies", "COOKIES", |jar: &Shown, _| {
        let count = jar.cookies.map(|count| count.to_string());
        count.unwrap_or_else(|| "unreadable".to_owned())
    }),
    Column::new("path", "PATH", |jar: &Shown, _| {
        clean(&jar.path).into_owned()
    })
    .wide()
    .naming(),
];

fn list(context: &Context) -> Result<(), Failure> {
    let listing = Listing::of(context, &COLUMNS)?;
    let jars = list_jars(&context.paths.state)?.into_iter();
    let jars: Vec<_> = jars
        .map(|jar| Shown {
            path: jar.path.display().to_string(),
            server: jar.origin_dir,
            profile: jar.profile,
            cookies: jar.cookies,
        })
        .collect();
    let whole = json!({"schema": SCHEMA, "jars": jars});
    listing.print(&jars, &whole, "jars", "no cookies are kept")
}

fn clear(context: &Context) -> Result<(), Failure> {
    // Also of a profile that is gone: its cookies outlive it.
    let profile = context.profile().unwrap_or_default();
    let site = context.site(&profile, None)?;
    let cookies = site.jar().names().len();
    site.jar().remove_file()?;
    say(context, cookies, 1)
}

fn clear_all(context: &Context) -> Result<(), Failure> {
    let jars = list_jars(&context.paths.state)?;
    if !jars.is_empty() {
        prompt::confirm(
            context,
            &format!("Forget the cookies of {} jars?", jars.len()),
            "add --yes to do it",
        )?;
    }
    for jar in &jars {
        jar.remove()?;
    }
    say(
        context,
        jars.iter().filter_map(|jar| jar.cookies).sum(),
        jars.len(),
    )
}

fn say(context: &Context, cookies: usize, jars: usize) -> Result<(), Failure> {
    if context.format() != Format::Table {
        return Ok(());
    }
    let plural = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    if cookies == 0 {
        return output::line("there were no cookies to forget");
    }
    output::line(&format!(
        "forgot {} in {}; sessions live on at their servers until they expire",
        plural(cookies, "cookie"),
        plural(jars, "jar")
    ))
}
