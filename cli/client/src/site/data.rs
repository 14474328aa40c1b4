//! `/session/data/KEY`: what the session of the jar holds at a sessctl server, a JSON value a key.
//!
//! All of it at once is in the answer of [`Site::session`].

use reqwest::Method;
use serde_json::Value;
use sessctl_api::{codes, routes};

use super::{
    ask::{Ask, Reached, Who},
    connection::{ACCEPT_JSON, Site},
    ours::{OurAnswer, is_json, refusal},
};
use crate::Error;

impl Site {
    /// Asks for one value; `None` when the session holds nothing under that key.
    ///
    /// A key that the server does not allow is [`Error::BadInput`], here and below; what else it refuses is
    /// [`Error::Status`] in its own words.
    pub async fn data(&self, key: &str) -> Result<OurAnswer<Option<Value>>, Error> {
        let reached = self.ask_data(Method::GET, key, None).await?;
        if reached.status == 200 && is_json(&reached) {
            // What is no JSON all the same comes from somebody else.
            return Ok(match serde_json::from_slice(&reached.body) {
                Ok(value) => OurAnswer::Done(Some(value)),
                Err(_) => OurAnswer::NotOurs { status: 200 },
            });
        }
        match refusal(&reached) {
            Some(refusal) if refusal.code == codes::NOT_FOUND => Ok(OurAnswer::Done(None)),
            _ => self.otherwise(&reached),
        }
    }

    /// Keeps a value under a key, in place of what is there.
    pub async fn set_data(&self, key: &str, value: &Value) -> Result<OurAnswer<()>, Error> {
        self.change_data(Method::PUT, key, Some(value)).await
    }

    /// Forgets the value of a key; that there is none is as good.
    pub async fn unset_data(&self, key: &str) -> Result<OurAnswer<()>, Error> {
        self.change_data(Method::DELETE, key, None).await
    }

    async fn change_data(
        &self,
        method: Method,
        key: &str,
        value: Option<&Value>,
    ) -> Result<OurAnswer<()>, Error> {
        let reached = self.ask_data(method, key, value).await?;
        match reached.status {
            204 => Ok(OurAnswer::Done(())),
            _ => self.otherwise(&reached),
        }
    }

    /// No redirect is followed: ours sends none, and where another server would send it the value has no business.
    async fn ask_data(
        &self,
        method: Method,
        key: &str,
        value: Option<&Value>,
    ) -> Result<Reached, Error> {
        if matches!(key, "" | "." | "..") {
            return Err(Error::BadInput(format!(
                "{key:?} cannot be a key: it would not survive in an address"
            )));
        }
        let url = self.url(&routes::public::data(key))?;
        let ask = Ask::new(method, url, ACCEPT_JSON, Who::Jar);
        self.ask_once(match value {
            Some(value) => ask.with_json(value.to_string()),
            None => ask,
        })
        .await
    }
}
