//! What is said, and not what results are: on stderr, and words that can be pasted.

use sessctl_api::text;

/// Says something on stderr. That nobody hears it, on a closed pipe or a full disk, changes nothing: not the exit code
/// either, as the panic of `eprintln!` would.
macro_rules! say {
    ($($text:tt)*) => {
        drop(std::io::Write::write_fmt(
            &mut std::io::stderr().lock(),
            format_args!("{}\n", format_args!($($text)*)),
        ))
    };
}
pub(crate) use say;

/// A word as it can be pasted into a shell.
pub(crate) fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._@+-/:".contains(c);
    let word = text::clean(word);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggested_command_can_be_pasted() {
        for (word, pasted) in [
            ("alice", "alice"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("--x", "'--x'"),
            ("<b>", "'<b>'"),
            ("", "''"),
            ("a\nb", "'a\\u{a}b'"),
        ] {
            assert_eq!(shell_word(word), pasted);
        }
    }
}
