//! The cookies of one profile at one server, kept on disk between runs.
//!
//! A jar belongs to one origin and neither sends nor takes a cookie anywhere else (`cookie_store` ignores ports).
//! Changes stay in memory until [`Jar::save`], which applies what this process changed to what the file holds by
//! then, so that parallel runs do not undo each other. The file's shape is in `format`, the merge in `merge`, where
//! files lie in `place`, what becomes of damaged ones in `aside`, what is told of cookies in `inside`, and as a `cookies.txt` in `netscape`.

mod aside;
mod doctor;
mod format;
mod inside;
mod merge;
mod netscape;
mod place;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use cookie_store::{Cookie, CookieStore, RawCookie, StoreAction};
use reqwest::header::HeaderValue;
use reqwest_cookie_store::CookieStoreMutex;
use url::Url;

use crate::{Error, Origin, files};
use merge::{Changes, Kept};

pub use doctor::{Symptom, examine};
pub use inside::{CookieDetail, Imported};
pub use place::{JarInfo, jar_path, list_jars};

/// Cookies of one server in one file, mode 0600.
pub struct Jar {
    path: PathBuf,
    origin: Origin,
    store: CookieStoreMutex,
    /// What the file held when it was last read or written: what differs from it now is this process's doing.
    base: Mutex<Kept>,
    warnings: Mutex<Vec<String>>,
}

/// A cookie's name, and whether it goes over plain http; never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookieInfo {
    pub name: String,
    pub secure: bool,
}

/// The `Cookie` header that a request would carry. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct CookieHeader(HeaderValue);

impl CookieHeader {
    /// A header of these names and values, in this order; `None` for none, and for what no header can hold.
    pub(crate) fn of_pairs(pairs: &[(String, String)]) -> Option<Self> {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut value = HeaderValue::try_from(pairs.join("; ")).ok()?;
        value.set_sensitive(true);
        (!pairs.is_empty()).then_some(Self(value))
    }

    /// The header, to be sent and nothing else.
    pub(crate) fn value(&self) -> HeaderValue {
        self.0.clone()
    }

    /// The cookies' names, in the order in which they are sent.
    pub fn names(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(self.0.as_bytes());
        let names = text.split("; ").map(|pair| pair.split('=').next());
        names
            .map(|name| name.unwrap_or_default().to_owned())
            .collect()
    }
}

impl fmt::Debug for CookieHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieHeader(..)")
    }
}

impl Jar {
    /// A jar for a server that is never written: [`Jar::save`] has no place for it.
    pub(crate) fn in_memory(origin: Origin) -> Self {
        Self {
            path: PathBuf::new(),
            origin,
            store: CookieStoreMutex::new(CookieStore::default()),
            base: Mutex::new(Kept::new()),
            warnings: Mutex::new(Vec::new()),
        }
    }

    /// Reads the jar at `path` for the server at `origin`; a missing or empty file is an empty jar.
    ///
    /// A damaged file is set aside, a file that others can read is closed to them; [`Jar::warnings`] says so. A
    /// symbolic link, a newer version's file and a jar with another server's cookies are refused.
    pub fn open(path: PathBuf, origin: &Url) -> Result<Self, Error> {
        let origin = Origin::of(origin)?;
        let mut warnings = Vec::new();
        let mut contents = format::read(&path, &mut warnings)?;
        if contents.damage.is_some() {
            // Again under the lock: a parallel run may have set the file aside, and even written a good one.
            let _lock = files::lock(&path)?;
            contents = aside::read_locked(&path, &mut warnings)?;
        }
        aside::check_origin(&path, &origin, &contents)?;
        Ok(Self {
            path,
            origin,
            store: CookieStoreMutex::new(merge::store_of(&contents.cookies)),
            base: Mutex::new(contents.cookies),
            warnings: Mutex::new(warnings),
        })
    }

    /// Where the jar lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The only server that its cookies go to.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What the user should hear about the file: damaged and set aside, or was open to others.
    pub fn warnings(&self) -> Vec<String> {
        lock(&self.warnings).clone()
    }

    /// Proves that [`Jar::save`] could write now. Called before a sign-in, so that nothing is sent in vain.
    pub fn check_writable(&self) -> Result<(), Error> {
        files::refuse_link(&self.path)?;
        files::check_replaceable(&self.path)
    }

