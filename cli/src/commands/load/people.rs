//! Who signs in, and with which passwords.

use std::{fs::File, io::Read as _, os::unix::fs::PermissionsExt as _, path::Path};

use sessctl_api::text::clean;
use sessctl_client::{Secret, load::Person};

use crate::{
    exit::{Code, Failure},
    output,
};

/// The largest file: a quarter of a million users.
const LARGEST: usize = 16 << 20;

/// Users by a template: `{n}` stands for 1, 2, 3 and so on.
pub(super) fn by_template(template: &str, count: usize, password: Option<&Secret>) -> Vec<Person> {
    let person = |number: usize| Person {
        name: template.replace("{n}", &number.to_string()),
        password: password.cloned(),
    };
    (1..=count).map(person).collect()
}

/// Reads users from a file; where more are wanted than it has, they begin anew.
pub(super) fn from_file(path: &Path, count: Option<usize>) -> Result<Vec<Person>, Failure> {
    let shown = clean(&path.to_string_lossy()).into_owned();
    let wrong = |why: &str| {
        Failure::new(
            Code::USAGE,
            format!("the users file {shown} {why}; nothing was sent"),
        )
    };
    let cannot = |error: std::io::Error| {
        let what = format!("cannot read the users file {shown}: {error}; nothing was sent");
        Failure::new(Code::FAILED, what)
    };
    let file = File::open(path).map_err(cannot)?;
    let meta = file.metadata().map_err(cannot)?;
    // What has no bytes of its own, such as a pipe, is nobody else's to read.
    let mode = meta.permissions().mode() & 0o777;
    if meta.is_file() && mode & 0o077 != 0 {
        let why = format!("holds passwords and others may read it (mode {mode:03o})");
        let close = format!("close it with: chmod 600 {}", output::shell_word(&shown));
        return Err(wrong(&why).hint(close));
    }
    let mut text = String::new();
    file.take(LARGEST as u64 + 1)
        .read_to_string(&mut text)
        .map_err(cannot)?;
    if text.len() > LARGEST {
        return Err(wrong("is too large"));
    }
    let people = parse(&text).map_err(|line| {
        wrong(&format!("is wrong in line {line}")).hint("each line is NAME:PASSWORD; empty ones and those with # at their start are passed over")
    })?;
    if people.is_empty() {
        return Err(wrong("names nobody"));
    }
    let count = count.unwrap_or(people.len());
    Ok(people.iter().cycle().take(count).cloned().collect())
}

/// The error is the number of the line: what stands there may be a password.
fn parse(text: &str) -> Result<Vec<Person>, usize> {
    let mut people = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once(':') {
            Some((name, password)) if !name.trim().is_empty() && !password.is_empty() => {
                people.push(Person {
                    name: name.to_owned(),
                    password: Some(Secret::new(password)),
                });
            }
            _ => return Err(number),
        }
    }
    Ok(people)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_and_a_password_that_may_hold_anything() {
        let people = parse("# who\n\nann:p:w #1\r\nbob: x\n").unwrap();
        let read: Vec<_> = people
            .iter()
            .map(|person| {
                let password = person.password.as_ref().unwrap();
                (person.name.as_str(), password.expose())
            })
            .collect();
        assert_eq!(read, [("ann", "p:w #1"), ("bob", " x")]);
        for (text, line) in [("ann", 1), ("a:b\n\n:x", 3), ("ann:", 1)] {
            assert_eq!(parse(text).unwrap_err(), line, "{text}");
        }
    }

    #[test]
    fn a_template_counts_from_one() {
        let names = |template| {
            let people = by_template(template, 2, None);
            people
                .into_iter()
                .map(|person| person.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names("load-{n}"), ["load-1", "load-2"]);
        assert_eq!(names("ann"), ["ann", "ann"]);
    }
}
