//! The audit log: every action and every refusal, with who, what and how it ended.

use sessctl_api::{AuditRecord, text::clean};

/// Where what happens is written down. Clones write to the same place.
#[derive(Debug, Clone, Default)]
pub struct Audit {}

impl Audit {
    /// Writes a record down, and says it in the server's log.
    pub(crate) fn note(&self, record: &AuditRecord) {
        let user = record.user.as_deref().map(clean);
        let handle = record.handle.map(|handle| handle.to_string());
        tracing::info!(
            result = record.result.as_str(),
            user = user.as_deref(),
            handle,
            actor = record.actor.as_deref().map(clean).as_deref(),
            from = record.from,
            why = record.why,
            count = record.count,
            "{}",
            record.action
        );
    }
}
