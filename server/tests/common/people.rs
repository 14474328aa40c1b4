//! A server whose users have passwords.

use reqwest::{Response, header};
use serde_json::Value;
use sessctl_api::{Accounts as _, Credential, NewUser, Secret};
use sessctl_server::{Auth, Config};
use sessctl_store::{Hashing, Settings};

use super::{HTML, JSON, Server, given, memory_keeping, sid, sqlite_keeping};

/// The password of every account here, unless a test sets another one.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Another one that the rules take.
pub(crate) const OTHER: &str = "staple of an old pony";

/// Hashes that cost next to nothing: what they cost is not looked at here.
const CHEAP: Hashing = Hashing {
    memory: 8,
    passes: 1,
    at_once: 4,
};

/// A server in memory with these accounts.
pub(crate) async fn with_users(names: &[&str]) -> Server {
    with_users_and(names, |_| {}, |_| {}).await
}

/// The same with other settings and another configuration.
pub(crate) async fn with_users_and(
    names: &[&str],
    keep: impl FnOnce(&mut Settings),
    change: impl FnOnce(&mut Config),
) -> Server {
    let keep = |settings: &mut Settings| {
        settings.hashing = CHEAP;
        keep(settings);
    };
    let change = |config: &mut Config| {
        config.auth = Auth::Users;
        change(config);
    };
    let server = memory_keeping(keep, change).await;
    add(&server, names).await;
    server
}

/// The same over a SQLite file.
pub(crate) async fn with_stored_users(names: &[&str]) -> Server {
    with_stored_users_and(names, |_| {}).await
}

/// The same with another configuration.
pub(crate) async fn with_stored_users_and(
    names: &[&str],
    change: impl FnOnce(&mut Config),
) -> Server {
    let keep = |settings: &mut Settings| settings.hashing = CHEAP;
    let change = |config: &mut Config| {
        config.auth = Auth::Users;
        change(config);
    };
    let server = sqlite_keeping(keep, change).await;
    add(&server, names).await;
    server
}

async fn add(server: &Server, names: &[&str]) {
    for name in names {
        let user = NewUser {
            name: (*name).to_owned(),
            credential: Credential::Password(Secret::new(PASSWORD)),
        };
        server.sessions.add_user(user).await.unwrap();
    }
}

impl Server {
    /// Posts a sign-in.
    pub(crate) async fn try_login(&self, user: &str, password: &str, accept: &str) -> Response {
        let form = [("username", user), ("password", password)];
        let request = self.post("/login", accept).form(&form);
        request.send().await.unwrap()
    }

    /// Signs in with [`PASSWORD`] and returns the Cookie header of the session.
    pub(crate) async fn enter(&self, user: &str) -> String {
        let answer = self.try_login(user, PASSWORD, JSON).await;
        assert_eq!(answer.status(), 200);
        sid(&given(&answer).unwrap())
    }

    /// Asks as a browser does.
    pub(crate) async fn page(&self, path: &str, cookie: &str) -> (u16, String) {
        let request = self.get(path, HTML).header(header::COOKIE, cookie);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Posts a form of a session.
    pub(crate) async fn submit(
        &self,
        path: &str,
        accept: &str,
        cookie: &str,
        form: &[(&str, &str)],
    ) -> Response {
        let request = self.post(path, accept).header(header::COOKIE, cookie);
        request.form(form).send().await.unwrap()
    }

    /// What `GET /session` says of a session.
    pub(crate) async fn session_of(&self, cookie: &str) -> (u16, Value) {
        let request = self.get("/session", JSON).header(header::COOKIE, cookie);
        super::status_and_json(request.send().await.unwrap()).await
    }

    /// The public name of a session.
    pub(crate) async fn handle(&self, cookie: &str) -> String {
        let (status, session) = self.session_of(cookie).await;
        assert_eq!(status, 200, "{session}");
        session["handle"].as_str().unwrap().to_owned()
    }
}
