//! The words for the audit log: fewer than for sessions, over records that are there for good.
//!
//! Terms side by side, or with `and` between them; a record meets all of them or is not shown.
//!
//! | term | meaning |
//! |---|---|
//! | `action=revoke` `user=al*` `why!=idle` | a field is (or is not) this text; `*` is any characters |
//! | `from=10.0.0.0/8` | the address is in the network |
//! | `alice` | appears in any field, in any case |
//!
//! An action or result that there is none of is refused; an action may be written with `_`, `-` or a blank.
//!
//! As in lists of sessions, what is not known meets no condition about it, and text in quotes is plain text.

use std::{fmt, net::IpAddr, str::FromStr};

use super::{
    fault::{Fault, FilterError, shown},
    known,
    lex::{self, Token, TokenKind},
    pattern::Pattern,
    sign::{Comparison, Sign},
};
use crate::{AuditRecord, Filter, Network, near, text};

/// A parsed filter for audit records. The default one matches all.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    text: String,
    terms: Vec<Term>,
}

#[derive(Debug, Clone)]
enum Term {
    Field {
        field: RecordField,
        test: Test,
        fits: bool,
    },
    /// In lower case.
    Word(String),
}

#[derive(Debug, Clone)]
enum Test {
    Text(Pattern),
    Within(Network),
}

/// What of a record can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RecordField {
    Action,
    Result,
    Actor,
    From,
    User,
    Handle,
    Why,
}

impl RecordField {
    const ALL: [Self; 7] = [
        Self::Action,
        Self::Result,
        Self::Actor,
        Self::From,
        Self::User,
        Self::Handle,
        Self::Why,
    ];

    const NAMES: [&'static str; 7] = ["action", "result", "actor", "from", "user", "handle", "why"];

    fn named(name: &str) -> Option<Self> {
        let place = Self::NAMES.iter().position(|known| *known == name)?;
        Some(Self::ALL[place])
    }

    /// Calls `look` with its text, if the record has one.
    fn of(self, record: &AuditRecord, look: impl FnOnce(&str) -> bool) -> bool {
        let text = match self {
            Self::Action => Some(&*record.action),
            Self::Result => Some(record.result.as_str()),
            Self::Actor => record.actor.as_deref(),
            Self::From => record.from.as_deref(),
            Self::User => record.user.as_deref(),
            Self::Why => record.why.as_deref(),
            Self::Handle => return record.handle.is_some_and(|it| look(&it.to_string())),
        };
        text.is_some_and(look)
    }
}

impl AuditFilter {
    /// Returns the text it was parsed from.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a record meets every term.
    pub fn matches(&self, record: &AuditRecord) -> bool {
        self.terms.iter().all(|term| term.holds(record))
    }
}

impl Term {
    fn holds(&self, record: &AuditRecord) -> bool {
        match self {
            Self::Field { field, test, fits } => field.of(record, |text| test.fits(text) == *fits),
            Self::Word(word) => RecordField::ALL
                .into_iter()
                .any(|field| field.of(record, |text| text.to_lowercase().contains(word))),
        }
    }
}

impl Test {
    fn of(field: RecordField, value: &str, quoted: bool) -> Self {
        match Network::parse(value) {
            Some(network) if field == RecordField::From => Self::Within(network),
            _ => Self::Text(Pattern::of(value, quoted)),
        }
    }

    fn fits(&self, text: &str) -> bool {
        match self {
            Self::Text(pattern) => pattern.fits(text),
            Self::Within(network) => {
                let address = text.parse::<IpAddr>();
                address.is_ok_and(|address| network.contains(address.to_canonical()))
            }
        }
    }
}

impl FromStr for AuditFilter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let failed = |text: &str, fault: Fault| FilterError {
            text: text.to_owned(),
            at: fault.at,
            message: fault.message,
        };
        if text.len() > Filter::MAX_LEN {
            let start: String = text.chars().take(80).collect();
            let at = start.chars().count();
            let message = format!("longer than {} bytes", Filter::MAX_LEN);
            return Err(failed(&start, Fault::new(at, message)));
        }
        let terms = terms(text).map_err(|fault| failed(text, fault))?;
        Ok(Self {
            text: text.to_owned(),
            terms,
        })
    }
}

impl fmt::Display for AuditFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