    /// Writes what this process changed; the result says whether there was anything to write.
    ///
    /// Under the lock the file is read again and gets only our changes. A cookie that a parallel run replaced in the
    /// meantime stays: our removal or renewal was about the old one.
    pub fn save(&self) -> Result<bool, Error> {
        let mut base = lock(&self.base);
        let now = self.kept();
        let changes = Changes::between(&base, &now);
        if changes.is_empty() {
            return Ok(false);
        }
        files::make_dir_of(&self.path)?;
        let _lock = files::lock(&self.path)?;
        let mut contents = {
            let mut warnings = lock(&self.warnings);
            aside::read_locked(&self.path, &mut warnings)?
        };
        aside::check_origin(&self.path, &self.origin, &contents)?;
        let changed = changes.apply(&mut contents.cookies);
        let write = changed || contents.expired;
        if write {
            let bytes = format::encode(&self.origin, &contents.cookies);
            files::replace(&self.path, &bytes)?;
        }
        *self.store() = merge::store_of(&contents.cookies);
        *base = contents.cookies;
        Ok(write)
    }

    /// What a request to this address would carry; `None` when nothing.
    pub fn cookie_header(&self, url: &Url) -> Option<CookieHeader> {
        if !self.origin.covers(url) {
            return None;
        }
        let store = self.store();
        let mut cookies = store.matches(url);
        // Longer paths first, as RFC 6265 wants it: servers take the first of two with one name.
        cookies.sort_by_key(|cookie| {
            let path = String::from(&cookie.path);
            (usize::MAX - path.len(), path, cookie.name().to_owned())
        });
        let pairs: Vec<_> = cookies
            .iter()
            .map(|cookie| (cookie.name().to_owned(), cookie.value().to_owned()))
            .collect();
        CookieHeader::of_pairs(&pairs)
    }

    /// Whether no cookie is kept.
    pub fn is_empty(&self) -> bool {
        self.store().iter_unexpired().next().is_none()
    }

    /// The cookies, without their values, by path and name.
    pub fn names(&self) -> Vec<CookieInfo> {
        self.kept()
            .into_values()
            .map(|cookie| CookieInfo {
                name: cookie.name().to_owned(),
                secure: cookie.secure().unwrap_or(false),
            })
            .collect()
    }

    /// Drops every cookie. The file follows with [`Jar::save`].
    pub fn forget(&self) {
        self.store().clear();
    }

    /// Deletes the file and drops every cookie; the result says whether there was a file.
    pub fn remove_file(&self) -> Result<bool, Error> {
        let removed = place::remove(&self.path)?;
        self.forget();
        lock(&self.base).clear();
        Ok(removed)
    }

    /// Starts changes that are taken back unless they are kept.
    pub(crate) fn draft(&self) -> Draft<'_> {
        Draft {
            jar: self,
            before: Some(self.store().clone()),
        }
    }

    fn store(&self) -> MutexGuard<'_, CookieStore> {
        // A panic in another thread leaves at worst one cookie out; the jar stays usable.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self) -> Kept {
        merge::kept_of(&self.store())
    }

    /// Puts a cookie in as if the server had set it for all its paths.
    pub(crate) fn put(&self, name: &str, value: &str, url: &Url) {
        if let Ok(header) = HeaderValue::try_from(format!("{name}={value}; Path=/")) {
            self.take(&header, url);
        }
    }

    /// Takes what an answer of this address sets.
    pub(crate) fn take(&self, header: &HeaderValue, url: &Url) {
        // `insert` and not `store_response_cookies`, which writes whole cookies into the debug log.
        let Some(cookie) = std::str::from_utf8(header.as_bytes())
            .ok()
            .and_then(|text| RawCookie::parse(text.to_owned()).ok())
            .and_then(|raw| Cookie::try_from_raw_cookie(&raw, url).ok())
        else {
            return;
        };
        let key = merge::Key::of(&cookie);
        let mut store = self.store();
        // The store would keep an expired cookie with its value.
        if let Ok(StoreAction::ExpiredExisting) = store.insert(cookie, url) {
            store.remove(&key.domain, &key.path, &key.name);
        }
    }
}

impl reqwest::cookie::CookieStore for Jar {
    fn set_cookies(&self, headers: &mut dyn Iterator<Item = &HeaderValue>, url: &Url) {
        if self.origin.covers(url) {
            for header in headers {
                self.take(header, url);
            }
        }
    }

    fn cookies(&self, url: &Url) -> Option<HeaderValue> {
        self.cookie_header(url).map(|header| header.0)
    }
}

impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jar")
            .field("path", &self.path)
            .field("origin", &self.origin)
            .field("cookies", &self.kept().len())
            .finish_non_exhaustive()
    }
}

/// Changes to a jar in memory that are undone on drop, also when a future is dropped half way.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    jar: &'a Jar,
    before: Option<CookieStore>,
}

impl Draft<'_> {
    /// Keeps the changes.
    pub(crate) fn keep(mut self) {
        self.before = None;
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            *self.jar.store() = before;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
