//! What one user sends with: a jar, a connection that stays open, and a limit on how long an answer may take.

use std::{pin::Pin, sync::Arc};

use reqwest::{Method, cookie::CookieStore as _};
use tokio::time::{Instant, Sleep, sleep_until};
use url::Url;

use super::{
    connection::{Answer, Connection, Fault},
    run::Run,
    target::Target,
};
use crate::{
    Jar, Origin,
    site::{ACCEPT_PAGE, Ready},
};

/// More redirects than any login needs.
const MOST_HOPS: usize = 10;

pub(super) struct Browser {
    run: Arc<Run>,
    pub(super) jar: Jar,
    connection: Option<Connection>,
    /// One for all requests: to make one anew for each costs more than to set it.
    limit: Pin<Box<Sleep>>,
    /// The request of each page, until a cookie changes it.
    views: Vec<Option<Vec<u8>>>,
}

/// What is sent.
#[derive(Clone, Copy)]
pub(super) enum Sent<'a> {
    Get,
    Post,
    Login(&'a Ready),
}

/// Where a request ended up.
pub(super) struct Landed {
    pub(super) answer: Answer,
    /// The status of the first answer, before any redirect.
    pub(super) first: u16,
    pub(super) url: Url,
    pub(super) is_elsewhere: bool,
}

impl Browser {
    pub(super) fn new(run: Arc<Run>, origin: Origin) -> Self {
        Self {
            jar: Jar::in_memory(origin),
            connection: None,
            limit: Box::pin(sleep_until(Instant::now())),
            views: vec![None; run.pages.len()],
            run,
        }
    }

    /// Fetches a page as it answers; a redirect is an answer.
    pub(super) async fn view(
        &mut self,
        page: usize,
        is_read: bool,
        now: Instant,
    ) -> Result<Answer, Fault> {
        let run = Arc::clone(&self.run);
        let url = &run.pages[page];
        let request = self.views[page]
            .take()
            .unwrap_or_else(|| run.common.plain(&Method::GET, url, ACCEPT_PAGE, &self.jar));
        let answer = self.exchange(&request, true, is_read, now).await;
        self.views[page] = Some(request);
        self.take_cookies(answer, url)
    }

    /// Sends a request and follows redirects on this server.
    pub(super) async fn follow(
        &mut self,
        url: Url,
        mut sent: Sent<'_>,
        accept: &str,
    ) -> Result<Landed, Fault> {
        let (mut url, mut hops, mut first) = (url, 0, None);
        loop {
            let answer = self.send(&url, sent, accept).await?;
            let first = *first.get_or_insert(answer.status);
            let next = redirect(&url, &answer);
            let next = next.filter(|next| hops < MOST_HOPS && self.jar.origin().covers(next));
            let Some(next) = next else {
                return Ok(Landed {
                    answer,
                    first,
                    url,
                    is_elsewhere: hops > 0,
                });
            };
            hops += 1;
            // As browsers do: 307 and 308 repeat the request, the others fetch.
            if !matches!(answer.status, 307 | 308) {
                sent = Sent::Get;
            }
            url = next;
        }
    }

    /// Sends a request and reads its answer, redirect or not.
    pub(super) async fn send(
        &mut self,
        url: &Url,
        sent: Sent<'_>,
        accept: &str,
    ) -> Result<Answer, Fault> {
        let common = &self.run.common;
        let request = match sent {
            Sent::Get => common.plain(&Method::GET, url, accept, &self.jar),
            Sent::Post => common.plain(&Method::POST, url, accept, &self.jar),
            Sent::Login(ready) => common.post(ready, url, accept, &self.jar),
        };
        let may_repeat = matches!(sent, Sent::Get);
        let answer = self.exchange(&request, may_repeat, true, Instant::now());
        let answer = answer.await;
        self.take_cookies(answer, url)
    }

    /// Drops every cookie, as a new visitor has none.
    pub(super) fn forget(&mut self) {
        self.jar.forget();
        self.views.fill(None);
    }

    async fn exchange(
        &mut self,
        request: &[u8],
        may_repeat: bool,
        is_read: bool,
        now: Instant,
    ) -> Result<Answer, Fault> {
        self.limit.as_mut().reset(now + self.run.timeout);
        let target = &self.run.target;
        let answer = tokio::select! {
            biased;
            answer = ask(&mut self.connection, target, request, may_repeat, is_read) => answer,
            () = self.limit.as_mut() => Err(Fault::Timeout),
        };
        if answer.is_err() {
            self.connection = None;
        }
        let bytes = answer.as_ref().map_or(0, |answer| answer.bytes);
        self.run.tally.request(bytes);
        answer
    }

    fn take_cookies(&mut self, answer: Result<Answer, Fault>, url: &Url) -> Result<Answer, Fault> {
        let answer = answer?;
        if !answer.set_cookies.is_empty() {
            self.jar.set_cookies(&mut answer.set_cookies.iter(), url);
            self.views.fill(None);
        }
        Ok(answer)
    }
}

/// Asks on the open connection, or on a new one. A server may close an idle connection in the very moment in which it is
/// asked: what is safe to repeat (RFC 9110, section 9.2.2) is then sent once more.
async fn ask(
    slot: &mut Option<Connection>,
    target: &Target,
    request: &[u8],
    may_repeat: bool,
    is_read: bool,
) -> Result<Answer, Fault> {
    if let Some(open) = slot
        && !open.is_ready().await
    {
        *slot = None;
    }
    if let Some(open) = slot {
        let answer = open.ask(request, is_read).await;
        if answer.is_ok() || !may_repeat || !open.was_silent() {
            return answer;
        }
    }
    slot.insert(target.connect().await?)
        .ask(request, is_read)
        .await
}

/// Where a redirect leads.
pub(super) fn redirect(from: &Url, answer: &Answer) -> Option<Url> {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let mut target = from.join(answer.location.as_deref()?).ok()?;
    target.set_fragment(None);
    Some(target)
}
