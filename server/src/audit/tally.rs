//! How often what happened, for `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

use sessctl_api::{AuditRecord, AuditResult, audit::actions};

/// Counts of every known action by its result.
#[derive(Debug, Default)]
pub(crate) struct Tally([[AtomicU64; AuditResult::ALL.len()]; actions::ALL.len()]);

impl Tally {
    pub(super) fn count(&self, record: &AuditRecord) {
        let known = actions::ALL
            .iter()
            .position(|action| *action == record.action);
        if let Some(place) = known {
            self.0[place][record.result as usize].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often an action had a result.
    pub(crate) fn of(&self, action: &str, result: AuditResult) -> u64 {
        let known = actions::ALL.iter().position(|known| *known == action);
        known.map_or(0, |place| {
            self.0[place][result as usize].load(Ordering::Relaxed)
        })
    }
}
