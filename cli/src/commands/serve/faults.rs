//! What is wrong with what was said, all of it: whoever mends one thing should not meet the next one afterwards.

use sessctl_server::Exposure;

use crate::exit::Failure;

/// What is wrong.
#[derive(Debug, Default)]
pub(super) struct Faults {
    list: Vec<Failure>,
    /// The options whose value could not be read: they were said all the same.
    unread: Vec<&'static str>,
    /// Where the server would listen, and how protected, where that is known in spite of the faults.
    listening: Option<(String, Exposure)>,
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

    /// Notes where the server would listen: to be judged where all faults are asked for.
    pub(super) fn would_listen(&mut self, address: &str, exposure: &Exposure) {
        self.listening = Some((address.to_owned(), exposure.clone()));
    }

    pub(super) fn listening(&self) -> Option<(String, Exposure)> {
        self.listening.clone()
    }

    /// Puts them in the order of the file's lines; how options go together comes last.
    pub(super) fn sort(&mut self) {
        self.list
            .sort_by_key(|fault| fault.line().unwrap_or(usize::MAX));
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
