//! The signs between a field and a value.

use std::fmt;

/// A sign of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Compare(Comparison),
    /// `~`: a regular expression is found in the text.
    Find,
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

impl Sign {
    /// All signs; a longer one stands before those it begins with.
    pub(super) const ALL: [(&'static str, Self); 7] = [
        ("!=", Self::Compare(Comparison::NotEqual)),
        ("<=", Self::Compare(Comparison::LessOrEqual)),
        (">=", Self::Compare(Comparison::GreaterOrEqual)),
        ("=", Self::Compare(Comparison::Equal)),
        ("<", Self::Compare(Comparison::Less)),
        (">", Self::Compare(Comparison::Greater)),
        ("~", Self::Find),
    ];
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Self::ALL
            .iter()
            .find(|(_, sign)| sign == self)
            .map_or("", |(text, _)| text);
        f.write_str(text)
    }
}

impl Comparison {
    /// Compares two values; what cannot be ordered is unequal.
    pub(super) fn holds<T: PartialOrd + Copy>(self, value: T, limit: T) -> bool {
        match self {
            Self::Equal => value == limit,
            Self::NotEqual => value != limit,
            Self::Less => value < limit,
            Self::LessOrEqual => value <= limit,
            Self::Greater => value > limit,
            Self::GreaterOrEqual => value >= limit,
        }
    }

    /// Compares milliseconds, but whole seconds for equality: these are what people see and write.
    pub(super) fn holds_for_millis(self, value: i64, limit: i64) -> bool {
        match self {
            Self::Equal | Self::NotEqual => {
                self.holds(value.div_euclid(1_000), limit.div_euclid(1_000))
            }
            _ => self.holds(value, limit),
        }
    }
}
