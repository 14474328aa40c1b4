//! Checks on an answer: what was expected, and what was found instead.

use std::str::FromStr;

use serde_json::Value;
use serde_json_path::JsonPath;
use sessctl_api::text;
use sessctl_client::Fetched;

use crate::exit::{Code, Failure};

/// Cells of what was found, at most.
const FOUND: usize = 120;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Checks; where one fails the exit code is 9")]
pub(crate) struct Expect {
    /// The status is this or one of these: 200, 2xx, 201,204
    #[arg(long = "expect-status", value_name = "STATUS", value_delimiter = ',')]
    statuses: Vec<Status>,
    /// The page holds this text
    #[arg(long = "expect-text", value_name = "TEXT")]
    texts: Vec<String>,
    /// There is such a header, and its value holds this text: 'Cache-Control: no-store'
    #[arg(
        id = "expect_header",
        long = "expect-header",
        value_name = "NAME[: TEXT]"
    )]
    headers: Vec<String>,
    /// The answer, or a redirect before it, sets this cookie with these attributes: sid:HttpOnly,SameSite=Lax
    #[arg(long = "expect-cookie", value_name = "NAME[:ATTRIBUTE,...]")]
    cookies: Vec<String>,
    /// The JSON has something at this path (RFC 9535), which is this: user.name=alice, `items[0].count=2`
    #[arg(long = "expect-json", value_name = "PATH[=VALUE]")]
    values: Vec<At>,
}

/// One check.
#[derive(Debug)]
pub(super) struct Check {
    /// As it was asked for.
    pub(super) wanted: String,
    /// What was there instead; nothing if it holds.
    pub(super) found: Option<String>,
}

impl Expect {
    /// Whether somebody said which status is right.
    pub(super) fn names_status(&self) -> bool {
        !self.statuses.is_empty()
    }

    /// Makes all the checks, in the order of the help.
    pub(super) fn check(&self, page: &Fetched) -> Vec<Check> {
        let check = |flag: &str, value: &str, found| Check {
            wanted: format!("--expect-{flag} {}", text::clean(value)),
            found,
        };
        let mut all = Vec::new();
        if self.names_status() {
            let names: Vec<_> = self.statuses.iter().map(|one| one.text.as_str()).collect();
            let holds = self.statuses.iter().any(|one| one.is(page.status));
            let found = (!holds).then(|| format!("it is {}", page.status));
            all.push(check("status", &names.join(","), found));
        }
        let body = String::from_utf8_lossy(&page.body);
        all.extend(self.texts.iter().map(|text| {
            let found = (!body.contains(text)).then(|| "the page does not have it".to_owned());
            check("text", text, found)
        }));
        let headers = self.headers.iter();
        all.extend(headers.map(|one| check("header", one, header(page, one))));
        let cookies = self.cookies.iter();
        all.extend(cookies.map(|one| check("cookie", one, cookie(page, one))));
        if !self.values.is_empty() {
            let json: Result<Value, _> = serde_json::from_slice(&page.body);
            all.extend(self.values.iter().map(|one| {
                let found = match &json {
                    Ok(json) => one.missing(json),
                    Err(error) => Some(format!("the page is no JSON: {error}")),
                };
                check("json", &one.text, found)
            }));
        }
        all
    }
}

/// The failure of those that do not hold.
pub(super) fn failure(checks: &[Check]) -> Failure {
    let lines = checks.iter().filter_map(|check| {
        let found = check.found.as_ref()?;
        Some(format!("{}: {found}", check.wanted))
    });
    Failure::new(Code::CHECK_FAILED, lines.collect::<Vec<_>>().join("\n"))
}

/// A status, or a hundred of them.
#[derive(Debug, Clone)]
struct Status {
    text: String,
    /// The number, or the hundreds.
    number: u16,
    is_class: bool,
}

impl Status {
    fn is(&self, status: u16) -> bool {
        match self.is_class {
            true => status / 100 == self.number,
            false => status == self.number,
        }
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hundreds = text.strip_suffix("xx");
        let number = hundreds.unwrap_or(text).parse().ok();
        let least = if hundreds.is_some() { 1 } else { 100 };
        let most = if hundreds.is_some() { 5 } else { 599 };
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(Self {
                text: text.to_owned(),
                number,
                is_class: hundreds.is_some(),
            }),
            None => Err("a status is a number such as 200, or a class such as 2xx".to_owned()),
        }
    }
}

