//! What a new account or token may be called.
//!
//! Only what is new is held against this: an account that has another name already is still shown, changed and removed
//! by it.

use std::time::Duration;

use sessctl_api::{NewToken, text};

/// Bytes of a user's name at most.
const LONGEST_NAME: usize = 256;

/// Characters of a token's name at most.
const LONGEST_TOKEN_NAME: usize = 64;

/// How long a token opens anything at most.
const LONGEST_TOKEN: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Why an account cannot be called that; `None`: it can.
pub(super) fn refusal_of_name(name: &str) -> Option<String> {
    let shown = text::clean(name);
    if !(1..=LONGEST_NAME).contains(&name.len()) {
        Some(format!("a user's name has 1 to {LONGEST_NAME} bytes"))
    } else if matches!(name, "." | "..") {
        // In a URL it means a directory: no client would ask the admin API for this account.
        Some(format!(
            "a user's name is not \"{name}\", which no URL can name: choose another"
        ))
    } else if name.chars().any(char::is_control) {
        Some(format!(
            "a user's name has no control characters: \"{shown}\""
        ))
    } else if shown != name {
        // Two accounts would look alike.
        Some(format!(
            "a user's name has no characters that nobody sees or that turn the reading direction: leave out what is escaped in \"{shown}\""
        ))
    } else if name.trim() != name {
        Some("a user's name neither begins nor ends with white space".to_owned())
    } else {
        None
    }
}

/// Why there cannot be such a token; `None`: there can.
pub(super) fn refusal_of_token(token: &NewToken) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let length = token.name.chars().count();
    if !(1..=LONGEST_TOKEN_NAME).contains(&length) || !token.name.chars().all(is_plain) {
        Some(format!(
            "a token's name has 1 to {LONGEST_TOKEN_NAME} letters, digits, \"-\", \"_\" and \".\""
        ))
    } else if !(1..=LONGEST_TOKEN.as_secs()).contains(&token.lifetime) {
        Some("a token lives for a second at least and for 366 days at most".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_url_can_say_or_that_looks_like_another_is_refused_with_what_is_wrong() {
        for (name, says) in [
            (".", "no URL"),
            ("..", "no URL"),
            ("al\u{200b}ice", "al\\u{200b}ice"),
            ("\u{202e}ecila", "\\u{202e}ecila"),
            ("alice\u{ad}", "alice\\u{ad}"),
            ("\u{3164}", "\\u{3164}"),
            ("al\u{1b}ice", "control characters"),
        ] {
            let why = refusal_of_name(name).unwrap_or_default();
            assert!(
                why.contains(says) && !why.contains('\u{202e}'),
                "{name:?}: {why}"
            );
        }
        for name in [
            "...",
            ".alice",
            "al.ice",
            "a/b",
            "Zoë",
            "山田 太郎",
            "alice@example.org",
        ] {
            assert_eq!(refusal_of_name(name), None, "{name}");
        }
    }
}
