//! `sessctl tui`.

use std::{
    io::{self, IsTerminal as _},
    sync::Arc,
};

use sessctl_api::{Filter, Registry};
use sessctl_tui::{Options, Quit, TuiError};

use crate::{
    context::{Context, now, user_name},
    exit::{Code, Failure},
    source::{Access, Source},
};

/// Open the live dashboard: sessions as they come and go, and the means to end them
///
///   sessctl tui
///   sessctl tui 'user=a* and idle>10m'
///
/// Press ? in it for the keys, q to leave.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Which sessions to show at first, by a filter as for `ls`, but not by data [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    // It lists once and goes by events from there on.
    let filter = args.filter.join(" ").parse().and_then(Filter::for_events)?;
    // Before a source is looked for: without a terminal none will do.
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::caused(Code::USAGE, TuiError::NoTerminal));
    }
    let source = Source::open(context, Access::Write).await?;
    open(Arc::clone(&source.registry), source.name.clone(), filter).await
}

/// Opens the dashboard over any registry.
pub(crate) async fn open(
    registry: Arc<dyn Registry>,
    source: String,
    filter: Filter,
) -> Result<Code, Failure> {
    let mono = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let options = Options {
        source,
        actor: user_name(),
        filter,
        mono,
        now,
    };
    match sessctl_tui::run(registry, options).await {
        Ok(Quit::Asked) => Ok(Code::OK),
        Ok(Quit::Signal(number)) => Ok(Code::of_signal(number)),
        Err(error @ TuiError::NoTerminal) => Err(Failure::caused(Code::USAGE, error)),
        Err(error) => Err(Failure::caused(Code::FAILED, error)),
    }
}
