//! The places where keys go: the list, or what lies on top of it.

/// Where the keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    List,
    Filter,
    Palette,
    Detail,
    /// A question that a key answers.
    Confirm,
    /// A question that a number answers.
    Number,
    Sort,
    Columns,
    Help,
}

impl Place {
    /// All of them, in the order of the help screen, with what they are called there and in settings.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 10] = [
        (Self::List, "In the list", "list"),
        (Self::Detail, "In a session", "session"),
        (Self::Filter, "In the filter line", "filter"),
        (Self::Palette, "In the command line", "command"),
        (Self::Sort, "Sorting", "sort"),
        (Self::Columns, "Choosing columns", "columns"),
        (Self::Confirm, "When asked", "question"),
        (Self::Number, "When a number is asked for", "number"),
        (Self::Help, "In this help", "help"),
        (Self::Anywhere, "Anywhere", "anywhere"),
    ];

    /// Whether letters are typed here.
    pub(crate) fn is_line(self) -> bool {
        matches!(self, Self::Filter | Self::Palette | Self::Number)
    }
}
