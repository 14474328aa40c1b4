//! The first page: what `sessctl` and `sessctl --help` show.

use std::{io::Write as _, process::ExitCode};

use clap::error::ErrorKind;

use crate::{
    exit::Code,
    style::{self, Style},
};

/// Every command, grouped by what people come for.
macro_rules! commands {
    () => {
        "\
sessctl serves, drives, watches and ends web sessions.

See it all at once:
  sessctl demo                  a server, visitors and the live dashboard

Serve sessions:
  serve [-- CMD]                the session server; with CMD: run it beside one
  user add|ls|show|passwd|disable|enable|rm|import
                                who may sign in

Sign in to a web server from the shell:
  login [USER]                  sign in and keep the cookie
  status                        am I signed in, and until when? (alias whoami)
  dashboard                     fetch the dashboard as who I am
  get|head|post|put|patch|delete PATH
                                any page as who I am, and checks on it
  logout                        sign out and forget the cookie
  data ls|get|set|unset         what my session holds on the server
  wait                          until the server answers, a session has ended ...

Put it to the test:
  audit [URL]                   is its session handling sound? With evidence
  load                          many users at once, measured

See and end sessions:
  ls [FILTER]                   live sessions; --ended: those that ended lately
  show HANDLE                   one session
  why HANDLE                    its life in words, and what ended it
  revoke HANDLE...              end sessions; also --user, --filter, --all
  watch [FILTER]                follow logins and ends as they happen
  tui [FILTER]                  the live dashboard (alias top)
  stats                         counts
  log [FILTER]                  what happened, who did it, what was refused
  token add|ls|rm               let a program on another machine do the same

Housekeeping:
  profile add|ls|use|show|rm    names for servers and users
  as PROFILE,... -- CMD         a command once for each of several profiles
  jar ls|show|export|import|doctor|path|clear
                                the cookies on disk
  store backup FILE             a copy of the server's sessions while it goes on
  completions SHELL             for bash, zsh, fish, elvish and powershell
  man [COMMAND]                 the manual page; --out DIR writes all of them

FILTER: conditions such as user=alice, ip=10.0.0.0/8, idle>10m, ua~Firefox,
data.theme=dark, joined by and, or, not and parentheses, in quotes.

Everywhere: --profile NAME  --server URL  --source SOURCE  --jar FILE  -q
            -o table|wide|json|jsonl|csv|name  --fields NAMES  --no-headers
            --color WHEN  --timeout SPAN  --no-input  -y  -v  --version
`sessctl COMMAND -h` is short, `sessctl COMMAND --help` says more.
"
    };
}

/// Every command, grouped, without the exit codes.
pub(crate) const COMMANDS: &str = commands!();

/// The first page.
pub(crate) const GROUPED: &str = concat!(
    commands!(),
    "
Exit codes: 0 done, yes      1 failed        2 wrong usage     3 not signed in
            4 refused        5 not found     6 unreachable     7 partly failed
            8 not confirmed  9 check failed  130, 143 ended by a signal
"
);

/// What the codes mean, in full.
pub(crate) const CODES: [(&str, &str); 13] = [
    (
        "0",
        "Done; yes. Also an empty list, and the end of what has ended already.",
    ),
    ("1", "Failed; also another HTTP status of 400 or more."),
    ("2", "Wrong usage; also a handle that could be several."),
    ("3", "Not signed in: 401, or sent to the login page."),
    ("4", "Refused: a wrong password, or 403."),
    ("5", "No such session, user or profile."),
    (
        "6",
        "The server or store cannot be reached, answers 503, or takes too long.",
    ),
    ("7", "Part of several failed."),
    ("8", "Not confirmed."),
    ("9", "A check or threshold failed."),
    (
        "126, 127",
        "The command behind -- cannot be run, or is not there.",
    ),
    ("130", "Ended by Ctrl-C."),
    ("143", "Ended by SIGTERM."),
];

/// Examples stand first in the short help too, below the sentence of what a command does.
pub(crate) fn with_examples(command: clap::Command) -> clap::Command {
    const TEMPLATE: &str =
        "{about-with-newline}{before-help}\n{usage-heading} {usage}\n\n{all-args}{after-help}";
    let examples = command.get_long_about().map(ToString::to_string);
    let examples = examples.as_deref().map(examples_in).unwrap_or_default();
    command
        .help_template(TEMPLATE)
        .before_help(format!("\n{examples}"))
        // The long help has them in their place already.
        .before_long_help("")
        .mut_subcommands(with_examples)
}

/// The first lines of a text that begin with blanks.
fn examples_in(text: &str) -> String {
    let is_example = |line: &&str| line.starts_with("  ");
    let lines = text.lines().skip_while(|line| !is_example(line));
    lines.take_while(is_example).collect::<Vec<_>>().join("\n")
}

/// Answers what is no command: help, version, or a mistake.
pub(crate) fn answer(error: &clap::Error) -> ExitCode {
    // Where nothing could be parsed, what was said of colours is looked for word by word.
    let choice = style::said_in(std::env::args_os().skip(1));
    let text = |is_on| {
        let mut text = match is_on {
            true => error.render().ansi().to_string(),
            false => error.render().to_string(),
        };
        // Where there is nothing between two blank lines, one will do.
        while text.contains("\n\n\n") {
            text = text.replace("\n\n\n", "\n\n");
        }
        text
    };
    // That a write fails says that nobody reads any more.
    match error.kind() {
        ErrorKind::MissingSubcommand => {
            let first = first_page(style::on_stderr(choice));
            let _ = write!(std::io::stderr(), "{first}");
            Code::USAGE.into()
        }
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let is_on = style::on_stdout(choice);
            let text = match text(false) {
                first if first.trim_end() == GROUPED.trim_end() => first_page(is_on),
                _ => text(is_on),
            };
            let _ = write!(std::io::stdout(), "{text}");
            Code::OK.into()
        }
        _ => {
            let _ = write!(std::io::stderr(), "{}", text(style::on_stderr(choice)));
            Code::USAGE.into()
        }
    }
}

/// The first page, its headings in bold.
fn first_page(in_color: bool) -> String {
    let lines = GROUPED.lines().map(|line| {
        let is_heading = line.ends_with(':') && !line.starts_with(' ');
        let line = Style::Bold.paint(line, is_heading && in_color);
        format!("{line}\n")
    });
    lines.collect()
}
