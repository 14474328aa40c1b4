//! What one user sends with: a jar, a connection that stays open, and a limit on how long an answer may take.

use std::{pin::Pin, sync::Arc};

use reqwest::{Method, cookie::CookieStore as _};
use tokio::time::{Instant, Sleep, sleep_until};
use url::Url;

use super::{
    connection::{Answer, Connection, Fault},
    report::Outcome,
    request,
    run::Run,
    target::Target,
};
use crate::{
    Jar,
    site::{ACCEPT_PAGE, Ask, MAX_HOPS, Who, target_of},
};

pub(super) struct Browser {
    run: Arc<Run>,
    pub(super) jar: Jar,
    connection: Option<Connection>,
    /// One for all requests: to make one anew for each costs more than to set it.
    limit: Pin<Box<Sleep>>,
    /// The request of each page, until a cookie changes it.
    views: Vec<Option<Vec<u8>>>,
}

/// Where a request ended up.
pub(super) struct Landed {
    pub(super) answer: Answer,
    /// The status of the first answer, before any redirect.
    pub(super) first: u16,
    pub(super) url: Url,
    pub(super) was_redirected: bool,
}

impl Landed {
    /// Where a redirect leads may well be missing: then it is the redirect that counts.
    pub(super) fn outcome(&self) -> Outcome {
        match self.was_redirected && self.answer.status >= 400 {
            true => Outcome::Status(self.first),
            false => Outcome::Status(self.answer.status),
        }
    }
}

impl Browser {
    pub(super) fn new(run: Arc<Run>) -> Self {
        Self {
            jar: Jar::in_memory(run.parts.origin.clone()),
            connection: None,
            limit: Box::pin(sleep_until(Instant::now())),
            views: vec![None; run.parts.pages.len()],
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
        let url = &run.parts.pages[page];
        let request = self.views[page].take().unwrap_or_else(|| {
            self.written(&Ask::new(Method::GET, url.clone(), ACCEPT_PAGE, Who::Jar))
        });
        let answer = self.exchange(&request, true, is_read, now).await;
        self.views[page] = Some(request);
        self.take_cookies(answer, url)
    }

    /// Sends a request and follows redirects on this server.
    pub(super) async fn follow(&mut self, mut ask: Ask<'_>) -> Result<Landed, Fault> {
        let (mut hops, mut first) = (0, None);
        loop {
            let request = self.written(&ask);
            let may_repeat = ask.method == Method::GET;
            let answer = self.exchange(&request, may_repeat, true, Instant::now());
            let answer = answer.await;
            let answer = self.take_cookies(answer, &ask.url)?;
            let first = *first.get_or_insert(answer.status);
            let next = redirect(&ask.url, &answer);
            let next = next.filter(|next| hops < MAX_HOPS && self.jar.origin().covers(next));
            let Some(next) = next else {
                return Ok(Landed {
                    answer,
                    first,
                    url: ask.url,
                    was_redirected: hops > 0,
                });
            };
            hops += 1;
            // As browsers do: 307 and 308 repeat the request, the others fetch.
            ask = match answer.status {
                307 | 308 => Ask { url: next, ..ask },
                _ => Ask::new(Method::GET, next, ask.accept, ask.who),
            };
        }
    }

    /// Drops every cookie, as a new visitor has none.
    pub(super) fn forget(&mut self) {
        self.jar.forget();
        self.views.fill(None);
    }

    fn written(&self, ask: &Ask<'_>) -> Vec<u8> {
        request::bytes(ask, &self.run.parts.plan.user_agent, &self.jar)
    }

    async fn exchange(
        &mut self,
        request: &[u8],
        may_repeat: bool,
        is_read: bool,
        now: Instant,
    ) -> Result<Answer, Fault> {
        self.limit.as_mut().reset(now + self.run.parts.plan.timeout);
        let target = &self.run.parts.target;
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

/// Where an answer redirects to, if it does.
pub(super) fn redirect(from: &Url, answer: &Answer) -> Option<Url> {
    target_of(from, answer.status, answer.location.as_deref())
}
