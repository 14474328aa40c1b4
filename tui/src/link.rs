//! The connection to the registry: watch, list what is wanted, follow, and come back when it breaks.
//!
//! It only asks and passes on: what is made of the news is `update`'s business, and it never gives up.

use std::{future::pending, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use sessctl_api::{
    BoxFuture, Event, Filter, ListQuery, Notice, Page, Registry, RegistryError, Stats, text,
};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

use crate::message::{Message, News, Trouble, Want};

/// The first pause before a new try; each further one is twice as long, up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LAST_PAUSE: Duration = Duration::from_secs(5);
/// How long the registry may take for one answer.
const ANSWER: Duration = Duration::from_secs(10);
/// How often it is asked what it counts.
const COUNT_EVERY: Duration = Duration::from_secs(1);

/// What the link shares with the loop.
pub(crate) struct Link {
    pub(crate) registry: Arc<dyn Registry>,
    pub(crate) news: mpsc::Sender<Message>,
    /// The page that is wanted, the latest wish.
    pub(crate) wants: watch::Receiver<Want>,
    /// Somebody does not want to wait for the next try.
    pub(crate) connect: Arc<Notify>,
}

/// Why following ended.
enum End {
    /// Nobody listens any more.
    Closed,
    Lost(Trouble),
}

type Listing<'r> = BoxFuture<'r, (Want, Duration, Result<Page, RegistryError>)>;

impl Link {
    /// Keeps the dashboard connected for as long as it listens.
    pub(crate) async fn keep(mut self) {
        let mut attempt = 1;
        // The last event that was passed on: a new watch goes on after it.
        let mut seen = None;
        while self.tell(News::Connecting { attempt }).await {
            let mut was_live = false;
            let registry = self.registry.clone();
            let End::Lost(why) = self.follow(&*registry, &mut seen, &mut was_live).await else {
                return;
            };
            if was_live {
                attempt = 1;
            }
            let wait = pause(attempt);
            attempt += 1;
            if !self.tell(News::Lost { attempt, wait, why }).await {
                return;
            }
            tokio::select! {
                () = sleep(wait) => {}
                () = self.connect.notified() => {}
            }
        }
    }

    async fn tell(&self, news: News) -> bool {
        self.news.send(Message::News(Box::new(news))).await.is_ok()
    }

    /// Follows the registry until that fails.
    async fn follow(
        &mut self,
        registry: &dyn Registry,
        seen: &mut Option<u64>,
        was_live: &mut bool,
    ) -> End {
        let watched = timeout(ANSWER, registry.watch(Filter::default(), *seen)).await;
        let mut notices = match watched {
            Ok(Ok(notices)) => notices,
            Ok(Err(error)) => return End::Lost(trouble(&error)),
            Err(_) => return End::Lost(no_answer()),
        };
        // Events are a hint and the list is the truth: it is fetched whether or not the watch goes on where it was.
        let mut listing = Some(list(registry, self.wants.borrow_and_update().clone()));
        // Events that came while it is fetched: the page may be older than they are.
        let mut since: Vec<Event> = Vec::new();
        // Events were lost meanwhile, or something else is wanted: what is being fetched will not do.
        let mut again = false;
        let mut counting: Option<BoxFuture<'_, Result<Stats, RegistryError>>> = None;
        let mut counts = interval(COUNT_EVERY);
        counts.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let news = tokio::select! {
                biased;
                notice = notices.next() => match notice {
                    None => return End::Lost(because("the event stream was closed")),
                    Some(Err(error)) => return End::Lost(trouble(&error)),
                    Some(Ok(Notice::Resync)) => {
                        again = true;
                        None
                    }
                    Some(Ok(Notice::Event(event))) => {
                        *seen = Some(event.rev);
                        if listing.is_some() {
                            since.push((*event).clone());
                        }
                        Some(News::Happened(event))
                    }
                },
                (want, took, page) = maybe(&mut listing) => {
                    listing = None;
                    again |= self.wants.has_changed().unwrap_or_default();
                    // For a list that follows at once the same events count again.
                    let since = if again { since.clone() } else { std::mem::take(&mut since) };
                    match page {
                        Ok(page) => {
                            *was_live = true;
                            Some(News::Listed { want: want.id, page, since, took })
                        }
                        Err(error) if is_about(&error, &want) => {
                            let why = in_words(&error);
                            Some(News::NotListed { want: want.id, why })
                        }
                        Err(error) => return End::Lost(trouble(&error)),
                    }
                }
                wanted = self.wants.changed() => {
                    if wanted.is_err() {
                        return End::Closed;
                    }
                    again = true;
                    None
                }
                counted = maybe(&mut counting) => {
                    counting = None;
                    match counted {
                        Ok(stats) => Some(News::Counted(Some(Box::new(stats)))),
                        Err(RegistryError::Unreachable { .. }) => None,
                        // Whoever cannot count is followed all the same.
                        Err(_) => Some(News::Counted(None)),
                    }
                }
                _ = counts.tick(), if counting.is_none() => {
                    counting = Some(registry.stats());
                    None
                }
            };
            if again && listing.is_none() {
                again = false;
                listing = Some(list(registry, self.wants.borrow_and_update().clone()));
            }
            if let Some(news) = news
                && !self.tell(news).await
            {
                return End::Closed;
            }
        }
    }
}

/// The pause after the so many'th failure in a row: 0.5, 1, 2, 4, 5, 5 … seconds.
fn pause(attempt: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(1 << (attempt - 1).min(16))
        .min(LAST_PAUSE)
}

/// Waits for what is being fetched, or for ever.
async fn maybe<T>(fetching: &mut Option<BoxFuture<'_, T>>) -> T {
    match fetching {
        Some(fetching) => fetching.await,
        None => pending().await,
    }
}

/// Fetches a page.
fn list(registry: &dyn Registry, want: Want) -> Listing<'_> {
    let query = ListQuery {
        sort: want.sort,
        start: want.start.clone(),
        ..ListQuery::first(want.filter.clone(), want.limit)
    };
    Box::pin(async move {
        let begun = Instant::now();
        let page = match timeout(ANSWER, registry.list(query)).await {
            Ok(page) => page,
            Err(_) => Err(RegistryError::unreachable(no_answer().why, "timed out")),
        };
        (want, begun.elapsed(), page)
    })
}

/// Whether a list was refused for what it asks, and not because the registry is out of reach.
fn is_about(error: &RegistryError, want: &Want) -> bool {
    match error {
        RegistryError::BadQuery(_) | RegistryError::BadFilter(_) => true,
        // Some may list, but not search what sessions hold.
        RegistryError::Refused(_) => want.filter.needs_data(),
        _ => false,
    }
}

fn because(why: &str) -> Trouble {
    Trouble {
        why: why.to_owned(),
        is_refusal: false,
    }
}

fn no_answer() -> Trouble {
    because(&format!("no answer within {} s", ANSWER.as_secs()))
}

fn trouble(error: &RegistryError) -> Trouble {
    Trouble {
        why: in_words(error),
        is_refusal: matches!(error, RegistryError::Refused(_)),
    }
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
