//! The body of a request.

use std::fmt;

use bytes::Bytes;
use reqwest::{
    RequestBuilder, header,
    multipart::{Form, Part},
};

/// The body of a request. It may hold passwords, so it does not show itself.
#[derive(Clone)]
pub enum Payload {
    Bytes {
        content_type: &'static str,
        bytes: Bytes,
    },
    /// `multipart/form-data`, as browsers upload files (RFC 7578).
    Parts(Vec<FormPart>),
}

/// One field of such a form.
#[derive(Clone)]
pub struct FormPart {
    pub name: String,
    pub bytes: Bytes,
    /// Only files have one.
    pub file_name: Option<String>,
}

impl Payload {
    /// `application/x-www-form-urlencoded`, already encoded.
    pub fn form(text: impl Into<Bytes>) -> Self {
        Self::Bytes {
            content_type: "application/x-www-form-urlencoded",
            bytes: text.into(),
        }
    }

    /// `application/json`.
    pub fn json(text: impl Into<Bytes>) -> Self {
        Self::Bytes {
            content_type: "application/json",
            bytes: text.into(),
        }
    }

    pub(super) fn add_to(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Bytes {
                content_type,
                bytes,
            } => request
                .header(header::CONTENT_TYPE, *content_type)
                .body(bytes.clone()),
            Self::Parts(parts) => {
                let form = parts.iter().fold(Form::new(), |form, part| {
                    let bytes =
                        Part::stream_with_length(part.bytes.clone(), part.bytes.len() as u64);
                    let field = match &part.file_name {
                        Some(name) => bytes.file_name(name.clone()),
                        None => bytes,
                    };
                    form.part(part.name.clone(), field)
                });
                request.multipart(form)
            }
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(..)")
    }
}

impl fmt::Debug for FormPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormPart(..)")
    }
}
