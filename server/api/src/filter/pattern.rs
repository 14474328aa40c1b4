//! What a text is compared with: itself, a glob, a regular expression.

use memchr::memmem::Finder;
use regex::{Regex, RegexBuilder};

use super::fault::{Fault, shown};

/// A compiled pattern.
#[derive(Debug, Clone)]
pub(super) enum Pattern {
    Exact(String),
    Glob(Glob),
    Regex(Regex),
}

impl Pattern {
    /// Text as it stands or, where unquoted text holds a `*`, a glob.
    pub(super) fn of(text: &str, quoted: bool) -> Self {
        match text.split_once('*') {
            Some((first, rest)) if !quoted => {
                let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
                Self::Glob(Glob {
                    first: first.to_owned(),
                    middle: middle
                        .split('*')
                        .filter(|piece| !piece.is_empty())
                        .map(|piece| Finder::new(piece).into_owned())
                        .collect(),
                    last: last.to_owned(),
                })
            }
            _ => Self::Exact(text.to_owned()),
        }
    }

    /// A regular expression, searched in linear time. `at` is where it stands.
    pub(super) fn regex(text: &str, at: usize) -> Result<Self, Fault> {
        // Repeated repetitions could ask for gigabytes otherwise.
        const SIZE_LIMIT: usize = 1 << 20;
        RegexBuilder::new(text)
            .size_limit(SIZE_LIMIT)
            .build()
            .map(Self::Regex)
            .map_err(|error| Fault::new(at, regex_message(text, &error)))
    }

    pub(super) fn fits(&self, text: &str) -> bool {
        match self {
            Self::Exact(wanted) => text == wanted,
            Self::Glob(glob) => glob.fits(text),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

fn regex_message(text: &str, error: &regex::Error) -> String {
    if let regex::Error::CompiledTooBig(_) = error {
        return format!("the regular expression {} is too large", shown(text));
    }
    // The message is a drawing of several lines; the last one says what is wrong.
    let drawing = error.to_string();
    let reason = drawing.lines().last().unwrap_or_default();
    let reason = reason.strip_prefix("error: ").unwrap_or(reason);
    format!("{} is not a regular expression: {reason}", shown(text))
}

/// Text with `*` for any characters: what stands before the first, between them, and after the last.
#[derive(Debug, Clone)]
pub(super) struct Glob {
    first: String,
    middle: Vec<Finder<'static>>,
    last: String,
}

impl Glob {
    fn fits(&self, text: &str) -> bool {
        // Empty ends are passed over: to compare no bytes at all with an empty String is oddly slow on some processors.
        let mut rest = text.as_bytes();
        if !self.first.is_empty() {
            match rest.strip_prefix(self.first.as_bytes()) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        if !self.last.is_empty() {
            match rest.strip_suffix(self.last.as_bytes()) {
                Some(before) => rest = before,
                None => return false,
            }
        }
        // The leftmost place for each piece leaves the most room for the next ones.
        self.middle.iter().all(|piece| match piece.find(rest) {
            Some(at) => {
                rest = &rest[at + piece.needle().len()..];
                true
            }
            None => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (glob, fits, fits_not) in [
            ("a*", &["a", "alice", "a*"][..], &["", "ba"][..]),
            ("*a", &["a", "ba"], &["ab", ""]),
            ("*", &["", "山田"], &[]),
            ("**", &["", "x"], &[]),
            ("a*a", &["aa", "aba"], &["a", "ab"]),
            ("a*b*c", &["abc", "axbxc", "abbcc"], &["acb", "ac"]),
            ("*x*x*", &["xx", "axbxc"], &["x", "abc"]),
            ("山*郎", &["山田太郎", "山郎"], &["山"]),
        ] {
            let pattern = Pattern::of(glob, false);
            for text in fits {
                assert!(pattern.fits(text), "{glob} should fit {text:?}");
            }
            for text in fits_not {
                assert!(!pattern.fits(text), "{glob} should not fit {text:?}");
            }
        }
        assert!(Pattern::of("a*", true).fits("a*"), "quoted, a * is a *");
        assert!(!Pattern::of("a*", true).fits("ab"));
    }
}
