//! What was asked for, for those who read the result later.

use std::time::Duration;

use serde::{Serialize, Serializer};
use sessctl_client::Site;

use super::{fine, options::Args};

#[derive(Debug, Serialize)]
pub(super) struct Settings<'a> {
    pub(super) server: &'a str,
    pub(super) users: usize,
    signs_in: bool,
    paths: &'a [String],
    #[serde(rename = "duration_s", serialize_with = "seconds")]
    duration: Duration,
    #[serde(rename = "ramp_s", serialize_with = "seconds")]
    ramp: Duration,
    #[serde(rename = "think_s", serialize_with = "seconds")]
    think: Duration,
    views: Option<u64>,
    rate_per_s: Option<f64>,
}

impl<'a> Settings<'a> {
    pub(super) fn of(site: &'a Site, args: &'a Args, users: usize) -> Self {
        Self {
            server: site.address(),
            users,
            signs_in: !args.who.no_login,
            paths: &args.paths,
            duration: args.duration,
            ramp: args.ramp,
            think: args.think,
            views: args.views,
            rate_per_s: args.rate,
        }
    }

    /// For people: what was said, by name.
    pub(super) fn in_words(&self) -> Vec<(&'static str, String)> {
        let span = |span: Duration| (!span.is_zero()).then(|| fine::show(span));
        let pages = match self.paths {
            [] => "the dashboard".to_owned(),
            paths => paths.join(", "),
        };
        let signs_in = if self.signs_in { "yes" } else { "no" };
        let rate = self.rate_per_s;
        let all = [
            ("server", Some(self.server.to_owned())),
            ("users", Some(fine::count(self.users as u64))),
            ("signed in", Some(signs_in.to_owned())),
            ("pages", Some(pages)),
            ("duration", span(self.duration)),
            ("ramp", span(self.ramp)),
            ("pause between views", span(self.think)),
            ("views of a visit", self.views.map(fine::count)),
            (
                "rate",
                rate.map(|rate| format!("{} views/s", fine::rate(rate))),
            ),
        ];
        let said = all.into_iter();
        said.filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

fn seconds<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(span.as_secs_f64())
}
