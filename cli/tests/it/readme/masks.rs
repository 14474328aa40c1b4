//! What is another each time: handles, times, ages, ports, the test's own directories and who runs it.

use regex::Regex;

/// Hides it, on both sides of a comparison.
pub(super) struct Masks {
    /// What is cut away: where the test's own directories begin.
    root: String,
    /// Who this is for the operating system, and so for the audit log.
    user: String,
    handle: Regex,
    patterns: Vec<(Regex, &'static str)>,
}

impl Masks {
    pub(super) fn new(root: String, user: String) -> Self {
        let regex = |pattern| Regex::new(pattern).unwrap();
        Self {
            root,
            user,
            handle: regex(r"\b[0-9a-hjkmnp-tv-z]{12}\b"),
            patterns: vec![
                (regex(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"), "TIME"),
                (regex("just now"), "AGE ago"),
                (regex(r"\b(\d+(ms|s|m|h|d|w))+\b"), "AGE"),
                (regex(r"127\.0\.0\.1([:_])\d+"), "127.0.0.1${1}PORT"),
                // The columns of a table are as wide as what is in them.
                (regex("  +"), "  "),
            ],
        }
    }

    /// The handles in a text, in order.
    pub(super) fn handles(&self, text: &str) -> Vec<String> {
        let found = self.handle.find_iter(text);
        found.map(|handle| handle.as_str().to_owned()).collect()
    }

    pub(super) fn mask(&self, text: &str) -> String {
        let mut text = text.replace(&self.root, "");
        text = text.replace(&format!("by {}", self.user), "by alice");
        text = self.handle.replace_all(&text, "HANDLE").into_owned();
        for (pattern, word) in &self.patterns {
            text = pattern.replace_all(&text, *word).into_owned();
        }
        text
    }
}
