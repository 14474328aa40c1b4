//! The audit log over the admin API.

use reqwest::Method;
use sessctl_api::{AuditPage, RegistryError, routes::admin as routes};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::link::Admin;

/// Which lines of the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// None that are older.
    pub since: Option<OffsetDateTime>,
    /// None from here on.
    pub until: Option<OffsetDateTime>,
    /// What they say; empty: anything.
    pub filter: String,
    /// At most so many, the newest; `None`: as the server sees fit.
    pub limit: Option<usize>,
}

impl Admin {
    /// Reads the newest lines of the audit log that match.
    pub async fn log(&self, query: &LogQuery) -> Result<AuditPage, RegistryError> {
        let mut pairs = Vec::new();
        for (name, at) in [("since", query.since), ("until", query.until)] {
            if let Some(at) = at {
                let at = at.format(&Rfc3339).map_err(|error| {
                    RegistryError::BadQuery(format!("{name} is no time that can be sent: {error}"))
                })?;
                pairs.push((name, at));
            }
        }
        if !query.filter.is_empty() {
            pairs.push(("filter", query.filter.clone()));
        }
        pairs.extend(query.limit.map(|limit| ("limit", limit.to_string())));
        let request = self.request(Method::GET, routes::LOG).query(&pairs);
        self.call(request, None).await
    }
}
