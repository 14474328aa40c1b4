//! From the tokens of a filter to its tree.
//!
//! ```text
//! chain     = unit ("and" unit)* | unit ("or" unit)*
//! unit      = "not" unit | "(" chain ")" | condition
//! condition = FIELD SIGN VALUE | WORD
//! ```

use super::{
    condition::Condition,
    expr::Expr,
    fault::{Fault, shown},
    lex::{self, Token, TokenKind},
    sign::Sign,
    value::{PlacedSign, Subject, Value},
    word::Word,
};
use crate::field::Field;

/// Parentheses and `not`s within each other; people need three.
const MAX_DEPTH: usize = 64;
/// Regular expressions in one filter: each takes memory for its machine.
const MAX_REGEXES: usize = 16;

/// Reads a whole filter; `None` for one that says nothing.
pub(super) fn filter(text: &str) -> Result<Option<Expr>, Fault> {
    let mut parser = Parser {
        tokens: lex::tokens(text)?,
        next: 0,
        end: text.chars().count(),
        depth: 0,
        regexes: 0,
    };
    if parser.tokens.is_empty() {
        return Ok(None);
    }
    let expr = parser.chain()?;
    match parser.peek() {
        None => Ok(Some(expr)),
        // A chain stops only at the end or at a closing parenthesis.
        Some(token) => Err(Fault::new(token.at, "this parenthesis was never opened")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    /// Where the filter ends, in characters.
    end: usize,
    depth: usize,
    regexes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keyword {
    And,
    Or,
    Not,
}

impl Keyword {
    fn of(token: &Token) -> Option<Self> {
        match &token.kind {
            TokenKind::Word(word) => [("and", Self::And), ("or", Self::Or), ("not", Self::Not)]
                .into_iter()
                .find(|(name, _)| word.eq_ignore_ascii_case(name))
                .map(|(_, keyword)| keyword),
            _ => None,
        }
    }
}

impl Parser {
    fn chain(&mut self) -> Result<Expr, Fault> {
        let mut parts = vec![self.unit()?];
        let mut joint = None;
        while let Some(token) = self.peek() {
            let at = token.at;
            if matches!(token.kind, TokenKind::Close) {
                break;
            }
            let Some(keyword @ (Keyword::And | Keyword::Or)) = Keyword::of(token) else {
                return Err(Fault::new(
                    at,
                    "say \"and\" or \"or\" between two conditions; quote a value that has spaces or signs in it",
                ));
            };
            if *joint.get_or_insert(keyword) != keyword {
                return Err(Fault::new(
                    at,
                    "\"and\" and \"or\" are mixed here: put parentheses around what belongs together",
                ));
            }
            self.next += 1;
            parts.push(self.unit()?);
        }
        Ok(match joint {
            Some(Keyword::Or) => Expr::Or(parts),
            Some(_) => Expr::And(parts),
            None => parts.pop().expect("a chain has a first unit"),
        })
    }

    fn unit(&mut self) -> Result<Expr, Fault> {
        let Some(token) = self.take() else {
            return Err(self.missing_condition(self.end));
        };
        let at = token.at;
        match (Keyword::of(&token), token.kind) {
            (Some(Keyword::Not), _) => {
                self.deeper(at)?;
                let part = self.unit()?;
                self.depth -= 1;
                Ok(Expr::Not(Box::new(part)))
            }
            (None, TokenKind::Word(word)) => self.condition(word, at, token.end),
            (_, TokenKind::Quoted(text)) => self.quoted(text, at),
            (_, TokenKind::Open) => {
                self.deeper(at)?;
                let expr = self.group(at)?;
                self.depth -= 1;
                Ok(expr)
            }
            (_, TokenKind::Sign(sign)) => {
                Err(Fault::new(at, format!("a field is missing before {sign}")))
            }
            // "and", "or" or a closing parenthesis.
            _ => Err(self.missing_condition(at)),
        }
    }

    /// What stands between parentheses, and the closing one.
    fn group(&mut self, opened_at: usize) -> Result<Expr, Fault> {
        match self.peek().map(|token| &token.kind) {
            None => return Err(never_closed(opened_at)),
            Some(TokenKind::Close) => {
                return Err(Fault::new(
                    opened_at,
                    "nothing is between these parentheses",
                ));
            }
            Some(_) => {}
        }
        let expr = self.chain()?;
        // A chain stops only at the end or at a closing parenthesis.
        match self.take() {
            Some(_) => Ok(expr),
            None => Err(never_closed(opened_at)),
        }
    }

    /// A condition that begins with an unquoted word.
    fn condition(&mut self, mut name: String, at: usize, mut end: usize) -> Result<Expr, Fault> {
        // data."a key": the quotes belong to the field if they touch its dot.
        let mut key_quoted = false;
        if name == "data."
            && let Some(token) = self.peek()
            && let TokenKind::Quoted(key) = &token.kind
            && token.at == end
        {
            name.push_str(key);
            end = token.end;
            key_quoted = true;
            self.next += 1;
        }
        let Some(sign) = self.sign() else {
            return if key_quoted || name.starts_with("data.") || Field::parse(&name).is_some() {
                Err(Fault::new(
                    end,
                    format!(
                        "{} is a field and wants a sign and a value; if you wrote one, quote the filter: your shell took the < or >",
                        shown(&name)
                    ),
                ))
            } else {
                bare_word(name, at)
            };
        };
        let subject = subject(&name, at, key_quoted)?;
        subject.check(sign)?;
        let value = self.value(&subject)?;
        if sign.sign == Sign::Find {
            self.regexes += 1;
            if self.regexes > MAX_REGEXES {
                let message = format!("a filter has at most {MAX_REGEXES} regular expressions");
                return Err(Fault::new(value.at, message));
            }
        }
        subject.condition(sign.sign, &value).map(Expr::Condition)
    }

    /// A quoted text where a condition should stand: always a bare word.
    fn quoted(&mut self, text: String, at: usize) -> Result<Expr, Fault> {
        match self.sign() {
            Some(_) => Err(Fault::new(at, "a field stands without quotes")),
            None => bare_word(text, at),
        }
    }

    fn sign(&mut self) -> Option<PlacedSign> {
        let token = self.peek()?;
        let TokenKind::Sign(sign) = token.kind else {
            return None;
        };
        let at = token.at;
        self.next += 1;
        Some(PlacedSign { sign, at })
    }

    fn value(&mut self, subject: &Subject) -> Result<Value, Fault> {
        let missing = |at| Fault::new(at, format!("{} is missing here", subject.wanted()));
        let Some(token) = self.take() else {
            return Err(missing(self.end));
        };
        let (text, quoted) = match token.kind {
            TokenKind::Word(text) => (text, false),
            TokenKind::Quoted(text) => (text, true),
            TokenKind::Sign(sign) => {
                let message =
                    format!("{sign} is one sign too many: the signs are = != < <= > >= ~");
                return Err(Fault::new(token.at, message));
            }
            TokenKind::Open | TokenKind::Close => {
                let Fault { at, message } = missing(token.at);
                let message = format!("{message}; quote one that has parentheses in it");
                return Err(Fault { at, message });
            }
        };
        Ok(Value {
            text,
            at: token.at,
            quoted,
        })
    }

    fn deeper(&mut self, at: usize) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            Err(Fault::new(
                at,
                format!("this is more than {MAX_DEPTH} levels deep"),
            ))
        } else {
            Ok(())
        }
    }

    /// A condition is missing: after the word or sign before, if there is one.
    fn missing_condition(&self, at: usize) -> Fault {
        let before = self.tokens[..self.next]
            .iter()
            .rfind(|token| token.at < at)
            .and_then(Keyword::of);
        Fault::new(
            at,
            match before {
                Some(Keyword::And) => "a condition is missing after \"and\"",
                Some(Keyword::Or) => "a condition is missing after \"or\"",
                Some(Keyword::Not) => "a condition is missing after \"not\"",
                None => "a condition such as user=alice, idle>10m or age<1h is missing here",
            },
        )
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.peek()?.clone();
        self.next += 1;
        Some(token)
    }
}

fn never_closed(at: usize) -> Fault {
    Fault::new(at, "this parenthesis is never closed")
}

fn subject(name: &str, at: usize, key_quoted: bool) -> Result<Subject, Fault> {
    if let Some(key) = name.strip_prefix("data.") {
        return if key.is_empty() && !key_quoted {
            let message = "a key is missing after \"data.\": write data.theme or data.\"my key\"";
            Err(Fault::new(at + name.len(), message))
        } else {
            let key = key.to_owned();
            Ok(Subject::Data { key, at })
        };
    }
    Field::parse(name).map(Subject::Column).ok_or_else(|| {
        Fault::new(
            at,
            format!("no field {}{} and data.KEY", shown(name), Field::help(name)),
        )
    })
}

fn bare_word(text: String, at: usize) -> Result<Expr, Fault> {
    let word = Word::new(&text)
        .ok_or_else(|| Fault::new(at, "there is nothing to look for between these quotes"))?;
    Ok(Expr::Condition(Condition::Word { word, text, at }))
}
