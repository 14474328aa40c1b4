//! The words of a page, to tell what two pages do not share. Tokens and times change with every answer: only words that
//! two answers to the same question share count.

use std::collections::BTreeSet;

use scraper::Html;
use url::form_urlencoded;

use crate::site::{Reached, is_html};

/// The words of an answer as people see them.
pub(super) type Words = BTreeSet<String>;

/// The words of an answer as people see them.
pub(super) fn of(reached: &Reached) -> Words {
    let text = text(reached);
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Everything that an answer to a sign-in consists of, down to attributes, marks and headers. What has to do with one of
/// the names that were sent is left out, for that was our own: as it is, encoded, cut or in other letters.
pub(super) fn parts(reached: &Reached, names: &[&str]) -> Words {
    let body = String::from_utf8_lossy(&reached.body);
    let lower = names.iter().flat_map(|name| {
        let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        [name.to_lowercase(), encoded.to_lowercase()]
    });
    let names: Vec<_> = lower.collect();
    let is_named = |part: &str| {
        let part = part.to_lowercase();
        let word = part.trim_matches(|c: char| !c.is_alphanumeric());
        names
            .iter()
            .any(|name| part.contains(name.as_str()) || !word.is_empty() && name.contains(word))
    };
    let parts = body.split(|c: char| c.is_whitespace() || "<>".contains(c));
    let parts = parts
        .filter(|part| !part.is_empty() && !is_named(part))
        .map(str::to_owned);
    let headers = reached.headers.keys().map(|name| format!("header {name}"));
    let cookies = reached.set_cookies.iter().filter_map(|value| {
        let name = value.as_bytes().split(|byte| *byte == b'=').next()?;
        Some(format!("cookie {}", String::from_utf8_lossy(name)))
    });
    parts.chain(headers).chain(cookies).collect()
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

/// The line of a text that has one of these parts, or that part where no line has it.
pub(super) fn line_with(text: &str, parts: &Words) -> Option<String> {
    let has = |line: &&str| parts.iter().any(|part| line.contains(part.as_str()));
    let line = text.lines().map(str::trim).find(has);
    let line = line.or(parts.iter().next().map(String::as_str))?;
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
