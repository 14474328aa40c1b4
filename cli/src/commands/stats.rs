//! `sessctl stats`.

use sessctl_api::EndReason;

use crate::{
    context::{Context, now},
    exit::{Code, Failure},
    global::Format,
    output,
    source::{Access, Source},
};

/// Count sessions, users, sign-ins, requests and ends
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(context: &Context, _args: Args) -> Result<Code, Failure> {
    let source = Source::open(context, Access::Read).await?;
    let stats = source.registry.stats().await?;
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => output::document(format, &stats)?,
        Format::Name => output::line(&stats.active.to_string())?,
        Format::Table => {
            let since = stats
                .since
                .map_or_else(output::unknown, |since| output::ago(since, now()));
            let number = |number: Option<u64>| {
                number.map_or_else(output::unknown, |number| number.to_string())
            };
            let mut pairs = vec![
                ("live sessions", stats.active.to_string()),
                ("users", stats.users.to_string()),
                ("sign-ins", number(stats.created)),
                ("requests", number(stats.requests)),
                ("ended", number(stats.ended.map(|ended| ended.total()))),
            ];
            let ended = stats.ended.unwrap_or_default();
            let reasons: Vec<_> = EndReason::ALL
                .into_iter()
                .filter(|reason| ended.get(*reason) > 0)
                .collect();
            pairs.extend(
                reasons
                    .iter()
                    .map(|reason| (reason.as_str(), ended.get(*reason).to_string())),
            );
            pairs.push(("counted since", since));
            pairs.push(("store", stats.store));
            pairs.push(("source", source.name));
            output::fields(&pairs)?;
        }
    }
    Ok(Code::OK)
}
