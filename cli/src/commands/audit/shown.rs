//! A report for people: what was found, why it is believed, and what to do.

use sessctl_client::audit::{Audit, Finding, Outcome, Report, Verdict};

use super::document::Counts;
use crate::{exit::Failure, output};

/// Cells of the first two columns.
const RESULT: usize = 8;
const ID: usize = 18;

pub(super) fn begin(audit: &Audit) -> Result<(), Failure> {
    let user = match &audit.user {
        Some(user) => format!("as {}", sessctl_api::text::fit(user, 64)),
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
            let indent = " ".repeat(RESULT);
            output::line(&format!("{indent}  fix: {}", check.fix))?;
            output::line(&format!(
                "{indent}  OWASP ASVS 5.0 {}, CWE-{}",
                check.asvs, check.cwe
            ))
        }
    }
}

fn found(id: &str, finding: &Finding) -> Result<(), Failure> {
    row(&finding.severity.word().to_uppercase(), id, &finding.what)?;
    let indent = " ".repeat(RESULT);
    let mut lines = finding.evidence.iter();
    lines.try_for_each(|line| output::line(&format!("{indent}  - {line}")))
}

fn row(result: &str, id: &str, what: &str) -> Result<(), Failure> {
    output::line(&format!("{result:RESULT$}{id:ID$}  {what}"))
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
        output::line(&format!("{:RESULT$}{}", "skipped", ids.join(", ")))?;
        output::line(&format!("{:RESULT$}  {why}", ""))?;
    }
    Ok(())
}
