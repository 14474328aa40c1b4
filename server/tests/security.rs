//! `SECURITY.md` names tests: every one of them is there, and is a test.

use std::{collections::BTreeSet, path::Path};

const TEXT: &str = include_str!("../SECURITY.md");

/// What the table must speak of, whatever else it does: the statements without which nobody should be let in here.
const MUST: [u32; 26] = [
    1, 3, 6, 10, 11, 12, 13, 14, 20, 21, 23, 30, 38, 43, 45, 46, 47, 49, 50, 57, 58, 65, 67, 75,
    77, 80,
];

/// The incidents that are kept as tests: all but those of forward-auth and of foreign dependencies.
const INCIDENTS: [u32; 14] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15];

/// A row of one of the tables: its number, and the tests that it names.
#[derive(Debug)]
struct Row {
    number: u32,
    tests: Vec<(String, String)>,
}

#[test]
fn every_test_that_the_tables_name_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut known = 0;
    for row in rows("## Statements").iter().chain(&rows("## Incidents")) {
        assert!(!row.tests.is_empty(), "{row:?} names no test");
        for (file, name) in &row.tests {
            let source = std::fs::read_to_string(root.join(file))
                .unwrap_or_else(|error| panic!("{row:?}: {file}: {error}"));
            assert!(is_test(&source, name), "{row:?}: no test {name} in {file}");
            known += 1;
        }
    }
    assert!(known >= MUST.len() + INCIDENTS.len());
}

#[test]
fn the_tables_leave_out_nothing_that_they_must_have() {
    for (heading, wanted) in [("## Statements", &MUST[..]), ("## Incidents", &INCIDENTS)] {
        let there: BTreeSet<_> = rows(heading).iter().map(|row| row.number).collect();
        let missing: Vec<_> = wanted.iter().filter(|n| !there.contains(n)).collect();
        assert!(missing.is_empty(), "{heading}: {missing:?}");
    }
}

/// The rows below a heading, up to the next one: `| NUMBER | words | `FILE::NAME` ... |`.
fn rows(heading: &str) -> Vec<Row> {
    let start = TEXT.find(heading).expect("the heading is there") + heading.len();
    let section = TEXT[start..].split("\n## ").next().unwrap_or_default();
    let cells = section
        .lines()
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
    cells
        .filter_map(|cells| {
            let number = cells.get(1)?.parse().ok()?;
            let tests = cells.get(3)?.split('`').skip(1).step_by(2);
            let tests = tests.map(|test| {
                let (file, name) = test.split_once("::").expect("FILE::NAME");
                (file.to_owned(), name.to_owned())
            });
            Some(Row {
                number,
                tests: tests.collect(),
            })
        })
        .collect()
}

/// Whether a function of this name is marked as a test, on the lines above it, or is a rule that a macro runs over
/// every store.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let is_rule = |line: &&str| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest == ";" || rest.starts_with(" with "))
    };
    if source.contains("over_every_backend! {") && lines.iter().any(is_rule) {
        return true;
    }
    let Some(at) = lines.iter().position(|line| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with(['(', '<']))
    }) else {
        return false;
    };
    lines[..at]
        .iter()
        .rev()
        .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
        .any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
}
