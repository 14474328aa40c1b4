//! `sessctl watch`.

use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::json;
use sessctl_api::{Ended, Event, EventKind, Filter, Notice, RegistryError, span, text};

use crate::{
    context::Context,
    exit::{Code, Failure},
    output::{self, Column, Listing, sessions},
    source::{Access, Source},
    style::Style,
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
    let listing = Listing::of(context, &COLUMNS)?;
    let source = Source::open(context, Access::Read).await?;
    if !source.has_server() {
        let what = format!(
            "no server runs at {}, so nothing happens there",
            source.name
        );
        return Err(Failure::new(Code::UNREACHABLE, what)
            .hint("start it with: sessctl serve; `sessctl ls` reads the file without"));
    }
    listing.begin_stream()?;
    let end = async {
        match args.span {
            Some(span) => tokio::time::sleep(span).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        failure = follow(&source, &filter, &listing) => Err(failure),
        () = end => Ok(Code::OK),
        _ = tokio::signal::ctrl_c() => Err(Failure::silent(Code::INTERRUPTED)),
    }
}

/// Follows for ever; returns only what makes going on pointless.
async fn follow(source: &Source, filter: &Filter, listing: &Listing<Event>) -> Failure {
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
                            if let Err(failure) = print(&notice, listing, &mut is_first) {
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

fn print(notice: &Notice, listing: &Listing<Event>, is_first: &mut bool) -> Result<(), Failure> {
    match notice {
        // The first one only says that the watch stands.
        Notice::Resync if std::mem::take(is_first) => Ok(()),
        Notice::Resync if listing.is_json() => output::json_line(&json!({"type": "resync"})),
        Notice::Resync => {
            output::say!("some changes were missed; `sessctl ls` shows what is there now");
            Ok(())
        }
        Notice::Event(event) => listing.stream(event),
    }
}

static COLUMNS: [Column<Event>; 12] = [
    Column::new("at", "AT", |event: &Event, _| {
        let time = event.at.time();
        let (hour, minute, second) = time.as_hms();
        format!("{hour:02}:{minute:02}:{second:02}")
    }),
    Column::new("type", "TYPE", |event: &Event, _| {
        format!("{:7}", event.kind.as_str())
    })
    .styled(|event| match event.kind {
        EventKind::Changed => Some(Style::Dim),
        EventKind::Created | EventKind::Ended => None,
    }),
    Column::made(
        "handle",
        "HANDLE",
        |event: &Event, _| event.session.handle.to_string(),
        |event, _| json!(event.session.handle),
    )
    .in_csv()
    .naming(),
    Column::made(
        "user",
        "USER",
        |event: &Event, _| output::word(event.session.user.as_deref(), 32),
        |event, _| json!(event.session.user),
    )
    .in_csv(),
    Column::made(
        "client",
        "CLIENT",
        |event: &Event, _| output::word(event.session.client.as_deref(), 28),
        |event, _| json!(event.session.client),
    )
    .in_csv(),
    Column::made(
        "ip",
        "IP",
        |event: &Event, _| {
            let ip = event.session.ip;
            ip.map_or_else(output::unknown, |ip| ip.to_string())
        },
        |event, _| json!(event.session.ip),
    )
    .in_csv(),
    Column::new("reason", "REASON", |event: &Event, _| {
        let ended = ended(event);
        ended.map_or_else(String::new, |ended| text::fit(&ended.in_words(), 60))
    })
    .styled(|event| ended(event).as_ref().and_then(sessions::stands_out)),
    Column::new("actor", "BY", |event: &Event, _| {
        output::word(event.actor.as_deref(), 32)
    })
    .wide(),
    Column::made(
        "requests",
        "REQUESTS",
        |event: &Event, _| {
            let requests = event.session.requests;
            requests.map_or_else(output::unknown, |requests| requests.to_string())
        },
        |event, _| json!(event.session.requests),
    )
    .wide()
    .in_csv(),
    Column::made(
        "ua",
        "USER AGENT",
        |event: &Event, _| output::word(event.session.ua.as_deref(), 512),
        |event, _| json!(event.session.ua),
    )
    .wide()
    .in_csv(),
    Column::new("rev", "REV", |event: &Event, _| event.rev.to_string()).wide(),
    Column::made(
        "session",
        "SESSION",
        |event: &Event, _| event.session.handle.to_string(),
        |event, _| json!(event.session),
    )
    .hidden(),
];

/// How it ended, if that is what happened.
fn ended(event: &Event) -> Option<Ended> {
    let reason = event.reason.filter(|_| event.kind == EventKind::Ended)?;
    Some(Ended {
        reason,
        actor: event.actor.clone(),
        at: event.at,
    })
}
