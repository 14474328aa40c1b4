//! Somebody who signed in once, and what is known since: how the private page looks, and which cookies open it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    eye::Eye,
    target::{self, Pairs, Target},
};
use crate::{CookieDetail, Error, Secret, Site, site::Who};

/// What checks that need somebody signed in work with.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) target: Target,
    pub(super) user: String,
    pub(super) password: Option<Secret>,
    pub(super) eye: Eye,
    /// The cookies that open the private page, as they were set.
    pub(super) keys: Vec<CookieDetail>,
    /// Every value of the first of them that a sign-in gave, in order.
    ids: Mutex<Vec<String>>,
}

impl Scene {
    /// Signs in and looks around. An error is a server that cannot be reached, a sign-in that is refused, or a private page
    /// that is like what strangers get; then nobody is left signed in.
    pub(super) async fn set(
        mut target: Target,
        user: &str,
        password: Option<&Secret>,
    ) -> Result<Self, Error> {
        let first = target.visitor()?;
        let done = first.login(user, password).await?;
        let (eye, keys) = match look_around(&first).await {
            Ok(seen) => seen,
            Err(error) => {
                let _ = first.logout().await;
                return Err(error);
            }
        };
        if let Some(path) = done.login_path {
            target.paths.login = path;
        }
        let scene = Self {
            target,
            user: user.to_owned(),
            password: password.cloned(),
            eye,
            keys,
            ids: Mutex::default(),
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
        let filled = target::filled(visitor, &self.user, self.password.as_ref()).await?;
        let posted = visitor.reach(filled.ask).await?;
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

    /// The ids that sign-ins gave so far.
    pub(super) fn ids(&self) -> Vec<String> {
        self.sample().clone()
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

    fn remember(&self, visitor: &Site) {
        if let Some((_, id)) = self.keys_of(visitor).into_iter().next() {
            self.sample().push(id);
        }
    }

    fn sample(&self) -> MutexGuard<'_, Vec<String>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
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
