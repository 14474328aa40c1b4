//! The words of a page, to tell what two pages do not share. Tokens and times change with every answer: only words that
//! two answers to the same question share count.

use std::collections::BTreeSet;

use scraper::Html;

use crate::site::{Reached, is_html};

/// The words of an answer as people see them.
pub(super) type Words = BTreeSet<String>;

/// The words of an answer; each name in `names` is left out wherever it stands, for it was our own.
pub(super) fn of(reached: &Reached, names: &[&str]) -> Words {
    let text = names
        .iter()
        .filter(|name| !name.is_empty())
        .fold(text(reached), |text, name| text.replace(name, " "));
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What an answer says, without its markup.
pub(super) fn text(reached: &Reached) -> String {
    let body = String::from_utf8_lossy(&reached.body);
    if !is_html(reached) {
        return body.into_owned();
    }
    let document = Html::parse_document(&body);
    let texts: Vec<_> = document.root_element().text().collect();
    texts.join("\n")
}

/// The line of an answer that has one of these words.
pub(super) fn line_with(text: &str, words: &Words) -> Option<String> {
    let has = |line: &&str| {
        line.split(|c: char| !c.is_alphanumeric())
            .any(|word| words.contains(word))
    };
    let line = text.lines().map(str::trim).find(has)?;
    Some(sessctl_api::text::fit(line, 100))
}

/// What both of one pair have and neither of the other.
pub(super) fn only_in(these: [&Words; 2], those: [&Words; 2]) -> Words {
    these[0]
        .intersection(these[1])
        .filter(|word| !those[0].contains(*word) && !those[1].contains(*word))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_stay_count() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Words>();
        let (a, b) = (words("wrong password t1"), words("wrong password t2"));
        let (c, d) = (words("unknown name t3"), words("unknown name t4 password"));
        assert_eq!(only_in([&a, &b], [&c, &d]), words("wrong"));
        assert_eq!(only_in([&c, &d], [&a, &b]), words("unknown name"));
        let line = line_with("Sign in\n  unknown name  \n", &words("name"));
        assert_eq!(line.as_deref(), Some("unknown name"));
    }
}
