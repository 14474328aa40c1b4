//! Hostile Cookie headers through the gate, over a store with one live and one ended session.
//!
//! The first line of the input chooses the options and the request ([`Choice`]); each next line is a Cookie header, or
//! after a `<` a Set-Cookie header from further in. `{id}`, `{cookie}`, `{old}` and `{ended}` stand for the live
//! session's bare id, its cookie, its cookie by an older secret and the ended one's cookie; `{name}` for the cookie's
//! name. So the corpus can be read and written by hand.
//!
//! What opens the session is judged here a second time, from the documented rules alone: see [`ours`].

#![no_main]

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header},
};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode;
use sessctl_api::{EndReason, Registry as _};
use sessctl_server::{
    Cookie, CookieOptions, CurrentSession, EndedSession, GateLayer, Secrets, Secure, SetSession,
};
use sessctl_store::{Client, Created, ManualClock, SessionId, Sessions, Settings};
use time::OffsetDateTime;
use tokio::runtime::Runtime;
use tower::{Layer as _, ServiceExt as _, service_fn};

const NEW: &str = "a new secret, long enough";
const OLD: &str = "an old secret, long enough";
const NAMES: [&str; 4] = ["sid", "__Host-sid", "a", "s!#$&'*+-.^_`|~d"];

/// How many ids were drawn: no request here may begin a session.
static DRAWN: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static GROUND: Ground = Ground::new();
}

fuzz_target!(|input: &[u8]| GROUND.with(|ground| ground.check(input)));

/// What every input is tried on.
struct Ground {
    runtime: Runtime,
    sessions: Sessions,
    live: Arc<Created>,
    cookies: Vec<Known>,
}

/// The two sessions' cookies of one name, by one secret or without any.
struct Known {
    name: &'static str,
    secret: Option<&'static str>,
    live: String,
    ended: String,
}

/// What an input chose by its first line, a digit for each.
struct Choice {
    name: &'static str,
    path: &'static str,
    /// The first signs.
    secrets: &'static [&'static str],
    has_max_age: bool,
    is_rolling: bool,
    request_path: &'static str,
    status: StatusCode,
}

/// What the service behind the gate was shown.
#[derive(Default)]
struct Shown {
    headers: HeaderMap,
    is_live: bool,
    is_ended: bool,
}

