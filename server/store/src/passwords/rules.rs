//! What a password may be: long enough to be hard to guess, not one of those that are guessed first, and nothing else.
//! No mixture of kinds of characters is asked for: people answer that with `Password1!`.

use std::{collections::HashSet, sync::LazyLock};

use sessctl_api::Secret;

/// Characters that a new password has at least.
const SHORTEST: usize = 12;

/// Bytes that a password has at most: more would be work for nothing.
const LONGEST: usize = 1024;

/// Different characters that a new password has at least.
const VARIETY: usize = 5;

/// Passwords of 8 characters and more that people choose most often: the top of zxcvbn's list (MIT licence, Dropbox),
/// and of that everything that is long enough to be a password here.
const COMMON: &str = include_str!("common.txt");

static KNOWN: LazyLock<HashSet<&str>> = LazyLock::new(|| COMMON.lines().collect());

/// Whether a password may be checked at all.
pub(crate) fn fits(password: &Secret) -> bool {
    (1..=LONGEST).contains(&password.expose().len())
}

/// Why a password cannot be an account's new one; `None`: it can.
pub(crate) fn refusal(password: &Secret, user: &str) -> Option<String> {
    let text = password.expose();
    if text.len() > LONGEST {
        return Some(format!("a password may have {LONGEST} bytes at most"));
    }
    let characters = text.chars().count();
    if characters < SHORTEST {
        return Some(format!(
            "a password needs {SHORTEST} characters at least, and this has {characters}; a few words that do not belong together are good ones"
        ));
    }
    if text.chars().collect::<HashSet<_>>().len() < VARIETY {
        return Some("this password repeats a few characters: it is easily guessed".to_owned());
    }
    // A copy of a secret is one.
    let lower = Secret::new(text.to_lowercase());
    let lower = lower.expose();
    if unit(lower) == unit(&user.to_lowercase()) {
        return Some("a password must not be the user's name".to_owned());
    }
    is_common(lower)
        .then(|| "this password is one of those that are tried first; choose another".to_owned())
}

/// Whether it is on the list, several times over or with digits and signs around it.
fn is_common(lower: &str) -> bool {
    let core = lower.trim_matches(|c: char| !c.is_alphabetic());
    [lower, unit(lower), core, unit(core)]
        .iter()
        .any(|text| KNOWN.contains(text))
}

/// The shortest text that repeated makes the whole.
fn unit(text: &str) -> &str {
    let repeats = |len: &usize| {
        text.len().is_multiple_of(*len)
            && text.is_char_boundary(*len)
            && text
                .as_bytes()
                .chunks(*len)
                .all(|part| part == &text.as_bytes()[..*len])
    };
    let len = (1..=text.len()).find(repeats).unwrap_or(text.len());
    &text[..len]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(password: &str) -> bool {
        refusal(&Secret::new(password), "alice.liddell").is_some()
    }

    #[test]
    fn a_name_that_is_a_repetition_is_no_password_either() {
        let refusal = |password| refusal(&Secret::new(password), "FrankFrank");
        for own in ["frankfrankfrank", "FrankFrankFrankFrank"] {
            assert!(refusal(own).is_some(), "{own}");
        }
        assert_eq!(refusal("frank wrote it down"), None);
    }

    #[test]
    fn short_long_and_common_passwords_are_refused() {
        for bad in [
            "",
            "elevenchars",
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "Password1234",
            "passwordPASSWORD",
            "!!sunshine2024!!",
            "1qaz2wsx3edc4rfv",
            "Alice.Liddell",
            "alice.liddellalice.liddell",
            &"x\u{e9}y-z".repeat(200),
        ] {
            assert!(refused(bad), "{bad:?} was taken");
        }
    }

    #[test]
    fn any_other_password_is_taken_whatever_it_is_made_of() {
        for good in [
            "correct horse battery staple",
            "846203957164",
            "nur kleine buchstaben",
            "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c} \u{434}\u{43b}\u{438}\u{43d}\u{43d}\u{44b}\u{439}",
            "\u{1f980}\u{1f41f}\u{1f9ff}\u{1f525}\u{1f680}\u{1f319} and so on",
            " spaces at both ends ",
            &"0123456789abcdef".repeat(64),
        ] {
            let refusal = refusal(&Secret::new(good), "alice");
            assert_eq!(refusal, None, "{good:?}");
        }
    }

    #[test]
    fn what_is_checked_has_one_to_1024_bytes() {
        let fits = |len| fits(&Secret::new("x".repeat(len)));
        assert_eq!([0, 1, 1024, 1025].map(fits), [false, true, true, false]);
    }

    #[test]
    fn what_people_are_told_is_what_is_asked_of_them() {
        let told = format!("At least {SHORTEST} characters");
        assert!(sessctl_api::PASSWORD_RULES.starts_with(&told));
    }

    #[test]
    fn the_list_is_of_thousands() {
        assert!(KNOWN.len() > 3000);
        assert!(
            KNOWN
                .iter()
                .all(|text| text.len() >= 8 && *text == text.to_lowercase())
        );
    }
}
