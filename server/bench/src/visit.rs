//! What a visitor asks for, as bytes, and what must come back.
//!
//! Every peer gets the same bytes, cookie header and all, also the one that has no sessions.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use anyhow::{Context as _, Result, bail};

use crate::{
    http::Answer,
    people::{Person, scatter},
};

/// The cookie's name, at every peer.
pub(crate) const COOKIE: &str = "sid";

/// What a browser sends with every request.
const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Where the cookies of the sessions that live already come from.
#[derive(Debug, Clone)]
pub(crate) enum Cookies {
    /// Those that logins brought.
    Known(Arc<Vec<String>>),
    /// Of the people with a number below this.
    Of(u64),
}

/// What a visitor does, over and over.
#[derive(Debug, Clone)]
pub(crate) enum Plan {
    /// The dashboard, each time with another session's cookie.
    Dashboard(Cookies),
    /// The dashboard of each person in turn; the counter is shared.
    EachDashboard(Arc<AtomicU64>),
    /// A login without a cookie: a new session each. The counter gives the names.
    Login(Arc<AtomicU64>),
    /// 18 dashboards, then a login or the logout of that login, in a round of twenty.
    Mixed(Cookies, Arc<AtomicU64>),
}

/// A visitor: a plan, and how far it came.
#[derive(Debug)]
pub(crate) struct Visitor {
    plan: Plan,
    host: String,
    /// Whether the server gives cookies.
    has_sessions: bool,
    step: u64,
    chance: u64,
    request: Vec<u8>,
    asked: Asked,
    /// The cookies that logins brought and that no logout used.
    pub(crate) held: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Dashboard,
    Login,
    Logout,
}

impl Visitor {
    /// A visitor of a server; no two numbers walk through the sessions in the same order.
    pub(crate) fn new(plan: Plan, host: String, has_sessions: bool, number: u64) -> Self {
        Self {
            plan,
            host,
            has_sessions,
            // Spreads the logins of a mixed load over the visitors' rounds.
            step: number,
            chance: scatter(number),
            request: Vec::with_capacity(512),
            asked: Asked::Dashboard,
            held: Vec::new(),
        }
    }

    /// Writes the next request.
    pub(crate) fn next(&mut self) -> &[u8] {
        self.step += 1;
        self.chance = scatter(self.chance);
        match &self.plan {
            Plan::Dashboard(cookies) => {
                let cookie = cookies.pick(self.chance);
                self.dashboard(&cookie);
            }
            Plan::EachDashboard(counter) => {
                let person = Person(counter.fetch_add(1, Ordering::Relaxed));
                self.dashboard(&person.cookie());
            }
            Plan::Login(names) => {
                let name = next_name(names);
                self.login(&name);
            }
            Plan::Mixed(cookies, names) => {
                if self.step % 10 != 9 {
                    let cookie = cookies.pick(self.chance);
                    self.dashboard(&cookie);
                } else if let Some(cookie) = self.held.pop() {
                    self.logout(&cookie);
                } else {
                    let name = next_name(names);
                    self.login(&name);
                }
            }
        }
        &self.request
    }

    /// Judges the answer, and keeps the cookie of a login.
    pub(crate) fn check(&mut self, answer: &Answer<'_>) -> Result<()> {
        let start: &[u8] = match self.asked {
            Asked::Dashboard => b"Welcome back, ",
            Asked::Login => b"Session data saved!",
            Asked::Logout => b"Logged out successfully",
        };
        if answer.status != 200 || !answer.body.starts_with(start) {
            bail!("{:?} was answered by {}", self.asked, answer.describe());
        }
        if self.asked == Asked::Login {
            self.held.push(if self.has_sessions {
                cookie_of(answer)?
            } else {
                Person(0).cookie()
            });
        }
        Ok(())
    }

    fn dashboard(&mut self, cookie: &str) {
        self.start(Asked::Dashboard, "GET /dashboard");
        self.push_cookie(cookie);
        self.push(&["\r\n"]);
    }

    fn login(&mut self, name: &str) {
        const FIXED: usize = "username=&password=secret".len();
        self.start(Asked::Login, "POST /login");
        let length = (FIXED + name.len()).to_string();
        self.push(&[
            "content-type: application/x-www-form-urlencoded\r\ncontent-length: ",
            &length,
            "\r\n\r\nusername=",
            name,
            "&password=secret",
        ]);
    }

    fn logout(&mut self, cookie: &str) {
        self.start(Asked::Logout, "POST /logout");
        self.push_cookie(cookie);
        self.push(&["content-length: 0\r\n\r\n"]);
    }

    fn start(&mut self, asked: Asked, line: &str) {
        self.asked = asked;
        self.request.clear();
        let host = std::mem::take(&mut self.host);
        self.push(&[
            line,
            " HTTP/1.1\r\nhost: ",
            &host,
            "\r\nuser-agent: ",
            AGENT,
            "\r\naccept: */*\r\n",
        ]);
        self.host = host;
    }

    fn push_cookie(&mut self, cookie: &str) {
        self.push(&["cookie: ", COOKIE, "=", cookie, "\r\n"]);
    }

    fn push(&mut self, parts: &[&str]) {
        for part in parts {
            self.request.extend_from_slice(part.as_bytes());
        }
    }
}

impl Cookies {
    fn pick(&self, chance: u64) -> String {
        match self {
            Self::Known(list) => list[(chance % list.len() as u64) as usize].clone(),
            Self::Of(count) => Person(chance % count).cookie(),
        }
    }
}

fn next_name(names: &AtomicU64) -> String {
    Person(names.fetch_add(1, Ordering::Relaxed)).name()
}

/// The value of our cookie in an answer.
pub(crate) fn cookie_of(answer: &Answer<'_>) -> Result<String> {
    let line = answer
        .header("set-cookie")
        .context("a login brought no cookie")?;
    let line = std::str::from_utf8(line)?;
    let value = line
        .strip_prefix(COOKIE)
        .and_then(|rest| rest.strip_prefix('='))
        .and_then(|rest| rest.split(';').next())
        .with_context(|| format!("a login brought another cookie than {COOKIE}"))?;
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixed_load_is_ninety_five_and_five() {
        let plan = Plan::Mixed(Cookies::Of(10), Arc::default());
        let mut visitor = Visitor::new(plan, "localhost".to_owned(), false, 3);
        let (mut logins, mut logouts) = (0, 0);
        for _ in 0..1_000 {
            let request = visitor.next();
            if request.starts_with(b"POST /login ") {
                logins += 1;
                visitor.held.push("cookie".to_owned());
            } else if request.starts_with(b"POST /logout ") {
                logouts += 1;
            }
        }
        assert_eq!((logins, logouts), (50, 50));
    }
}
