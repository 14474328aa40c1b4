//! Colour, sparsely and never alone: whether a stream takes it, and what it looks like.
//!
//! Terminals of 16 colours know all of it. Who reads a pipe gets plain bytes, unless colour was asked for.

use std::{
    borrow::Cow,
    env,
    ffi::OsStr,
    io::{self, IsTerminal as _},
};

use clap::ValueEnum;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// At a terminal that can, unless NO_COLOR says otherwise
    Auto,
    /// Also into pipes and files
    Always,
    /// Not at all
    Never,
}

/// What stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Bold,
    Dim,
    Yellow,
    Red,
    BoldRed,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Yellow => "33",
            Self::Red => "31",
            Self::BoldRed => "1;31",
        }
    }

    /// The text in this style, or as it is where colours are off.
    pub(crate) fn paint(self, text: &str, is_on: bool) -> Cow<'_, str> {
        if is_on && !text.is_empty() {
            Cow::Owned(format!("\u{1b}[{}m{text}\u{1b}[0m", self.code()))
        } else {
            Cow::Borrowed(text)
        }
    }
}

/// Whether results are coloured.
pub(crate) fn on_stdout(choice: Option<ColorChoice>) -> bool {
    is_on(choice, io::stdout().is_terminal(), |name| env::var_os(name))
}

/// Whether talk is coloured.
pub(crate) fn on_stderr(choice: Option<ColorChoice>) -> bool {
    is_on(choice, io::stderr().is_terminal(), |name| env::var_os(name))
}

/// What the arguments say before they are parsed, or where they cannot be: for help and for mistakes.
pub(crate) fn said_in(arguments: impl Iterator<Item = impl AsRef<OsStr>>) -> Option<ColorChoice> {
    let mut said = env::var("SESSCTL_COLOR").ok();
    let mut is_next = false;
    for argument in arguments {
        let Some(argument) = argument.as_ref().to_str() else {
            continue;
        };
        match argument.strip_prefix("--color=") {
            Some(value) => said = Some(value.to_owned()),
            None if is_next => said = Some(argument.to_owned()),
            None if argument == "--" => break,
            None => {}
        }
        is_next = argument == "--color";
    }
    ColorChoice::from_str(&said?, false).ok()
}

/// A flag or our own variable beats those of everybody, the most reluctant of which come first.
fn is_on(
    choice: Option<ColorChoice>,
    is_terminal: bool,
    variable: impl Fn(&str) -> Option<std::ffi::OsString>,
) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let is_yes = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    match choice {
        Some(ColorChoice::Always) => true,
        Some(ColorChoice::Never) => false,
        Some(ColorChoice::Auto) | None => {
            let is_forced = is_yes("CLICOLOR_FORCE") || is_yes("FORCE_COLOR");
            let is_dumb = variable("TERM").is_some_and(|term| term == "dumb");
            let is_off = variable("CLICOLOR").is_some_and(|value| value == "0");
            !is_set("NO_COLOR") && (is_forced || is_terminal && !is_dumb && !is_off)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_beats_the_variables_and_they_beat_the_terminal() {
        use ColorChoice::{Always, Auto, Never};
        for (choice, is_terminal, variables, expected) in [
            (None, true, &[][..], true),
            (None, false, &[], false),
            (Some(Auto), true, &[("NO_COLOR", "1")], false),
            (None, true, &[("NO_COLOR", "")], true),
            (None, true, &[("TERM", "dumb")], false),
            (None, true, &[("CLICOLOR", "0")], false),
            (None, false, &[("CLICOLOR_FORCE", "1")], true),
            (None, false, &[("FORCE_COLOR", "1")], true),
            (None, false, &[("FORCE_COLOR", "0")], false),
            (
                None,
                false,
                &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")],
                false,
            ),
            (
                Some(Always),
                false,
                &[("NO_COLOR", "1"), ("TERM", "dumb")],
                true,
            ),
            (Some(Never), true, &[("FORCE_COLOR", "1")], false),
        ] {
            let lookup = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).into())
            };
            let is = is_on(choice, is_terminal, lookup);
            assert_eq!(is, expected, "{choice:?} {is_terminal} {variables:?}");
        }
    }

    #[test]
    fn arguments_are_understood_before_they_are_parsed() {
        for (words, expected) in [
            (&["ls", "--color", "never"][..], Some(ColorChoice::Never)),
            (&["--color=always", "nonsense"], Some(ColorChoice::Always)),
            (&["serve", "--", "--color=always"], None),
            (&["--color"], None),
            (&["--color=pink"], None),
        ] {
            assert_eq!(said_in(words.iter()), expected, "{words:?}");
        }
    }

    #[test]
    fn nothing_is_painted_where_colour_is_off() {
        assert_eq!(Style::Red.paint("no", false), "no");
        assert_eq!(Style::Red.paint("no", true), "\u{1b}[31mno\u{1b}[0m");
        assert_eq!(Style::Red.paint("", true), "");
    }
}