/// A place in a JSON document, and what is to be there.
#[derive(Debug, Clone)]
struct At {
    text: String,
    path: JsonPath,
    value: Option<String>,
}

impl At {
    /// What is there instead.
    fn missing(&self, json: &Value) -> Option<String> {
        let found = self.path.query(json).all();
        if found.is_empty() {
            return Some("there is nothing".to_owned());
        }
        let wanted = self.value.as_ref()?;
        // Nobody wants to write quotes around a text.
        let is_it = |value: &Value| match value {
            Value::String(text) => text == wanted,
            other => serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| wanted == *other),
        };
        if found.iter().any(|value| is_it(value)) {
            return None;
        }
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        Some(format!("it is {}", text::fit(&found.join(", "), FOUND)))
    }
}

impl FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, value) = match end_of_path(text) {
            Some(at) => (&text[..at], Some(text[at + 1..].to_owned())),
            None => (text, None),
        };
        let whole = match path.chars().next() {
            Some('$') => path.to_owned(),
            Some('.' | '[') => format!("${path}"),
            _ => format!("$.{path}"),
        };
        let path = JsonPath::parse(&whole)
            .map_err(|error| format!("{error}; a path is written as user.name or items[0].id"))?;
        let text = text.to_owned();
        Ok(Self { text, path, value })
    }
}

/// Where the `=` between path and value stands: one in brackets belongs to the path.
fn end_of_path(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (c == '=' && depth == 0).then_some(at)
    })
}

fn header(page: &Fetched, wanted: &str) -> Option<String> {
    let (name, value) = match wanted.split_once(':') {
        Some((name, value)) => (name.trim(), value.trim()),
        None => (wanted.trim(), ""),
    };
    let found: Vec<_> = page.headers.get_all(name).iter().collect();
    if found.is_empty() {
        return Some("there is no such header".to_owned());
    }
    let texts: Vec<_> = found
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    if texts.iter().any(|text| text.contains(value)) {
        return None;
    }
    if name.eq_ignore_ascii_case("set-cookie") {
        // Its value opens a session.
        return Some("none is so; --expect-cookie tells more".to_owned());
    }
    Some(format!("it is {}", text::fit(&texts.join(", "), FOUND)))
}

fn cookie(page: &Fetched, wanted: &str) -> Option<String> {
    let (name, attributes) = wanted.split_once(':').unwrap_or((wanted, ""));
    let set: Vec<_> = page
        .set_cookies
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    // The latest counts.
    let Some(found) = set.iter().rev().find(|one| name_of(one) == name) else {
        let names: Vec<_> = set.iter().map(|one| text::clean(name_of(one))).collect();
        return Some(match names.is_empty() {
            true => "no cookie is set".to_owned(),
            false => format!("no such cookie is set, but {}", names.join(", ")),
        });
    };
    let has: Vec<_> = found.split(';').skip(1).map(str::trim).collect();
    let missing: Vec<_> = attributes
        .split(',')
        .map(str::trim)
        .filter(|wanted| !wanted.is_empty())
        .filter(|wanted| {
            let is_it = |has: &&str| match wanted.contains('=') {
                true => has.eq_ignore_ascii_case(wanted),
                false => has
                    .split('=')
                    .next()
                    .is_some_and(|has| has.eq_ignore_ascii_case(wanted)),
            };
            !has.iter().any(is_it)
        })
        .collect();
    if missing.is_empty() {
        return None;
    }
    let has = match has.is_empty() {
        true => "no attribute".to_owned(),
        false => text::fit(&has.join("; "), FOUND),
    };
    Some(format!("{} is missing; it has {has}", missing.join(", ")))
}

fn name_of(cookie: &str) -> &str {
    let pair = cookie.split(';').next().unwrap_or_default();
    pair.split('=').next().unwrap_or_default().trim()
}
