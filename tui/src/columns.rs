//! The columns of the list: which there are, which are shown, and how wide each is on a screen.
//!
//! Arithmetic over a fixed table; what stands in a cell is `fields`' business.

use std::{fmt, str::FromStr};

use sessctl_api::SortField as Field;

use crate::choice::{BadSetting, choice};

/// A column that somebody chose, written `FIELD` or `FIELD:CELLS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub field: Field,
    /// Cells; as many as it can use and the screen has if nothing is said.
    pub width: Option<u16>,
}

/// How a column is headed, and how many cells it needs and can use.
#[derive(Debug, Clone, Copy)]
struct Kind {
    field: Field,
    head: &'static str,
    least: u16,
    most: u16,
}

const fn kind(field: Field, head: &'static str, least: u16, most: u16) -> Kind {
    Kind {
        field,
        head,
        least,
        most,
    }
}

/// Every column, in the order in which they stand if nobody chose another.
const KINDS: [Kind; 14] = [
    kind(Field::Handle, "handle", 12, 12),
    kind(Field::User, "user", 12, 40),
    kind(Field::Client, "client", 12, 28),
    kind(Field::Ip, "ip", 15, 39),
    kind(Field::Age, "age", 6, 6),
    kind(Field::Idle, "idle", 6, 6),
    kind(Field::Expires, "expires in", 7, 10),
    kind(Field::Requests, "requests", 8, 8),
    kind(Field::LoginIp, "login ip", 15, 39),
    kind(Field::Ips, "ips", 3, 3),
    kind(Field::Size, "bytes", 6, 8),
    kind(Field::Created, "signed in", 19, 19),
    kind(Field::Seen, "last seen", 19, 19),
    kind(Field::Ua, "user agent", 12, 120),
];

/// Those that are shown if nobody chose, in the order in which a wider screen gets them.
const BY_WEIGHT: [Field; 8] = [
    Field::User,
    Field::Handle,
    Field::Idle,
    Field::Age,
    Field::Expires,
    Field::Client,
    Field::Ip,
    Field::Requests,
];

/// The narrowest and the widest that a column can be made.
const WIDTHS: std::ops::RangeInclusive<u16> = 3..=200;

/// Every field that can be a column, in the usual order.
pub(crate) fn all() -> impl Iterator<Item = Field> {
    KINDS.iter().map(|kind| kind.field)
}

/// Those that are shown if nobody chose, in their order.
pub(crate) fn usual() -> Vec<Column> {
    all()
        .filter(|field| BY_WEIGHT.contains(field))
        .map(|field| Column { field, width: None })
        .collect()
}

fn kind_of(field: Field) -> Kind {
    let found = KINDS.iter().find(|kind| kind.field == field);
    *found.unwrap_or(&KINDS[1])
}

/// What stands above a column of so many cells.
pub(crate) fn head(field: Field, width: u16) -> &'static str {
    let head = kind_of(field).head;
    if usize::from(width) < head.len() && field == Field::Expires {
        "expires"
    } else {
        head
    }
}

/// The columns for a screen so wide, with a cell between each two.
pub(crate) fn layout(chosen: &[Column], width: u16) -> Vec<(Field, u16)> {
    let usual = usual();
    let (wanted, by_weight) = match chosen {
        [] => (&usual[..], &BY_WEIGHT[..]),
        chosen => (chosen, &[][..]),
    };
    let weight = |field: Field| by_weight.iter().position(|one| *one == field);
    let mut first: Vec<&Column> = wanted.iter().collect();
    // What somebody chose weighs as it stands.
    first.sort_by_key(|column| weight(column.field));
    let least = |column: &Column| column.width.unwrap_or(kind_of(column.field).least);
    let mut free = width;
    let mut shown: Vec<Field> = Vec::new();
    for (nth, column) in first.into_iter().enumerate() {
        let gap = u16::from(!shown.is_empty());
        if least(column) + gap <= free {
            free -= least(column) + gap;
            shown.push(column.field);
        } else if nth == 0 {
            // One stays, however narrow the screen.
            return vec![(column.field, free)];
        } else if nth > 1 || !chosen.is_empty() {
            // A lesser column must not stand where a weightier one did not fit; but the short idle time may, where
            // the handle did not.
            break;
        }
    }
    let mut columns: Vec<(&Column, u16)> = wanted
        .iter()
        .filter(|column| shown.contains(&column.field))
        .map(|column| (column, least(column)))
        .collect();
    // A cell each in turn, until all have what they can use.
    loop {
        let before = free;
        for (column, width) in &mut columns {
            let most = column.width.unwrap_or(kind_of(column.field).most);
            if free > 0 && *width < most {
                *width += 1;
                free -= 1;
            }
        }
        if free == before || free == 0 {
            break;
        }
    }
    columns
        .into_iter()
        .map(|(column, width)| (column.field, width))
        .collect()
}

