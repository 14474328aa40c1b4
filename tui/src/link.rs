//! The connection to the registry: watch, list, follow, and come back when it breaks.
//!
//! It only asks and passes on: what is made of the news is `update`'s business, and it never gives up.

use std::{collections::HashSet, future::pending, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use sessctl_api::{
    BoxFuture, Event, Filter, ListQuery, Notice, Registry, RegistryError, Session, Start, text,
};
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::{message::Message, rows::Rows};

/// The first pause before a new try; each further one is twice as long, up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LAST_PAUSE: Duration = Duration::from_secs(5);
/// How long the registry may take for one answer.
const ANSWER: Duration = Duration::from_secs(10);
/// Events are a hint and the list is the truth: it is fetched again this often even if no event was lost.
const LIST_EVERY: Duration = Duration::from_secs(30);

/// Keeps the dashboard connected for as long as it listens.
pub(crate) async fn keep(
    registry: Arc<dyn Registry>,
    news: mpsc::Sender<Message>,
    list_now: Arc<Notify>,
) {
    let mut attempt = 1;
    loop {
        if news.send(Message::Connecting { attempt }).await.is_err() {
            return;
        }
        let mut was_live = false;
        let Some(why) = follow(&*registry, &news, &list_now, &mut was_live).await else {
            return;
        };
        if was_live {
            attempt = 1;
        }
        let wait = pause(attempt);
        attempt += 1;
        let lost = Message::Lost { attempt, wait, why };
        if news.send(lost).await.is_err() {
            return;
        }
        // Whoever asks for a list does not want to wait for the connection either.
        tokio::select! {
            () = sleep(wait) => {}
            () = list_now.notified() => {}
        }
    }
}

/// The pause after the so many'th failure in a row: 0.5, 1, 2, 4, 5, 5 … seconds.
fn pause(attempt: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(1 << (attempt - 1).min(16))
        .min(LAST_PAUSE)
}

/// Follows the registry until that fails; says why. `None` when nobody listens any more.
async fn follow(
    registry: &dyn Registry,
    news: &mpsc::Sender<Message>,
    list_now: &Notify,
    was_live: &mut bool,
) -> Option<String> {
    let mut notices = match timeout(ANSWER, registry.watch(Filter::default(), None)).await {
        Ok(Ok(notices)) => notices,
        Ok(Err(error)) => return Some(in_words(&error)),
        Err(_) => return Some(no_answer()),
    };
    // Set while a list is being fetched.
    let mut listing: Option<BoxFuture<'_, Result<Listed, String>>> = None;
    // Events that came during that: the pages may be older than they are.
    let mut since: Vec<Event> = Vec::new();
    // Events were lost during that: what is being fetched is not the truth.
    let mut again = false;
    // The watch should begin with a resync; if it does not, the list is still fetched.
    let mut next_list = Instant::now() + Duration::from_secs(1);
    loop {
        let news_of_it = tokio::select! {
            biased;
            notice = notices.next() => match notice {
                None => return Some("the event stream was closed".to_owned()),
                Some(Err(error)) => return Some(in_words(&error)),
                Some(Ok(Notice::Resync)) => {
                    again = listing.is_some();
                    if !again {
                        listing = Some(Box::pin(list(registry)));
                    }
                    continue;
                }
                Some(Ok(Notice::Event(event))) => {
                    if listing.is_some() {
                        since.push((*event).clone());
                    }
                    Message::Happened(event)
                }
            },
            listed = maybe(&mut listing) => {
                listing = again.then(|| Box::pin(list(registry)) as BoxFuture<'_, _>);
                again = false;
                next_list = Instant::now() + LIST_EVERY;
                match listed {
                    Err(why) => return Some(why),
                    Ok(Listed { sessions, total }) => {
                        *was_live = true;
                        // For a list on its way the same events count again.
                        let since = if listing.is_some() { since.clone() } else { std::mem::take(&mut since) };
                        Message::Listed { sessions, total, since }
                    }
                }
            }
            () = sleep_until(next_list), if listing.is_none() => {
                listing = Some(Box::pin(list(registry)));
                continue;
            }
            () = list_now.notified() => {
                again = listing.is_some();
                if !again {
                    listing = Some(Box::pin(list(registry)));
                }
                continue;
            }
        };
        if news.send(news_of_it).await.is_err() {
            return None;
        }
    }
}

/// Waits for the list that is being fetched, or for ever.
async fn maybe<T>(listing: &mut Option<BoxFuture<'_, T>>) -> T {
    match listing {
        Some(listing) => listing.await,
        None => pending().await,
    }
}

struct Listed {
    sessions: Vec<Session>,
    total: u64,
}

/// Fetches the newest sessions, page by page, and how many there are in all.
async fn list(registry: &dyn Registry) -> Result<Listed, String> {
    let mut query = ListQuery::first(Filter::default(), ListQuery::MAX_LIMIT);
    let mut sessions: Vec<Session> = Vec::new();
    let mut seen = HashSet::new();
    loop {
        let page = match timeout(ANSWER, registry.list(query.clone())).await {
            Ok(Ok(page)) => page,
            Ok(Err(error)) => return Err(in_words(&error)),
            Err(_) => return Err(no_answer()),
        };
        let before = sessions.len();
        // A login between two pages moves a session on to the next.
        let fresh = page
            .sessions
            .into_iter()
            .filter(|session| seen.insert(session.handle));
        sessions.extend(fresh);
        // A page that brings nothing new would go on for ever.
        let whole = page.next.is_none() || sessions.len() == before;
        if whole || sessions.len() >= Rows::KEEP {
            let known = sessions.len() as u64;
            let total = if whole { known } else { page.total.max(known) };
            return Ok(Listed { sessions, total });
        }
        query.start = page.next.map_or(Start::First, Start::After);
    }
}

fn no_answer() -> String {
    format!("no answer within {} s", ANSWER.as_secs())
}

/// Says what went wrong, as one harmless line. A registry's own words are whole; the causes below them are for logs.
pub(crate) fn in_words(error: &RegistryError) -> String {
    text::clean(&error.to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_stop_growing() {
        let pauses: Vec<_> = (1..8).map(|n| pause(n).as_millis()).collect();
        assert_eq!(pauses, [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
        assert_eq!(pause(u32::MAX), LAST_PAUSE);
    }

    #[test]
    fn an_error_is_told_once_and_harmless() {
        let cause = std::io::Error::other("connection refused");
        let error =
            RegistryError::unreachable("the \u{1b}server is gone: connection refused", cause);
        assert_eq!(
            in_words(&error),
            "the \\u{1b}server is gone: connection refused"
        );
    }
}
