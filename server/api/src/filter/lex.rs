//! From the text of a filter to its words and signs.

use super::{fault::Fault, sign::Sign};

/// The characters that mean something by themselves and so end a word.
const SPECIAL: &str = "=!<>~()\"";

/// A word, sign or parenthesis, and the characters it takes: from `at` to before `end`.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) kind: TokenKind,
}

#[derive(Debug, Clone)]
pub(super) enum TokenKind {
    /// Characters up to a space or a special one: a field, a value, a bare word or one of `and`, `or`, `not`.
    Word(String),
    /// What stood between quotes: plain text, whatever is in it.
    Quoted(String),
    Sign(Sign),
    Open,
    Close,
}

/// Splits a filter into its tokens.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let mut lexer = Lexer {
        chars: text.chars().collect(),
        at: 0,
    };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.token()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
}

impl Lexer {
    fn token(&mut self) -> Result<Option<Token>, Fault> {
        self.skip(char::is_whitespace);
        let at = self.at;
        let Some(&first) = self.chars.get(at) else {
            return Ok(None);
        };
        let kind = match first {
            '(' | ')' => {
                self.at += 1;
                if first == '(' {
                    TokenKind::Open
                } else {
                    TokenKind::Close
                }
            }
            '"' => TokenKind::Quoted(self.quoted()?),
            c if SPECIAL.contains(c) => TokenKind::Sign(self.sign()?),
            _ => {
                self.skip(|c| !c.is_whitespace() && !SPECIAL.contains(c));
                TokenKind::Word(self.chars[at..self.at].iter().collect())
            }
        };
        Ok(Some(Token {
            at,
            end: self.at,
            kind,
        }))
    }

    fn sign(&mut self) -> Result<Sign, Fault> {
        let rest = &self.chars[self.at..];
        let (text, sign) = Sign::ALL
            .into_iter()
            .find(|(text, _)| text.chars().eq(rest.iter().copied().take(text.len())))
            // Every other special character is a sign by itself.
            .ok_or_else(|| Fault::new(self.at, "\"!\" alone is no sign: write != or not"))?;
        self.at += text.len();
        Ok(sign)
    }

    /// A backslash keeps only a quote or a backslash from its meaning, so that `"\d+"` needs no doubled ones.
    fn quoted(&mut self) -> Result<String, Fault> {
        let start = self.at;
        let mut text = String::new();
        loop {
            self.at += 1;
            match self.chars.get(self.at) {
                None => return Err(Fault::new(start, "this quote is never closed")),
                Some('"') => break,
                Some('\\') => {
                    if matches!(self.chars.get(self.at + 1), Some('"' | '\\')) {
                        self.at += 1;
                    }
                    text.extend(self.chars.get(self.at));
                }
                Some(&c) => text.push(c),
            }
        }
        self.at += 1;
        Ok(text)
    }

    fn skip(&mut self, belongs: impl Fn(char) -> bool) {
        while self.chars.get(self.at).is_some_and(|&c| belongs(c)) {
            self.at += 1;
        }
    }
}
