//! A report for people: what was found, why it is believed, and what to do.

use std::io::IsTerminal as _;

use rustix::termios::tcgetwinsize;
use sessctl_api::text;
use sessctl_client::audit::{Audit, Finding, Outcome, Report, Verdict};

use super::document::Counts;
use crate::{exit::Failure, output};

/// Cells of the first two columns.
const RESULT: usize = 8;
const ID: usize = 18;

pub(super) fn begin(audit: &Audit) -> Result<(), Failure> {
    let user = match &audit.user {
        Some(user) => format!("as {}", text::fit(user, 64)),
        None => "as a stranger".to_owned(),
    };
    let server = audit.base.as_str().trim_end_matches('/');
    output::line(&format!("audit of {server} {user}"))?;
    output::line("")
}

pub(super) fn outcome(outcome: &Outcome) -> Result<(), Failure> {
    let id = outcome.check.id;
    match &outcome.verdict {
        Verdict::Passed(what) => row("passed", id, what),
        // Told together at the end.
        Verdict::Skipped(_) => Ok(()),
        Verdict::Found(findings) => {
            for finding in findings {
                found(id, finding)?;
            }
            let check = outcome.check;
            wrapped("          fix: ", check.fix)?;
            let names = format!("OWASP ASVS 5.0 {}, CWE-{}", check.asvs, check.cwe);
            wrapped("          ", &names)
        }
    }
}

fn found(id: &str, finding: &Finding) -> Result<(), Failure> {
    row(&finding.severity.word().to_uppercase(), id, &finding.what)?;
    let mut lines = finding.evidence.iter();
    lines.try_for_each(|line| wrapped("          - ", line))
}

fn row(result: &str, id: &str, what: &str) -> Result<(), Failure> {
    wrapped(&format!("{result:RESULT$}{id:ID$}  "), what)
}

/// A text behind what stands before it; at a terminal on as many lines as it needs, each below the first.
fn wrapped(before: &str, text: &str) -> Result<(), Failure> {
    let width = terminal_width().unwrap_or(usize::MAX);
    let indent = text::width(before);
    let mut line = before.to_owned();
    let mut is_new = true;
    for word in text.split(' ') {
        if !is_new && text::width(&line) + 1 + text::width(word) > width {
            output::line(&line)?;
            line = " ".repeat(indent);
            is_new = true;
        }
        if !is_new {
            line.push(' ');
        }
        line.push_str(word);
        is_new = false;
    }
    output::line(&line)
}

fn terminal_width() -> Option<usize> {
    let stdout = std::io::stdout();
    let size = stdout.is_terminal().then(|| tcgetwinsize(&stdout).ok())??;
    // Narrower than that it is no easier to read.
    Some(usize::from(size.ws_col).max(60))
}

pub(super) fn end(report: &Report) -> Result<(), Failure> {
    let Counts {
        high,
        medium,
        low,
        passed,
        skipped,
    } = Counts::of(report);
    skipped_checks(report)?;
    output::line("")?;
    output::line(&format!(
        "{high} high, {medium} medium, {low} low; {passed} passed, {skipped} skipped; {} requests",
        report.requests
    ))
}

/// What was not checked, by the reason.
fn skipped_checks(report: &Report) -> Result<(), Failure> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for outcome in &report.outcomes {
        let Verdict::Skipped(why) = &outcome.verdict else {
            continue;
        };
        match reasons.iter_mut().find(|(reason, _)| reason == why) {
            Some((_, ids)) => ids.push(outcome.check.id),
            None => reasons.push((why, vec![outcome.check.id])),
        }
    }
    for (why, ids) in reasons {
        wrapped(&format!("{:RESULT$}", "skipped"), &ids.join(", "))?;
        wrapped("          ", why)?;
    }
    Ok(())
}
