//! Questions that older servers do not know: they are told from what newer ones refuse.

use reqwest::RequestBuilder;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sessctl_api::{Handle, Page, RegistryError, codes};

use super::link::Admin;

/// Whether a page says where it lies.
#[derive(Debug, Deserialize)]
struct Placed {
    offset: Option<u64>,
}

impl Admin {
    /// Asks for a page somewhere in a list.
    pub(super) async fn call_window(&self, request: RequestBuilder) -> Result<Page, RegistryError> {
        let older = || self.older("shows no page in the middle of a list");
        let (status, body) = self.fetch(request).await?;
        match self.judge(status, &body, None) {
            Err(RegistryError::BadQuery(why)) if why.contains("unknown field") => Err(older()),
            Ok(_) if self.parse::<Placed>(&body)?.offset.is_none() => Err(older()),
            answer => answer,
        }
    }

    /// Asks at a path that is not as old as the others; `what` its server lacks otherwise.
    pub(super) async fn call_newer<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        handle: Option<Handle>,
        what: &str,
    ) -> Result<T, RegistryError> {
        let (status, body) = self.fetch(request).await?;
        if status.as_u16() == 404 && is_no_path(&body) {
            return Err(self.older(what));
        }
        self.judge(status, &body, handle)
    }

    fn older(&self, what: &str) -> RegistryError {
        RegistryError::Broken {
            what: format!(
                "the server at {} is of an older version, which {what}: bring it up to date",
                self.place
            ),
            source: None,
        }
    }
}

/// Whether it is the path that was not found: of a session that was not found it is said how it ended, even if that is
/// not known.
fn is_no_path(body: &[u8]) -> bool {
    let refusal = serde_json::from_slice::<Map<String, Value>>(body).unwrap_or_default();
    refusal.get("code").and_then(Value::as_str) == Some(codes::NOT_FOUND)
        && !refusal.contains_key("ended")
}
