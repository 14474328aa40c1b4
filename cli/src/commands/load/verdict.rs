//! What a run means, as an exit code and words.

use sessctl_client::load::{LoadReport, Outcome, Phase};

use super::{
    fail_if::{FailIf, Judged},
    fine,
};
use crate::exit::{Code, Failure};

/// The exit code, and why it is not 0.
pub(super) fn verdict(
    report: &LoadReport,
    thresholds: &[FailIf],
    judged: &[Judged],
) -> Result<Code, Failure> {
    let broken: Vec<_> = judged.iter().filter(|judged| !judged.is_held).collect();
    if !broken.is_empty() {
        let each: Vec<_> = broken
            .iter()
            .map(|judged| format!("  {}  (measured: {})", judged.text, judged.measured))
            .collect();
        let what = match broken.len() {
            1 => "a threshold is broken".to_owned(),
            many => format!("{many} thresholds are broken"),
        };
        let what = format!("{what}:\n{}", each.join("\n"));
        return Err(Failure::new(Code::CHECK_FAILED, what));
    }
    if report.done(Phase::View) == 0 {
        return Err(nothing(report));
    }
    if report.errors == 0 || thresholds.iter().any(FailIf::is_about_errors) {
        return Ok(Code::OK);
    }
    let what = format!(
        "{} of {} steps failed ({})",
        fine::count(report.errors),
        fine::count(report.steps),
        fine::percent(report.error_share())
    );
    let hint = "to say how many may, add a threshold such as: --fail-if 'errors>1%'";
    Err(Failure::new(Code::PARTLY, what).hint(hint))
}

/// Why there is no view, by what went wrong most often.
fn nothing(report: &LoadReport) -> Failure {
    let errors = report.rows.iter().filter(|row| row.outcome.is_error());
    let most = errors.max_by_key(|row| row.latencies.count);
    let Some(most) = most else {
        let what = "not one view succeeded: it was over too soon";
        return Failure::new(Code::FAILED, what).hint("give it more time, such as --duration 10s");
    };
    let code = match most.outcome {
        Outcome::NotSignedIn | Outcome::Status(401 | 403) => Code::REFUSED,
        Outcome::Unreachable
        | Outcome::Timeout
        | Outcome::Closed
        | Outcome::Unsent
        | Outcome::Status(503) => Code::UNREACHABLE,
        Outcome::Malformed | Outcome::Status(_) => Code::FAILED,
    };
    let what = format!(
        "not one view succeeded: mostly a {} that ended in {:?}, {} times",
        most.phase.name(),
        most.outcome.to_string(),
        fine::count(most.latencies.count)
    );
    Failure::new(code, what)
}
