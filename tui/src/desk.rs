//! What is asked of the registry besides its list: each question is a task of its own, each answer a message.

use std::{sync::Arc, time::Duration};

use sessctl_api::{
    Filter, Handle, ListQuery, Registry, RegistryError, Revocation, RevokeReport, Selection,
    SortField, TopQuery,
};
use tokio::{
    sync::mpsc,
    task::{JoinError, JoinSet},
    time::timeout,
};

use crate::{
    fields::OTHERS,
    link::in_words,
    marks::Marks,
    message::{Gather, Message, News, Order, Told},
};

/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_secs(30);
/// How long orders are waited for on leaving.
const FAREWELL: Duration = Duration::from_secs(1);
/// Values that are asked for where only those that most sessions share are shown.
const TOP: usize = 8;

/// Whoever asks.
pub(crate) struct Desk {
    registry: Arc<dyn Registry>,
    /// Who ends sessions here.
    actor: String,
    news: mpsc::Sender<Message>,
    /// The questions on their way, and the link. Dropping it ends them.
    pub(crate) tasks: JoinSet<()>,
    /// As often as there are orders on their way, and once more.
    orders: Arc<()>,
}

impl Desk {
    pub(crate) fn new(
        registry: Arc<dyn Registry>,
        actor: String,
        news: mpsc::Sender<Message>,
    ) -> Self {
        Self {
            registry,
            actor,
            news,
            tasks: JoinSet::new(),
            orders: Arc::new(()),
        }
    }

    /// Asks; the answer comes as news, if there is one.
    fn ask<F>(&mut self, question: impl FnOnce(Arc<dyn Registry>) -> F)
    where
        F: Future<Output = Option<News>> + Send + 'static,
    {
        let (answer, news) = (question(self.registry.clone()), self.news.clone());
        self.tasks.spawn(async move {
            if let Ok(Some(answer)) = timeout(ANSWER, answer).await {
                // It fails only when the loop has ended.
                let _ = news.send(Message::News(Box::new(answer))).await;
            }
        });
    }

    pub(crate) fn revoke(&mut self, order: Order) {
        let (actor, on_its_way) = (self.actor.clone(), self.orders.clone());
        self.ask(|registry| async move {
            let answer = carry_out(&*registry, &order, &actor);
            // Below the time for all questions: this one has to have an answer.
            let answer = match timeout(ANSWER - FAREWELL, answer).await {
                Ok(answer) => answer.map_err(|error| in_words(&error)),
                Err(_) => Err("no answer yet; they may still be ended".to_owned()),
            };
            drop(on_its_way);
            Some(News::Answered { order, answer })
        });
    }

    /// Asks what became of a session.
    pub(crate) fn recall(&mut self, handle: Handle) {
        self.ask(move |registry| async move {
            let answer = match registry.recall(handle).await {
                Ok(mut session) => match session.ended.take() {
                    Some(ended) => Told::Ended(Some(ended), Some(Box::new(session))),
                    None => Told::Alive(Box::new(session)),
                },
                Err(RegistryError::NotFound { ended, .. }) => Told::Ended(ended, None),
                // Not known: the next list asks again.
                Err(_) => return None,
            };
            Some(News::Told { handle, answer })
        });
    }

    pub(crate) fn data(&mut self, handle: Handle) {
        self.ask(move |registry| async move {
            let data = registry.data(handle).await;
            let data = data.map_err(|error| in_words(&error));
            Some(News::Held { handle, data })
        });
    }

    pub(crate) fn of_user(&mut self, user: String) {
        self.ask(|registry| async move {
            // One more: the session that is looked at is among them.
            let query = ListQuery::first(Filter::of_user(&user), OTHERS + 1);
            let page = registry.list(query).await.ok()?;
            let (sessions, total) = (page.sessions, page.total);
            Some(News::OfUser {
                user,
                sessions,
                total,
            })
        });
    }

    pub(crate) fn rank(&mut self, field: SortField, filter: Filter) {
        self.ask(move |registry| async move {
            let query = TopQuery {
                filter,
                field,
                limit: TOP,
            };
            let top = registry.top(query).await.ok()?;
            Some(News::Ranked { field, top })
        });
    }

    pub(crate) fn gather(&mut self, gather: Gather) {
        self.ask(|registry| async move {
            let page = registry.list(gather.query(Marks::LIMIT)).await;
            let page = page.map_err(|error| in_words(&error));
            Some(News::Gathered { gather, page })
        });
    }

    /// Whatever has ended: a task's panic is passed on.
    pub(crate) async fn next(&mut self) -> Option<Result<(), JoinError>> {
        self.tasks.join_next().await
    }

    /// Gives orders that are on their way a moment to arrive: whoever ends a session and leaves at once means both.
    pub(crate) async fn leave(mut self) {
        let answers = async {
            while Arc::strong_count(&self.orders) > 1 {
                if self.tasks.join_next().await.is_none() {
                    break;
                }
            }
        };
        let _ = timeout(FAREWELL, answers).await;
    }
}

async fn carry_out(
    registry: &dyn Registry,
    order: &Order,
    actor: &str,
) -> Result<RevokeReport, RegistryError> {
    let revocation = match order {
        Order::Sessions(targets) => {
            Revocation::of_handles(targets.iter().map(|target| target.handle).collect())
        }
        Order::All { filter, count } => Revocation {
            select: match filter.as_str() {
                "" => Selection::All,
                filter => Selection::Filter(filter.to_owned()),
            },
            expect: Some(*count),
            dry_run: false,
        },
    };
    registry.revoke(revocation, actor).await
}
