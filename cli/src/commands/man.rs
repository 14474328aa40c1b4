//! `sessctl man`. What the pages tell beside the commands themselves is in `told`.

mod told;

use std::{fs, io::IsTerminal as _, path::PathBuf};

use clap_mangen::Man;
use sessctl_api::{nearest, text::clean};

use crate::{
    exit::{Code, Failure, unwritable},
    help, output,
};

/// Print the manual page of sessctl or of one of its commands
///
///   sessctl man ls | man -l -
///   sessctl man user add
///   sessctl man --out ~/.local/share/man/man1         all of them; then: man sessctl-ls
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Of which command [default: sessctl itself]
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Write the pages of all commands into this directory, which is made if it is not there
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, whole: clap::Command) -> Result<Code, Failure> {
    let mut whole = whole.disable_help_subcommand(true);
    whole.build();
    match &args.out {
        Some(dir) => write_all(&whole, dir)?,
        None => {
            let command = find(&whole, &args.command)?;
            output::body(&page(command)?)?;
            if std::io::stdout().is_terminal() {
                let command = args.command.join(" ");
                let call = format!("sessctl man {command}");
                output::say!(
                    "that is for a reader of manual pages: {} | man -l -",
                    call.trim_end()
                );
            }
        }
    }
    Ok(Code::OK)
}

fn find<'c>(whole: &'c clap::Command, words: &[String]) -> Result<&'c clap::Command, Failure> {
    let mut found = whole;
    for word in words {
        found = found.find_subcommand(word).ok_or_else(|| {
            let known: Vec<_> = visible(found).map(clap::Command::get_name).collect();
            let near = match nearest(word, known.iter().copied()) {
                Some(near) => format!("; did you mean {near}?"),
                None => String::new(),
            };
            let of = found.get_name();
            let what = format!("{of} has no command {:?}{near}", clean(word));
            Failure::new(Code::USAGE, what).hint(match known.is_empty() {
                true => format!("the page of {of} is all there is"),
                false => format!("those that it has: {}", known.join(" ")),
            })
        })?;
    }
    Ok(found)
}

fn visible(command: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    command.get_subcommands().filter(|one| !one.is_hide_set())
}

fn write_all(whole: &clap::Command, dir: &PathBuf) -> Result<(), Failure> {
    fs::create_dir_all(dir).map_err(|error| unwritable(dir, &error))?;
    let (mut open, mut count) = (vec![whole], 0);
    while let Some(command) = open.pop() {
        let path = dir.join(format!("{}.1", title(command)));
        fs::write(&path, page(command)?).map_err(|error| unwritable(&path, &error))?;
        open.extend(visible(command));
        count += 1;
    }
    output::say!("wrote {count} pages to {}", dir.display());
    Ok(())
}

/// `sessctl-user-add`, which is also the name of its file.
fn title(command: &clap::Command) -> &str {
    command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
}

/// A page in roff.
fn page(command: &clap::Command) -> Result<Vec<u8>, Failure> {
    let is_first = title(command) == "sessctl";
    let environment = told::environment(command, is_first);
    // What every command understands stands on the first page alone.
    let own = command.clone().mut_args(|arg| {
        let is_elsewhere = !is_first && arg.is_global_set() || arg.get_id() == "help";
        let is_hidden = arg.is_hide_set();
        arg.hide(is_elsewhere || is_hidden)
    });
    let man = Man::new(own.clone())
        .title(title(command).to_uppercase())
        .source(concat!("sessctl ", env!("CARGO_PKG_VERSION")))
        .date(told::DATE)
        .manual("sessctl");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    let about = command.get_long_about().or_else(|| command.get_about());
    let about = match is_first {
        // What follows the commands there has sections of its own here.
        true => {
            let commands = help::COMMANDS.split("\nFILTER:").next();
            commands.unwrap_or_default().to_owned()
        }
        false => about.map(ToString::to_string).unwrap_or_default(),
    };
    page.extend(told::section("DESCRIPTION", &about).into_bytes());
    if own.get_arguments().any(|arg| !arg.is_hide_set()) {
        man.render_options_section(&mut page)?;
    }
    if !is_first && visible(command).next().is_some() {
        man.render_subcommands_section(&mut page)?;
    }
    let notes = command
        .get_after_long_help()
        .or_else(|| command.get_after_help());
    if let Some(notes) = notes {
        page.extend(told::section("NOTES", &notes.to_string()).into_bytes());
    }
    let end = [told::exit_status(), environment, told::ending(is_first)];
    page.extend(end.concat().into_bytes());
    Ok(told::without_idle_breaks(&page))
}
