//! A report as JSON.

use serde::Serialize;
use serde_json::{Value, json};
use sessctl_client::audit::{Report, Severity, Verdict};

/// How many findings there are of each severity, and checks without any.
#[derive(Debug, Default, Serialize)]
pub(super) struct Counts {
    pub(super) high: usize,
    pub(super) medium: usize,
    pub(super) low: usize,
    pub(super) passed: usize,
    pub(super) skipped: usize,
}

impl Counts {
    pub(super) fn of(report: &Report) -> Self {
        let mut counts = Self::default();
        for (_, finding) in report.findings() {
            match finding.severity {
                Severity::High => counts.high += 1,
                Severity::Medium => counts.medium += 1,
                Severity::Low => counts.low += 1,
            }
        }
        for outcome in &report.outcomes {
            match outcome.verdict {
                Verdict::Passed(_) => counts.passed += 1,
                Verdict::Skipped(_) => counts.skipped += 1,
                Verdict::Found(_) => {}
            }
        }
        counts
    }
}

pub(super) fn of(report: &Report) -> Value {
    let checks = report.outcomes.iter().map(|outcome| {
        let check = outcome.check;
        let (result, why, findings) = match &outcome.verdict {
            Verdict::Passed(what) => ("passed", Some(what), Vec::new()),
            Verdict::Skipped(why) => ("skipped", Some(why), Vec::new()),
            Verdict::Found(findings) => {
                let findings = findings.iter().map(|finding| {
                    json!({
                        "severity": finding.severity.word(), "what": finding.what, "evidence": finding.evidence,
                    })
                });
                ("found", None, findings.collect())
            }
        };
        json!({
            "id": check.id, "title": check.title, "result": result, "why": why, "findings": findings,
            "asvs": check.asvs, "cwe": check.cwe, "fix": check.fix,
        })
    });
    json!({
        "schema": 1,
        "server": report.server,
        "user": report.user,
        "checks": checks.collect::<Vec<_>>(),
        "counts": Counts::of(report),
        "requests": report.requests,
    })
}
