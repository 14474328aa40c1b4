//! `sessctl show`.

use std::io::Read as _;

use clap_complete::ArgValueCompleter;
use sessctl_api::{Data, Handle, RegistryError, SessionData, text::clean};
use sessctl_client::Secret;

use crate::{
    complete,
    context::Context,
    exit::{Code, Failure},
    output::{self, Document, Listing, PAIRS, Pair, sessions},
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
    #[arg(required_unless_present = "cookie_stdin", add = ArgValueCompleter::new(complete::handles))]
    handle: Option<String>,
    /// Read a session cookie's value from stdin and show the session that it opens
    #[arg(long, conflicts_with = "handle")]
    cookie_stdin: bool,
    /// Show the keys and values that it holds instead; the server's log says who read them
    #[arg(long)]
    data: bool,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    if args.data {
        let listing = Listing::of(context, &PAIRS)?;
        let (source, handle) = find(context, &args).await?;
        let data = source.registry.data(handle).await.map_err(not_live)?;
        print_data(&listing, data)?;
        return Ok(Code::OK);
    }
    let listing = Listing::of(context, &sessions::ONE)?;
    let (source, handle) = find(context, &args).await?;
    let session = source.registry.get(handle).await.map_err(not_live)?;
    listing.print_one(&session, &Document::of(&session))?;
    Ok(Code::OK)
}

async fn find(context: &Context, args: &Args) -> Result<(Source, Handle), Failure> {
    let source = Source::open(context, Access::Read).await?;
    let handle = match &args.handle {
        Some(handle) => resolve(&source, handle).await?,
        None => source.lookup(&read_cookie()?).await?,
    };
    Ok((source, handle))
}

/// What somebody's program chose to keep: nothing in it may act on a terminal.
fn print_data(listing: &Listing<Pair>, data: Data) -> Result<(), Failure> {
    let pairs = Pair::all_of(&data);
    if listing.is_usual() && !pairs.is_empty() {
        return pairs.iter().try_for_each(|Pair { key, value }| {
            output::line(&format!("{} = {}", clean(key), clean(&value.to_string())))
        });
    }
    listing.print(&pairs, &SessionData::new(data), "data", "it holds nothing")
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

/// A cookie value never stands on a command line, where every user of the machine could read it.
pub(super) fn read_cookie() -> Result<Secret, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(8 * 1024)
        .read_to_string(&mut text)?;
    Ok(Secret::new(text.trim()))
}
