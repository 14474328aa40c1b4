//! Cookie and Set-Cookie headers, as bytes in and out.

use axum::http::{HeaderMap, HeaderValue, header};
use percent_encoding::percent_decode;
use sessctl_store::SessionId;

/// What a request presents under our cookie's name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Presented<'a> {
    None,
    Once {
        value: &'a [u8],
        /// Whether it is written as we write it: then whoever reads it further in reads the same.
        is_literal: bool,
    },
    Twice,
}

/// Finds the cookie of a name in all Cookie headers, and whether another is there whose name somebody further in could
/// read as ours ([`is_named`]). Every request passes here.
///
/// Only the name's own bytes count. A browser lets a neighbouring subdomain set `%5F_Host-sid` for all of the domain,
/// because to it that is no `__Host-` name; read as ours it would put somebody else's session in the place of the
/// browser's own. Nor does it make the name present twice, or the neighbour could sign people out with it.
pub(super) fn presented<'a>(headers: &'a HeaderMap, name: &str) -> (Presented<'a>, bool) {
    let mut found = Presented::None;
    let mut has_other_spelling = false;
    for line in headers.get_all(header::COOKIE) {
        let mut rest = line.as_bytes();
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| *byte == b';');
            let (pair, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after.get(1..).unwrap_or_default();
            let pair = pair.trim_ascii();
            let Some((value, is_literal)) = value_of(pair, name) else {
                has_other_spelling |= is_named(split(pair).0, name);
                continue;
            };
            found = match found {
                Presented::None => Presented::Once { value, is_literal },
                Presented::Once { .. } | Presented::Twice => Presented::Twice,
            };
        }
    }
    (found, has_other_spelling)
}

/// The value if the pair is of exactly that name, and whether it is written as we write it.
fn value_of<'a>(pair: &'a [u8], name: &str) -> Option<(&'a [u8], bool)> {
    match pair.strip_prefix(name.as_bytes()) {
        Some([b'=', value @ ..]) if !value.starts_with(b"\"") => Some((value, true)),
        _ => {
            let (key, value) = split(pair);
            (key == name.as_bytes()).then_some((value, false))
        }
    }
}

/// Writes the cookie as we write it, for those who read more strictly or more loosely than we do.
pub(super) fn rewrite(headers: &mut HeaderMap, name: &str, id: &SessionId) {
    strip(headers, name);
    let mut line = HeaderValue::from_str(&format!("{name}={}", id.cookie_value()))
        .expect("a cookie's name and an id are printable ASCII");
    line.set_sensitive(true);
    headers.append(header::COOKIE, line);
}

/// Takes every cookie of a name out of the request; the others stay.
pub(super) fn strip(headers: &mut HeaderMap, name: &str) {
    let kept: Vec<_> = headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|line| pairs(line.as_bytes()))
        .filter(|pair| !is_named(split(pair).0, name))
        .collect();
    let line =
        HeaderValue::from_bytes(&kept.join(&b"; "[..])).expect("parts of a valid header are valid");
    if line.is_empty() {
        headers.remove(header::COOKIE);
    } else {
        headers.insert(header::COOKIE, line);
    }
}

/// Takes every Set-Cookie of a name out of the response and returns the value of the last one.
pub(super) fn take(headers: &mut HeaderMap, name: &str) -> Option<String> {
    let is_ours = |line: &HeaderValue| {
        pairs(line.as_bytes())
            .next()
            .is_some_and(|pair| is_named(split(pair).0, name))
    };
    if !headers.get_all(header::SET_COOKIE).iter().any(is_ours) {
        return None;
    }
    let (ours, others): (Vec<_>, Vec<_>) = headers
        .get_all(header::SET_COOKIE)
        .iter()
        .cloned()
        .partition(is_ours);
    headers.remove(header::SET_COOKIE);
    for line in others {
        headers.append(header::SET_COOKIE, line);
    }
    let last = pairs(ours.last()?.as_bytes())
        .next()
        .map(|pair| split(pair).1.to_vec())?;
    String::from_utf8(last).ok()
}

fn pairs(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b';')
        .map(|pair| pair.trim_ascii())
        .filter(|pair| !pair.is_empty())
}

/// Whether anybody further in could take this name for ours: tower-sessions' parser trims names and decodes percent
/// signs. What only that parser knew as ours would be a second session in one request, behind our back.
fn is_named(key: &[u8], name: &str) -> bool {
    if key == name.as_bytes() {
        return true;
    }
    // Nearly every other name is plain, and means itself to all parsers.
    if key
        .iter()
        .all(|byte| byte.is_ascii_graphic() && *byte != b'%')
    {
        return false;
    }
    let key = std::str::from_utf8(key).map_or(key, |key| key.trim().as_bytes());
    key == name.as_bytes() || (key.contains(&b'%') && percent_decode(key).eq(name.bytes()))
}

