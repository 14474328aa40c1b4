//! The event stream of the admin API as notices.
//!
//! A watch begins with [`Notice::Resync`], upon which the watcher lists, unless it goes on after an event that the
//! server still knows.

use std::collections::VecDeque;

use futures_util::stream;
use reqwest::{Method, Response, header};
use sessctl_api::{BoxStream, Filter, Notice, RegistryError, routes::admin as routes, text};
use tokio::time;

use super::{link::Admin, refusal};
use crate::{
    sse::{SseEvent, SseParser},
    wire,
};

struct Watch {
    admin: Admin,
    response: Response,
    parser: SseParser,
    ready: VecDeque<Result<Notice, RegistryError>>,
    /// The server's own first resync repeats ours, which says that the watch stands.
    fresh: bool,
    /// After an error nothing more comes.
    over: bool,
}

pub(super) async fn start(
    admin: Admin,
    filter: Filter,
    after: Option<u64>,
) -> Result<BoxStream<Result<Notice, RegistryError>>, RegistryError> {
    let mut request = admin
        .request(Method::GET, routes::EVENTS)
        .header(header::ACCEPT, "text/event-stream");
    if !filter.is_empty() {
        request = request.query(&[("filter", filter.as_str())]);
    }
    if let Some(rev) = after {
        request = request.header("last-event-id", rev);
    }
    // Only the head is under the timeout: the body has no end.
    let response = match time::timeout(admin.timeout, admin.send(request)).await {
        Ok(response) => response?,
        Err(elapsed) => return Err(RegistryError::unreachable(admin.late(), elapsed)),
    };
    let status = response.status();
    let content_type = wire::content_type(&response);
    if !status.is_success() || wire::media_type(content_type.as_deref()) != "text/event-stream" {
        let body = match time::timeout(admin.timeout, wire::read_body(response)).await {
            Ok(Ok(body)) => body,
            _ => bytes::Bytes::new(),
        };
        return Err(refusal::of(&admin.place, status.as_u16(), &body, None));
    }
    let watch = Watch {
        admin,
        response,
        parser: SseParser::default(),
        ready: match after {
            None => VecDeque::from([Ok(Notice::Resync)]),
            Some(_) => VecDeque::new(),
        },
        fresh: after.is_none(),
        over: false,
    };
    Ok(Box::pin(stream::unfold(watch, next)))
}

async fn next(mut watch: Watch) -> Option<(Result<Notice, RegistryError>, Watch)> {
    loop {
        if let Some(notice) = watch.ready.pop_front() {
            watch.over |= notice.is_err();
            if notice.is_err() {
                watch.ready.clear();
            }
            return Some((notice, watch));
        }
        if watch.over {
            return None;
        }
        match time::timeout(watch.admin.silence, watch.response.chunk()).await {
            Ok(Ok(Some(chunk))) => watch.take(&chunk),
            Ok(Ok(None)) => {
                watch.fail("the server ended the event stream: it is stopping, or stopped")
            }
            Ok(Err(error)) => {
                let error = watch.admin.lost(error);
                watch.ready.push_back(Err(error));
            }
            Err(_) => watch.fail("the event stream fell silent; the server may hang"),
        }
    }
}

impl Watch {
    fn take(&mut self, chunk: &[u8]) {
        match self.parser.push(chunk) {
            Ok(events) => {
                for event in events {
                    let fresh = std::mem::replace(&mut self.fresh, false);
                    match notice_of(&event) {
                        Some(Ok(Notice::Resync)) if fresh => {}
                        Some(notice) => self.ready.push_back(notice),
                        None => {}
                    }
                }
            }
            Err(error) => self.ready.push_back(Err(RegistryError::broken(
                "the server's event stream cannot be read",
                error,
            ))),
        }
    }

    fn fail(&mut self, what: &str) {
        self.ready.push_back(Err(RegistryError::Unreachable {
            what: format!("{}: {what}", self.admin.place),
            source: None,
        }));
    }
}

/// What an event tells; `None` for kinds that a later version may add.
fn notice_of(event: &SseEvent) -> Option<Result<Notice, RegistryError>> {
    match event.name.as_str() {
        "resync" => Some(Ok(Notice::Resync)),
        "created" | "changed" | "ended" => Some(
            serde_json::from_str(&event.data)
                .map(|event| Notice::Event(Box::new(event)))
                .map_err(|error| {
                    let what = format!(
                        "the server sent a {:?} event that cannot be understood: is it another version?",
                        text::clean(&event.name)
                    );
                    RegistryError::broken(what, error)
                }),
        ),
        _ => None,
    }
}