impl Column {
    /// Makes it wider or narrower by so many cells than it is.
    pub(crate) fn widen(&mut self, cells: i16) {
        let kind = kind_of(self.field);
        let width = self.width.unwrap_or(kind.most.min(30));
        let width = width.saturating_add_signed(cells);
        self.width = Some(width.clamp(*WIDTHS.start(), *WIDTHS.end()));
    }
}

impl FromStr for Column {
    type Err = BadSetting;

    fn from_str(text: &str) -> Result<Self, BadSetting> {
        let (name, width) = match text.split_once(':') {
            Some((name, width)) => (name, Some(width)),
            None => (text, None),
        };
        let fields: Vec<_> = all().map(|field| (field.as_str(), field)).collect();
        let field = choice("column", name, &fields)?;
        let width = width.map(|width| {
            let cells = width.parse().ok().filter(|cells| WIDTHS.contains(cells));
            cells.ok_or_else(|| {
                let (least, most) = (WIDTHS.start(), WIDTHS.end());
                BadSetting(format!(
                    "{name}: a column has {least} to {most} cells, not {}",
                    sessctl_api::text::fit(width, 20)
                ))
            })
        });
        Ok(Self {
            field,
            width: width.transpose()?,
        })
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.width {
            Some(width) => write!(f, "{}:{width}", self.field),
            None => write!(f, "{}", self.field),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(chosen: &[Column], width: u16) -> Vec<Field> {
        layout(chosen, width).into_iter().map(|(f, _)| f).collect()
    }

    #[test]
    fn one_column_stays_however_narrow_the_screen_and_none_is_wider_than_it() {
        let chosen = [Field::Ip, Field::Handle].map(|field| Column { field, width: None });
        for width in 0..=200 {
            for (chosen, first) in [(&[][..], Field::User), (&chosen, Field::Ip)] {
                let columns = layout(chosen, width);
                assert!(columns.iter().any(|(f, _)| *f == first), "{width}");
                let used: u16 = columns.iter().map(|(_, width)| width + 1).sum();
                assert!(used <= width + 1, "{width}: {columns:?}");
            }
        }
    }

    #[test]
    fn wider_screens_have_more_columns() {
        use Field::{Age, Client, Expires, Handle, Idle, Ip, Requests, User};
        assert_eq!(fields(&[], 20), [User, Idle]);
        assert_eq!(fields(&[], 38), [Handle, User, Idle]);
        let most = [Handle, User, Client, Ip, Age, Idle, Expires];
        assert_eq!(fields(&[], 78), most);
        let all = [Handle, User, Client, Ip, Age, Idle, Expires, Requests];
        assert_eq!(fields(&[], 158), all);
    }

    #[test]
    fn chosen_columns_stand_as_they_were_chosen() {
        let chosen: Vec<Column> = ["ip:20", "user", "size"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        assert_eq!(
            layout(&chosen, 100)[0],
            (Field::Ip, 20),
            "as wide as it was chosen"
        );
        assert_eq!(fields(&chosen, 100), [Field::Ip, Field::User, Field::Size]);
        assert_eq!(fields(&chosen, 35), [Field::Ip, Field::User]);
        let written: Vec<_> = chosen.iter().map(Column::to_string).collect();
        assert_eq!(written, ["ip:20", "user", "size"]);
    }

    #[test]
    fn what_is_no_column_is_refused_with_a_guess() {
        for (text, says) in [
            (
                "usr",
                "\"usr\" is no column; did you mean user? There are handle,",
            ),
            ("ip:wide", "ip: a column has 3 to 200 cells, not wide"),
            ("ip:2", "ip: a column has 3 to 200 cells, not 2"),
            ("ended", "\"ended\" is no column; there are handle,"),
        ] {
            let error = text.parse::<Column>().unwrap_err().to_string();
            assert!(error.starts_with(says), "{text}: {error}");
        }
    }
}
