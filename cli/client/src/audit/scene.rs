//! Somebody who signed in once, and what is known since: how the private page looks, and which cookies open it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::Rng as _;

use super::{
    eye::Eye,
    ids,
    target::{self, Pairs, Target},
};
use crate::{CookieDetail, Error, Secret, Site, site::Who};

/// Shorter values may stand anywhere by chance.
pub(super) const TELLING: usize = 8;

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
        target.set_keys(first.jar().names().into_iter().map(|cookie| cookie.name));
        let (eye, keys) = look_around(&first).await?;
        target.set_keys(keys.iter().map(|key| key.name.clone()));
        if let Some(path) = done.login_path {
            target.found_login(path);
        }
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
        let ask = target::login_of(visitor, &self.user, self.password.as_ref()).await?;
        let posted = visitor.reach(ask).await?;
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
        let given = self.given();
        let values = given.iter().flatten().map(|(_, value)| value.as_str());
        let password = self.password.as_ref().map(Secret::expose);
        let secrets = values
            .chain(password)
            .filter(|secret| secret.len() >= TELLING);
        secrets.fold(text.to_owned(), |text, secret| {
            text.replace(secret, "***")
                .replace(&ids::decoded(secret), "***")
        })
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

/// How the private page is told from others, and what opens it.
async fn look_around(first: &Site) -> Result<(Eye, Vec<CookieDetail>), Error> {
    let page = async |who| target::private_page(first, who).await;
    let strangers = [page(Who::Stranger).await?, page(Who::Stranger).await?];
    let own = [page(Who::Jar).await?, page(Who::Jar).await?];
    let eye = Eye::new(strangers.each_ref(), own.each_ref()).ok_or_else(|| {
        let what =
            "the private page has no word that strangers do not get: name another with --check";
        Error::Answer(what.to_owned())
    })?;
    let keys = keys(first, &eye).await?;
    Ok((eye, keys))
}

/// The cookies without which the private page stays shut; all of them where each can be missed.
async fn keys(visitor: &Site, eye: &Eye) -> Result<Vec<CookieDetail>, Error> {
    let all = visitor.jar().details();
    let pairs = target::pairs(visitor);
    let mut keys = Vec::new();
    for (at, cookie) in all.iter().enumerate() {
        let mut others = pairs.clone();
        others.remove(at);
        if !eye.sees(&target::private_with(visitor, &others).await?) {
            keys.push(cookie.clone());
        }
    }
    Ok(if keys.is_empty() { all } else { keys })
}
