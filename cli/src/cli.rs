//! The command line as a whole: what stands everywhere, and one command.

use clap::{CommandFactory as _, Parser};
use clap_complete::ArgValueCompleter;

use crate::{commands::Command, complete, global::Global, help};

/// Serve, drive, watch and end web sessions.
#[derive(Debug, Parser)]
#[command(
    name = "sessctl",
    version,
    max_term_width = 100,
    arg_required_else_help = false
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The whole command line, with its grouped help.
pub(crate) fn command() -> clap::Command {
    Cli::command().override_help(help::GROUPED)
}

/// The same as its help is shown; putting that together takes longer than most commands need to parse.
pub(crate) fn explained() -> clap::Command {
    command().mut_subcommands(help::with_examples)
}

/// The same for a shell that asks at TAB, with what stands everywhere and can be looked up.
pub(crate) fn completing() -> clap::Command {
    let profiles = ArgValueCompleter::new(complete::profiles);
    command().mut_arg("profile", |arg| arg.add(profiles))
}

#[cfg(test)]
mod examples;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        command().debug_assert();
        explained().debug_assert();
    }

    /// Calls it with every command that is shown, and its words.
    fn each(command: &clap::Command, words: &str, look: &mut impl FnMut(&clap::Command, &str)) {
        for one in command.get_subcommands() {
            let words = format!("{words} {}", one.get_name());
            look(one, &words);
            each(one, &words, look);
        }
    }

    #[test]
    fn every_help_opens_with_a_sentence_and_then_with_examples() {
        each(&explained(), "sessctl", &mut |one, words| {
            let long = one.get_long_about().map(ToString::to_string);
            let long = long.unwrap_or_default();
            let mut parts = long.split("\n\n");
            let sentence = parts.next().unwrap_or_default();
            assert!(!sentence.is_empty() && !sentence.contains('\n'), "{words}");
            let examples = parts.next().unwrap_or_default();
            assert!(examples.starts_with("  "), "{words}: {long}");
            assert!(examples.contains(words), "{words}: {examples}");
            let mut short = one.clone();
            let short = short.render_help().to_string();
            let first = examples.lines().next().unwrap();
            assert!(short.contains(first), "{words}: {short}");
            for line in long.lines() {
                assert!(line.chars().count() <= 110, "{words}: {line}");
            }
        });
    }

    #[test]
    fn the_first_page_names_every_command() {
        let command = command();
        for name in command.get_subcommands().map(clap::Command::get_name) {
            // Those that are alike share a line: get|head|post.
            let begins = |line: &str| {
                let first = line
                    .strip_prefix("  ")
                    .and_then(|line| line.split(' ').next());
                first.is_some_and(|words| words.split('|').any(|word| word == name))
            };
            assert!(
                help::GROUPED.lines().any(begins) || name == "demo",
                "{name} is missing"
            );
        }
        assert!(help::GROUPED.contains("sessctl demo"));
    }
}
