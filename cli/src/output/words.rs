//! What people read of a value.

use sessctl_api::{span, text};
use time::OffsetDateTime;

/// Text that a stranger chose, cut to so many cells.
pub(crate) fn word(text: Option<&str>, cells: usize) -> String {
    text.map_or_else(unknown, |text| text::fit(text, cells))
}

/// What stands where a store does not know.
pub(crate) fn unknown() -> String {
    "-".to_owned()
}

/// How long ago, in words.
pub(crate) fn ago(time: OffsetDateTime, now: OffsetDateTime) -> String {
    let ago = span::between(time, now);
    match ago.as_secs() {
        0 => "just now".to_owned(),
        _ => format!("{} ago", span::short(ago)),
    }
}
