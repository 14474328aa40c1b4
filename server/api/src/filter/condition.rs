//! One condition of a filter, and whether a session meets it.
//!
//! Everything that can be made ready is made ready when the filter is read: a list asks a million times.

use std::{borrow::Cow, net::IpAddr};

use serde_json::Value;

use super::{pattern::Pattern, sign::Comparison, word::Word};
use crate::{
    View,
    field::Field,
    network::{AddressText, Network},
};

/// One condition.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    Text {
        field: Field,
        test: TextTest,
    },
    Address {
        field: Field,
        test: AddressTest,
    },
    /// A count, compared as it is.
    Count {
        field: Field,
        comparison: Comparison,
        limit: i64,
    },
    /// A moment, in milliseconds since 1970.
    Moment {
        field: Field,
        comparison: Comparison,
        limit: i64,
    },
    /// How long ago a moment was, in milliseconds.
    Span {
        field: Field,
        comparison: Comparison,
        limit: i64,
    },
    /// A key of its data, and where it stands.
    Data {
        key: String,
        test: DataTest,
        at: usize,
    },
    /// A bare word, and where it stands.
    Word {
        word: Word,
        text: String,
        at: usize,
    },
}

/// Text fits a pattern, or does not.
#[derive(Debug, Clone)]
pub(super) struct TextTest {
    pub(super) pattern: Pattern,
    pub(super) fits: bool,
}

#[derive(Debug, Clone)]
pub(super) enum AddressTest {
    Network { network: Network, within: bool },
    Text(Pattern),
}

#[derive(Debug, Clone)]
pub(super) enum DataTest {
    Text(TextTest),
    Number { comparison: Comparison, limit: f64 },
}

impl Condition {
    /// The session is this user's.
    pub(super) fn of_user(name: &str) -> Self {
        Self::Text {
            field: Field::User,
            test: TextTest {
                pattern: Pattern::Exact(name.to_owned()),
                fits: true,
            },
        }
    }

    /// Whether a session meets it. What is not known meets nothing, `!=` included.
    pub(super) fn holds(&self, view: &View<'_>, now: i64) -> bool {
        match self {
            Self::Text { field, test } => view.text(*field).is_some_and(|text| test.holds(text)),
            Self::Address { field, test } => view.address(*field).is_some_and(|ip| test.holds(ip)),
            Self::Count {
                field,
                comparison,
                limit,
            } => view
                .number(*field)
                .is_some_and(|count| comparison.holds(count, *limit)),
            Self::Moment {
                field,
                comparison,
                limit,
            } => view
                .number(*field)
                .is_some_and(|moment| comparison.holds_for_millis(moment, *limit)),
            Self::Span {
                field,
                comparison,
                limit,
            } => view.number(*field).is_some_and(|since| {
                // Two machines' clocks differ a little: what lies ahead is now.
                let span = now.saturating_sub(since).max(0);
                comparison.holds_for_millis(span, *limit)
            }),
            Self::Data { key, test, .. } => view
                .data
                .and_then(|data| data(key))
                .is_some_and(|value| test.holds(&value)),
            Self::Word { word, .. } => word.appears(view),
        }
    }

    pub(super) fn exact_user(&self) -> Option<&str> {
        match self {
            Self::Text {
                field: Field::User,
                test:
                    TextTest {
                        pattern: Pattern::Exact(name),
                        fits: true,
                    },
            } => Some(name),
            _ => None,
        }
    }
}

impl TextTest {
    fn holds(&self, text: &str) -> bool {
        self.pattern.fits(text) == self.fits
    }
}

impl AddressTest {
    fn holds(&self, address: IpAddr) -> bool {
        match self {
            Self::Network { network, within } => network.contains(address) == *within,
            Self::Text(pattern) => pattern.fits(AddressText::new(address).as_str()),
        }
    }
}

impl DataTest {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Text(test) => {
                let text = match value {
                    Value::String(text) => Cow::Borrowed(text.as_str()),
                    other => Cow::Owned(other.to_string()),
                };
                test.holds(&text)
            }
            Self::Number { comparison, limit } => value
                .as_f64()
                .is_some_and(|number| comparison.holds(number, *limit)),
        }
    }
}
