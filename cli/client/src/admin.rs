//! An operator's view: [`Registry`] and [`Accounts`](sessctl_api::Accounts) over the admin API, on a Unix socket or
//! over TCP.
//!
//! Every answer is mapped to the api crate's words. Where it is stands in `place`, requests are in `link`, how refusals
//! are read in `refusal`, the event stream in `watch`, accounts and tokens in `accounts`, the audit log in `log`, whose socket it is in `trust`. The
//! server knows the caller from the socket or the token, so `actor` is not sent.

mod accounts;
mod link;
mod log;
mod place;
mod refusal;
mod trust;
mod watch;

use reqwest::Method;
use sessctl_api::{
    BoxFuture, BoxStream, Filter, Handle, ListQuery, Notice, Page, Registry, RegistryError,
    Revocation, RevokeReport, Session, Stats, routes::admin as routes,
};

pub use link::Admin;

impl Registry for Admin {
    fn list(&self, query: ListQuery) -> BoxFuture<'_, Result<Page, RegistryError>> {
        let mut pairs = Vec::new();
        if !query.filter.is_empty() {
            pairs.push(("filter", query.filter.to_string()));
        }
        if query.ended {
            pairs.push(("ended", "true".to_owned()));
        }
        pairs.push(("sort", query.sort.to_string()));
        pairs.push(("limit", query.limit.to_string()));
        pairs.extend(query.cursor.map(|cursor| ("cursor", cursor)));
        let request = self.request(Method::GET, routes::SESSIONS).query(&pairs);
        Box::pin(self.call(request, None))
    }

    fn get(&self, handle: Handle) -> BoxFuture<'_, Result<Session, RegistryError>> {
        let request = self.request(Method::GET, &routes::session(handle));
        Box::pin(self.call(request, Some(handle)))
    }

    fn recall(&self, handle: Handle) -> BoxFuture<'_, Result<Session, RegistryError>> {
        let request = self
            .request(Method::GET, &routes::session(handle))
            .query(&[("ended", "true")]);
        Box::pin(self.call(request, Some(handle)))
    }

    fn revoke(
        &self,
        order: Revocation,
        _actor: &str,
    ) -> BoxFuture<'_, Result<RevokeReport, RegistryError>> {
        let request = self.request(Method::POST, routes::REVOCATIONS).json(&order);
        Box::pin(self.call(request, None))
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, RegistryError>> {
        Box::pin(self.call(self.request(Method::GET, routes::STATS), None))
    }

    fn watch(
        &self,
        filter: Filter,
        after: Option<u64>,
    ) -> BoxFuture<'_, Result<BoxStream<Result<Notice, RegistryError>>, RegistryError>> {
        Box::pin(watch::start(self.clone(), filter, after))
    }
}
