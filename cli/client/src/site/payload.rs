//! The body of a request, and the bytes that it is sent as. No I/O.

use std::fmt;

use bytes::Bytes;
use reqwest::{RequestBuilder, header};

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

    /// What it is called, and its bytes.
    pub(crate) fn encoded(&self) -> (String, Bytes) {
        match self {
            Self::Bytes {
                content_type,
                bytes,
            } => ((*content_type).to_owned(), bytes.clone()),
            Self::Parts(parts) => in_parts(parts),
        }
    }

    pub(super) fn add_to(&self, request: RequestBuilder) -> RequestBuilder {
        let (content_type, bytes) = self.encoded();
        request
            .header(header::CONTENT_TYPE, content_type)
            .body(bytes)
    }
}

/// A form in parts. Nobody can guess its boundary, so no part holds it.
fn in_parts(parts: &[FormPart]) -> (String, Bytes) {
    let boundary = format!("sessctl-{:032x}", rand::random::<u128>());
    let mut body = Vec::new();
    for part in parts {
        let name = escaped(&part.name);
        let head = format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"");
        body.extend_from_slice(head.as_bytes());
        if let Some(file) = &part.file_name {
            body.extend_from_slice(format!("; filename=\"{}\"", escaped(file)).as_bytes());
        }
        body.extend_from_slice(b"\r\n\r\n");
        body.extend_from_slice(&part.bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (
        format!("multipart/form-data; boundary={boundary}"),
        body.into(),
    )
}

/// A name as browsers write it (HTML, multipart/form-data encoding).
fn escaped(name: &str) -> String {
    name.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_in_parts_names_its_fields_and_files_and_has_a_boundary_of_its_own() {
        let part = |name: &str, value: &'static str, file: Option<&str>| FormPart {
            name: name.to_owned(),
            bytes: Bytes::from(value),
            file_name: file.map(str::to_owned),
        };
        let form = Payload::Parts(vec![
            part("a\"b", "1", None),
            part("c", "\r\n", Some("\u{fc}\n\".png")),
        ]);
        let (kind, body) = form.encoded();
        let boundary = kind
            .strip_prefix("multipart/form-data; boundary=sessctl-")
            .unwrap();
        assert_eq!(
            String::from_utf8(body.to_vec())
                .unwrap()
                .replace(boundary, "B"),
            "--sessctl-B\r\ncontent-disposition: form-data; name=\"a%22b\"\r\n\r\n1\r\n\
             --sessctl-B\r\ncontent-disposition: form-data; name=\"c\"; filename=\"\u{fc}%0A%22.png\"\r\n\r\n\r\n\r\n\
             --sessctl-B--\r\n"
        );
        assert_ne!(form.encoded().0, kind);
    }
}
