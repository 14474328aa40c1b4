//! Where a page ended, as text that travels to the caller and back.
//!
//! Opaque to callers and made of hexadecimal digits, so that it goes through a URL and a shell as it is.

use std::borrow::Cow;

use crate::{
    Handle, RegistryError, Session,
    sort::{Sort, SortValue},
};

/// The place of a page's last session in the whole order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) value: SortValue<'static>,
    pub(crate) handle: Handle,
}

impl Cursor {
    /// Writes it down together with the sort it belongs to.
    pub(crate) fn encode(&self, sort: Sort) -> String {
        let value = match &self.value {
            SortValue::Number(number) => format!("n{number}"),
            SortValue::Ip(ip) => format!("i{ip}"),
            SortValue::Text(text) => format!("t{text}"),
            SortValue::Null => "-".to_owned(),
        };
        let plain = format!("{sort}/{}/{value}", self.handle);
        plain.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads it back for a list of the same sort.
    pub(crate) fn decode(text: &str, sort: Sort) -> Result<Self, RegistryError> {
        let unknown = || {
            RegistryError::BadQuery(
                "this is no cursor of a list: begin again with the first page".to_owned(),
            )
        };
        let plain = from_hex(text).ok_or_else(unknown)?;
        let mut parts = plain.splitn(3, '/');
        let mut part = || parts.next().ok_or_else(unknown);
        let made_for: Sort = part()?.parse().map_err(|_| unknown())?;
        let handle = part()?.parse().map_err(|_| unknown())?;
        let value = read_value(part()?).ok_or_else(unknown)?;
        if made_for == sort {
            Ok(Self { value, handle })
        } else {
            Err(RegistryError::BadQuery(format!(
                "this cursor is of a list sorted by {made_for}, not by {sort}: begin again with the first page"
            )))
        }
    }
}

impl Sort {
    /// The cursor of a session's place in a list of this order, whether or not the session still lives.
    pub fn cursor_at(self, session: &Session) -> String {
        let view = session.view();
        let value = self.value(&view).into_owned();
        let handle = session.handle;
        Cursor { value, handle }.encode(self)
    }
}

fn read_value(text: &str) -> Option<SortValue<'static>> {
    if text == "-" {
        return Some(SortValue::Null);
    }
    let kind = text.chars().next()?;
    let rest = &text[kind.len_utf8()..];
    match kind {
        'n' => rest.parse().ok().map(SortValue::Number),
        'i' => rest.parse().ok().map(SortValue::Ip),
        't' => Some(SortValue::Text(Cow::Owned(rest.to_owned()))),
        _ => None,
    }
}

fn from_hex(text: &str) -> Option<String> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes = pairs.iter().map(|&[high, low]| {
        let byte = digit(high)? << 4 | digit(low)?;
        u8::try_from(byte).ok()
    });
    let bytes: Option<Vec<u8>> = bytes.collect();
    String::from_utf8(bytes?).ok().filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_for_its_own_sort() {
        let sort = Sort::default();
        for value in [
            SortValue::Null,
            SortValue::Number(-5),
            SortValue::Ip("fd00::1".parse().unwrap()),
            SortValue::Text(Cow::Borrowed("a/b 山\0")),
            SortValue::Text(Cow::Borrowed("")),
        ] {
            let cursor = Cursor {
                value,
                handle: Handle::from_random(9),
            };
            let text = cursor.encode(sort);
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            assert_eq!(Cursor::decode(&text, sort).unwrap(), cursor);

            let other = "user".parse().unwrap();
            let error = Cursor::decode(&text, other).unwrap_err().to_string();
            assert!(
                error.contains("sorted by created:desc, not by user"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let hex = |text: &str| -> String { text.bytes().map(|b| format!("{b:02x}")).collect() };
        for text in [
            "".to_owned(),
            "x".to_owned(),
            "6".to_owned(),
            "ff".to_owned(),
            "6\u{e9}".to_owned(),
            hex("created:desc"),
            hex("created:desc/000000000000"),
            hex("created:desc/000000000000/"),
            hex("created:desc/000000000000/x1"),
            hex("created:desc/000000000000/n"),
            hex("created:desc/short/n1"),
            hex("colour/000000000000/n1"),
        ] {
            let error = Cursor::decode(&text, Sort::default()).unwrap_err();
            assert!(matches!(error, RegistryError::BadQuery(_)), "{text:?}");
        }
    }
}
