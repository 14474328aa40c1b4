//! Log lines of a server, on stderr, as text or JSON.

mod lines;

use std::io;

use clap::ValueEnum;
use tracing::{Level, Metadata, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer as _, filter::Targets, filter::filter_fn, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

pub(crate) use self::lines::Writing;

use crate::{global::Global, style};

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// Starts logging: changes and refusals, or failures alone. `RUST_LOG` may ask for more or less of ours. All lines are
/// written once what this returns is dropped.
pub(crate) fn start(format: LogFormat, global: &Global) -> io::Result<Writing> {
    let (lines, writing) = lines::start()?;
    let level = if global.quiet {
        LevelFilter::WARN
    } else {
        LevelFilter::INFO
    };
    let asked = std::env::var("RUST_LOG")
        .ok()
        .and_then(|text| text.parse::<Targets>().ok());
    let asked = asked.unwrap_or_else(|| Targets::new().with_default(level));
    let filter = tracing_subscriber::filter::FilterExt::and(asked, filter_fn(is_harmless));
    let lines = tracing_subscriber::fmt::layer().with_writer(lines);
    let registry = tracing_subscriber::registry();
    // A second start, as in a test, changes nothing.
    let _ = match format {
        LogFormat::Text => registry
            .with(
                lines
                    .with_target(false)
                    .with_ansi(style::on_stderr(global.color))
                    .with_filter(filter),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(
                lines
                    .json()
                    .flatten_event(true)
                    .with_target(false)
                    .with_filter(filter),
            )
            .try_init(),
    };
    Ok(writing)
}

/// Other crates print whole cookies and ids at lower levels: whatever is asked for, they get no further than `warn`.
fn is_harmless(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("sessctl") || *metadata.level() <= Level::WARN
}
