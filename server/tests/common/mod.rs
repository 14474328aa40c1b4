//! A real server on a free port and on a Unix socket, and real clients for both.
//!
//! The listeners are bound before the server runs, so a client may connect at once: nobody waits for a clock.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test file uses its part"
)]

pub(crate) mod app;
#[path = "../../store/tests/common/ground.rs"]
mod ground;
pub(crate) mod held;
pub(crate) mod log;
pub(crate) mod operator;
pub(crate) mod people;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

pub(crate) use ground::{ABSOLUTE, IDLE, clock, rows_of, settings};
use reqwest::{Client, Method, RequestBuilder, Response, header, redirect};
use serde_json::Value;
use sessctl_api::{Registry as _, Stats};
use sessctl_server::{
    AdminAddress, AdminListener, Auth, Config, Exposure, PublicListener, RunError, Tls, run,
};
use sessctl_store::{ManualClock, Sessions, Settings};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    sync::oneshot,
    task::JoinHandle,
};

pub(crate) const UA: &str = "curl/8.5.0";
pub(crate) const REMOVAL: &str =
    "sid=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; SameSite=Lax";

pub(crate) const TEXT: &str = "*/*";
pub(crate) const JSON: &str = "application/json";
pub(crate) const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A running server with what keeps it alive.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) socket: PathBuf,
    /// The admin API for programs with tokens.
    pub(crate) admin_url: String,
    pub(crate) sessions: Sessions,
    pub(crate) clock: Arc<ManualClock>,
    /// The SQLite file, if there is one.
    pub(crate) file: Option<PathBuf>,
    pub(crate) public: Client,
    admin: Client,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<Result<(), RunError>>,
    _dir: tempfile::TempDir,
}

/// A server whose sessions are in memory.
pub(crate) async fn memory() -> Server {
    memory_with(|_| {}).await
}

/// The same with another configuration.
pub(crate) async fn memory_with(change: impl FnOnce(&mut Config)) -> Server {
    memory_keeping(|_| {}, change).await
}

/// The same with other settings of the store too.
pub(crate) async fn memory_keeping(
    keep: impl FnOnce(&mut Settings),
    change: impl FnOnce(&mut Config),
) -> Server {
    let clock = clock();
    let mut settings = settings(&clock);
    keep(&mut settings);
    let sessions = Sessions::in_memory(settings);
    start(sessions, clock, None, tempfile::tempdir().unwrap(), change).await
}

/// A server that speaks TLS; its own clients do not know the certificate.
pub(crate) async fn memory_over_tls(tls: Tls) -> Server {
    let clock = clock();
    let sessions = Sessions::in_memory(settings(&clock));
    let dir = tempfile::tempdir().unwrap();
    start_on(sessions, clock, None, dir, |_| {}, Some(tls)).await
}

/// A server whose sessions are in a SQLite file.
pub(crate) async fn sqlite() -> Server {
    sqlite_with(|_| {}).await
}

/// The same with another configuration.
pub(crate) async fn sqlite_with(change: impl FnOnce(&mut Config)) -> Server {
    sqlite_keeping(|_| {}, change).await
}

/// The same with other settings of the store too.
pub(crate) async fn sqlite_keeping(
    keep: impl FnOnce(&mut Settings),
    change: impl FnOnce(&mut Config),
) -> Server {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    let file = dir.path().join("sessions.db");
    let mut settings = settings(&clock);
    keep(&mut settings);
    let sessions = Sessions::open_sqlite(&file, settings).unwrap();
    start(sessions, clock, Some(file), dir, change).await
}

/// A server over a SQLite file that exists.
pub(crate) async fn sqlite_at(file: &Path) -> Server {
    let clock = clock();
    let sessions = Sessions::open_sqlite(file, settings(&clock)).unwrap();
    let file = Some(file.to_owned());
    start(sessions, clock, file, tempfile::tempdir().unwrap(), |_| {}).await
}

