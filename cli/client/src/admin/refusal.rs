//! Refusals of the admin API, turned back into the errors they were made of. No I/O.

use std::path::Path;

use serde::Deserialize;
use sessctl_api::{Ended, FilterError, Handle, RegistryError, codes, text};

use crate::wire;

/// An `ErrorBody` and every field that some refusal adds to it.
#[derive(Debug, Default, Deserialize)]
struct Refusal {
    code: String,
    message: String,
    ended: Option<Ended>,
    expected: Option<u64>,
    found: Option<u64>,
    at: Option<usize>,
    text: Option<String>,
}

/// Reads the refusal in an answer with this status. `handle` is the session that was asked for.
pub(super) fn of(path: &Path, status: u16, body: &[u8], handle: Option<Handle>) -> RegistryError {
    let Ok(refusal) = serde_json::from_slice::<Refusal>(body) else {
        return strange(path, status, "");
    };
    let message = text::fit(&refusal.message, 500);
    if let (404, codes::NOT_FOUND | codes::SESSION_ENDED, Some(handle)) =
        (status, refusal.code.as_str(), handle)
    {
        return RegistryError::NotFound {
            handle,
            ended: refusal.ended,
        };
    }
    match (status, refusal.code.as_str()) {
        (_, codes::BAD_FILTER) => match (refusal.at, refusal.text) {
            (Some(at), Some(text)) => RegistryError::BadFilter(FilterError { text, at, message }),
            _ => RegistryError::BadQuery(message),
        },
        (_, codes::COUNT_MISMATCH) => match (refusal.expected, refusal.found) {
            (Some(expected), Some(found)) => RegistryError::CountMismatch { expected, found },
            _ => strange(path, status, &message),
        },
        (401 | 403, _) => RegistryError::Refused(message),
        (400 | 413 | 422, _) => RegistryError::BadQuery(message),
        (503, _) => RegistryError::Unreachable {
            what: message,
            source: None,
        },
        _ => strange(path, status, &message),
    }
}

fn strange(path: &Path, status: u16, message: &str) -> RegistryError {
    let path = path.display();
    let what = match (status, message) {
        (503, _) => {
            return RegistryError::Unreachable {
                what: wire::cannot_serve(&format!("the server at {path}"), None),
                source: None,
            };
        }
        (_, "") => format!(
            "{path} answered {status}, not as an admin API does: is it the public listener, or another version?"
        ),
        _ => format!("{path} answered {status}: {message}"),
    };
    RegistryError::Broken { what, source: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> RegistryError {
        of(Path::new("/s"), status, body.as_bytes(), None)
    }

    #[test]
    fn a_filter_error_comes_back_as_it_was() {
        let original: FilterError = "user=".parse::<sessctl_api::Filter>().unwrap_err();
        let body = serde_json::json!({
            "code": "bad_filter", "message": original.message, "at": original.at, "text": original.text,
        });
        let RegistryError::BadFilter(error) = refusal(400, &body.to_string()) else {
            panic!("{body} is a filter error");
        };
        assert_eq!(error, original);
    }

    #[test]
    fn a_session_that_has_ended_is_not_found_and_says_how() {
        let body = r#"{"code":"session_ended","message":"m","ended":{"reason":"revoked","actor":"root","at":"2026-01-01T00:00:00Z"}}"#;
        let handle = Handle::from_random(1);
        let error = of(Path::new("/s"), 404, body.as_bytes(), Some(handle));
        let RegistryError::NotFound { ended, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(ended.unwrap().actor.as_deref(), Some("root"));
    }

    #[test]
    fn an_answer_of_another_kind_of_server_is_broken_not_believed() {
        for (status, body) in [
            (404, "<html>not here"),
            (500, "{}"),
            (418, r#"{"code":"x","message":"\u001b[2J"}"#),
        ] {
            let error = refusal(status, body);
            assert!(matches!(error, RegistryError::Broken { .. }), "{error:?}");
            assert!(!error.to_string().contains('\u{1b}'));
        }
        let error = refusal(503, "upstream down");
        assert!(matches!(error, RegistryError::Unreachable { .. }));
    }
}
