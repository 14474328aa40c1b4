//! One condition of a filter, and whether a session meets it.

use std::time::Duration;

use time::OffsetDateTime;

use crate::Session;

/// One condition; all conditions of a filter must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    User {
        equal: bool,
        name: String,
    },
    Span {
        field: SpanField,
        comparison: Comparison,
        limit: Duration,
    },
    Word(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SpanField {
    Idle,
    Age,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    pub(super) fn holds(&self, session: &Session, now: OffsetDateTime) -> bool {
        match self {
            Self::User { equal, name } => session
                .user
                .as_ref()
                .is_some_and(|user| (user == name) == *equal),
            Self::Span {
                field,
                comparison,
                limit,
            } => {
                let span = match field {
                    SpanField::Idle => session.idle(now),
                    SpanField::Age => session.age(now),
                };
                span.is_some_and(|span| comparison.holds(span, *limit))
            }
            Self::Word(word) => appears(word, session),
        }
    }
}

impl Comparison {
    fn holds(self, span: Duration, limit: Duration) -> bool {
        match self {
            // People see and write whole seconds.
            Self::Equal => span.as_secs() == limit.as_secs(),
            Self::NotEqual => span.as_secs() != limit.as_secs(),
            Self::Less => span < limit,
            Self::LessOrEqual => span <= limit,
            Self::Greater => span > limit,
            Self::GreaterOrEqual => span >= limit,
        }
    }
}

fn appears(word: &str, session: &Session) -> bool {
    let word = word.to_lowercase();
    let within = |text: &Option<String>| {
        text.as_ref()
            .is_some_and(|text| text.to_lowercase().contains(&word))
    };
    within(&session.user)
        || within(&session.ua)
        || within(&session.client)
        || session.ip.is_some_and(|ip| ip.to_string().contains(&word))
}
