//! `/session/data/KEY`: what a session holds, a JSON value a key. Only programs ask, so refusals are JSON too.
//!
//! The values go through tower-sessions' `Session`, as an embedding application's do. Its layer only finds the session
//! here: the handlers save by themselves, before they answer, so that a 204 means that the disk has it.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequestParts, Path, Request, State},
    http::{StatusCode, request::Parts},
    routing::{MethodRouter, get},
};
use serde_json::Value;
use sessctl_api::codes;
use sessctl_store::{Entry, MAX_DEPTH, Sessions};
use tower_sessions::{Session, SessionManagerLayer, session::Error, session_store};

use super::{
    body::{self, Kind},
    cross_site::OwnSite,
    state::{PublicState, signed_out},
};
use crate::{
    Cookie,
    error::{AppError, Refusal, unavailable},
    gate::{CurrentSession, EndedSession},
};

/// The longest key, in bytes.
const LONGEST_KEY: usize = 128;

/// What keys of our own begin with.
const RESERVED: &str = "sessctl.";

/// Room in a body for white space around what counts.
const SLACK: usize = 4 * 1024;

/// The route of one key. The gate outside writes the cookie: what the layer here sets never leaves.
pub(super) fn route(sessions: Sessions, cookie: &Cookie) -> MethodRouter<PublicState> {
    let manager = SessionManagerLayer::new(sessions).with_name(cookie.name().to_owned());
    get(read).put(write).delete(remove).layer(manager)
}

async fn read(
    State(state): State<PublicState>,
    holder: Holder,
    Key(key): Key,
    session: Session,
) -> Result<Json<Value>, Refusal> {
    let value = own(&session, &state).get_value(&key).await;
    let value = value.map_err(|error| refuse(&state, &error))?;
    holder.still_holds(&state)?;
    let nothing = || {
        let text = "The session holds nothing under that key";
        AppError::new(StatusCode::NOT_FOUND, codes::NOT_FOUND, text)
    };
    Ok(Json(value.ok_or_else(nothing)?))
}

async fn write(
    State(state): State<PublicState>,
    own_site: Result<OwnSite, AppError>,
    holder: Holder,
    Key(key): Key,
    session: Session,
    request: Request,
) -> Result<StatusCode, Refusal> {
    own_site?;
    let value = value_of(request, &state).await?;
    let session = own(&session, &state);
    let previous = session.insert_value(&key, value).await;
    previous.map_err(|error| refuse(&state, &error))?;
    save(&session, &holder, &state).await
}

async fn remove(
    State(state): State<PublicState>,
    own_site: Result<OwnSite, AppError>,
    holder: Holder,
    Key(key): Key,
    session: Session,
) -> Result<StatusCode, Refusal> {
    own_site?;
    let session = own(&session, &state);
    let previous = session.remove_value(&key).await;
    previous.map_err(|error| refuse(&state, &error))?;
    save(&session, &holder, &state).await
}

/// The request's session once more. The layer would save its own a second time after the answer, and write over what
/// others were told is saved meanwhile.
fn own(session: &Session, state: &PublicState) -> Session {
    Session::new(session.id(), Arc::new(state.sessions.clone()), None)
}

async fn save(
    session: &Session,
    holder: &Holder,
    state: &PublicState,
) -> Result<StatusCode, Refusal> {
    // The session has another id since the request came in: saved under none, this would be a new session.
    if session.id().is_none() {
        return Err(signed_out(&state.config, None).into());
    }
    let saved = session.save().await;
    saved.map_err(|error| refuse(state, &error))?;
    holder.still_holds(state)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn value_of(request: Request, state: &PublicState) -> Result<Value, AppError> {
    if Kind::of(request.headers()) != Some(Kind::Json) {
        return Err(AppError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            codes::UNSUPPORTED_MEDIA_TYPE,
            "Send the value as application/json",
        ));
    }
    let at_most = state.sessions.settings().max_data.saturating_add(SLACK);
    let bytes = body::read(request.into_body(), at_most).await;
    let bytes = bytes.map_err(|fault| match fault.status {
        StatusCode::PAYLOAD_TOO_LARGE => over_limit(state),
        _ => fault,
    })?;
    // The parser's own words may quote the value.
    serde_json::from_slice(&bytes).map_err(|_| AppError::bad_request("The value is not JSON"))
}

fn over_limit(state: &PublicState) -> AppError {
    let settings = state.sessions.settings();
    let (bytes, keys) = (settings.max_data, settings.max_keys);
    let text = format!(
        "A session holds at most {bytes} bytes of JSON under at most {keys} keys, nested at most {MAX_DEPTH} levels deep"
    );
    AppError::new(StatusCode::PAYLOAD_TOO_LARGE, codes::DATA_LIMIT, text)
}

/// What a failure of tower-sessions means. It knows errors of the store by kind alone; the store has logged the rest.
fn refuse(state: &PublicState, error: &Error) -> AppError {
    match error {
        // What cannot be kept in the form that the store has for it: there is too much of it.
        Error::Store(session_store::Error::Encode(_)) => over_limit(state),
        _ => unavailable(),
    }
}

/// Proof, in a handler's signature, that the request came with a live session. Nobody need have signed in.
struct Holder(Arc<Entry>);

impl Holder {
    /// A session may end while it is asked or written to: then what was read is not it, and what was written is gone.
    fn still_holds(&self, state: &PublicState) -> Result<(), AppError> {
        state.still_lives(&self.0)
    }
}

impl FromRequestParts<PublicState> for Holder {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &PublicState) -> Result<Self, Refusal> {
        let extensions = &parts.extensions;
        match extensions.get::<CurrentSession>() {
            Some(CurrentSession(entry)) => Ok(Self(Arc::clone(entry))),
            None => {
                let ended = extensions.get::<EndedSession>().cloned();
                Err(signed_out(&state.config, ended).into())
            }
        }
    }
}

/// The key of the path, decoded.
struct Key(String);

impl FromRequestParts<PublicState> for Key {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &PublicState) -> Result<Self, Refusal> {
        let bad = |why: &str| AppError::bad_request(format!("The key {why}"));
        let Path(key) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| bad("is not UTF-8"))?;
        if key.len() > LONGEST_KEY {
            return Err(bad(&format!("is too long: at most {LONGEST_KEY} bytes")).into());
        }
        if key.chars().any(char::is_control) {
            return Err(bad("must not hold control characters").into());
        }
        if key.starts_with(RESERVED) {
            return Err(bad(&format!("must not begin with {RESERVED:?}")).into());
        }
        Ok(Self(key))
    }
}
