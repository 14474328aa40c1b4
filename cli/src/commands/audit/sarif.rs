//! A report as SARIF 2.1.0 (OASIS), which code hosts show beside the code.

use serde_json::{Value, json};
use sessctl_client::audit::{CHECKS, Report, Severity};

pub(super) fn of(report: &Report) -> Value {
    let rules = CHECKS.iter().map(|check| {
        json!({
            "id": check.id,
            "shortDescription": {"text": check.title},
            "fullDescription": {"text": format!("{}: OWASP ASVS 5.0 {}, CWE-{}", check.title, check.asvs, check.cwe)},
            "help": {"text": check.fix},
            "properties": {"tags": ["security", format!("external/cwe/cwe-{}", check.cwe)]},
        })
    });
    let results = report.findings().into_iter().map(|(check, finding)| {
        json!({
            "ruleId": check.id,
            "level": level(finding.severity),
            "message": {"text": format!("{}\n{}", finding.what, finding.evidence.join("\n"))},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": report.server}}}],
            "properties": {"security-severity": score(finding.severity)},
        })
    });
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "sessctl audit",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>(),
            }},
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// As CVSS would put it, roughly: readers sort by it.
fn score(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "8.0",
        Severity::Medium => "5.0",
        Severity::Low => "3.0",
    }
}
