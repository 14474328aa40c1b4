//! The audit log over the admin API.

use reqwest::Method;
use sessctl_api::{AuditPage, AuditQuery, RegistryError, routes::admin as routes};
use time::format_description::well_known::Rfc3339;

use super::link::Admin;

impl Admin {
    /// Reads the newest lines of the audit log that match.
    pub async fn log(&self, query: &AuditQuery) -> Result<AuditPage, RegistryError> {
        let mut pairs = Vec::new();
        for (name, at) in [("since", query.since), ("until", query.until)] {
            if let Some(at) = at {
                let at = at.format(&Rfc3339).map_err(|error| {
                    RegistryError::BadQuery(format!("{name} is no time that can be sent: {error}"))
                })?;
                pairs.push((name, at));
            }
        }
        if !query.filter.as_str().is_empty() {
            pairs.push(("filter", query.filter.as_str().to_owned()));
        }
        pairs.push(("limit", query.limit.to_string()));
        let request = self.request(Method::GET, routes::LOG).query(&pairs);
        self.call(request, None).await
    }
}
