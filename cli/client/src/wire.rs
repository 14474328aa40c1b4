//! What every request of this room shares: how clients are built, how bodies are read, and how a failure is told.

use std::{error::Error as StdError, io, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{Client, ClientBuilder, Response, header, redirect};
use sessctl_api::text;
use url::Url;

use crate::{Error, address};

/// The largest body that is read.
const MAX_BODY: usize = 16 << 20;
/// How much of a server's message is repeated.
const MAX_MESSAGE: usize = 200;

/// A client that follows no redirect and asks no proxy: the environment is not ours to read.
pub(crate) fn builder(https: bool, user_agent: &str) -> ClientBuilder {
    let builder = ClientBuilder::new()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .user_agent(user_agent);
    if https {
        builder
    } else {
        // Loading the system's roots costs more than a whole request; without them https fails closed.
        builder.tls_certs_only([])
    }
}

/// Makes the client; it fails where TLS cannot be set up.
pub(crate) fn build(builder: ClientBuilder) -> Result<Client, Error> {
    builder.build().map_err(|error| Error::Unreachable {
        what: format!("cannot prepare HTTP: {}", root_cause(&error)),
        source: Some(error.into()),
    })
}

/// Why a body was not read.
#[derive(Debug)]
pub(crate) enum BodyError {
    TooLarge,
    Broken(reqwest::Error),
}

/// Reads a whole body, up to 16 MiB.
pub(crate) async fn read_body(mut response: Response) -> Result<Bytes, BodyError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The answer's `Content-Type`, if it has one that is text.
pub(crate) fn content_type(response: &Response) -> Option<String> {
    let value = response.headers().get(header::CONTENT_TYPE)?;
    value.to_str().ok().map(str::to_owned)
}

/// The answer's media type, without parameters and in lower case.
pub(crate) fn media_type(content_type: Option<&str>) -> String {
    content_type
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase())
        .unwrap_or_default()
}

/// What a server says about a refusal, cleaned and cut: the message of JSON, or the first line of plain text.
pub(crate) fn said(content_type: Option<&str>, body: &[u8]) -> Option<String> {
    let message = match media_type(content_type).as_str() {
        "application/json" => serde_json::from_slice::<serde_json::Value>(body)
            .ok()?
            .get("message")?
            .as_str()?
            .to_owned(),
        "text/plain" | "" => String::from_utf8_lossy(body).lines().next()?.to_owned(),
        // Some frameworks send plain words as HTML; real pages are not for one line.
        "text/html" if !body.contains(&b'<') => {
            String::from_utf8_lossy(body).lines().next()?.to_owned()
        }
        _ => return None,
    };
    let message = text::fit(message.trim(), MAX_MESSAGE);
    (!message.is_empty()).then_some(message)
}

/// A message as the end of a sentence.
pub(crate) fn colon(message: Option<&str>) -> String {
    message.map(|text| format!(": {text}")).unwrap_or_default()
}

/// The innermost cause, in words.
pub(crate) fn root_cause(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    text::fit(&cause.to_string(), MAX_MESSAGE)
}

/// The kind of the I/O error below, if there is one.
pub(crate) fn io_kind(error: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            return Some(io.kind());
        }
        cause = error.source();
    }
    None
}

/// Says that no answer came in time.
pub(crate) fn no_answer(from: &str, timeout: Duration) -> String {
    let seconds = timeout.as_secs_f32();
    format!("no answer from {from} within {seconds} s; is it busy? allow more with --timeout")
}

/// Says that a server answered 503, and with what words.
pub(crate) fn cannot_serve(server: &str, message: Option<&str>) -> String {
    let message = colon(message);
    format!("{server} cannot serve now (503){message}; try again later")
}

/// Says that a connection was refused, and how to have one that is not.
pub(crate) fn nothing_listens(base: &Url) -> String {
    let at = address::written(base);
    // Where `serve` listens unless told otherwise. Elsewhere it is somebody's own app.
    let is_ours = address::is_loopback(base) && base.port_or_known_default() == Some(3000);
    let hint = match is_ours && base.scheme() == "http" {
        true => "start one with: sessctl serve",
        false => "is the server running, and is the port right? To wait for it: sessctl wait",
    };
    format!("nothing listens at {at}: connection refused; {hint}")
}

/// Says that no connection came about for another reason.
pub(crate) fn cannot_connect(at: &str, cause: &str) -> String {
    format!("cannot connect to {at}: {cause}; is the address right?")
}

/// A failed request as an [`Error::Unreachable`] in words.
pub(crate) fn unreachable(base: &Url, timeout: Duration, error: reqwest::Error) -> Error {
    let at = address::written(base);
    let cause = root_cause(&error);
    let kind = io_kind(&error);
    let what = if error.is_timeout() {
        no_answer(at, timeout)
    } else if kind == Some(io::ErrorKind::ConnectionRefused) {
        nothing_listens(base)
    } else if error.is_connect() && cause.contains("InvalidContentType") {
        format!(
            "{at} does not speak TLS; try http://{}",
            &at["https://".len()..]
        )
    } else if error.is_connect() && cause.contains("CaUsedAsEndEntity") {
        format!(
            "{at} shows a certificate that is itself one of a CA (CA:TRUE), as `openssl req -x509` makes them, and no server may show such a one: make it anew with -addext basicConstraints=critical,CA:FALSE"
        )
    } else if error.is_connect() && cause.contains("certificate") {
        format!(
            "{at} shows a certificate that is not trusted here: {cause}; one of your own making is trusted by SSL_CERT_FILE=FILE"
        )
    } else if base.scheme() == "http" && cause.contains("invalid HTTP version") {
        // What a TLS listener answers to plain text is an alert, which begins like no HTTP.
        format!(
            "{at} answers, but not in HTTP; if this port speaks HTTPS, try https://{}",
            &at["http://".len()..]
        )
    } else if error.is_connect() {
        cannot_connect(at, &cause)
    } else {
        format!("{at} broke the connection off: {cause}")
    };
    Error::Unreachable {
        what,
        // The address may hold a query that is nobody's business.
        source: Some(error.without_url().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_message_is_one_clean_line() {
        let json = br#"{"code":"wrong_login","message":"Wrong user name\nor \u001b[31mpassword"}"#;
        assert_eq!(
            said(Some("application/json; charset=utf-8"), json).unwrap(),
            "Wrong user name\\u{a}or \\u{1b}[31mpassword"
        );
        assert_eq!(
            said(Some("text/plain"), b" no\nreally").as_deref(),
            Some("no")
        );
        assert_eq!(
            said(Some("text/html"), b"error logging out").as_deref(),
            Some("error logging out")
        );
        assert_eq!(said(Some("text/html"), b"<h1>no</h1>"), None);
        assert_eq!(said(Some("application/json"), b"{}"), None);
    }
}
