//! The dashboard in lines: for pipes, for terminals that can do nothing else, and for screen readers.
//!
//! What lives first, then each change as it comes, each in one line of words; nothing is ever drawn over.

use std::{io, pin::pin, sync::Arc};

use futures_util::StreamExt as _;
use sessctl_api::{
    Event, EventKind, ListQuery, Notice, Page, Registry, RegistryError, Session, span, text,
};
use tokio::time::{Duration, sleep};

use crate::{fields, link::in_words, options::Options, window};

/// Sessions that are listed at first.
const LISTED: usize = 100;
/// How long to wait before another try.
const PAUSE: Duration = Duration::from_secs(2);

/// Tells until `stop` comes. An output that is closed is an error.
pub async fn plain(
    registry: Arc<dyn Registry>,
    options: Options,
    out: &mut (dyn io::Write + Send),
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut teller = Teller {
        out,
        options: &options,
    };
    let mut stop = pin!(stop);
    let mut trouble = None;
    loop {
        let lost = tokio::select! {
            () = &mut stop => return Ok(()),
            lost = teller.follow(&*registry, &mut trouble) => lost?,
        };
        // Each trouble is told once, however often it is met.
        let why = in_words(&lost);
        if trouble.as_ref() != Some(&why) {
            teller.say(&format!("no connection: {why}; trying again"))?;
            trouble = Some(why);
        }
        tokio::select! {
            () = &mut stop => return Ok(()),
            () = sleep(PAUSE) => {}
        }
    }
}

struct Teller<'o> {
    out: &'o mut (dyn io::Write + Send),
    options: &'o Options,
}

impl Teller<'_> {
    fn say(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")?;
        self.out.flush()
    }

    /// Follows until the connection is lost, and says why it was.
    async fn follow(
        &mut self,
        registry: &dyn Registry,
        trouble: &mut Option<String>,
    ) -> io::Result<RegistryError> {
        // Changes of what sessions hold are not told, so a filter by that can only choose the first list.
        let watched = self.options.filter.clone().for_events().unwrap_or_default();
        let mut notices = match registry.watch(watched, None).await {
            Ok(notices) => notices,
            Err(error) => return Ok(error),
        };
        loop {
            match notices.next().await {
                Some(Ok(Notice::Resync)) => match self.list(registry).await {
                    Ok(page) => {
                        *trouble = None;
                        self.tell_list(&page)?;
                    }
                    Err(error) => return Ok(error),
                },
                Some(Ok(Notice::Event(event))) => self.tell(&event)?,
                Some(Err(error)) => return Ok(error),
                None => {
                    return Ok(RegistryError::unreachable(
                        "the event stream was closed",
                        "end of stream",
                    ));
                }
            }
        }
    }

    async fn list(&self, registry: &dyn Registry) -> Result<Page, RegistryError> {
        let query = ListQuery {
            sort: self.options.sort,
            ..ListQuery::first(self.options.filter.clone(), LISTED)
        };
        registry.list(query).await
    }

    fn tell_list(&mut self, page: &Page) -> io::Result<()> {
        let word = if page.total == 1 {
            "session"
        } else {
            "sessions"
        };
        let source = text::clean(&self.options.source).into_owned();
        let filter = match self.options.filter.as_str() {
            "" => String::new(),
            filter if page.total == 1 => format!(" that matches {}", text::clean(filter)),
            filter => format!(" that match {}", text::clean(filter)),
        };
        self.say(&format!("{} {word}{filter} at {source}", page.total))?;
        for session in &page.sessions {
            let now = (self.options.now)();
            let age = fields::short(session.age(now));
            let idle = fields::short(session.idle(now));
            let line = format!("{}, signed in {age} ago, idle {idle}", about(session));
            self.say(&line)?;
        }
        let more = page.total - page.sessions.len() as u64;
        if more > 0 {
            self.say(&format!("and {more} more"))?;
        }
        self.say("now every change, as it comes")
    }

    fn tell(&mut self, event: &Event) -> io::Result<()> {
        let what = match event.kind {
            EventKind::Created => "signed in".to_owned(),
            EventKind::Ended => match window::how(event) {
                Some(ended) => format!("ended, {}", ended.in_words()),
                None => "ended".to_owned(),
            },
            // Every request would be a line.
            EventKind::Changed => return Ok(()),
        };
        let at = span::utc(event.at);
        self.say(&format!("{at} {what}: {}", about(&event.session)))
    }
}

/// Names a session in a line.
fn about(session: &Session) -> String {
    let user = text::clean(session.user.as_deref().unwrap_or("(no user)")).into_owned();
    let client = text::clean(fields::client(session)).into_owned();
    let ip = fields::known(session.ip);
    format!("{user}, {client}, from {ip}, {}", session.handle)
}