fn terms(text: &str) -> Result<Vec<Term>, Fault> {
    let mut tokens = lex::tokens(text)?.into_iter().peekable();
    let mut terms = Vec::new();
    while let Some(token) = tokens.next() {
        let (word, quoted) = match token.kind {
            TokenKind::Word(word) => (word, false),
            TokenKind::Quoted(word) => (word, true),
            TokenKind::Sign(_) | TokenKind::Open | TokenKind::Close => {
                return Err(unknown(token.at));
            }
        };
        if !quoted && word.eq_ignore_ascii_case("and") {
            continue;
        }
        if !quoted && (word.eq_ignore_ascii_case("or") || word.eq_ignore_ascii_case("not")) {
            let message = "the log's filter knows no \"or\" and no \"not\": ask twice, or write !=";
            return Err(Fault::new(token.at, message));
        }
        let sign = tokens.next_if(|next| !quoted && matches!(next.kind, TokenKind::Sign(_)));
        let Some(sign) = sign else {
            if word.is_empty() {
                return Err(Fault::new(token.at, "nothing is between these quotes"));
            }
            terms.push(Term::Word(word.to_lowercase()));
            continue;
        };
        let field = RecordField::named(&word).ok_or_else(|| no_field(&word, token.at))?;
        let fits = match sign.kind {
            TokenKind::Sign(Sign::Compare(Comparison::Equal)) => true,
            TokenKind::Sign(Sign::Compare(Comparison::NotEqual)) => false,
            _ => return Err(unknown(sign.at)),
        };
        let (value, quoted, at) = value(tokens.next(), sign.end)?;
        let value = match field {
            RecordField::Action => known::action(&value, quoted, at)?,
            RecordField::Result => known::result(&value, quoted, at)?,
            _ => value,
        };
        terms.push(Term::Field {
            field,
            test: Test::of(field, &value, quoted),
            fits,
        });
    }
    Ok(terms)
}

/// The text after a sign, whether it is quoted, and where it begins.
fn value(token: Option<Token>, end: usize) -> Result<(String, bool, usize), Fault> {
    match token.map(|token| (token.at, token.kind)) {
        Some((at, TokenKind::Word(word))) => Ok((word, false, at)),
        Some((at, TokenKind::Quoted(word))) => Ok((word, true, at)),
        Some((at, _)) => Err(unknown(at)),
        None => Err(Fault::new(end, "a value is missing here")),
    }
}

fn unknown(at: usize) -> Fault {
    let message = "the log's filter knows FIELD=VALUE, FIELD!=VALUE and bare words; quote a value that has signs in it";
    Fault::new(at, message)
}

fn no_field(word: &str, at: usize) -> Fault {
    let known = RecordField::NAMES;
    let message = match near::nearest(word, known) {
        Some(meant) => format!("no field {}; did you mean {meant}?", shown(word)),
        None => format!("no field {}; there are {}", shown(word), known.join(", ")),
    };
    Fault::new(at, text::clean(&message))
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::{AuditResult, audit::actions};
    fn record() -> AuditRecord {
        AuditRecord {
            actor: Some("token:ci".into()),
            from: Some("10.1.2.3".into()),
            user: Some("Alice Smith".into()),
            handle: Some("0123456789ab".parse().unwrap()),
            count: Some(3),
            ..AuditRecord::new(
                OffsetDateTime::UNIX_EPOCH,
                actions::REVOKE,
                AuditResult::Done,
            )
        }
    }

    #[test]
    fn a_record_meets_every_term_or_is_not_shown() {
        for (filter, shown) in [
            ("", true),
            ("action=revoke", true),
            ("action=rev* and result=done", true),
            ("action=revoke result=refused", false),
            ("action!=user-remove action!=\"user remove\"", true),
            ("user=\"Alice Smith\"", true),
            ("user=alice*", false),
            ("user!=bob", true),
            ("why!=idle", false),
            ("from=10.0.0.0/8", true),
            ("from!=10.0.0.0/8", false),
            ("from=11.0.0.0/8", false),
            ("from=10.*", true),
            ("actor=token:ci", true),
            ("handle=0123456789ab", true),
            ("smith", true),
            ("REVOKE token", true),
            ("smith mallory", false),
            ("\"and\"", false),
        ] {
            let parsed: AuditFilter = filter.parse().unwrap();
            assert_eq!(parsed.matches(&record()), shown, "{filter}");
        }
    }

    #[test]
    fn what_the_log_cannot_be_asked_points_at_the_place() {
        for (filter, at, says) in [
            ("usr=alice", 0, "did you mean user?"),
            ("colour=red", 0, "there are action"),
            ("action=user_remov", 7, "did you mean user_remove?"),
            ("action=dance", 7, "there are login"),
            ("action!=\"log*\"", 8, "did you mean login?"),
            ("result=don", 7, "did you mean done?"),
            ("result=user_add", 7, "there are done, refused, failed"),
            ("user=", 5, "missing"),
            ("user=a or user=b", 7, "no \"or\""),
            ("user~x", 4, "FIELD=VALUE"),
            ("user>x", 4, "FIELD=VALUE"),
            ("(user=a)", 0, "FIELD=VALUE"),
            ("user==a", 5, "FIELD=VALUE"),
            ("\"\"", 0, "nothing"),
            ("user=\"a", 5, "never closed"),
            ("\"user\"=a", 6, "FIELD=VALUE"),
        ] {
            let error = filter.parse::<AuditFilter>().unwrap_err();
            assert_eq!(error.at, at, "{filter}: {error}");
            assert!(error.message.contains(says), "{filter}: {error}");
        }
        assert!("x".repeat(5_000).parse::<AuditFilter>().is_err());
    }
}