/// Name and value; a value in double quotes means what is between them.
fn split(pair: &[u8]) -> (&[u8], &[u8]) {
    let at = pair
        .iter()
        .position(|byte| *byte == b'=')
        .unwrap_or(pair.len());
    let value = pair.get(at + 1..).unwrap_or_default();
    let bare = value
        .strip_prefix(b"\"")
        .and_then(|value| value.strip_suffix(b"\""))
        .unwrap_or(value);
    (&pair[..at], bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(
                header::COOKIE,
                HeaderValue::from_bytes(line.as_bytes()).unwrap(),
            );
        }
        headers
    }

    #[test]
    fn the_cookie_is_found_among_others_once_or_twice() {
        let id = SessionId::random().cookie_value();
        let quoted = format!("a=b; sid=\"{id}\"");
        for line in [format!("sid={id}"), format!("a=b;sid={id} ; c=d"), quoted] {
            assert!(
                matches!(
                    presented(&cookies(&[&line]), "sid").0,
                    Presented::Once { value, is_literal }
                        if value == id.as_bytes() && is_literal != line.contains('"')
                ),
                "{line}"
            );
        }
        for line in ["", "a=b", "SID=x", "xsid=x", "sidx=x", ";;;", "=x"] {
            assert_eq!(
                presented(&cookies(&[line]), "sid"),
                (Presented::None, false),
                "{line}"
            );
        }
        for (line, value) in [
            ("sid", ""),
            ("sid=", ""),
            ("sid=a=b", "a=b"),
            ("sid=\"", "\""),
        ] {
            assert!(
                matches!(
                    presented(&cookies(&[line]), "sid").0,
                    Presented::Once { value: found, .. } if found == value.as_bytes()
                ),
                "{line}"
            );
        }
        let doubled = format!("sid={id}; sid={id}");
        let twice = (Presented::Twice, false);
        assert_eq!(presented(&cookies(&[&doubled]), "sid"), twice);
        let two_lines = format!("sid={id}");
        let two_lines = cookies(&[&two_lines, &two_lines]);
        assert_eq!(presented(&two_lines, "sid"), twice);
    }

    #[test]
    fn stripping_leaves_the_other_cookies() {
        let mut headers = cookies(&["a=1; sid=x; b=2", "sid=y", "c=3"]);
        strip(&mut headers, "sid");
        assert_eq!(
            headers.get_all(header::COOKIE).iter().collect::<Vec<_>>(),
            ["a=1; b=2; c=3"]
        );
        let mut headers = cookies(&["sid=x"]);
        strip(&mut headers, "sid");
        assert!(headers.get(header::COOKIE).is_none());
    }

    #[test]
    fn a_name_that_another_parser_reads_as_ours_is_found_and_stripped_but_not_read() {
        let id = SessionId::random().cookie_value();
        for name in [
            "%73id",
            "s%69d",
            "%73%69%64",
            "sid ",
            "sid\t",
            "\u{a0}sid\u{3000}",
        ] {
            let one = cookies(&[&format!("a=1; {name}={id}")]);
            assert_eq!(presented(&one, "sid"), (Presented::None, true), "{name:?}");
            let mut two = cookies(&[&format!("{name}=planted; sid={id}; {name}=planted")]);
            let once = Presented::Once {
                value: id.as_bytes(),
                is_literal: true,
            };
            assert_eq!(presented(&two, "sid"), (once, true), "{name:?}");
            strip(&mut two, "sid");
            assert!(two.get(header::COOKIE).is_none(), "{name:?} was left");
            let mut one = one;
            rewrite(&mut one, "sid", &SessionId::parse(&id).unwrap());
            let lines: Vec<_> = one.get_all(header::COOKIE).iter().collect();
            assert_eq!(lines, ["a=1", &format!("sid={id}")], "{name:?}");
        }
        for name in ["%2573id", "SID", "%53id", "s id", "%73i"] {
            let headers = cookies(&[&format!("{name}={id}")]);
            assert_eq!(
                presented(&headers, "sid"),
                (Presented::None, false),
                "{name:?}"
            );
        }
    }

    #[test]
    fn only_cookies_of_the_name_are_taken_from_a_response() {
        let mut headers = HeaderMap::new();
        for line in ["a=1; Path=/", "sid=first; Path=/", "sid=last", "sidx=2"] {
            headers.append(header::SET_COOKIE, line.parse().unwrap());
        }
        assert_eq!(take(&mut headers, "sid").as_deref(), Some("last"));
        assert_eq!(
            headers
                .get_all(header::SET_COOKIE)
                .iter()
                .collect::<Vec<_>>(),
            ["a=1; Path=/", "sidx=2"]
        );
        assert_eq!(take(&mut headers, "sid"), None);
    }
}
