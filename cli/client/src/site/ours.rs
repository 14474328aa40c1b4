//! What an answer of our own server means, beyond pages: recognised by its shape, as other servers have such paths too.

use sessctl_api::{ErrorBody, SignedOut, codes, text};

use super::{ask::Reached, connection::Site, session};
use crate::{Error, wire};

/// What a server says when it is asked for something that only ours has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OurAnswer<T> {
    /// It did that.
    Done(T),
    /// Nobody is signed in; it says how the session ended if this cookie's did.
    SignedOut(SignedOut),
    /// Not a sessctl server: it has no such route, or answers something else there.
    NotOurs { status: u16 },
}

impl Site {
    /// What an answer means that is not the one hoped for.
    pub(super) fn otherwise<T>(&self, reached: &Reached) -> Result<OurAnswer<T>, Error> {
        let status = reached.status;
        if status == 503 {
            return Err(self.unavailable(reached));
        }
        let out = (status == 401)
            .then(|| session::signed_out(&reached.body))
            .flatten();
        if let Some(out) = out {
            return Ok(OurAnswer::SignedOut(out));
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
            _ => Ok(OurAnswer::NotOurs { status }),
        }
    }
}

pub(super) fn is_json(reached: &Reached) -> bool {
    wire::media_type(reached.content_type.as_deref()) == "application/json"
}

/// The body of a refusal, if it has the shape of ours.
pub(super) fn refusal(reached: &Reached) -> Option<ErrorBody> {
    if reached.status < 400 || !is_json(reached) {
        return None;
    }
    serde_json::from_slice(&reached.body).ok()
}
