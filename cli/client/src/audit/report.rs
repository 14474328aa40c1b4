//! What an audit found, as data: whoever prints it decides how.

use super::catalog::Check;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A layer of defence is missing.
    Low,
    /// It helps an attack that needs something else too.
    Medium,
    /// It lets somebody else in, or keeps somebody in who was put out.
    High,
}

impl Severity {
    /// In lower case.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Something that was seen to be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// In one sentence.
    pub what: String,
    /// What was done and seen, without a value that opens anything; clean for a terminal.
    pub evidence: Vec<String>,
}

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing wrong was seen; in a few words what was.
    Passed(String),
    /// Never empty.
    Found(Vec<Finding>),
    /// It could not be made, and why.
    Skipped(String),
}

impl Verdict {
    /// One finding.
    pub(super) fn found(
        severity: Severity,
        what: impl Into<String>,
        evidence: Vec<String>,
    ) -> Self {
        Self::Found(vec![Finding {
            severity,
            what: what.into(),
            evidence,
        }])
    }

    /// The same in other words.
    pub(super) fn map(self, words: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Passed(what) => Self::Passed(words(&what)),
            Self::Skipped(why) => Self::Skipped(words(&why)),
            Self::Found(findings) => {
                let findings = findings.into_iter().map(|finding| Finding {
                    what: words(&finding.what),
                    evidence: finding.evidence.iter().map(|line| words(line)).collect(),
                    ..finding
                });
                Self::Found(findings.collect())
            }
        }
    }

    pub(super) fn passed(what: impl Into<String>) -> Self {
        Self::Passed(what.into())
    }

    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self::Skipped(why.into())
    }
}

/// A check and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub check: &'static Check,
    pub verdict: Verdict,
}

/// A whole audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub server: String,
    /// Who signed in, if anybody.
    pub user: Option<String>,
    /// In the order in which they were made.
    pub outcomes: Vec<Outcome>,
    /// How many requests were sent.
    pub requests: usize,
}

impl Report {
    /// Every finding with its check, the worst first.
    pub fn findings(&self) -> Vec<(&'static Check, &Finding)> {
        let mut all: Vec<_> = self
            .outcomes
            .iter()
            .flat_map(|outcome| {
                match &outcome.verdict {
                    Verdict::Found(findings) => findings.as_slice(),
                    _ => &[],
                }
                .iter()
                .map(|finding| (outcome.check, finding))
            })
            .collect();
        all.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
        all
    }

    /// The worst severity that was found.
    pub fn worst(&self) -> Option<Severity> {
        let findings = self.findings();
        findings.first().map(|(_, finding)| finding.severity)
    }
}
