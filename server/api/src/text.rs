//! Hostile text made harmless: user names and user agents are chosen by strangers.
//!
//! HTML has its own escaping in the template engine; this is for terminals, logs and plain text.

use std::{borrow::Cow, fmt::Write as _};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Whether a character can move the cursor, start an escape sequence, break a line, turn the reading direction, or hide.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // direction
            | '\u{2028}' | '\u{2029}' // line and paragraph
            // Unicode's Default_Ignorable_Code_Point, and the blank of Braille: nobody sees them.
            | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Replaces what could act on a terminal or a log by its visible escape, such as `\u{1b}`.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hostile(c) {
            write!(safe, "{}", c.escape_unicode()).expect("writing to a String cannot fail");
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Cleans text and cuts it to so many terminal cells; what was cut ends in `…`.
pub fn fit(text: &str, cells: usize) -> String {
    let text = clean(text);
    if width(&text) <= cells {
        return text.into_owned();
    }
    let (mut kept, mut used) = (String::new(), 0);
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > cells {
            break;
        }
        used += wide;
        kept.push(c);
    }
    if cells > 0 {
        kept.push('…');
    }
    kept
}

/// How many terminal cells clean text takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_on_a_terminal_gets_through() {
        let hostile = "a\u{1b}]52;c;eA==\u{7}b\nc\rd\u{9b}31m\u{202e}e\u{200b}f\u{85}g\u{2028}h\0";
        let safe = clean(hostile);
        assert!(!safe.contains(is_hostile), "{safe}");
        for letter in 'a'..='h' {
            assert!(safe.contains(letter), "{letter} was lost from {safe}");
        }
        assert!(safe.contains("\\u{1b}"), "an escape stays visible: {safe}");
    }

    #[test]
    fn what_nobody_sees_is_shown() {
        for hidden in
            "\u{ad}\u{34f}\u{115f}\u{180e}\u{200c}\u{2060}\u{2800}\u{3164}\u{fe0f}\u{feff}\u{e0101}"
                .chars()
        {
            let text = format!("ali{hidden}ce");
            assert_eq!(clean(&text), format!("ali{}ce", hidden.escape_unicode()));
        }
    }

    #[test]
    fn harmless_text_stays_as_it_is() {
        assert!(matches!(clean("Zoë 山田 <b>"), Cow::Borrowed(_)));
    }

    #[test]
    fn text_is_cut_by_cells_not_characters() {
        assert_eq!(fit("alice", 5), "alice");
        assert_eq!(fit("alice", 4), "ali…");
        assert_eq!(fit("山田太郎", 5), "山田…");
        assert_eq!(fit("山田太郎", 4), "山…");
        assert_eq!(fit("alice", 0), "");
        for cells in 0..9 {
            assert!(width(&fit("a山\u{1b}b田c", cells)) <= cells);
        }
    }
}
