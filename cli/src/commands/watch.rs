//! `sessctl watch`.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::json;
use sessctl_api::{Ended, Event, EventKind, Filter, Notice, RegistryError, span, text};

use crate::{
    context::Context,
    exit::{Code, Failure},
    global::Format,
    output,
    source::{Access, Source},
};

/// Follow sign-ins and ends as they happen
///
///   sessctl watch
///   sessctl watch 'user=alice or ip=10.0.0.0/8'
///   sessctl watch -o jsonl --for 1h > changes.jsonl
///
/// Prints changes only, with times in UTC: created, ended, and changed after requests, at most once
/// a second for each session. `ls` shows what is there. Goes on until Ctrl-C.
///
/// When the link to the server breaks it comes back by itself and goes on after the last change that
/// it showed. Where the server cannot go back that far, because it was started anew, it says that
/// changes were missed; in JSON that is {"type":"resync"}.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Which sessions, by a filter as for `ls`, but not by data [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// Stop after this long
    #[arg(long = "for", value_name = "SPAN", value_parser = span::parse)]
    span: Option<Duration>,
}

/// The longest wait before the next try to reach a server that went away.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let filter: Filter = args.filter.join(" ").parse()?;
    let source = Source::open(context, Access::Read).await?;
    if !source.has_server() {
        let what = format!(
            "no server runs at {}, so nothing happens there",
            source.name
        );
        return Err(Failure::new(Code::UNREACHABLE, what)
            .hint("start it with: sessctl serve; `sessctl ls` reads the file without"));
    }
    let end = async {
        match args.span {
            Some(span) => tokio::time::sleep(span).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        failure = follow(&source, &filter, context.format()) => Err(failure),
        () = end => Ok(Code::OK),
        _ = tokio::signal::ctrl_c() => Err(Failure::silent(Code::INTERRUPTED)),
    }
}

/// Follows for ever; returns only what makes going on pointless.
async fn follow(source: &Source, filter: &Filter, format: Format) -> Failure {
    let mut wait = Duration::from_millis(500);
    let mut is_first = true;
    let mut last = None;
    loop {
        let broken = match source.registry.watch(filter.clone(), last).await {
            Err(error) if is_first => return error.into(),
            Err(error) => error,
            Ok(mut notices) => {
                output::say!("watching {}", source.name);
                wait = Duration::from_millis(500);
                loop {
                    match notices.next().await {
                        Some(Ok(notice)) => {
                            if let Notice::Event(event) = &notice {
                                last = Some(event.rev);
                            }
                            if let Err(failure) = print(&notice, format, &mut is_first) {
                                return failure;
                            }
                        }
                        Some(Err(error)) => break error,
                        None => {
                            break RegistryError::Unreachable {
                                what: "the server ended the stream".to_owned(),
                                source: None,
                            };
                        }
                    }
                }
            }
        };
        output::say!(
            "sessctl: {broken}; trying again in {:.1} s",
            wait.as_secs_f32()
        );
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

fn print(notice: &Notice, format: Format, is_first: &mut bool) -> Result<(), Failure> {
    match (notice, format) {
        // The first one only says that the watch stands.
        (Notice::Resync, _) if std::mem::take(is_first) => Ok(()),
        (Notice::Resync, Format::Json | Format::Jsonl) => {
            output::json_line(&json!({"type": "resync"}))
        }
        (Notice::Resync, _) => {
            output::say!("some changes were missed; `sessctl ls` shows what is there now");
            Ok(())
        }
        (Notice::Event(event), Format::Json | Format::Jsonl) => output::json_line(event),
        (Notice::Event(event), Format::Name) => output::line(event.session.handle.as_str()),
        (Notice::Event(event), Format::Table) => output::line(&in_words(event)),
    }
}

fn in_words(event: &Event) -> String {
    let time = event.at.time();
    let session = &event.session;
    let how = match (event.kind, event.reason) {
        (EventKind::Ended, Some(reason)) => {
            let ended = Ended {
                reason,
                actor: event.actor.clone(),
                at: event.at,
            };
            format!("  {}", text::fit(&ended.in_words(), 60))
        }
        _ => String::new(),
    };
    format!(
        "{:02}:{:02}:{:02}  {:7}  {}  {}  {}  {}{how}",
        time.hour(),
        time.minute(),
        time.second(),
        event.kind.as_str(),
        session.handle,
        output::word(session.user.as_deref(), 32),
        output::word(session.client.as_deref(), 28),
        session.ip.map_or_else(output::unknown, |ip| ip.to_string()),
    )
}
