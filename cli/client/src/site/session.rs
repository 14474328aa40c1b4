//! `GET /session`: what our own server tells about the session, recognised by its shape.

use reqwest::Method;
use sessctl_api::{Ended, MySession, SignedOut, codes, routes};

use super::{
    ask::{Ask, Who},
    connection::{ACCEPT_JSON, Site},
};
use crate::{CookieHeader, Error, wire};

/// What a server says about the session in the jar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionAnswer {
    /// It lives.
    Live(Box<MySession>),
    /// Nobody is signed in; it says how the session ended if this cookie's did.
    SignedOut(SignedOut),
    /// Not a sessctl server: it has no such route, or answers something else there.
    NotOurs { status: u16 },
}

impl Site {
    /// Asks the server about the jar's session. Does not count as activity. An error is a server that gave no usable
    /// answer; one that is not ours is an answer.
    pub async fn session(&self) -> Result<SessionAnswer, Error> {
        self.ask_session(Who::Jar).await
    }

    /// Asks the server what it tells strangers: above all how one signs in there. Errors are those of
    /// [`Site::session`].
    pub async fn session_of_stranger(&self) -> Result<SessionAnswer, Error> {
        self.ask_session(Who::Stranger).await
    }

    pub(super) async fn ask_session(&self, who: Who<'_>) -> Result<SessionAnswer, Error> {
        let url = self.url(routes::public::SESSION)?;
        let reached = self
            .reach(Ask::new(Method::GET, url, ACCEPT_JSON, who))
            .await?;
        let status = reached.status;
        if status == 503 {
            return Err(self.unavailable(&reached));
        }
        let json = wire::media_type(reached.content_type.as_deref()) == "application/json";
        // The shape decides: other servers have a page of that name too.
        let ours = match status {
            200 if json => serde_json::from_slice(&reached.body)
                .ok()
                .map(|live| SessionAnswer::Live(Box::new(live))),
            401 if json => signed_out(&reached.body).map(SessionAnswer::SignedOut),
            _ => None,
        };
        Ok(ours.unwrap_or(SessionAnswer::NotOurs { status }))
    }

    /// How the session of these cookies ended, if the server is ours and remembers.
    pub(super) async fn how_ended(&self, cookies: &CookieHeader) -> Option<Ended> {
        // Whatever goes wrong here: the 401 is the answer, this is only its reason.
        match self.ask_session(Who::Holder(cookies)).await {
            Ok(SessionAnswer::SignedOut(out)) => out.ended,
            _ => None,
        }
    }
}

/// The body of a 401, if it is one of ours.
pub(super) fn signed_out(body: &[u8]) -> Option<SignedOut> {
    serde_json::from_slice::<SignedOut>(body)
        .ok()
        .filter(|out| [codes::NOT_SIGNED_IN, codes::SESSION_ENDED].contains(&out.code.as_str()))
}
