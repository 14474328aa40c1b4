//! Requests as bytes. No I/O.

use reqwest::{Method, header::HeaderMap};
use url::Url;

use crate::{Jar, site::Ready};

/// What every request of a run says.
pub(super) struct Common {
    pub(super) user_agent: String,
}

impl Common {
    /// A request without a body.
    pub(super) fn plain(&self, method: &Method, url: &Url, accept: &str, jar: &Jar) -> Vec<u8> {
        let mut bytes = self.start(method, url, accept, jar);
        if *method == Method::POST {
            bytes.extend_from_slice(b"content-length: 0\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }

    /// A login, to where its form or a redirect sends it.
    pub(super) fn post(&self, ready: &Ready, url: &Url, accept: &str, jar: &Jar) -> Vec<u8> {
        let mut bytes = self.start(&Method::POST, url, accept, jar);
        push_all(&mut bytes, &ready.headers);
        push(&mut bytes, "content-type", ready.content_type.as_bytes());
        let length = ready.body.len().to_string();
        push(&mut bytes, "content-length", length.as_bytes());
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&ready.body);
        bytes
    }

    fn start(&self, method: &Method, url: &Url, accept: &str, jar: &Jar) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512);
        let query = url.query().map(|query| format!("?{query}"));
        for part in [
            method.as_str(),
            " ",
            url.path(),
            query.as_deref().unwrap_or_default(),
        ] {
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes.extend_from_slice(b" HTTP/1.1\r\n");
        let host = url.host_str().unwrap_or_default();
        let host = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        push(&mut bytes, "host", host.as_bytes());
        push(&mut bytes, "user-agent", self.user_agent.as_bytes());
        push(&mut bytes, "accept", accept.as_bytes());
        if let Some(cookies) = jar.cookie_header(url) {
            push(&mut bytes, "cookie", cookies.value().as_bytes());
        }
        bytes
    }
}

fn push(bytes: &mut Vec<u8>, name: &str, value: &[u8]) {
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(b": ");
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(b"\r\n");
}

fn push_all(bytes: &mut Vec<u8>, headers: &HeaderMap) {
    for (name, value) in headers {
        push(bytes, name.as_str(), value.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use reqwest::{cookie::CookieStore as _, header::HeaderValue};

    use super::*;
    use crate::Origin;

    #[test]
    fn requests_are_whole_and_carry_the_users_cookies() {
        let url = Url::parse("http://[::1]:8080/a b?q=1&r=\u{fc}").unwrap();
        let jar = Jar::in_memory(Origin::of(&url).unwrap());
        let cookie = HeaderValue::from_static("sid=1; Path=/");
        jar.set_cookies(&mut [&cookie].into_iter(), &url);
        let common = Common {
            user_agent: "test/1".to_owned(),
        };
        let get = common.plain(&Method::GET, &url, "*/*", &jar);
        assert_eq!(
            String::from_utf8(get).unwrap(),
            "GET /a%20b?q=1&r=%C3%BC HTTP/1.1\r\nhost: [::1]:8080\r\nuser-agent: test/1\r\naccept: */*\r\ncookie: sid=1\r\n\r\n"
        );
        let post = common.plain(&Method::POST, &url, "*/*", &jar);
        assert!(post.ends_with(b"cookie: sid=1\r\ncontent-length: 0\r\n\r\n"));

        let ready = Ready {
            action: url.clone(),
            headers: HeaderMap::from_iter([(
                reqwest::header::ORIGIN,
                HeaderValue::from_static("o"),
            )]),
            content_type: "text/x".to_owned(),
            body: Bytes::from_static(b"a=1"),
        };
        let login = common.post(&ready, &url, "*/*", &jar);
        assert!(
            login.ends_with(b"origin: o\r\ncontent-type: text/x\r\ncontent-length: 3\r\n\r\na=1")
        );
    }
}
