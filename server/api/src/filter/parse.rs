//! From the text of a filter to its conditions.

use super::{
    condition::{Comparison, Condition, SpanField},
    fault::FilterError,
};
use crate::span;

/// Reads `condition and condition ...`; nothing at all is no condition.
pub(super) fn conditions(text: &str) -> Result<Vec<Condition>, FilterError> {
    let mut parser = Parser {
        text,
        chars: text.chars().collect(),
        at: 0,
    };
    let mut conditions = Vec::new();
    parser.skip_space();
    while !parser.at_end() {
        conditions.push(parser.condition()?);
        parser.skip_space();
        if parser.at_end() {
            break;
        }
        parser.and()?;
    }
    Ok(conditions)
}

struct Parser<'a> {
    text: &'a str,
    chars: Vec<char>,
    at: usize,
}

/// A word of the filter: where it began, and whether quotes made it plain text.
struct Word {
    text: String,
    start: usize,
    quoted: bool,
}

impl Parser<'_> {
    fn condition(&mut self) -> Result<Condition, FilterError> {
        let word = self.word("a condition such as user=alice, idle>10m or age<1h")?;
        if !word.quoted && matches!(word.text.as_str(), "and" | "or" | "not") {
            return Err(self.fault(word.start, format!("{:?} stands where a condition should; this version joins conditions by \"and\" only", word.text)));
        }
        self.skip_space();
        let sign_at = self.at;
        let Some(comparison) = self.comparison() else {
            return self.bare_word(word);
        };
        match word.text.as_str() {
            "user" => self.user(comparison, sign_at),
            "idle" => self.span(SpanField::Idle, comparison),
            "age" => self.span(SpanField::Age, comparison),
            other => Err(self.fault(
                word.start,
                format!(
                    "no field {:?}; the fields are user, idle and age",
                    crate::text::clean(other)
                ),
            )),
        }
    }

    fn bare_word(&self, word: Word) -> Result<Condition, FilterError> {
        if let Some(c @ ('(' | ')' | '~')) = self.peek() {
            return Err(self.fault(self.at, unknown_sign(c)));
        }
        if !word.quoted && matches!(word.text.as_str(), "user" | "idle" | "age") {
            return Err(self.fault(
                self.at,
                format!("{:?} is a field and wants a sign and a value; if you wrote one, quote the filter: your shell took the < or >", word.text),
            ));
        }
        Ok(Condition::Word(word.text))
    }

    fn user(&mut self, comparison: Comparison, sign_at: usize) -> Result<Condition, FilterError> {
        let equal = match comparison {
            Comparison::Equal => true,
            Comparison::NotEqual => false,
            _ => return Err(self.fault(sign_at, "a user is compared by = or !=")),
        };
        let value = self.value("a user name")?;
        if !value.quoted && value.text.contains('*') {
            return Err(self.fault(value.start, "patterns with * are not known to this version; quote the name if the * is part of it"));
        }
        Ok(Condition::User {
            equal,
            name: value.text,
        })
    }

    fn span(&mut self, field: SpanField, comparison: Comparison) -> Result<Condition, FilterError> {
        let value = self.value("a span of time such as 10m")?;
        let limit = span::parse(&value.text).map_err(|message| self.fault(value.start, message))?;
        Ok(Condition::Span {
            field,
            comparison,
            limit,
        })
    }

    fn and(&mut self) -> Result<(), FilterError> {
        let word = self.word("\"and\"")?;
        if word.quoted || word.text != "and" {
            let message = if matches!(word.text.as_str(), "or" | "not") {
                "this version joins conditions by \"and\" only"
            } else {
                "say \"and\" between two conditions"
            };
            return Err(self.fault(word.start, message));
        }
        self.skip_space();
        if self.at_end() {
            Err(self.fault(self.at, "a condition is missing after \"and\""))
        } else {
            Ok(())
        }
    }

    fn comparison(&mut self) -> Option<Comparison> {
        const SIGNS: [(&str, Comparison); 6] = [
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let rest = &self.chars[self.at..];
        let (sign, comparison) = SIGNS
            .into_iter()
            .find(|(sign, _)| sign.chars().eq(rest.iter().copied().take(sign.len())))?;
        self.at += sign.len();
        Some(comparison)
    }

    fn value(&mut self, what: &str) -> Result<Word, FilterError> {
        self.skip_space();
        self.word(what)
    }

    /// A quoted text, or characters up to a space or a sign of the language.
    fn word(&mut self, wanted: &str) -> Result<Word, FilterError> {
        let start = self.at;
        if self.peek() == Some('"') {
            return self.quoted();
        }
        while self
            .peek()
            .is_some_and(|c| !c.is_whitespace() && !"=!<>~()\"".contains(c))
        {
            self.at += 1;
        }
        if self.at == start {
            let message = match self.peek() {
                Some(c @ ('(' | ')' | '~')) => unknown_sign(c),
                _ => format!("{wanted} is missing here"),
            };
            return Err(self.fault(start, message));
        }
        Ok(Word {
            text: self.chars[start..self.at].iter().collect(),
            start,
            quoted: false,
        })
    }

    fn quoted(&mut self) -> Result<Word, FilterError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '"' => {
                    return Ok(Word {
                        text,
                        start,
                        quoted: true,
                    });
                }
                '\\' => {
                    let Some(escaped) = self.peek() else { break };
                    self.at += 1;
                    text.push(escaped);
                }
                c => text.push(c),
            }
        }
        Err(self.fault(start, "this quote is never closed"))
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn at_end(&self) -> bool {
        self.at >= self.chars.len()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn fault(&self, at: usize, message: impl Into<String>) -> FilterError {
        FilterError {
            text: self.text.to_owned(),
            at,
            message: message.into(),
        }
    }
}

/// Signs of the whole language that this version lacks.
fn unknown_sign(c: char) -> String {
    format!("{c:?} is not known to this version of the filter; quote it if it is part of a value")
}
