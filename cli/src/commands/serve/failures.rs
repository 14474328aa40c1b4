//! Why a server does not start: which code that is, and what to do about it.

use sessctl_server::{AuditError, ListenError, RunError, TlsError};

use super::faults::Faults;
use crate::exit::{Code, Failure};

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        let first = faults.into_iter().next();
        first.unwrap_or_else(|| Self::silent(Code::USAGE))
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Cookie(bad) => bad.into(),
            RunError::Store(error) => error.into(),
        }
    }
}

impl From<TlsError> for Failure {
    fn from(error: TlsError) -> Self {
        Self::caused(Code::USAGE, error)
    }
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        Self::caused(Code::FAILED, error)
            .hint("choose another file with --audit-log FILE, or --audit-log off")
    }
}

impl From<ListenError> for Failure {
    fn from(error: ListenError) -> Self {
        let (code, hint) = match &error {
            ListenError::OpenOffLoopback(_)
            | ListenError::BadAdminAddress(_)
            | ListenError::AdminOffLoopback(_)
            | ListenError::NoGroup(_)
            | ListenError::BadAddress(_) => (Code::USAGE, None),
            ListenError::PlainOffLoopback(_) => (
                Code::USAGE,
                Some(
                    "give --tls-cert FILE --tls-key FILE; or put a proxy that does TLS in front and say \
                     --trust-proxy ITS-ADDRESS --public-url https://...; or say --allow-plain-http",
                ),
            ),
            ListenError::PortTaken(_) => (
                Code::FAILED,
                Some("choose another port with --listen, such as 127.0.0.1:0 for any free one"),
            ),
            ListenError::SocketTaken(_) => (
                Code::FAILED,
                Some("choose another socket with --admin unix:PATH"),
            ),
            ListenError::Bind { .. } | ListenError::Socket { .. } => (Code::FAILED, None),
        };
        let failure = Self::caused(code, error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
