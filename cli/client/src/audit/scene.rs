//! Somebody who signed in once, and what is known since: how the private page looks, and which cookies open it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rand::Rng as _;

use super::{
    eye::Eye,
    ids,
    target::{self, Pairs, TELLING, Target},
};
use crate::{CookieDetail, Error, Secret, Site, site::Who};

/// The longest that a server's wish to be asked again later is waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What checks that need somebody signed in work with. It holds ids, so it does not show itself.
pub(super) struct Scene<'t> {
    pub(super) target: &'t Target,
    pub(super) user: String,
    pub(super) password: Option<Secret>,
    pub(super) eye: Eye,
    /// The cookies that open the private page, as they were set.
    pub(super) keys: Vec<CookieDetail>,
    /// What sign-ins gave, in order.
    given: Mutex<Vec<Pairs>>,
}

impl<'t> Scene<'t> {
    /// Signs in and looks around. An error is a server that cannot be reached, a sign-in that is refused, or a private page
    /// that is like what strangers get.
    pub(super) async fn set(
        target: &'t Target,
        user: &str,
        password: Option<&Secret>,
    ) -> Result<Self, Error> {
        let first = target.visitor()?;
        let done = first.login(user, password).await?;
        // Until it is known which, each of them may be a session's.
        target.set_keys(target::pairs(&first).into_iter().map(|(name, _)| name));
        if let Some(path) = done.login_path {
            target.found_login(path);
        }
        let (eye, keys) = look_around(target, &first, user, password).await?;
        target.set_keys(keys.iter().map(|key| key.name.clone()));
        let scene = Self {
            target,
            user: user.to_owned(),
            password: password.cloned(),
            eye,
            keys,
            given: Mutex::default(),
        };
        scene.remember(&first);
        Ok(scene)
    }

    /// Somebody new who signed in.
    pub(super) async fn signed_in(&self) -> Result<Arc<Site>, Error> {
        let visitor = self.target.visitor()?;
        self.sign_in(&visitor).await?;
        Ok(visitor)
    }

    /// Signs somebody in who may have come before, with the cookies that are there.
    pub(super) async fn sign_in(&self, visitor: &Site) -> Result<(), Error> {
        let login = async || {
            let ask = target::login_of(visitor, &self.user, self.password.as_ref()).await?;
            visitor.reach(ask).await
        };
        let mut posted = login().await?;
        if matches!(posted.status, 429 | 503)
            && let Some(wait) = posted.retry_after.filter(|wait| *wait <= LONGEST_WAIT)
        {
            tokio::time::sleep(wait).await;
            posted = login().await?;
        }
        if !self
            .eye
            .sees(&target::private_page(visitor, Who::Jar).await?)
        {
            return Err(Error::LoginRefused {
                why: format!("a later sign-in was answered {}", posted.status),
                status: Some(posted.status),
            });
        }
        self.remember(visitor);
        Ok(())
    }

    /// The cookies of a visitor that open the private page.
    pub(super) fn keys_of(&self, visitor: &Site) -> Pairs {
        let mut pairs = target::pairs(visitor);
        pairs.retain(|(name, _)| self.keys.iter().any(|key| key.name == *name));
        pairs
    }

    /// Whether exactly these cookies open the private page.
    pub(super) async fn opens(&self, pairs: &Pairs) -> Result<bool, Error> {
        let visitor = self.target.visitor()?;
        let page = target::private_with(&visitor, pairs).await?;
        Ok(self.eye.sees(&page))
    }

    /// The ids that sign-ins gave so far: the values of the first cookie that opens the page.
    pub(super) fn ids(&self) -> Vec<String> {
        let given = self.given();
        let first = given.iter().filter_map(|pairs| pairs.first());
        first.map(|(_, id)| id.clone()).collect()
    }

