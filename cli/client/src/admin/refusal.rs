//! Refusals of the admin API, turned back into the errors they were made of. No I/O.

use serde::Deserialize;
use sessctl_api::{AccountError, Ended, FilterError, Handle, RegistryError, codes, text};

use super::place::Place;
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
pub(super) fn of(place: &Place, status: u16, body: &[u8], handle: Option<Handle>) -> RegistryError {
    let Ok(refusal) = serde_json::from_slice::<Refusal>(body) else {
        return strange(place, status, "");
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
            _ => strange(place, status, &message),
        },
        (401, codes::BAD_TOKEN) => {
            RegistryError::Refused(format!("{place} does not take this token: {message}"))
        }
        (401 | 403, _) => RegistryError::Refused(message),
        (400 | 413 | 422, _) => RegistryError::BadQuery(message),
        (503, _) => RegistryError::Unreachable {
            what: message,
            source: None,
        },
        _ => strange(place, status, &message),
    }
}

/// What was asked for, where accounts or tokens are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    User(&'a str),
    Token(&'a str),
    /// All of them: there is no name that could be missing.
    List,
}

/// Reads the refusal in an answer about accounts or tokens.
pub(super) fn of_accounts(
    place: &Place,
    status: u16,
    body: &[u8],
    asked: Asked<'_>,
) -> AccountError {
    let code = serde_json::from_slice::<Refusal>(body).map(|refusal| refusal.code);
    match (status, code.as_deref().unwrap_or_default(), asked) {
        (404, codes::NOT_FOUND, Asked::User(name)) => AccountError::NoUser(name.to_owned()),
        (404, codes::NOT_FOUND, Asked::Token(name)) => AccountError::NoToken(name.to_owned()),
        (409, codes::EXISTS, Asked::User(name)) => AccountError::Exists {
            what: "account",
            name: name.to_owned(),
        },
        (409, codes::EXISTS, Asked::Token(name)) => AccountError::Exists {
            what: "token",
            name: name.to_owned(),
        },
        _ => match of(place, status, body, None) {
            RegistryError::BadQuery(message) => AccountError::BadInput(message),
            error => error.into(),
        },
    }
}

fn strange(place: &Place, status: u16, message: &str) -> RegistryError {
    let what = match (status, message) {
        (503, _) => {
            return RegistryError::Unreachable {
                what: wire::cannot_serve(&format!("the server at {place}"), None),
                source: None,
            };
        }
        (_, "") => format!(
            "{place} answered {status}, not as an admin API does: is it the public listener, or another version?"
        ),
        _ => format!("{place} answered {status}: {message}"),
    };
    RegistryError::Broken { what, source: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place::Socket("/s".into())
    }

    fn refusal(status: u16, body: &str) -> RegistryError {
        of(&place(), status, body.as_bytes(), None)
    }

    #[test]
    fn refusals_about_accounts_and_tokens_come_back_as_they_were() {
        let read = |status, code: &str, asked| {
            let body = format!(r#"{{"code":"{code}","message":"words"}}"#);
            of_accounts(&place(), status, body.as_bytes(), asked)
        };
        let (user, token) = (Asked::User("alice"), Asked::Token("ci"));
        assert!(
            matches!(read(404, "not_found", user), AccountError::NoUser(name) if name == "alice")
        );
        assert!(
            matches!(read(404, "not_found", token), AccountError::NoToken(name) if name == "ci")
        );
        assert!(matches!(
            read(409, "exists", user),
            AccountError::Exists {
                what: "account",
                ..
            }
        ));
        assert!(
            matches!(read(400, "bad_request", user), AccountError::BadInput(words) if words == "words")
        );
        for (status, code) in [(403, "forbidden"), (401, "bad_token")] {
            let refused = read(status, code, user);
            assert!(
                matches!(&refused, AccountError::Registry(RegistryError::Refused(words)) if words.contains("words")),
                "{refused:?}"
            );
        }
        // A server that has no accounts at all has no missing one.
        assert!(matches!(
            read(404, "not_found", Asked::List),
            AccountError::Registry(RegistryError::Broken { .. })
        ));
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
        let error = of(&place(), 404, body.as_bytes(), Some(handle));
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
