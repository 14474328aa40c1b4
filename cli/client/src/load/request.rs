//! Requests as bytes. No I/O.

use reqwest::{Method, header::HeaderMap};
use url::Url;

use crate::{Jar, site::Ask};

/// A request with its body, if it has one, and with the cookies of a jar.
pub(super) fn bytes(ask: &Ask<'_>, user_agent: &str, jar: &Jar) -> Vec<u8> {
    let mut bytes = start(&ask.method, &ask.url);
    push(&mut bytes, "user-agent", user_agent.as_bytes());
    push(&mut bytes, "accept", ask.accept.as_bytes());
    if let Some(cookies) = jar.cookie_header(&ask.url) {
        push(&mut bytes, "cookie", cookies.value().as_bytes());
    }
    push_all(&mut bytes, &ask.headers);
    let body = ask.body.as_ref().map(|body| {
        let (content_type, body) = body.encoded();
        push(&mut bytes, "content-type", content_type.as_bytes());
        body
    });
    if body.is_some() || ask.method == Method::POST {
        let length = body.as_ref().map_or(0, |body| body.len()).to_string();
        push(&mut bytes, "content-length", length.as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body.as_deref().unwrap_or_default());
    bytes
}

fn start(method: &Method, url: &Url) -> Vec<u8> {
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
    bytes
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
    use reqwest::{
        cookie::CookieStore as _,
        header::{HeaderValue, ORIGIN},
    };

    use super::*;
    use crate::{Origin, Payload, site::Who};

    #[test]
    fn requests_are_whole_and_carry_the_users_cookies() {
        let url = Url::parse("http://[::1]:8080/a b?q=1&r=\u{fc}").unwrap();
        let jar = Jar::in_memory(Origin::of(&url).unwrap());
        let cookie = HeaderValue::from_static("sid=1; Path=/");
        jar.set_cookies(&mut [&cookie].into_iter(), &url);
        let written = |ask: &Ask<'_>| String::from_utf8(bytes(ask, "test/1", &jar)).unwrap();
        let ask = |method| Ask::new(method, url.clone(), "*/*", Who::Jar);
        assert_eq!(
            written(&ask(Method::GET)),
            "GET /a%20b?q=1&r=%C3%BC HTTP/1.1\r\nhost: [::1]:8080\r\nuser-agent: test/1\r\naccept: */*\r\ncookie: sid=1\r\n\r\n"
        );
        let post = written(&ask(Method::POST));
        assert!(post.ends_with("cookie: sid=1\r\ncontent-length: 0\r\n\r\n"));

        let login = written(&Ask {
            headers: HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static("o"))]),
            body: Some(Payload::json("1")),
            ..ask(Method::POST)
        });
        assert!(login.ends_with(
            "origin: o\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n1"
        ));
    }
}
