//! `DELETE /session/others`: signs the user of the jar's session out everywhere else, at a sessctl server.

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use sessctl_api::{codes, routes};

use super::{
    ask::{Ask, Who},
    connection::{ACCEPT_JSON, Site},
    ours::{OurAnswer, is_json, refusal},
};
use crate::{Error, Secret};

/// What became of the order to end a user's other sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// So many ended.
    Ended(u64),
    /// The sign-in is too old for that: the password has to be given again.
    WantsPassword,
}

#[derive(Deserialize)]
struct Report {
    ended: u64,
}

impl Site {
    /// Ends all sessions of the jar's user but the jar's own.
    ///
    /// The password is sent if it is given. That the server refuses it is [`Error::Status`] in its own words, as is
    /// whatever else it refuses.
    pub async fn end_others(&self, password: Option<&Secret>) -> Result<OurAnswer<Others>, Error> {
        let url = self.url(routes::public::OTHERS)?;
        let ask = Ask::new(Method::DELETE, url, ACCEPT_JSON, Who::Jar);
        let ask = match password {
            Some(password) => ask.with_json(json!({"password": password.expose()}).to_string()),
            None => ask,
        };
        // Once: where a redirect leads a password has no business.
        let reached = self.ask_once(ask).await?;
        if reached.status == 200 && is_json(&reached) {
            return Ok(match serde_json::from_slice::<Report>(&reached.body) {
                Ok(report) => OurAnswer::Done(Others::Ended(report.ended)),
                Err(_) => OurAnswer::NotOurs { status: 200 },
            });
        }
        match refusal(&reached) {
            Some(refusal) if refusal.code == codes::FRESH_LOGIN => {
                Ok(OurAnswer::Done(Others::WantsPassword))
            }
            _ => self.otherwise(&reached),
        }
    }
}
