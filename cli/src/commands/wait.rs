//! `sessctl wait`.

use std::{str::FromStr, time::Duration};

use clap_complete::ArgValueCompleter;
use sessctl_api::{Filter, Handle, ListQuery, RegistryError};

use crate::{
    complete,
    context::Context,
    exit::{Code, Failure},
    source::{Access, Source},
};

/// Wait until a server answers, a session has ended, or so many live
///
///   sessctl wait
///   sessctl wait --for gone=7k3v9m2q4xwz --timeout 1m
///   sessctl wait --for count=0
///
/// A server is ready when it answers with any status below 500. Gives up after 30 s, or after --timeout
/// if that is said, with exit code 6.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// For what: ready, gone=HANDLE or count=N
    #[arg(long = "for", value_name = "WHAT", default_value = "ready", add = ArgValueCompleter::new(complete::awaited))]
    what: What,
}

/// What is waited for.
#[derive(Debug, Clone, Copy)]
enum What {
    Ready,
    Gone(Handle),
    Count(u64),
}

impl FromStr for What {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            None if text == "ready" => Ok(Self::Ready),
            Some(("gone", handle)) => handle
                .parse()
                .map(Self::Gone)
                .map_err(|error| format!("{error}")),
            Some(("count", count)) => {
                let count = count.parse().map(Self::Count);
                count.map_err(|_| "count is a number of live sessions".to_owned())
            }
            _ => Err("there are ready, gone=HANDLE and count=N".to_owned()),
        }
    }
}

/// How long to wait when nobody says.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let patience = context.global.timeout.unwrap_or(PATIENCE);
    let mut last = "no answer".to_owned();
    let (place, done) = match args.what {
        What::Ready => {
            let site = context.site(&context.profile()?, None)?;
            let waiting = async {
                loop {
                    last = match site.probe().await {
                        Ok(status) if status < 500 => return,
                        Ok(status) => format!("it answers {status}"),
                        Err(error) => error.to_string(),
                    };
                    tokio::time::sleep(PAUSE).await;
                }
            };
            let done = tokio::time::timeout(patience, waiting).await;
            (format!("{} is not ready", site.address()), done)
        }
        what => {
            let source = Source::open(context, Access::Read).await?;
            let waiting = async {
                loop {
                    match missing(&source, what).await {
                        None => return,
                        Some(why) => last = why,
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            };
            let done = tokio::time::timeout(patience, waiting).await;
            (format!("still waiting at {}", source.name), done)
        }
    };
    if done.is_ok() {
        return Ok(Code::OK);
    }
    let spent = sessctl_api::span::short(patience);
    Err(Failure::new(
        Code::UNREACHABLE,
        format!("{place} after {spent}: {last}"),
    ))
}

/// What stands between now and what is waited for.
async fn missing(source: &Source, what: What) -> Option<String> {
    match what {
        What::Ready => None,
        What::Gone(handle) => match source.registry.get(handle).await {
            Ok(_) => Some(format!("{handle} is live")),
            Err(RegistryError::NotFound { .. }) => None,
            Err(error) => Some(error.to_string()),
        },
        What::Count(count) => {
            let query = ListQuery::first(Filter::default(), 1);
            match source.registry.list(query).await {
                Ok(page) if page.total == count => None,
                Ok(page) => Some(format!("{} live, not {count}", page.total)),
                Err(error) => Some(error.to_string()),
            }
        }
    }
}
