//! What a request sends as a form or as JSON, and from where.

use axum::{
    body::Body,
    extract::FromRequest,
    http::{Request, StatusCode},
};
use percent_encoding::percent_decode_str;
use serde::{
    Deserializer,
    de::{DeserializeOwned, Error, Visitor},
};
use sessctl_api::codes;
use sessctl_store::Client;

use super::{
    body::{self, Kind},
    state::PublicState,
};
use crate::{error::AppError, gate::client};

/// The largest body that such a request may have, in bytes.
const LARGEST_BODY: usize = 64 * 1024;

/// What a request may send.
pub(super) trait Fields: DeserializeOwned + Send {
    /// What it is, in words.
    const WHAT: &'static str;
    /// The fields that are meant, in words.
    const NAMES: &'static str;
    /// The same as JSON.
    const JSON: &'static str;

    /// What is meant by a request without a body; `None`: it has to have one.
    fn of_nothing() -> Option<Self> {
        None
    }
}

/// Fields that were sent, and who sent them.
#[derive(Debug)]
pub(crate) struct Sent<T> {
    pub(super) client: Client,
    pub(super) fields: T,
}

impl<T: Fields> FromRequest<PublicState> for Sent<T> {
    type Rejection = AppError;

    async fn from_request(request: Request<Body>, _: &PublicState) -> Result<Self, AppError> {
        let client = client::of(&request);
        let kind = Kind::of(request.headers());
        // Apart from the request, whose place a login in progress would else take with it: allocators are slow to hand
        // out more than a kilobyte.
        let fields = Box::pin(read(kind, request.into_body())).await?;
        Ok(Self { client, fields })
    }
}

async fn read<T: Fields>(kind: Option<Kind>, body: Body) -> Result<T, AppError> {
    let bytes = body::read(body, LARGEST_BODY).await?;
    if bytes.is_empty()
        && let Some(fields) = T::of_nothing()
    {
        return Ok(fields);
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| AppError::bad_request("The request is not UTF-8"))?;
    match kind {
        Some(Kind::Form) => of_form(text),
        Some(Kind::Json) => of_json(text),
        None => Err(AppError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            codes::UNSUPPORTED_MEDIA_TYPE,
            format!(
                "Send the {} as application/x-www-form-urlencoded or application/json",
                T::WHAT
            ),
        )),
    }
}

fn of_json<T: Fields>(text: &str) -> Result<T, AppError> {
    let refusal =
        || AppError::bad_request(format!("The request is not the JSON object {}", T::JSON));
    // Serde would take an array for the fields in their order.
    if !text.trim_start().starts_with('{') {
        return Err(refusal());
    }
    // The parser's own words may quote a password.
    serde_json::from_str(text).map_err(|_| refusal())
}

fn of_form<T: Fields>(text: &str) -> Result<T, AppError> {
    // The form decoder would put replacement characters for what is not UTF-8; a name must not change on its way.
    if text
        .split(['&', '='])
        .any(|part| percent_decode_str(part).decode_utf8().is_err())
    {
        return Err(AppError::bad_request("The form is not UTF-8"));
    }
    serde_urlencoded::from_str(text).map_err(|_| {
        AppError::bad_request(format!(
            "The form cannot be read: send {}, each once",
            T::NAMES
        ))
    })
}

/// Reads what a checkbox of a form says, or a JSON boolean.
pub(super) fn checkbox<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    struct Checkbox;

    impl Visitor<'_> for Checkbox {
        type Value = bool;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("on, off, true or false")
        }

        fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
            Ok(value)
        }

        fn visit_str<E: Error>(self, word: &str) -> Result<bool, E> {
            match word {
                "on" | "true" | "1" => Ok(true),
                "" | "off" | "false" | "0" => Ok(false),
                // What was sent may be a password in the wrong place.
                _ => Err(E::custom("neither on nor off")),
            }
        }
    }

    deserializer.deserialize_any(Checkbox)
}
