//! `sessctl show`.

use std::{io::Read as _, net::IpAddr};

use serde_json::json;
use sessctl_api::{Data, RegistryError, Session, SessionData, span, text::clean};
use sessctl_client::Secret;
use time::OffsetDateTime;

use crate::{
    context::{Context, now},
    exit::{Code, Failure},
    global::Format,
    output,
    source::{Access, Source, resolve},
};

/// Show one live session
///
///   sessctl show 6fkz17fdctnz
///   sessctl show --cookie-stdin < cookie.txt
///   sessctl show 6fkz17fdctnz --data        what it holds: theme = "dark"
///
/// Tells more than `ls`: the address at login, the last ten distinct addresses that requests came
/// from, the latest first, how many requests, and how much it holds. One that has ended: see `why`.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The session's handle; at a terminal its first 4 characters or more
    #[arg(required_unless_present = "cookie_stdin")]
    handle: Option<String>,
    /// Read a session cookie's value from stdin and show the session that it opens
    #[arg(long, conflicts_with = "handle")]
    cookie_stdin: bool,
    /// Show the keys and values that it holds instead; the server's log says who read them
    #[arg(long)]
    data: bool,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let source = Source::open(context, Access::Read).await?;
    let handle = match args.handle {
        Some(handle) => resolve(&source, &handle).await?,
        None => source.lookup(&read_cookie()?).await?,
    };
    if args.data {
        let data = source.registry.data(handle).await.map_err(not_live)?;
        print_data(context.format(), data)?;
        return Ok(Code::OK);
    }
    let session = source.registry.get(handle).await.map_err(not_live)?;
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => output::document(format, &session)?,
        Format::Name => output::line(session.handle.as_str())?,
        Format::Table => output::fields(&details(&session, now()))?,
    }
    Ok(Code::OK)
}

/// What somebody's program chose to keep: nothing in it may act on a terminal.
fn print_data(format: Format, data: Data) -> Result<(), Failure> {
    match format {
        Format::Json => output::json(&SessionData::new(data)),
        Format::Jsonl => data
            .iter()
            .try_for_each(|(key, value)| output::json_line(&json!({"key": key, "value": value}))),
        Format::Name => data.keys().try_for_each(|key| output::line(&clean(key))),
        Format::Table if data.is_empty() => {
            output::say!("it holds nothing");
            Ok(())
        }
        Format::Table => data.iter().try_for_each(|(key, value)| {
            let value = value.to_string();
            output::line(&format!("{} = {}", clean(key), clean(&value)))
        }),
    }
}

/// Of a session that has ended there is more to tell than how.
fn not_live(error: RegistryError) -> Failure {
    let hint = match &error {
        RegistryError::NotFound {
            handle,
            ended: Some(_),
        } => Some(format!("its whole life: sessctl why {handle}")),
        _ => None,
    };
    let failure = Failure::from(error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn details(session: &Session, now: OffsetDateTime) -> Vec<(&'static str, String)> {
    let time = |time: Option<OffsetDateTime>| time.map_or_else(output::unknown, span::utc);
    let past = |at: Option<OffsetDateTime>| match at {
        Some(at) => format!("{} ({})", span::utc(at), output::ago(at, now)),
        None => output::unknown(),
    };
    let address = |ip: Option<IpAddr>| ip.map_or_else(output::unknown, |ip| ip.to_string());
    let left = session.left(now).map_or_else(output::unknown, span::left);
    let number =
        |number: Option<u64>| number.map_or_else(output::unknown, |number| number.to_string());
    vec![
        ("handle", session.handle.to_string()),
        ("user", output::word(session.user.as_deref(), 256)),
        ("client", output::word(session.client.as_deref(), 256)),
        ("user agent", output::word(session.ua.as_deref(), 512)),
        ("address", address(session.ip)),
        ("at login", address(session.login_ip)),
        ("addresses", addresses(&session.ips)),
        ("signed in", past(session.created)),
        ("last seen", past(session.seen)),
        ("requests", number(session.requests)),
        (
            "data",
            session
                .size
                .map_or_else(output::unknown, |size| format!("{size} bytes")),
        ),
        ("ends if idle", time(session.idle_expires)),
        ("ends at last", time(session.expires)),
        ("left", left),
    ]
}

/// The latest first.
fn addresses(ips: &[IpAddr]) -> String {
    if ips.is_empty() {
        return output::unknown();
    }
    let ips: Vec<_> = ips.iter().map(IpAddr::to_string).collect();
    ips.join(", ")
}

/// A cookie value never stands on a command line, where every user of the machine could read it.
pub(super) fn read_cookie() -> Result<Secret, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(8 * 1024)
        .read_to_string(&mut text)?;
    Ok(Secret::new(text.trim()))
}
