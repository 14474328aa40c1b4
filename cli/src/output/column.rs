//! Columns: each has a name for programs and for --fields, and a text for people.

use serde_json::Value;
use time::OffsetDateTime;

use crate::style::Style;

/// One column of a list of such items, or one line of what is told of a single one.
pub(crate) struct Column<T> {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) text: fn(&T, OffsetDateTime) -> String,
    /// What programs get where the name is no key of the item's JSON.
    pub(super) made: Option<fn(&T, OffsetDateTime) -> Value>,
    pub(super) style: Option<fn(&T) -> Option<Style>>,
    pub(super) in_table: bool,
    pub(super) in_wide: bool,
    pub(super) in_csv: bool,
    pub(super) is_name: bool,
}

impl<T> Column<T> {
    pub(crate) const fn title(&self) -> &'static str {
        self.title
    }

    /// What people read of an item.
    #[cfg(test)]
    pub(crate) fn told(&self, item: &T, now: OffsetDateTime) -> String {
        (self.text)(item, now)
    }

    /// A key of the item's JSON, shown in every table.
    pub(crate) const fn new(
        name: &'static str,
        title: &'static str,
        text: fn(&T, OffsetDateTime) -> String,
    ) -> Self {
        Self {
            name,
            title,
            text,
            made: None,
            style: None,
            in_table: true,
            in_wide: true,
            in_csv: true,
            is_name: false,
        }
    }

    /// What the item's JSON does not have under that name: for people, and for programs that ask for it.
    pub(crate) const fn made(
        name: &'static str,
        title: &'static str,
        text: fn(&T, OffsetDateTime) -> String,
        made: fn(&T, OffsetDateTime) -> Value,
    ) -> Self {
        let mut column = Self::new(name, title, text);
        column.made = Some(made);
        column.in_csv = false;
        column
    }

    /// Shown in wide tables only.
    pub(crate) const fn wide(mut self) -> Self {
        self.in_table = false;
        self
    }

    /// For those who ask for it by name.
    pub(crate) const fn hidden(mut self) -> Self {
        self.in_table = false;
        self.in_wide = false;
        self
    }

    /// In CSV too, although it is made.
    pub(crate) const fn in_csv(mut self) -> Self {
        self.in_csv = true;
        self
    }

    /// What `-o name` prints.
    pub(crate) const fn naming(mut self) -> Self {
        self.is_name = true;
        self
    }

    /// How it stands out, where it does.
    pub(crate) const fn styled(mut self, style: fn(&T) -> Option<Style>) -> Self {
        self.style = Some(style);
        self
    }
}
