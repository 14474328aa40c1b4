//! An operator's view: [`Registry`] and [`Accounts`](sessctl_api::Accounts) over the admin API, on a Unix socket or
//! over TCP.
//!
//! Every answer is mapped to the api crate's words. Where it is stands in `place`, requests are in `link`, how refusals
//! are read in `refusal`, what older servers lack in `newer`, the event stream in `watch`, accounts and tokens in
//! `accounts`, the audit log in `log`, whose socket it is in `trust`. The server knows the caller from the socket or the
//! token, so `actor` is not sent.

mod accounts;
mod link;
mod log;
mod newer;
mod place;
mod refusal;
mod trust;
mod watch;

use reqwest::Method;
use sessctl_api::{
    BoxFuture, BoxStream, Data, Filter, Handle, ListQuery, Notice, Page, Registry, RegistryError,
    Revocation, RevokeReport, Session, SessionData, Start, Stats, Top, TopQuery,
    routes::admin as routes,
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
        let (start, is_window) = match query.start {
            Start::First => (None, false),
            Start::After(cursor) => (Some(("cursor", cursor)), false),
            Start::Around(cursor) => (Some(("around", cursor)), true),
            Start::Offset(offset) => (Some(("offset", offset.to_string())), true),
        };
        pairs.extend(start);
        let request = self.request(Method::GET, routes::SESSIONS).query(&pairs);
        match is_window {
            true => Box::pin(self.call_window(request)),
            false => Box::pin(self.call(request, None)),
        }
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

    fn data(&self, handle: Handle) -> BoxFuture<'_, Result<Data, RegistryError>> {
        let request = self.request(Method::GET, &routes::session_data(handle));
        Box::pin(async move {
            let what = "does not tell what a session holds";
            let held = self.call_newer(request, Some(handle), what).await;
            held.map(|SessionData { data, .. }| data)
        })
    }

    fn top(&self, query: TopQuery) -> BoxFuture<'_, Result<Top, RegistryError>> {
        let mut pairs = vec![
            ("field", query.field.to_string()),
            ("limit", query.limit.to_string()),
        ];
        if !query.filter.is_empty() {
            pairs.push(("filter", query.filter.to_string()));
        }
        let request = self.request(Method::GET, routes::TOP).query(&pairs);
        Box::pin(async move {
            let what = "does not count the values that most sessions share";
            self.call_newer(request, None, what).await
        })
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
