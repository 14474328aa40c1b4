//! `sessctl stats`.

use serde::Serialize;
use serde_json::json;
use sessctl_api::{EndReason, Stats, text::clean};

use crate::{
    context::Context,
    exit::{Code, Failure},
    output::{self, Column, Listing},
    source::{Access, Source},
};

/// Count sessions, users, sign-ins, requests and ends
///
///   sessctl stats
///   sessctl stats --fields active --no-headers      the number of live sessions alone
///   sessctl stats -o json
///
/// All but live sessions and their users are counted since the server was started.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {}

/// What was counted, and where.
#[derive(Debug, Serialize)]
struct Counted {
    #[serde(flatten)]
    stats: Stats,
    source: String,
}

/// The ends for one reason: a line for people only where there were any.
macro_rules! ends {
    ($name:literal, $reason:ident) => {
        Column::made(
            $name,
            $name,
            |counted: &Counted, _| match counted.ended(EndReason::$reason) {
                None | Some(0) => String::new(),
                Some(count) => count.to_string(),
            },
            |counted, _| json!(counted.ended(EndReason::$reason)),
        )
        .in_csv()
    };
}

static COLUMNS: [Column<Counted>; 18] = [
    Column::new("active", "live sessions", |counted: &Counted, _| {
        counted.stats.active.to_string()
    })
    .naming(),
    Column::new("users", "users", |counted: &Counted, _| {
        counted.stats.users.to_string()
    }),
    Column::new("created", "sign-ins", |counted: &Counted, _| {
        number(counted.stats.created)
    }),
    Column::new("requests", "requests", |counted: &Counted, _| {
        number(counted.stats.requests)
    }),
    Column::made(
        "ended",
        "ended",
        |counted: &Counted, _| number(counted.stats.ended.map(|ended| ended.total())),
        |counted, _| json!(counted.stats.ended),
    ),
    ends!("logout", Logout),
    ends!("replaced", Replaced),
    ends!("revoked", Revoked),
    ends!("idle", Idle),
    ends!("absolute", Absolute),
    ends!("limit", Limit),
    ends!("elsewhere", Elsewhere),
    ends!("password", Password),
    ends!("disabled", Disabled),
    ends!("removed", Removed),
    Column::new("since", "counted since", |counted: &Counted, now| {
        let since = counted.stats.since;
        since.map_or_else(output::unknown, |since| output::ago(since, now))
    }),
    Column::new("store", "store", |counted: &Counted, _| {
        clean(&counted.stats.store).into_owned()
    }),
    Column::new("source", "source", |counted: &Counted, _| {
        counted.source.clone()
    }),
];

impl Counted {
    fn ended(&self, reason: EndReason) -> Option<u64> {
        self.stats.ended.map(|ended| ended.get(reason))
    }
}

pub(crate) async fn run(context: &Context, _args: Args) -> Result<Code, Failure> {
    let listing = Listing::of(context, &COLUMNS)?;
    let source = Source::open(context, Access::Read).await?;
    let counted = Counted {
        stats: source.registry.stats().await?,
        source: source.name,
    };
    listing.print_one(&counted, &counted)?;
    Ok(Code::OK)
}

fn number(number: Option<u64>) -> String {
    number.map_or_else(output::unknown, |number| number.to_string())
}
