//! The order of a list.
//!
//! Sessions are ordered by one column, then by handle, so that no two are equal. What is not known comes last in both
//! directions. Spans are ordered by the moments they are counted from: time passing does not change the order.

use std::{borrow::Cow, cmp::Ordering, fmt, net::IpAddr, str::FromStr};

use crate::{
    Handle, View,
    field::{Field, Kind},
};

/// What a list is sorted by, written `FIELD`, `FIELD:asc` or `FIELD:desc`.
///
/// A field alone is ascending: the shortest span, the earliest time, the smallest number, `a` before `b`. No sort at
/// all, the default, is `created:desc`: the newest login first; of ended sessions [`Sort::usual`] shows the latest end
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sort {
    pub field: Field,
    pub descending: bool,
}

/// Why a text is no [`Sort`]: a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadSort(pub String);

/// What one session is sorted by. The order of the variants counts: what is not known is last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue<'a> {
    Number(i64),
    /// IPv4 before IPv6.
    Ip(IpAddr),
    /// By its bytes, at most [`Sort::TEXT_LEN`] of them.
    Text(Cow<'a, str>),
    Null,
}

impl Sort {
    /// Texts are ordered by so many bytes at their beginning, and by handle where these are equal: a cursor carries
    /// the text of a page's last session, and a user agent can be long.
    pub const TEXT_LEN: usize = 128;

    /// The order of a list that names none: of live sessions the newest login first, of ended ones the latest end.
    pub fn usual(ended: bool) -> Self {
        match ended {
            false => Self::default(),
            true => Self {
                field: Field::Ended,
                descending: true,
            },
        }
    }

    /// What a session is sorted by.
    pub fn value<'v>(self, view: &'v View<'_>) -> SortValue<'v> {
        let field = self.field;
        let value = match field.kind() {
            Kind::Text => view
                .text(field)
                .map(|text| SortValue::Text(Cow::Borrowed(beginning(text)))),
            Kind::Address => view.address(field).map(SortValue::Ip),
            Kind::Count | Kind::Bytes | Kind::Moment => view.number(field).map(SortValue::Number),
            // The shorter the span, the later the moment it is counted from.
            Kind::Span => view
                .number(field)
                .map(|since| SortValue::Number(since.saturating_neg())),
        };
        value.unwrap_or(SortValue::Null)
    }

    /// Which of two sessions comes first.
    pub fn order(
        self,
        (value, handle): (&SortValue<'_>, Handle),
        (other_value, other_handle): (&SortValue<'_>, Handle),
    ) -> Ordering {
        let known = !matches!(value, SortValue::Null) && !matches!(other_value, SortValue::Null);
        let order = value.cmp(other_value);
        let order = if self.descending && known {
            order.reverse()
        } else {
            order
        };
        order.then_with(|| handle.cmp(&other_handle))
    }
}

impl SortValue<'_> {
    /// The same value, its text copied.
    pub fn into_owned(self) -> SortValue<'static> {
        match self {
            Self::Number(number) => SortValue::Number(number),
            Self::Ip(ip) => SortValue::Ip(ip),
            Self::Text(text) => SortValue::Text(Cow::Owned(text.into_owned())),
            Self::Null => SortValue::Null,
        }
    }
}

fn beginning(text: &str) -> &str {
    if text.len() <= Sort::TEXT_LEN {
        return text;
    }
    // A character takes four bytes at most.
    (0..4)
        .find_map(|less| text.get(..Sort::TEXT_LEN - less))
        .expect("one of four neighbouring bytes begins a character")
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            field: Field::Created,
            descending: true,
        }
    }
}

impl FromStr for Sort {
    type Err = BadSort;

    fn from_str(text: &str) -> Result<Self, BadSort> {
        let (name, direction) = text.split_once(':').unwrap_or((text, "asc"));
        let field = Field::parse(name).ok_or_else(|| {
            BadSort(format!(
                "no field {:?} to sort by{}",
                crate::text::fit(name, 40),
                Field::help(name)
            ))
        })?;
        let descending = match direction {
            "asc" => false,
            "desc" => true,
            other => {
                return Err(BadSort(format!(
                    "{:?} is no direction: write {field}:asc or {field}:desc",
                    crate::text::fit(other, 40)
                )));
            }
        };
        Ok(Self { field, descending })
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.descending { ":desc" } else { "" };
        write!(f, "{}{direction}", self.field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sort_reads_back_as_itself() {
        for field in Field::ALL {
            for descending in [false, true] {
                let sort = Sort { field, descending };
                assert_eq!(sort.to_string().parse(), Ok(sort));
            }
        }
        assert_eq!(Sort::default().to_string(), "created:desc");
        assert_eq!("idle:asc".parse(), "idle".parse::<Sort>());
    }

    #[test]
    fn a_wrong_sort_is_answered_with_what_is_right() {
        for (text, says) in [
            (
                "creatd",
                "no field \"creatd\" to sort by; did you mean created? The fields are user, handle,",
            ),
            ("", "no field \"\" to sort by; the fields are user"),
            ("data.x", "no field \"data.x\""),
            (
                "idle:down",
                "\"down\" is no direction: write idle:asc or idle:desc",
            ),
            ("idle:", "\"\" is no direction"),
        ] {
            let error = text.parse::<Sort>().unwrap_err().to_string();
            assert!(error.starts_with(says), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_cut_text_ends_between_characters() {
        for text in [
            "x".repeat(500),
            "é".repeat(500),
            "a".to_owned() + &"山".repeat(500),
        ] {
            let cut = beginning(&text);
            assert!(text.starts_with(cut) && cut.len() > Sort::TEXT_LEN - 4);
        }
        assert_eq!(beginning("short"), "short");
    }
}
