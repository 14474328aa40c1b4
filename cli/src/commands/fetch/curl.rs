//! The curl command that would send the same request. What opens a session, and what looks like a secret, is hidden.

use sessctl_client::{Payload, Request, Site};

use crate::{exit::Failure, output::shell_word};

const HIDDEN: &str = "***";

/// Parts of names whose values are not for a screen.
const SECRETS: [&str; 7] = ["pass", "pwd", "secret", "token", "csrf", "card", "key"];

pub(super) fn command(site: &Site, request: &Request) -> Result<String, Failure> {
    let mut words = vec!["curl".to_owned(), "-sS".to_owned()];
    let mut add = |flag: &str, value: &str| words.extend([flag.to_owned(), shell_word(value)]);
    match request.method.as_str() {
        "GET" => {}
        "HEAD" => words.push("-I".to_owned()),
        method => add("-X", method),
    }
    if request.follows {
        words.push("-L".to_owned());
    }
    let url = site.url(&request.path)?;
    let mut add = |flag: &str, value: &str| words.extend([flag.to_owned(), shell_word(value)]);
    if let Some(cookies) = site.jar().cookie_header(&url) {
        let names = cookies.names().into_iter();
        let pairs: Vec<_> = names.map(|name| format!("{name}={HIDDEN}")).collect();
        add("-b", &pairs.join("; "));
    }
    for (name, value) in &request.headers {
        let text = String::from_utf8_lossy(value.as_bytes());
        let is_secret = is_secret(name.as_str())
            || matches!(
                name.as_str(),
                "authorization" | "proxy-authorization" | "cookie"
            );
        let text = if is_secret { HIDDEN } else { &text };
        add("-H", &format!("{name}: {text}"));
    }
    match &request.body {
        None => {}
        Some(Payload::Bytes {
            content_type,
            bytes,
        }) => {
            add("-H", &format!("content-type: {content_type}"));
            add("--data-raw", &masked(content_type, bytes));
        }
        Some(Payload::Parts(parts)) => {
            for part in parts {
                let value = match &part.file_name {
                    Some(file) => format!("@{file}"),
                    None if is_secret(&part.name) => HIDDEN.to_owned(),
                    None => String::from_utf8_lossy(&part.bytes).into_owned(),
                };
                add("-F", &format!("{}={value}", part.name));
            }
        }
    }
    words.push(shell_word(url.as_str()));
    Ok(words.join(" "))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|part| name.contains(part))
}

fn masked(content_type: &str, bytes: &[u8]) -> String {
    if content_type.ends_with("json")
        && let Ok(mut json) = serde_json::from_slice(bytes)
    {
        mask(&mut json);
        return json.to_string();
    }
    let text = String::from_utf8_lossy(bytes);
    let fields = text.split('&').map(|field| match field.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}={HIDDEN}"),
        _ => field.to_owned(),
    });
    fields.collect::<Vec<_>>().join("&")
}

fn mask(json: &mut serde_json::Value) {
    use serde_json::Value;
    match json {
        Value::Object(fields) => {
            for (name, value) in fields {
                if is_secret(name) {
                    *value = HIDDEN.into();
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}