/// What becomes of a server whose configuration is refused.
pub(crate) async fn ended_at_once(change: impl FnOnce(&mut Config)) -> Result<(), RunError> {
    memory_with(change).await.running.await.unwrap()
}

async fn start(
    sessions: Sessions,
    clock: Arc<ManualClock>,
    file: Option<PathBuf>,
    dir: tempfile::TempDir,
    change: impl FnOnce(&mut Config),
) -> Server {
    start_on(sessions, clock, file, dir, change, None).await
}

async fn start_on(
    sessions: Sessions,
    clock: Arc<ManualClock>,
    file: Option<PathBuf>,
    dir: tempfile::TempDir,
    change: impl FnOnce(&mut Config),
    tls: Option<Tls>,
) -> Server {
    let socket = dir.path().join("admin.sock");
    let mut config = Config::new(Auth::Open);
    change(&mut config);
    let public = PublicListener::bind("127.0.0.1:0", Exposure::of(&config).tls(tls))
        .await
        .unwrap();
    let admin = AdminListener::bind(&AdminAddress::unix(&socket))
        .await
        .unwrap();
    let remote = AdminListener::bind(&"127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let admin_url = format!("http://{}", remote.tcp_addresses().next().unwrap());
    let admin = admin.and(remote);
    let url = public.url();
    let (stop, stopped) = oneshot::channel();
    let running = tokio::spawn(run(public, admin, sessions.clone(), config, async {
        // An error says that the test is over.
        let _ = stopped.await;
    }));
    Server {
        url,
        public: client(),
        admin: Client::builder()
            .no_proxy()
            .unix_socket(socket.clone())
            .build()
            .unwrap(),
        socket,
        admin_url,
        sessions,
        clock,
        file,
        stop: Some(stop),
        running,
        _dir: dir,
    }
}

/// A client that follows nothing and keeps nothing.
pub(crate) fn client() -> Client {
    Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .user_agent(UA)
        .build()
        .unwrap()
}

impl Server {
    /// A request to the public listener.
    pub(crate) fn request(&self, method: Method, path: &str, accept: &str) -> RequestBuilder {
        self.public
            .request(method, format!("{}{path}", self.url))
            .header(header::ACCEPT, accept)
    }

    pub(crate) fn get(&self, path: &str, accept: &str) -> RequestBuilder {
        self.request(Method::GET, path, accept)
    }

    pub(crate) fn post(&self, path: &str, accept: &str) -> RequestBuilder {
        self.request(Method::POST, path, accept)
    }

    /// Signs in and returns the cookie's value.
    pub(crate) async fn login(&self, user: &str) -> String {
        let form = [("username", user), ("password", "x")];
        let response = self.post("/login", TEXT).form(&form).send().await.unwrap();
        assert_eq!(response.status(), 200);
        given(&response).unwrap()
    }

    /// Whether the dashboard lets this cookie in.
    pub(crate) async fn lets_in(&self, cookie: &str) -> bool {
        let request = self.get("/dashboard", TEXT).header("cookie", sid(cookie));
        match request.send().await.unwrap().status().as_u16() {
            200 => true,
            401 => false,
            other => panic!("the dashboard answers {other}"),
        }
    }

    /// A request to the admin socket.
    pub(crate) fn admin(&self, method: Method, path: &str) -> RequestBuilder {
        self.admin.request(method, format!("http://admin{path}"))
    }

    /// A request to the admin API over TCP, with whatever the test puts in.
    pub(crate) fn remote(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.admin_url);
        self.public.request(method, url)
    }

    /// What the admin API answers to a GET.
    pub(crate) async fn ask(&self, path: &str) -> (u16, Value) {
        status_and_json(self.admin(Method::GET, path).send().await.unwrap()).await
    }

    /// What the admin API answers to a POST.
    pub(crate) async fn order(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.admin(Method::POST, path).json(body);
        status_and_json(request.send().await.unwrap()).await
    }

    /// The handle of the only session of a user.
    pub(crate) async fn handle_of(&self, user: &str) -> String {
        let (status, page) = self
            .ask(&format!("/v1/sessions?filter=user%3D{user}"))
            .await;
        assert_eq!((status, &page["total"]), (200, &1.into()), "{page}");
        page["sessions"][0]["handle"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn revoke(&self, handle: &str) {
        let order = serde_json::json!({"select": {"handles": [handle]}});
        let (status, report) = self.order("/v1/revocations", &order).await;
        assert_eq!(status, 200, "{report}");
        assert_eq!(report["outcomes"][0]["result"], "revoked");
    }

    pub(crate) async fn stats(&self) -> Stats {
        self.sessions.stats().await.unwrap()
    }

    /// Rows in the SQLite file.
    pub(crate) fn rows(&self) -> usize {
        rows_of(self.file.as_deref().unwrap())
    }

    pub(crate) fn forward(&self, span: Duration) {
        self.clock.advance(span.try_into().unwrap());
    }

    /// Sends bytes as they are and returns all that comes back; the server has to close the connection.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The same in small pieces, each in a packet of its own.
    pub(crate) async fn drip(&self, bytes: &[u8]) -> String {
        let address = self.url.strip_prefix("http://").unwrap();
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (mut incoming, mut outgoing) = stream.into_split();
        let size = (bytes.len() / 200).max(1);
        let pieces: Vec<_> = bytes.chunks(size).map(<[u8]>::to_vec).collect();
        let sending = tokio::spawn(async move {
            for piece in pieces {
                // An error says that the server has heard enough.
                if outgoing.write_all(&piece).await.is_err() {
                    return;
                }
                tokio::task::yield_now().await;
            }
        });
        let mut answer = Vec::new();
        // So does this one.
        let _ = incoming.read_to_end(&mut answer).await;
        sending.abort();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Asks the server to stop, without waiting for it.
    pub(crate) fn begin_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Stops the server and waits until it has.
    pub(crate) async fn stop(mut self) {
        if self.stop.is_some() {
            self.begin_stop();
        }
        self.running.await.unwrap().unwrap();
        assert!(!self.socket.exists(), "the socket's file was left behind");
    }
}

/// A Cookie header of a session.
pub(crate) fn sid(cookie: &str) -> String {
    format!("sid={cookie}")
}

/// Every Set-Cookie line of an answer.
pub(crate) fn set_cookies(response: &Response) -> Vec<String> {
    let lines = response.headers().get_all(header::SET_COOKIE);
    lines
        .iter()
        .map(|line| line.to_str().unwrap().to_owned())
        .collect()
}

/// The cookie that an answer gives, if it gives one in exactly our form.
pub(crate) fn given(response: &Response) -> Option<String> {
    let lines = set_cookies(response);
    let [line] = &lines[..] else {
        assert!(lines.is_empty(), "more than one cookie: {lines:?}");
        return None;
    };
    let value = line
        .strip_prefix("sid=")?
        .strip_suffix("; Path=/; HttpOnly; SameSite=Lax")?;
    let is_id = value.len() == 22
        && value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    assert!(is_id, "{line}");
    Some(value.to_owned())
}

/// The name and the value of the one cookie that an answer by HTTPS gives.
pub(crate) fn given_over_tls(response: &Response) -> (String, String) {
    let lines = set_cookies(response);
    let [line] = &lines[..] else {
        panic!("not one cookie: {lines:?}");
    };
    let pair = line
        .strip_suffix("; Path=/; HttpOnly; SameSite=Lax; Secure")
        .unwrap_or_else(|| panic!("{line}"));
    let (name, value) = pair.split_once('=').unwrap();
    (name.to_owned(), value.to_owned())
}

pub(crate) fn content_type(response: &Response) -> &str {
    header_of(response, "content-type")
}

/// A header's value, empty if it is not there.
pub(crate) fn header_of<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

pub(crate) async fn status_and_json(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let json = serde_json::from_str(&text);
    (
        status,
        json.unwrap_or_else(|_| panic!("no JSON in a {status}: {text:?}")),
    )
}
