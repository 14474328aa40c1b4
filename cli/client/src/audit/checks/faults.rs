//! What malformed cookies and bodies bring out of a server.

use std::sync::LazyLock;

use bytes::Bytes;
use regex::Regex;
use reqwest::{
    Method,
    header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue},
};

use crate::{
    CookieDetail, CookieHeader, Error, Payload,
    audit::{
        report::{Finding, Severity, Verdict},
        target::{self, Target},
        words,
    },
    site::{ACCEPT_HTML, Ask, Marks, Reached, Who},
};

/// How the stack traces of common runtimes begin.
static TRACES: LazyLock<Regex> = LazyLock::new(|| {
    let kinds = [
        r"\bat [^\n(]*\([^\n()]+:\d+:\d+\)",
        r"\bat (?:file://)?/[^\s:]+:\d+:\d+",
        r"Traceback \(most recent call last\)",
        r#"File "[^"\n]+", line \d+"#,
        r"\bat [\w.$]+\([\w.]+\.(?:java|kt|scala):\d+\)",
        r"\bat [\w.<>`]+\([^)\n]+\) in [^\n]+:line \d+",
        r"in /[^\s<]+\.php(?: on line |:)(?:<b>)?\d+",
        r"/[^\s:<]+\.rb:\d+:in ",
        r"goroutine \d+ \[",
        r"panicked at ",
    ];
    Regex::new(&kinds.join("|")).expect("a constant expression is right")
});

/// Sends what is malformed, one thing at a time. `keys` are the cookies that open the private page, if that is known.
pub(super) async fn malformed(target: &Target, keys: &[CookieDetail]) -> Result<Verdict, Error> {
    let visitor = target.visitor()?;
    let marks = Marks::of(&visitor)?;
    let mut names: Vec<_> = keys.iter().map(|key| key.name.clone()).collect();
    // Where the login form goes to, and what cookies strangers get.
    let login = target::login_of(&visitor, "sessctl-audit", None).await?.url;
    if names.is_empty() {
        names = target::pairs(&visitor)
            .into_iter()
            .map(|(name, _)| name)
            .collect();
    }
    visitor.jar().forget();
    let usual = target::private_html(&visitor, Who::Stranger).await?;
    if TRACES.is_match(&words::text(&usual)) {
        return Ok(Verdict::skipped(
            "the usual page looks like a stack trace itself",
        ));
    }

    let mut asks = Vec::new();
    let cookies = names
        .iter()
        .flat_map(|name| COOKIES.map(|value| (name.clone(), value)));
    let cookies: Vec<_> = cookies
        .filter_map(|(name, value)| {
            let header = CookieHeader::of_pairs(&[(name.clone(), value.to_owned())])?;
            Some((
                format!(
                    "a cookie {} of {value:?}",
                    sessctl_api::text::fit(&name, 40)
                ),
                header,
            ))
        })
        .collect();
    for (what, header) in &cookies {
        asks.push((
            what.clone(),
            Ask::new(
                Method::GET,
                marks.dashboard.clone(),
                ACCEPT_HTML,
                Who::Holder(header),
            ),
        ));
    }
    for (what, headers, body) in bodies() {
        asks.push((
            format!("a POST {what}"),
            Ask {
                headers,
                body,
                ..Ask::new(Method::POST, login.clone(), ACCEPT_HTML, Who::Stranger)
            },
        ));
    }
    let count = asks.len();
    let mut findings: Vec<Finding> = Vec::new();
    for (what, ask) in asks {
        let url = crate::site::without_query(&ask.url);
        let (severity, told, evidence) = match visitor.ask_once(ask).await {
            Ok(answer) => {
                let Some((severity, told, seen)) = judge(&answer) else {
                    continue;
                };
                let evidence = format!("{what} to {url} was answered {}: {seen}", answer.status);
                (severity, told, evidence)
            }
            Err(error) => {
                // A server that is gone is another matter.
                visitor.probe().await?;
                let told = "a malformed request gets no answer";
                (Severity::Low, told, format!("{what} to {url}: {error}"))
            }
        };
        match findings.iter_mut().find(|finding| finding.what == told) {
            Some(finding) => finding.evidence.push(evidence),
            None => findings.push(Finding {
                severity,
                what: told.to_owned(),
                evidence: vec![evidence],
            }),
        }
    }
    for finding in &mut findings {
        let more = finding.evidence.len().saturating_sub(3);
        finding.evidence.truncate(3);
        if more > 0 {
            finding.evidence.push(format!("and {more} more"));
        }
    }
    Ok(match findings.is_empty() {
        true => Verdict::passed(format!(
            "{count} malformed requests: no stack trace and no 5xx"
        )),
        false => Verdict::Found(findings),
    })
}