impl Ground {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let sessions = Sessions::in_memory(Settings {
            // It stands: neither limit is reached however long this runs.
            clock: Arc::new(ManualClock::at(OffsetDateTime::UNIX_EPOCH)),
            // The same ids in every run, so that a finding can be repeated.
            new_id: || {
                let number = DRAWN.fetch_add(1, Ordering::SeqCst) + 1;
                SessionId::from_bits(u128::from(number) * 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced)
            },
            ..Settings::default()
        });
        let create = |user| {
            let created = runtime.block_on(sessions.create(user, &Client::default(), None));
            Arc::new(created.expect("memory takes a session"))
        };
        let (live, ended) = (create("alice"), create("bob"));
        let mut cookies = Vec::new();
        for name in NAMES {
            for secret in [None, Some(NEW), Some(OLD)] {
                let cookie = cookie(name, "/", secret.as_slice(), false);
                let layer = GateLayer::new(sessions.clone(), cookie);
                let given = |created| runtime.block_on(given(&layer, created));
                cookies.push(Known {
                    name,
                    secret,
                    live: given(&live),
                    ended: given(&ended),
                });
            }
        }
        let end = sessions.end(&ended.entry, EndReason::Revoked, None);
        assert!(runtime.block_on(end).expect("memory ends a session"));
        Self {
            runtime,
            sessions,
            live,
            cookies,
        }
    }

    fn check(&self, input: &[u8]) {
        let mut lines = input.split(|byte| *byte == b'\n');
        let choice = Choice::new(lines.next().unwrap_or_default());
        let id = self.live.id.cookie_value();
        let known = |secret| {
            let is_it = |known: &&Known| known.name == choice.name && known.secret == secret;
            self.cookies.iter().find(is_it).expect("all were made")
        };
        let first = known(choice.secrets.first().copied());
        let last = known(choice.secrets.last().copied());
        let words = [
            ("{id}", id.as_str()),
            ("{cookie}", &first.live),
            ("{old}", &last.live),
            ("{ended}", &first.ended),
            ("{name}", choice.name),
        ];
        let (mut request, mut inner) = (HeaderMap::new(), HeaderMap::new());
        for line in lines.take(16) {
            let line = splice(line, &words);
            let (headers, name, value) = match line.strip_prefix(b"<") {
                Some(value) => (&mut inner, header::SET_COOKIE, value),
                None => (&mut request, header::COOKIE, &*line),
            };
            // What no connection lets through does not reach the gate.
            if let Ok(value) = HeaderValue::from_bytes(value) {
                headers.append(name, value);
            }
        }

        let requests = || self.live.entry.describe().requests.unwrap_or_default();
        let (before, drawn) = (requests(), DRAWN.load(Ordering::SeqCst));
        let (response, shown) = self.pass(&choice, &request, &inner);

        // In: one cookie of our name that says exactly the right thing, or nobody is let in.
        let presented = ours(&request, choice.name);
        let value = match presented.as_slice() {
            [value] if choice.is_covered() => Some(*value),
            _ => None,
        };
        let is_good = |value| {
            [&first.live, &last.live]
                .iter()
                .any(|good| good.as_bytes() == value)
        };
        let opens = value.is_some_and(is_good);
        assert_eq!(shown.is_live, opens, "{request:?}");
        let is_ended = value == Some(first.ended.as_bytes());
        assert_eq!(shown.is_ended, is_ended, "{request:?}");
        assert_eq!(requests() - before, u64::from(opens), "a touch");
        let inside: &[&[u8]] = if opens { &[id.as_bytes()] } else { &[] };
        assert_eq!(ours(&shown.headers, choice.name), inside);
        for (name, value) in parsed(&shown.headers) {
            assert!(
                name != choice.name || (opens && value == id),
                "another parser finds a second session in {request:?}"
            );
        }

        // Out: at most one cookie of our name, and the right one.
        assert_eq!(response.status(), choice.status);
        let (own, others) = set_cookies(response.headers(), choice.name);
        let (from_inside, kept) = set_cookies(&inner, choice.name);
        assert_eq!(others, kept, "a cookie that is not ours was changed");
        let is_news = from_inside
            .last()
            .is_some_and(|line| value_of(line) == id.as_bytes())
            && (choice.has_max_age || !opens);
        let renews = choice.is_rolling || value != Some(first.live.as_bytes());
        let is_stale = choice.is_covered() && !presented.is_empty();
        let expected: &[&[u8]] = if is_news {
            &[first.live.as_bytes()]
        } else if choice.status.is_server_error() {
            &[]
        } else if opens && renews {
            &[first.live.as_bytes()]
        } else if !opens && is_stale {
            &[b""]
        } else {
            &[]
        };
        let given: Vec<_> = own.iter().map(|line| value_of(line)).collect();
        assert_eq!(given, expected, "{request:?} {inner:?}");
        if !kept.iter().any(|line| holds(line.as_bytes(), &id)) {
            // Our own line is marked as one that logs must not show.
            let text = format!("{response:?} {:?}", self.live.entry.describe());
            assert!(!text.contains(&id), "the id is in {text}");
        }

        // And nothing has come of it.
        assert_eq!(DRAWN.load(Ordering::SeqCst), drawn, "an id was drawn");
        let stats = self.runtime.block_on(self.sessions.stats());
        assert_eq!(stats.expect("memory is loaded").active, 1);
    }

    fn pass(
        &self,
        choice: &Choice,
        headers: &HeaderMap,
        inner: &HeaderMap,
    ) -> (Response<Body>, Shown) {
        let mut request = Request::new(());
        *request.uri_mut() = choice.request_path.parse().expect("a path");
        *request.headers_mut() = headers.clone();
        let mut answer = Response::new(());
        *answer.status_mut() = choice.status;
        *answer.headers_mut() = inner.clone();

        let shown = Arc::new(Mutex::new(Shown::default()));
        let seen = Arc::clone(&shown);
        let inner = service_fn(move |request: Request<()>| {
            *seen.lock().expect("nobody panics here") = Shown {
                headers: request.headers().clone(),
                is_live: request.extensions().get::<CurrentSession>().is_some(),
                is_ended: request.extensions().get::<EndedSession>().is_some(),
            };
            let answer = answer.clone().map(|()| Body::empty());
            std::future::ready(Ok::<_, Infallible>(answer))
        });
        let cookie = cookie(choice.name, choice.path, choice.secrets, choice.has_max_age);
        let gate = GateLayer::new(self.sessions.clone(), cookie)
            .rolling(choice.is_rolling)
            .telling_session(true)
            .layer(inner);
        let Ok(response) = self.runtime.block_on(gate.oneshot(request));
        let shown = std::mem::take(&mut *shown.lock().expect("nobody panics here"));
        (response, shown)
    }
}