    /// A text without whatever opens something here. Evidence is written so as to hold none; this makes it certain.
    pub(super) fn hide(&self, text: &str) -> String {
        let password = self.password.as_ref().map(Secret::expose);
        // A shorter one may be a word like any other.
        let password = password.filter(|password| password.len() >= TELLING);
        let hidden = password.map_or_else(|| text.to_owned(), |secret| text.replace(secret, "***"));
        self.target.hide(&hidden)
    }

    /// The cookies that open the page, as evidence names them.
    pub(super) fn key_names(&self) -> String {
        let names: Vec<_> = self
            .keys
            .iter()
            .map(|key| sessctl_api::text::fit(&key.name, 64))
            .collect();
        names.join(" and ")
    }

    /// Ids of the same look as those that open the page, which the server never gave.
    pub(super) fn forged(&self) -> Pairs {
        let mut rng = rand::rng();
        let mut forge = |id: &str| ids::forged(id, |below| rng.random_range(0..below));
        let keys = self.keys.iter();
        keys.map(|key| (key.name.clone(), forge(key.value.expose())))
            .collect()
    }

    fn remember(&self, visitor: &Site) {
        let keys = self.keys_of(visitor);
        if !keys.is_empty() {
            self.given().push(keys);
        }
    }

    fn given(&self) -> MutexGuard<'_, Vec<Pairs>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the private page is told from others, and what opens it. A second session shows what belongs to the first alone.
async fn look_around(
    target: &Target,
    first: &Site,
    user: &str,
    password: Option<&Secret>,
) -> Result<(Eye, Vec<CookieDetail>), Error> {
    let page = async |who| target::private_page(first, who).await;
    let strangers = [page(Who::Stranger).await?, page(Who::Stranger).await?];
    let own = page(Who::Jar).await?;
    // Some servers let nobody in twice.
    let second = target.visitor()?;
    let is_in = second.login(user, password).await.is_ok();
    let other = match is_in {
        true => target::private_page(&second, Who::Jar).await?,
        false => page(Who::Jar).await?,
    };
    let eye = Eye::new(strangers.each_ref(), [&own, &other]).ok_or_else(|| {
        let what =
            "the private page has no word that strangers do not get: name another with --check";
        Error::Answer(what.to_owned())
    })?;
    // The second may have put an end to the first.
    let holder = match is_in {
        true => &*second,
        false => first,
    };
    let mut keys = keys(holder, &eye).await?;
    let before = target::pairs(first);
    let is_id = |key: &CookieDetail| {
        let is_same =
            |(name, value): &(String, String)| *name == key.name && value == key.value.expose();
        !before.iter().any(is_same)
    };
    // What is the same in two sessions is the name of neither.
    if is_in && keys.iter().any(is_id) {
        keys.retain(is_id);
    }
    Ok((eye, keys))
}

/// The cookies without which the private page stays shut; where each can be missed, those that open it alone.
async fn keys(holder: &Site, eye: &Eye) -> Result<Vec<CookieDetail>, Error> {
    let all = holder.jar().details();
    let pairs = target::pairs(holder);
    let opens = async |pairs: &Pairs| {
        let page = target::private_with(holder, pairs).await?;
        Ok::<_, Error>(eye.sees(&page))
    };
    for _ in 0..2 {
        if !opens(&pairs).await? {
            let what = "the cookies of a sign-in open the private page once and then not again, which an audit cannot follow";
            return Err(Error::Answer(what.to_owned()));
        }
    }
    let (mut needed, mut enough) = (Vec::new(), Vec::new());
    for (at, cookie) in all.iter().enumerate() {
        let mut others = pairs.clone();
        let alone = vec![others.remove(at)];
        if !opens(&others).await? {
            needed.push(cookie.clone());
        } else if opens(&alone).await? {
            enough.push(cookie.clone());
        }
    }
    Ok(match (needed.is_empty(), enough.is_empty()) {
        (false, _) => needed,
        (true, false) => enough,
        (true, true) => all,
    })
}
