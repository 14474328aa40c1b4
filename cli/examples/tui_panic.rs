//! The dashboard over a registry that panics when a session is ended: shows that the terminal is given back even then.

use std::sync::Arc;

use sessctl_api::{
    BoxFuture, BoxStream, Filter, Handle, ListQuery, Notice, Page, Registry, RegistryError,
    Revocation, RevokeReport, Session, Stats, Top, TopQuery,
};
use sessctl_store::{Clock as _, Data, SystemClock};
use sessctl_tui::Options;

#[derive(Debug)]
struct Breaking;

fn alice() -> Session {
    Session {
        handle: Handle::from_random(7),
        user: Some("alice".to_owned()),
        ip: None,
        login_ip: None,
        ips: Vec::new(),
        ua: None,
        client: None,
        created: Some(SystemClock.now()),
        seen: None,
        idle_expires: None,
        expires: None,
        requests: None,
        size: None,
        ended: None,
    }
}

impl Registry for Breaking {
    fn list(&self, _: ListQuery) -> BoxFuture<'_, Result<Page, RegistryError>> {
        Box::pin(async { Ok(Page::new(vec![alice()], 1, 0, None)) })
    }

    fn get(&self, _: Handle) -> BoxFuture<'_, Result<Session, RegistryError>> {
        Box::pin(async { Ok(alice()) })
    }

    fn recall(&self, handle: Handle) -> BoxFuture<'_, Result<Session, RegistryError>> {
        self.get(handle)
    }

    fn revoke(&self, _: Revocation, _: &str) -> BoxFuture<'_, Result<RevokeReport, RegistryError>> {
        Box::pin(async { panic!("the registry broke") })
    }

    fn data(&self, _: Handle) -> BoxFuture<'_, Result<Data, RegistryError>> {
        Box::pin(async { Ok(Data::new()) })
    }

    fn top(&self, _: TopQuery) -> BoxFuture<'_, Result<Top, RegistryError>> {
        Box::pin(async { Ok(Top::new(Vec::new(), 1)) })
    }

    fn stats(&self) -> BoxFuture<'_, Result<Stats, RegistryError>> {
        Box::pin(async { Err(RegistryError::Refused("it counts nothing".to_owned())) })
    }

    fn watch(
        &self,
        _: Filter,
        _: Option<u64>,
    ) -> BoxFuture<'_, Result<BoxStream<Result<Notice, RegistryError>>, RegistryError>> {
        let quiet = futures_util::stream::pending();
        let notices =
            futures_util::StreamExt::chain(futures_util::stream::iter([Ok(Notice::Resync)]), quiet);
        Box::pin(async { Ok(Box::pin(notices) as BoxStream<_>) })
    }
}

#[tokio::main]
async fn main() {
    let options = Options::new("an example".to_owned(), "example".to_owned(), || {
        SystemClock.now()
    });
    if let Err(error) = sessctl_tui::run(Arc::new(Breaking), options).await {
        eprintln!("{error}");
    }
}
