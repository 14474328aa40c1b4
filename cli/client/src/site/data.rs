//! `/session/data/KEY`: what the session of the jar holds at a sessctl server, a JSON value a key.
//!
//! All of it at once is in the answer of [`Site::session`].

use reqwest::Method;
use serde_json::Value;
use sessctl_api::{ErrorBody, SignedOut, codes, routes, text};

use super::{
    ask::{Ask, Reached, Who},
    connection::{ACCEPT_JSON, Site},
    session,
};
use crate::{Error, wire};

/// What a server says when it is asked for a value, or to change one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataAnswer<T> {
    /// It did that.
    Done(T),
    /// Nobody is signed in; it says how the session ended if this cookie's did.
    SignedOut(SignedOut),
    /// Not a sessctl server: it has no such route, or answers something else there.
    NotOurs { status: u16 },
}

impl Site {
    /// Asks for one value; `None` when the session holds nothing under that key.
    ///
    /// A key that the server does not allow is [`Error::BadInput`], here and below; what else it refuses is
    /// [`Error::Status`] in its own words.
    pub async fn data(&self, key: &str) -> Result<DataAnswer<Option<Value>>, Error> {
        let reached = self.ask_data(Method::GET, key, None).await?;
        if reached.status == 200 && is_json(&reached) {
            // What is no JSON all the same comes from somebody else.
            return Ok(match serde_json::from_slice(&reached.body) {
                Ok(value) => DataAnswer::Done(Some(value)),
                Err(_) => DataAnswer::NotOurs { status: 200 },
            });
        }
        match refusal(&reached) {
            Some(refusal) if refusal.code == codes::NOT_FOUND => Ok(DataAnswer::Done(None)),
            _ => self.otherwise(&reached),
        }
    }

    /// Keeps a value under a key, in place of what is there.
    pub async fn set_data(&self, key: &str, value: &Value) -> Result<DataAnswer<()>, Error> {
        self.change_data(Method::PUT, key, Some(value)).await
    }

    /// Forgets the value of a key; that there is none is as good.
    pub async fn unset_data(&self, key: &str) -> Result<DataAnswer<()>, Error> {
        self.change_data(Method::DELETE, key, None).await
    }

    async fn change_data(
        &self,
        method: Method,
        key: &str,
        value: Option<&Value>,
    ) -> Result<DataAnswer<()>, Error> {
        let reached = self.ask_data(method, key, value).await?;
        match reached.status {
            204 => Ok(DataAnswer::Done(())),
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

    /// What an answer means that is not the one hoped for.
    fn otherwise<T>(&self, reached: &Reached) -> Result<DataAnswer<T>, Error> {
        let status = reached.status;
        if status == 503 {
            return Err(self.unavailable(reached));
        }
        let out = (status == 401)
            .then(|| session::signed_out(&reached.body))
            .flatten();
        if let Some(out) = out {
            return Ok(DataAnswer::SignedOut(out));
        }
        match refusal(reached) {
            Some(refusal) if status != 404 => {
                let what = text::clean(&refusal.message).into_owned();
                Err(if refusal.code == codes::BAD_REQUEST {
                    Error::BadInput(what)
                } else {
                    Error::Status { status, what }
                })
            }
            _ => Ok(DataAnswer::NotOurs { status }),
        }
    }
}

fn is_json(reached: &Reached) -> bool {
    wire::media_type(reached.content_type.as_deref()) == "application/json"
}

/// The body of a refusal, if it has the shape of ours.
fn refusal(reached: &Reached) -> Option<ErrorBody> {
    if reached.status < 400 || !is_json(reached) {
        return None;
    }
    serde_json::from_slice(&reached.body).ok()
}
