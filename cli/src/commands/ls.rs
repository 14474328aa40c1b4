//! `sessctl ls`.

use std::io::{self, IsTerminal as _};

use sessctl_api::{Filter, ListQuery, Page, Registry, RegistryError};

use crate::{
    args::Format,
    context::{Context, now},
    exit::{Code, Failure},
    output,
    source::{Access, Source},
};

/// List live sessions, newest sign-in first
///
/// FILTER joins conditions by `and`: user=NAME, idle>10m, age<1h; a bare word means "appears in user, address or
/// client". Quote it, or the shell takes the > and <:
///
///   sessctl ls 'user=alice and idle>10m'
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Which sessions [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// Show at most so many [default: 100 in a table, all otherwise]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Leave the line of column names out
    #[arg(long)]
    no_headers: bool,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let filter: Filter = args.filter.join(" ").parse()?;
    let source = Source::open(context, Access::Read).await?;
    let format = context.format();
    let limit = args
        .limit
        .or((format == Format::Table).then_some(ListQuery::DEFAULT_LIMIT));
    let page = all(&*source.registry, &filter, limit).await?;
    match format {
        Format::Json => output::json(&page)?,
        Format::Jsonl => page.sessions.iter().try_for_each(output::json_line)?,
        Format::Name => page
            .sessions
            .iter()
            .try_for_each(|session| output::line(session.handle.as_str()))?,
        Format::Table => print_table(&page, &filter, &source.name, args.no_headers)?,
    }
    Ok(Code::OK)
}

fn print_table(
    page: &Page,
    filter: &Filter,
    source: &str,
    no_headers: bool,
) -> Result<(), Failure> {
    let now = now();
    let rows: Vec<_> = page
        .sessions
        .iter()
        .map(|session| output::session_row(session, now))
        .collect();
    let head: &[&str] = if no_headers {
        &[]
    } else {
        &output::SESSION_HEAD
    };
    if !rows.is_empty() {
        output::table(head, &rows)?;
    }
    // Who reads a pipe gets the table alone.
    if io::stderr().is_terminal() || rows.is_empty() {
        let shown = rows.len();
        let of = if shown as u64 == page.total {
            String::new()
        } else {
            format!(" of {}", page.total)
        };
        let matching = if filter.is_empty() {
            String::new()
        } else {
            format!(" matching {filter}")
        };
        let more = if page.next.is_some() {
            "; --limit shows more"
        } else {
            ""
        };
        let noun = if shown == 1 {
            "live session"
        } else {
            "live sessions"
        };
        eprintln!(
            "{shown}{of} {noun}{} at {source}{more}",
            sessctl_api::text::clean(&matching)
        );
    }
    Ok(())
}

/// Lists page by page, up to a limit.
pub(crate) async fn all(
    registry: &dyn Registry,
    filter: &Filter,
    limit: Option<usize>,
) -> Result<Page, RegistryError> {
    let wanted = limit.unwrap_or(usize::MAX);
    let page_size = |have: usize| (wanted - have).clamp(1, ListQuery::MAX_LIMIT);
    let mut page = registry
        .list(ListQuery::first(filter.clone(), page_size(0)))
        .await?;
    page.sessions.truncate(wanted);
    while page.sessions.len() < wanted
        && let Some(cursor) = page.next.take()
    {
        let query = ListQuery {
            filter: filter.clone(),
            limit: page_size(page.sessions.len()),
            cursor: Some(cursor),
        };
        let more = registry.list(query).await?;
        page.sessions.extend(more.sessions);
        page.total = more.total;
        page.next = more.next;
    }
    Ok(page)
}