fn judge(answer: &Reached) -> Option<(Severity, &'static str, String)> {
    let text = words::text(answer);
    if let Some(found) = TRACES.find(&text) {
        let seen = sessctl_api::text::fit(found.as_str().trim(), 90);
        let told = "a malformed request brings out a stack trace: paths, versions and code";
        return Some((Severity::Medium, told, seen));
    }
    let told = "a malformed request is taken for a failure of the server";
    (answer.status >= 500 && answer.status != 503)
        .then(|| (Severity::Low, told, "no stack trace".to_owned()))
}

/// Values that are no id.
const COOKIES: [&str; 7] = [
    "%",
    "%00%ff",
    "\"",
    "s:.",
    "s%3Aa.b",
    "{}",
    "..%2f..%2fetc%2fpasswd",
];

/// Bodies that are not what they say, or say that they are what they are not.
fn bodies() -> Vec<(&'static str, HeaderMap, Option<Payload>)> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let body = |content_type: &'static str, bytes: &'static str| {
        Some(Payload::Bytes {
            content_type,
            bytes: Bytes::from_static(bytes.as_bytes()),
        })
    };
    let with = |name, value: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    };
    let none = HeaderMap::new;
    vec![
        (
            "of broken JSON",
            none(),
            body("application/json", "{\"username\":"),
        ),
        (
            "of JSON that is no object",
            none(),
            body("application/json", "[[]]"),
        ),
        (
            "of JSON with a number as the name",
            none(),
            body("application/json", "{\"username\":1,\"password\":{}}"),
        ),
        (
            "of a form that is encoded wrongly",
            none(),
            body(FORM, "username=%zz%E9&=&password=%"),
        ),
        (
            "of a form with nested names",
            none(),
            body(FORM, "username[a]=1&username[b][c]=2&password[]=x"),
        ),
        (
            "with a charset that there is not",
            with(
                CONTENT_TYPE,
                "application/x-www-form-urlencoded; charset=bogus",
            ),
            body(FORM, "username=a&password=b"),
        ),
        (
            "with an encoding that there is not",
            with(CONTENT_ENCODING, "bogus"),
            body(FORM, "username=a&password=b"),
        ),
        ("without a body", none(), None),
        ("of XML", none(), body("application/xml", "<a")),
        (
            "of multipart without a boundary",
            none(),
            body("multipart/form-data", "username=a"),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stack_traces_are_known_by_their_looks() {
        for trace in [
            "TypeError: x\n    at Layer.handle (/srv/app/node_modules/express/lib/router/layer.js:95:5)",
            "    at file:///srv/app.js:3:9",
            "Traceback (most recent call last):\n  File \"/srv/app.py\", line 3, in f",
            "at org.apache.catalina.core.StandardWrapper.invoke(StandardWrapper.java:166)",
            "Fatal error: Uncaught Error in /srv/index.php:12",
            "Warning: session_start() in /srv/index.php on line 3",
            "/srv/app.rb:3:in `call'",
            "goroutine 17 [running]:",
            "thread 'main' panicked at src/main.rs:1:1",
        ] {
            assert!(TRACES.is_match(trace), "{trace}");
        }
        for text in [
            "Please log in",
            "meet at noon (12:30)",
            "Error at line 3",
            "in /help on line",
        ] {
            assert!(!TRACES.is_match(text), "{text}");
        }
    }
}
