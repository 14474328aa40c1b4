//! What a manual page tells that no command's help does: exit codes, variables and files.

use std::fmt::Write as _;

use crate::help;

/// Of the latest change to what stands here.
pub(super) const DATE: &str = "2026-11-29";

/// Variables that are no flag's.
const VARIABLES: [(&str, &str); 8] = [
    (
        "SESSCTL_PASSWORD",
        "The password of whoever signs in, or of the account that is made. It never stands on a command line.",
    ),
    (
        "SESSCTL_TOKEN",
        "The token for an admin API over TCP; see sessctl-token(1).",
    ),
    (
        "NO_COLOR",
        "No colours, if it is set to anything; --color and SESSCTL_COLOR beat it.",
    ),
    (
        "CLICOLOR_FORCE, FORCE_COLOR",
        "Colours also into pipes and files, if it is set to anything but 0.",
    ),
    ("TERM", "A terminal called dumb gets no colours."),
    (
        "SSL_CERT_FILE",
        "The certificates to trust instead of the system's own.",
    ),
    ("RUST_LOG", "What a server logs, such as debug."),
    (
        "XDG_STATE_HOME, XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_RUNTIME_DIR",
        "Where the files below are.",
    ),
];

const FILES: [(&str, &str); 6] = [
    (
        "$XDG_CONFIG_HOME/sessctl/config.toml",
        "Settings and profiles; by default in ~/.config.",
    ),
    ("./sessctl.toml", "The same for a project."),
    (
        "$XDG_CONFIG_HOME/sessctl/tokens/",
        "Tokens, each in a file that only its owner can read.",
    ),
    (
        "$XDG_STATE_HOME/sessctl/jars/",
        "Cookies, a file for each server and profile; by default in ~/.local/state.",
    ),
    (
        "$XDG_DATA_HOME/sessctl/sessions.db",
        "What the server keeps; by default in ~/.local/share.",
    ),
    (
        "$XDG_RUNTIME_DIR/sessctl/admin.sock",
        "The admin socket of a server of yours; then that beside sessions.db, and /run/sessctl/admin.sock.",
    ),
];

/// A section of text as it stands in the help: lines that begin with a blank, such as examples, keep their form.
pub(super) fn section(title: &str, text: &str) -> String {
    let mut roff = format!(".SH {title}\n");
    let mut is_verbatim = false;
    let mut is_fresh = true;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            // Within examples it is a line of theirs.
            roff.push_str(match (is_verbatim, is_fresh) {
                (true, _) => "\\&\n",
                (false, true) => "",
                (false, false) => ".PP\n",
            });
            continue;
        }
        let wants = line.starts_with(' ');
        if wants != is_verbatim {
            roff.push_str(if wants { ".nf\n" } else { ".fi\n.PP\n" });
            is_verbatim = wants;
        }
        writeln!(roff, "{}", escaped(line)).expect("a String takes all");
        is_fresh = false;
    }
    if is_verbatim {
        roff.push_str(".fi\n");
    }
    tidy(&roff)
}

/// Paragraphs that begin where one has just begun are none.
fn tidy(roff: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in roff.lines() {
        match (lines.last().copied(), line) {
            (Some(".PP"), ".PP") => {}
            // An example is set off by itself.
            (Some("\\&"), ".fi") => {
                lines.pop();
                lines.push(line);
            }
            _ => lines.push(line),
        }
    }
    while lines.last() == Some(&".PP") {
        lines.pop();
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A line break beside a blank line does nothing but draw a warning from mandoc.
pub(super) fn without_idle_breaks(page: &[u8]) -> Vec<u8> {
    let page = String::from_utf8_lossy(page);
    page.replace(".br\n\n.br\n", ".sp\n").into_bytes()
}

pub(super) fn exit_status() -> String {
    list("EXIT STATUS", help::CODES.iter().copied())
}

/// The variables of a command's own flags; on the first page all others too.
pub(super) fn environment(command: &clap::Command, is_first: bool) -> String {
    let flags = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let flags = flags.filter(|arg| is_first || !arg.is_global_set());
    let mut told: Vec<(String, String)> = flags
        .filter_map(|arg| {
            let name = arg.get_env()?.to_string_lossy().into_owned();
            let long = arg.get_long()?;
            Some((name, format!("As --{long}, which beats it.")))
        })
        .collect();
    if is_first {
        let others = VARIABLES.iter();
        told.extend(others.map(|(name, what)| ((*name).to_owned(), (*what).to_owned())));
    }
    let told = told
        .iter()
        .map(|(name, what)| (name.as_str(), what.as_str()));
    list("ENVIRONMENT", told)
}

pub(super) fn ending(is_first: bool) -> String {
    match is_first {
        true => list("FILES", FILES.iter().copied()),
        false => section(
            "SEE ALSO",
            "sessctl(1), also for the options of every command, their variables, and the files.",
        ),
    }
}

fn list<'t>(title: &str, told: impl Iterator<Item = (&'t str, &'t str)>) -> String {
    let mut roff = format!(".SH {title}\n");
    let mut is_empty = true;
    for (what, text) in told {
        is_empty = false;
        let (what, text) = (escaped(what), escaped(text));
        writeln!(roff, ".TP\n\\fB{what}\\fR\n{text}").expect("a String takes all");
    }
    if is_empty { String::new() } else { roff }
}

/// Text that roff takes for nothing else.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    match line.starts_with(['.', '\'']) {
        true => format!("\\&{line}"),
        false => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_keep_their_form_and_nothing_is_a_command_of_roff() {
        let roff = section(
            "DESCRIPTION",
            "Say it\n\n  sessctl ls -q\n  .hidden\n\n.dot and 'q' \\ here\n\nEnd",
        );
        assert_eq!(
            roff,
            ".SH DESCRIPTION\nSay it\n.PP\n.nf\n  sessctl ls \\-q\n  .hidden\n.fi\n.PP\n\\&.dot and 'q' \\e here\n.PP\nEnd\n"
        );
    }
}
