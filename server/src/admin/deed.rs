//! What a caller does, written down whichever way it ends.

use axum::http::StatusCode;
use sessctl_api::{AuditRecord, AuditResult};

use super::{caller::Caller, state::AdminState};
use crate::{
    Audit,
    error::{AppError, internal},
};

/// An action that is under way, and what is to be said of it.
#[derive(Debug)]
pub(super) struct Deed {
    audit: Audit,
    pub(super) record: AuditRecord,
}

impl Deed {
    pub(super) fn of(caller: &Caller, action: &'static str, state: &AdminState) -> Self {
        let record = AuditRecord {
            actor: Some(caller.actor()),
            from: Some(caller.from()),
            ..AuditRecord::new(state.now(), action, AuditResult::Done)
        };
        Self {
            audit: state.audit.clone(),
            record,
        }
    }

    /// Whose account or session it is about.
    pub(super) fn about(mut self, user: &str) -> Self {
        self.record.user = Some(user.to_owned());
        self
    }

    /// Another record of the same action.
    pub(super) fn again(&self) -> Self {
        Self {
            audit: self.audit.clone(),
            record: self.record.clone(),
        }
    }

    /// Writes it down as it is.
    pub(super) fn note(self) {
        self.audit.note(self.record);
    }

    /// Writes down that it did not happen, and why.
    pub(super) fn not_done(mut self, refusal: &AppError) {
        self.record.result = if refusal.status >= StatusCode::INTERNAL_SERVER_ERROR {
            AuditResult::Failed
        } else {
            AuditResult::Refused
        };
        self.record.why = Some(refusal.why().to_owned());
        self.note();
    }

    /// Does it, on its own: what was begun is carried out and written down whether or not the caller stays.
    pub(super) async fn carry_out<T, E>(
        self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
        tell: impl FnOnce(Self, &T) + Send + 'static,
    ) -> Result<T, AppError>
    where
        T: Send + 'static,
        E: Into<AppError> + Send + 'static,
    {
        let working = tokio::spawn(async move {
            match work.await.map_err(Into::into) {
                Ok(done) => {
                    tell(self, &done);
                    Ok(done)
                }
                Err(refusal) => {
                    self.not_done(&refusal);
                    Err(refusal)
                }
            }
        });
        working.await.map_err(|_| internal())?
    }
}
