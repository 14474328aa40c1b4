//! One user: signs in, looks at pages, signs out, and comes again until the run is over.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    browser::{Browser, redirect},
    plan::Person,
    report::{Outcome, Phase},
    run::{Run, Signing},
    signing::{is_strangers, sign_in, sign_out},
};
use crate::site::same_path;

/// How long a user who was not let in waits before trying again: the server is to be loaded, not stormed.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);

/// How long a user waits where no answer came, for a server that is gone refuses thousands of times a second.
const AFTER_FAULT: Duration = Duration::from_millis(100);

pub(super) struct User {
    run: Arc<Run>,
    person: Person,
    browser: Browser,
    /// When the user comes, after the start.
    after: Duration,
    /// Which page is next.
    page: usize,
    /// A sign-in that no page has proved yet, and how long it took.
    unproved: Option<(Outcome, Duration)>,
    is_signed_in: bool,
    has_arrived: bool,
}

/// How a visit ended.
enum End {
    /// As it should, or because the server ended the session: the user comes again.
    Done,
    /// The user was not let in.
    Refused,
    /// There is no time left for another view.
    Over,
}

impl User {
    pub(super) fn new(run: &Arc<Run>, person: Person, after: Duration) -> Self {
        Self {
            run: Arc::clone(run),
            person,
            browser: Browser::new(Arc::clone(run)),
            after,
            page: 0,
            unproved: None,
            is_signed_in: false,
            has_arrived: false,
        }
    }

    /// Lives until the run is over or everybody has to go; then signs out, so that nothing stays on the server.
    pub(super) async fn live(mut self) {
        let run = Arc::clone(&self.run);
        run.unless_stopped(run.rest(self.after)).await;
        while !run.is_over(Instant::now()) && !run.is_stopped() {
            // Never cut short: nobody could sign out of what the answer would have told.
            let is_in = match &run.parts.signing {
                Some(signing) => self.sign_in(signing).await,
                None => true,
            };
            if !self.has_arrived {
                self.has_arrived = true;
                if let Some(pace) = &run.parts.pace {
                    pace.arrive();
                }
            }
            let end = match is_in {
                true => {
                    let visit = run.unless_stopped(self.visit(&run)).await;
                    visit.unwrap_or(End::Over)
                }
                false => End::Refused,
            };
            self.leave().await;
            match end {
                End::Done => {}
                End::Refused => {
                    run.unless_stopped(run.rest(AFTER_REFUSAL)).await;
                }
                End::Over => break,
            }
        }
    }

    /// Signs in; the result says whether that may have worked.
    async fn sign_in(&mut self, signing: &Signing) -> bool {
        let began = Instant::now();
        // Counted now and taken back later, for the last second may end before this does.
        self.run.leave_behind();
        let outcome = sign_in(signing, &mut self.browser, &self.person).await;
        self.run.take_along();
        let outcome = outcome.unwrap_or_else(Outcome::from);
        let ended = Instant::now();
        if outcome.is_error() {
            self.run
                .tally
                .step(Phase::Login, outcome, ended - began, ended);
            return false;
        }
        self.is_signed_in = true;
        self.unproved = Some((outcome, ended - began));
        true
    }

    /// Looks at pages, as many as belong to a visit.
    async fn visit(&mut self, run: &Run) -> End {
        let (mut left, mut is_first) = (run.parts.plan.views, true);
        while left != Some(0) {
            let due = match &run.parts.pace {
                Some(pace) => match pace.next().await {
                    Some(due) => {
                        if let Some(by) = due.woken_late {
                            run.woke_late(by);
                        }
                        Some(due.at)
                    }
                    None => return End::Over,
                },
                None => {
                    if !is_first {
                        run.think().await;
                    }
                    None
                }
            };
            let now = Instant::now();
            if due.is_none() && run.is_over(now) {
                return End::Over;
            }
            let (outcome, ended) = self.view(is_first, now).await;
            let latency = ended - due.unwrap_or(now);
            run.tally.step(Phase::View, outcome, latency, ended);
            let is_out = match outcome {
                Outcome::NotSignedIn | Outcome::Status(401) => true,
                // Later on it may be this page alone that the user must not see.
                Outcome::Status(403) => is_first,
                _ => false,
            };
            if is_out && run.parts.signing.is_some() {
                self.is_signed_in = false;
                self.tell_login(|_| Outcome::NotSignedIn, ended);
                return if is_first { End::Refused } else { End::Done };
            }
            self.tell_login(|outcome| outcome, ended);
            if !matches!(outcome, Outcome::Status(_)) && due.is_none() {
                run.rest(AFTER_FAULT).await;
            }
            is_first = false;
            left = left.map(|left| left - 1);
        }
        End::Done
    }

    /// Looks at the next page. The first look after a sign-in is a closer one.
    async fn view(&mut self, is_first: bool, now: Instant) -> (Outcome, Instant) {
        let run = Arc::clone(&self.run);
        let page = self.page;
        self.page = (page + 1) % run.parts.pages.len();
        let signing = run.parts.signing.as_ref();
        let proves = signing.filter(|signing| is_first && signing.proof == Some(page));
        let answer = self.browser.view(page, proves.is_some(), now).await;
        let ended = Instant::now();
        let outcome = match answer {
            Err(fault) => fault.into(),
            Ok(answer) => {
                let at_login = |signing: &Signing| {
                    let target = redirect(&run.parts.pages[page], &answer);
                    target.is_some_and(|target| same_path(&target, &signing.found.login))
                };
                let is_strangers = signing.is_some_and(at_login)
                    || proves.is_some_and(|signing| is_strangers(&answer, signing));
                match is_strangers {
                    true => Outcome::NotSignedIn,
                    false => Outcome::Status(answer.status),
                }
            }
        };
        (outcome, ended)
    }

    /// Counts the sign-in, now that it is known what it was worth.
    fn tell_login(&mut self, judge: impl FnOnce(Outcome) -> Outcome, now: Instant) {
        if let Some((outcome, took)) = self.unproved.take() {
            self.run.tally.step(Phase::Login, judge(outcome), took, now);
        }
    }

    /// Signs out, if there is anything to sign out of.
    async fn leave(&mut self) {
        let began = Instant::now();
        self.tell_login(|outcome| outcome, began);
        let run = Arc::clone(&self.run);
        let Some(signing) = run.parts.signing.as_ref().filter(|_| self.is_signed_in) else {
            return;
        };
        // As above.
        run.leave_behind();
        self.is_signed_in = false;
        let outcome = sign_out(signing, &mut self.browser).await;
        let outcome = outcome.unwrap_or_else(Outcome::from);
        let ended = Instant::now();
        run.tally.step(Phase::Logout, outcome, ended - began, ended);
        if !outcome.is_error() {
            run.take_along();
        }
        self.browser.forget();
    }
}
