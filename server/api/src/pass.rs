//! What a scan came to.

/// What a scan came to: some questions take more than one.
#[derive(Debug)]
pub enum Pass<D, A> {
    /// It is answered.
    Done(D),
    /// All sessions have to be offered once more, to this one.
    Again(A),
}
