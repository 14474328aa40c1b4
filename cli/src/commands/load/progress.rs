//! How it goes, in one line at a terminal.

use std::io::{IsTerminal as _, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sessctl_client::load::LoadNow;

use super::fine;
use crate::context::Context;

/// The steps of the bar.
const STEPS: u64 = 1_000;

pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    /// A bar where somebody sees it, and nothing anywhere else.
    pub(super) fn new(context: &Context) -> Self {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if context.global.quiet || is_dumb || !stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("[{bar:20}] {wide_msg}");
        bar.set_style(style.expect("the template is right").progress_chars("=> "));
        Self(Some(bar))
    }

    pub(super) fn show(&self, now: &LoadNow) {
        let Some(bar) = &self.0 else { return };
        if now.is_signing_in {
            let done = fine::count(now.requests);
            bar.set_message(format!(
                "users sign in: {done} requests, {} errors",
                fine::count(now.errors)
            ));
            return;
        }
        let share = now.elapsed.as_secs_f64() / now.span.as_secs_f64().max(1e-9);
        bar.set_position((share * STEPS as f64) as u64);
        bar.set_message(format!(
            "{:.0}/{:.0}s  {}/s  {} requests  {} errors  p50 {}  p99 {}",
            now.elapsed.as_secs_f64(),
            now.span.as_secs_f64(),
            fine::count(now.per_second),
            fine::count(now.requests),
            fine::count(now.errors),
            fine::show(now.p50),
            fine::show(now.p99),
        ));
    }

    /// Takes it away, for the result comes next.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
