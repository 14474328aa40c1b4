//! What is wrong with what was said, all of it: whoever mends one thing should not meet the next one afterwards.

use crate::exit::Failure;

/// What is wrong.
#[derive(Debug, Default)]
pub(super) struct Faults {
    list: Vec<Failure>,
    /// The options whose value could not be read: they were said all the same.
    unread: Vec<&'static str>,
}

impl Faults {
    pub(super) fn add(&mut self, fault: impl Into<Failure>) {
        self.list.push(fault.into());
    }

    /// The value, or its fault among the others.
    pub(super) fn take<T>(&mut self, found: Result<T, impl Into<Failure>>) -> Option<T> {
        found.map_err(|fault| self.add(fault)).ok()
    }

    /// Notes that an option was said in a way that nobody understands.
    pub(super) fn add_unread(&mut self, option: &'static str, fault: Failure) {
        self.unread.push(option);
        self.add(fault);
    }

    /// Whether all of these options are as somebody wanted them: else no fault can be found with how they go together.
    pub(super) fn knows(&self, options: &[&str]) -> bool {
        !options.iter().any(|option| self.unread.contains(option))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl IntoIterator for Faults {
    type Item = Failure;
    type IntoIter = std::vec::IntoIter<Failure>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}
