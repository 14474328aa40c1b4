//! The tree of a filter: conditions joined by `and`, `or` and `not`.

use super::condition::Condition;
use crate::View;

/// One node. A condition about what a session's store does not know does not hold, and so its `not` does.
#[derive(Debug, Clone)]
pub(super) enum Expr {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Condition(Condition),
}

impl Expr {
    pub(super) fn holds(&self, view: &View<'_>, now: i64) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(view, now)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(view, now)),
            Self::Not(part) => !part.holds(view, now),
            Self::Condition(condition) => condition.holds(view, now),
        }
    }

    /// The first condition, from left to right and at any depth, that is as wanted.
    pub(super) fn find(&self, wanted: &impl Fn(&Condition) -> bool) -> Option<&Condition> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().find_map(|part| part.find(wanted)),
            Self::Not(part) => part.find(wanted),
            Self::Condition(condition) => wanted(condition).then_some(condition),
        }
    }

    /// The user that all sessions it holds for must have.
    pub(super) fn exact_user(&self) -> Option<&str> {
        match self {
            Self::And(parts) => parts.iter().find_map(Self::exact_user),
            Self::Condition(condition) => condition.exact_user(),
            Self::Or(_) | Self::Not(_) => None,
        }
    }
}