impl Choice {
    fn new(line: &[u8]) -> Self {
        fn pick<T: Copy>(byte: Option<&u8>, of: &[T]) -> T {
            // 48 is the digit 0, and a multiple of every count here.
            of[usize::from(*byte.unwrap_or(&b'0')) % of.len()]
        }
        let secrets: &[&'static [&'static str]] = &[&[], &[NEW], &[NEW, OLD]];
        let name = pick(line.first(), &NAMES);
        let is_host = name.starts_with("__Host-");
        Self {
            name,
            path: pick(line.get(1).filter(|_| !is_host), &["/", "/app"]),
            secrets: pick(line.get(2), secrets),
            has_max_age: pick(line.get(3), &[false, true]),
            is_rolling: pick(line.get(4), &[false, true]),
            request_path: pick(line.get(5), &["/", "/app", "/app/x", "/apple"]),
            status: pick(
                line.get(6),
                &[
                    StatusCode::OK,
                    StatusCode::UNAUTHORIZED,
                    StatusCode::SERVICE_UNAVAILABLE,
                ],
            ),
        }
    }

    /// Whether a browser sends the cookie with this request.
    fn is_covered(&self) -> bool {
        self.path == "/" || matches!(self.request_path, "/app" | "/app/x")
    }
}

fn cookie(name: &str, path: &str, secrets: &[&str], has_max_age: bool) -> Cookie {
    let options = CookieOptions {
        name: Some(name.to_owned()),
        path: path.to_owned(),
        max_age: has_max_age.then_some(Duration::from_secs(60)),
        secure: Secure::Always,
        secrets: match secrets {
            [] => Secrets::default(),
            secrets => Secrets::new(secrets).expect("they are long enough"),
        },
        ..CookieOptions::default()
    };
    options.check(None).expect("options that go together")
}

/// The value of the cookie that a gate gives for a session.
async fn given(layer: &GateLayer, created: &Arc<Created>) -> String {
    let mark = SetSession(Arc::clone(created));
    let inner = service_fn(move |_: Request<()>| {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(mark.clone());
        std::future::ready(Ok::<_, Infallible>(response))
    });
    let Ok(response) = layer.layer(inner).oneshot(Request::new(())).await;
    let value = value_of(&response.headers()[header::SET_COOKIE]).to_vec();
    String::from_utf8(value).expect("an id and a signature are ASCII")
}

/// Puts what the words in braces stand for in their place.
fn splice(line: &[u8], words: &[(&str, &str)]) -> Vec<u8> {
    let mut spliced = Vec::new();
    let mut rest = line;
    while let Some((&first, after)) = rest.split_first() {
        let word = words
            .iter()
            .find(|(word, _)| rest.starts_with(word.as_bytes()));
        match word {
            Some((word, value)) => {
                spliced.extend_from_slice(value.as_bytes());
                rest = &rest[word.len()..];
            }
            None => {
                spliced.push(first);
                rest = after;
            }
        }
    }
    spliced
}

/// The values of all cookies of a name, by the documented rules: lines are split at `;`, blanks around a pair do not
/// count, nor do double quotes around a value; a name counts as it is and as it is once decoded and trimmed.
fn ours<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h [u8]> {
    let pairs = headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let ours = pairs.filter(|pair| is_ours(pair, name));
    ours.map(value).collect()
}

fn is_ours(pair: &[u8], name: &str) -> bool {
    let key = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
    let key = match std::str::from_utf8(key.trim_ascii()) {
        Ok(key) => key.trim().as_bytes(),
        Err(_) => key.trim_ascii(),
    };
    percent_decode(key).eq(name.bytes())
}

fn value(pair: &[u8]) -> &[u8] {
    let value = match pair.iter().position(|byte| *byte == b'=') {
        Some(at) => &pair[at + 1..],
        None => b"",
    };
    match value.trim_ascii_end() {
        [b'"', bare @ .., b'"'] => bare,
        value => value,
    }
}

/// All cookies as tower-sessions reads them.
fn parsed(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| std::str::from_utf8(line.as_bytes()).ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| cookie::Cookie::parse_encoded(pair).ok())
        .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
        .collect()
}

/// The Set-Cookie headers of our name, and the others.
fn set_cookies<'h>(
    headers: &'h HeaderMap,
    name: &str,
) -> (Vec<&'h HeaderValue>, Vec<&'h HeaderValue>) {
    let lines = headers.get_all(header::SET_COOKIE).iter();
    lines.partition(|line| is_ours(first_pair(line), name))
}

/// What a Set-Cookie header sets.
fn first_pair(line: &HeaderValue) -> &[u8] {
    let mut pairs = line.as_bytes().split(|byte| *byte == b';');
    let first = pairs.find(|pair| !pair.trim_ascii().is_empty());
    first.unwrap_or_default()
}

fn value_of(line: &HeaderValue) -> &[u8] {
    value(first_pair(line))
}

fn holds(text: &[u8], id: &str) -> bool {
    text.windows(id.len()).any(|part| part == id.as_bytes())
}
