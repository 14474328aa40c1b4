//! A server with accounts, and people in front of it.

use super::driver::{Browser, Driver};
use crate::{
    home::{Home, fed},
    server::Server,
};

/// Passwords here; nobody's anywhere else.
pub(super) const PASSWORD: &str = "correct horse battery";
pub(super) const NEW_PASSWORD: &str = "staple of another stable";

impl Server<'_> {
    /// Opens an account by the command line, as an operator does.
    pub(crate) async fn add_user(&self, name: &str, password: &str) {
        let add = self.sessctl(&["user", "add", name, "--password-stdin"]);
        fed(add, password).await.ok();
    }
}

/// A server with an account for alice, and what opens browsers; `None` where there are none, which was said.
pub(super) async fn set<'h>(home: &'h Home, arguments: &[&str]) -> Option<(Server<'h>, Driver)> {
    let driver = Driver::start(home).await?;
    let mut with_accounts = vec!["--auth", "users"];
    with_accounts.extend(arguments);
    let server = home.serve_with(&with_accounts).await;
    server.add_user("alice", PASSWORD).await;
    Some((server, driver))
}

impl Browser {
    /// Signs in from the start page on.
    pub(super) async fn sign_in(&self, server: &Server<'_>, user: &str, password: &str) {
        self.goto(&server.public).await;
        self.enter(user, password).await;
        self.says(&format!("Welcome back, {user}")).await;
    }

    /// Fills in the form that it sees, and sends it.
    pub(super) async fn enter(&self, user: &str, password: &str) {
        self.fill("username", user).await;
        self.fill("password", password).await;
        self.press("Sign in").await;
    }
}
