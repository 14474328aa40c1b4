//! The server that is looked at: visitors, each with a jar of its own in memory, and tries to sign in.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, stream};
use rand::Rng as _;
use reqwest::Method;
use url::Url;

pub(super) use super::asking::{
    Pairs, from_elsewhere, login_of, pairs, private_html, private_page, private_with, shown,
};
use super::ids;
use crate::{
    Error, Jar, Origin, Secret, Site, SitePaths,
    site::{Reached, Who},
};

/// How long signing out may take: at the end, and when somebody waits for it.
pub(super) const AT_ITS_END: Duration = Duration::from_secs(60);
pub(super) const IN_A_HURRY: Duration = Duration::from_secs(2);

/// How many sign out at once.
const AT_ONCE: usize = 4;

/// Shorter values may stand anywhere by chance.
pub(super) const TELLING: usize = 8;

/// A server, and everybody who visited it.
#[derive(Debug)]
pub(super) struct Target {
    base: Url,
    paths: SitePaths,
    /// The path of the login page, where nobody had said it and the server led there.
    login_path: OnceLock<String>,
    timeout: Duration,
    user_agent: String,
    /// What everybody got who visited, to be signed out in the end. Their connections are closed: some servers have few.
    jars: Mutex<Vec<Arc<Jar>>>,
    /// The values of the cookies of all who left.
    seen: Mutex<HashSet<String>>,
    /// Whether everybody who left was signed out, as far as it can be told.
    signs_out: AtomicBool,
    is_stopped: AtomicBool,
    /// The names of the cookies that sessions have, once that is known.
    keys: Mutex<Vec<String>>,
    sent: Arc<AtomicUsize>,
    names: AtomicU32,
    /// Unlike those of other audits.
    run: u32,
}

/// One try to sign in, answered.
pub(super) struct Tried {
    pub(super) visitor: Arc<Site>,
    /// The answer to what was sent, before any redirect is followed.
    pub(super) first: Reached,
    /// The page that redirects lead to, or the same answer once more.
    pub(super) last: Reached,
    /// How long the first answer took.
    pub(super) took: Duration,
}

impl Tried {
    /// Whether the server says that it does not listen any more.
    pub(super) fn is_refused_to_listen(&self) -> bool {
        matches!(self.first.status, 423 | 429 | 503) || self.first.retry_after.is_some()
    }
}

impl Target {
    pub(super) fn new(base: Url, paths: SitePaths, timeout: Duration, user_agent: &str) -> Self {
        Self {
            base,
            paths,
            login_path: OnceLock::new(),
            timeout,
            user_agent: user_agent.to_owned(),
            jars: Mutex::default(),
            seen: Mutex::default(),
            signs_out: AtomicBool::new(true),
            is_stopped: AtomicBool::new(false),
            keys: Mutex::default(),
            sent: Arc::default(),
            names: AtomicU32::new(0),
            run: rand::rng().random_range(0x10_0000..0xff_ffff),
        }
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// With the login page as it was found.
    pub(super) fn paths(&self) -> SitePaths {
        let mut paths = self.paths.clone();
        if let Some(path) = self.login_path.get() {
            paths.login.clone_from(path);
        }
        paths
    }

    pub(super) fn found_login(&self, path: String) {
        let _ = self.login_path.set(path);
    }

    /// Somebody new, without cookies.
    pub(super) fn visitor(&self) -> Result<Arc<Site>, Error> {
        let jar = Arc::new(Jar::in_memory(Origin::of(&self.base)?));
        self.jars().push(Arc::clone(&jar));
        Ok(Arc::new(self.site(jar)?))
    }

    fn site(&self, jar: Arc<Jar>) -> Result<Site, Error> {
        let (base, paths) = (self.base.clone(), self.paths());
        let site = Site::new(base, paths, jar, self.timeout, &self.user_agent)?;
        Ok(site.counting(Arc::clone(&self.sent)))
    }

    /// A name that nobody has, each time another. It has the look of one that somebody has, so that rules for names let it
    /// pass; of an address the domain stays.
    pub(super) fn nobody(&self, like: &str) -> String {
        let mut rng = rand::rng();
        let (name, domain) = like.split_at(like.find('@').unwrap_or(like.len()));
        let forged = ids::forged(name, |below| rng.random_range(0..below));
        if forged == name || name.is_empty() {
            let count = self.names.fetch_add(1, Ordering::Relaxed);
            return format!("audit{:x}{count}{domain}", self.run);
        }
        format!("{forged}{domain}")
    }

    /// A password that nobody has.
    pub(super) fn wrong_password(&self) -> Secret {
        let count = self.names.fetch_add(1, Ordering::Relaxed);
        Secret::new(format!("Not-the-password-{:x}-{count}", self.run))
    }

    /// Sends a name and a password as somebody new.
    pub(super) async fn try_login(&self, user: &str, password: &Secret) -> Result<Tried, Error> {
        let visitor = self.visitor()?;
        let mut ask = login_of(&visitor, user, Some(password)).await?;
        ask.follows = false;
        let start = Instant::now();
        let first = visitor.reach(ask).await?;
        let took = start.elapsed();
        let last = match first.next() {
            Some(next) if visitor.jar().origin().covers(&next) => {
                visitor.get_page(Method::GET, next, Who::Jar).await?
            }
            _ => first.clone(),
        };
        Ok(Tried {
            visitor,
            first,
            last,
            took,
        })
    }

    /// Somebody with these cookies, to be signed out in the end like all others.
    pub(super) fn holder(&self, pairs: &Pairs) -> Result<Arc<Site>, Error> {
        let holder = self.visitor()?;
        for (name, value) in pairs {
            holder.jar().put(name, value, &self.base);
        }
        Ok(holder)
    }

    /// Notes which cookies sessions have: whoever holds one may be signed in.
    pub(super) fn set_keys(&self, names: impl Iterator<Item = String>) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        *keys = names.collect();
    }

