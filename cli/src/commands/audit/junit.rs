//! A report as JUnit XML, which most CI systems show: a test case for each check.

use std::fmt::Write as _;

use sessctl_client::audit::{Finding, Outcome, Report, Severity, Verdict};

/// Findings below `from` are no failures, but are told.
pub(super) fn of(report: &Report, from: Option<Severity>) -> String {
    let is_failure = |finding: &Finding| from.is_some_and(|from| finding.severity >= from);
    let count = |is: &dyn Fn(&Verdict) -> bool| {
        let outcomes = report.outcomes.iter();
        outcomes.filter(|outcome| is(&outcome.verdict)).count()
    };
    let failures = count(
        &|verdict| matches!(verdict, Verdict::Found(findings) if findings.iter().any(is_failure)),
    );
    let skipped = count(&|verdict| matches!(verdict, Verdict::Skipped(_)));
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        xml,
        "<testsuite name=\"sessctl audit {}\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">",
        escaped(&report.server),
        report.outcomes.len()
    );
    for outcome in &report.outcomes {
        case(&mut xml, outcome, is_failure);
    }
    xml.push_str("</testsuite>\n");
    xml
}

fn case(xml: &mut String, outcome: &Outcome, is_failure: impl Fn(&Finding) -> bool) {
    let check = outcome.check;
    let name = escaped(&format!("{}: {}", check.id, check.title));
    let _ = writeln!(
        xml,
        "  <testcase classname=\"sessctl.audit\" name=\"{name}\">"
    );
    match &outcome.verdict {
        Verdict::Passed(_) => {}
        Verdict::Skipped(why) => {
            let _ = writeln!(xml, "    <skipped message=\"{}\"/>", escaped(why));
        }
        Verdict::Found(findings) => {
            let (failures, others): (Vec<_>, Vec<_>) =
                findings.iter().partition(|finding| is_failure(finding));
            for finding in failures {
                let _ = writeln!(
                    xml,
                    "    <failure type=\"{}\" message=\"{}\">{}</failure>",
                    finding.severity.word(),
                    escaped(&finding.what),
                    escaped(&words(outcome, finding))
                );
            }
            for finding in others {
                let words = format!(
                    "{}: {}\n{}",
                    finding.severity.word(),
                    finding.what,
                    words(outcome, finding)
                );
                let _ = writeln!(xml, "    <system-out>{}</system-out>", escaped(&words));
            }
        }
    }
    xml.push_str("  </testcase>\n");
}

fn words(outcome: &Outcome, finding: &Finding) -> String {
    let check = outcome.check;
    format!(
        "{}\nfix: {}\nOWASP ASVS 5.0 {}, CWE-{}",
        finding.evidence.join("\n"),
        check.fix,
        check.asvs,
        check.cwe
    )
}

/// Text as XML 1.0 holds it. What it cannot hold, the evidence does not have: it was cleaned.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
