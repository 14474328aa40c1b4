//! The audit log of a store file, and what is written into it where the store is changed without its server.

use std::{
    fs::OpenOptions,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use sessctl_api::{AuditRecord, AuditResult};

use super::Source;
use crate::{
    context::{Context, now, user_name},
    output,
    store::Store,
};

/// The log of a store, unless it is switched off: beside it as `sessions.audit.jsonl`, or where the settings of the
/// server that would run here have it.
pub(super) fn file_of(context: &Context, store: &Path) -> Option<PathBuf> {
    let is_own = matches!(Store::of_serve(context), Ok(Store::Sqlite(own)) if own == store);
    let said = std::env::var("SESSCTL_AUDIT_LOG").ok().or_else(|| {
        // A server takes none from a project's file either.
        let is_own = !context.config.serve_is_projects("audit_log");
        let said = context.config.serve().get("audit_log").filter(|_| is_own)?;
        said.as_str().map(str::to_owned)
    });
    match said.filter(|_| is_own).as_deref() {
        Some("off") => None,
        Some(path) => Some(path.into()),
        None => Store::Sqlite(store.to_owned()).audit_file(),
    }
}

impl Source {
    /// Writes down what was done to a store without its server, which would have done so. That it cannot be written
    /// is said, and undoes nothing.
    pub(crate) fn note(
        &self,
        action: &'static str,
        about: impl FnOnce(AuditRecord) -> AuditRecord,
    ) {
        let Some(path) = &self.log else { return };
        let record = about(AuditRecord {
            actor: Some(user_name()),
            from: Some("store".to_owned()),
            ..AuditRecord::new(now(), action, AuditResult::Done)
        });
        let written = serde_json::to_string(&record.made_harmless())
            .map_err(std::io::Error::from)
            .and_then(|line| {
                let mut options = OpenOptions::new();
                let mut file = options.append(true).create(true).mode(0o600).open(path)?;
                // At once, so that the line is whole or not there.
                file.write_all(format!("{line}\n").as_bytes())
            });
        if let Err(error) = written {
            output::say!(
                "sessctl: the log {} cannot be written: {error}",
                path.display()
            );
        }
    }
}