    /// A text without any value of a cookie that anybody got here.
    pub(super) fn hide(&self, text: &str) -> String {
        let now = self
            .jars()
            .iter()
            .flat_map(|jar| values(jar))
            .collect::<Vec<_>>();
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let secrets = seen
            .iter()
            .chain(&now)
            .filter(|value| value.len() >= TELLING);
        secrets.fold(text.to_owned(), |text, secret| {
            text.replace(secret.as_str(), "***")
                .replace(&ids::decoded(secret), "***")
        })
    }

    /// Notes that no further check is to be made.
    pub(super) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// Notes that a sign-out signs nobody out.
    pub(super) fn cannot_sign_out(&self) {
        self.signs_out.store(false, Ordering::Relaxed);
    }

    /// Signs everybody out who may be signed in, so that no session is left. The result says whether each was.
    pub(super) async fn leave(&self, patience: Duration) -> bool {
        let jars = std::mem::take(&mut *self.jars());
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.extend(jars.iter().flat_map(|jar| values(jar)));
        }
        let keys = self
            .keys
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let holds_key = |jar: &Arc<Jar>| {
            let cookies = jar.names();
            cookies.iter().any(|cookie| keys.contains(&cookie.name))
        };
        let leaving = jars.into_iter().filter(holds_key).map(|jar| async {
            match self.site(jar) {
                Ok(site) => site.logout().await.is_ok(),
                Err(_) => false,
            }
        });
        // Some at a time: somebody may be waiting.
        let leaving = stream::iter(leaving).buffer_unordered(AT_ONCE);
        let out = leaving.collect::<Vec<_>>();
        let out = tokio::time::timeout(patience, out).await;
        let are_out = out.is_ok_and(|out| out.into_iter().all(|is_out| is_out));
        if !are_out {
            self.cannot_sign_out();
        }
        self.signs_out.load(Ordering::Relaxed)
    }

    /// How many requests there were so far.
    pub(super) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    /// A word that no page has by chance, another one each time.
    pub(super) fn word(&self) -> String {
        let count = self.names.fetch_add(1, Ordering::Relaxed);
        format!("w{:x}x{count}x", self.run)
    }

    fn jars(&self) -> MutexGuard<'_, Vec<Arc<Jar>>> {
        self.jars.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn values(jar: &Jar) -> Vec<String> {
    let cookies = jar.details().into_iter();
    cookies
        .map(|cookie| cookie.value.expose().to_owned())
        .collect()
}
