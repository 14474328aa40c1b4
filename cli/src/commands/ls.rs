//! `sessctl ls`.

use std::io::{self, IsTerminal as _};

use sessctl_api::{Filter, ListQuery, Page, Sort};

use crate::{
    context::Context,
    exit::{Code, Failure},
    output::{self, Listing, sessions},
    source::{Access, Source},
};

/// List live sessions, newest sign-in first; or those that ended, the latest end first
///
///   sessctl ls
///   sessctl ls 'user=alice and idle>10m'
///   sessctl ls 'idle>10m and not ip=10.0.0.0/8' --sort idle:desc
///   sessctl ls '(user=a* or ua~"Firefox") and age<1h'
///   sessctl ls 'data.theme=dark and requests>=100' -o jsonl
///   sessctl ls --ended 'user=alice and reason=revoked'
///
/// FILTER is one condition or several, joined by `and`, `or`, `not` and parentheses. Put it in
/// quotes, or the shell takes the > and <.
///
///   user handle ua client   = !=  a text, in which * is any characters;  ~  a regular expression
///   reason                  as above: logout elsewhere replaced revoked password disabled removed
///                           idle absolute limit
///   ip login_ip             = !=  an address or a network, such as 10.0.0.0/8;  ~  as above
///   idle age                = != < <= > >=  a span: 90s 10m 1h30m 7d 2w
///   created seen expires    = != < <= > >=  a time: 2026-11-23, 2026-11-23T12:04:45Z
///   ended                   as above; ended and reason are known of ended sessions alone
///   ips requests            = != < <= > >=  a number; ips is how many addresses it came from
///   size                    = != < <= > >=  bytes: 500 4K 1M
///   data.KEY                all of them, on what the session holds under KEY; over TCP with a
///                           token of the scope write
///
/// A value in quotes is plain text: user="a*" is the user a*. A bare word finds what has it in its
/// user, ip, client or ua. `revoke --filter` takes the same filters, but no bare words; `watch` and
/// `tui` take all but data.KEY.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Which sessions [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// Those that have ended and are remembered (--keep-ended of the server), with why and by whom
    #[arg(long)]
    ended: bool,
    /// Order by a field of the filter but data, smallest first; FIELD:desc is largest first [default: created:desc,
    /// of ended sessions ended:desc]
    #[arg(long, value_name = "FIELD[:desc]")]
    sort: Option<Sort>,
    /// Show at most so many [default: 100 at a terminal, all otherwise]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let filter: Filter = args.filter.join(" ").parse()?;
    let columns: &[_] = match args.ended {
        true => &sessions::ENDED,
        false => &sessions::LIVE,
    };
    let listing = Listing::of(context, columns)?;
    let source = Source::open(context, Access::Read).await?;
    let is_seen = listing.is_for_people() && io::stdout().is_terminal();
    let limit = args.limit.or(is_seen.then_some(ListQuery::DEFAULT_LIMIT));
    let query = ListQuery {
        ended: args.ended,
        sort: args.sort.unwrap_or_else(|| Sort::usual(args.ended)),
        ..ListQuery::first(filter.clone(), ListQuery::MAX_LIMIT)
    };
    let page = source.pages(query, limit).await?;
    listing.print(&page.sessions, &page, "sessions", "")?;
    // Who reads a pipe gets the table alone, unless that is not all there is.
    let is_all = !page.sessions.is_empty() && page.next.is_none();
    if listing.is_for_people() && (io::stderr().is_terminal() || !is_all) {
        say_foot(&page, &filter, &source.name, args.ended);
    }
    Ok(Code::OK)
}

fn say_foot(page: &Page, filter: &Filter, source: &str, is_ended: bool) {
    let shown = page.sessions.len();
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
        "; a higher --limit shows more"
    } else {
        ""
    };
    let state = if is_ended { "ended" } else { "live" };
    let plural = if page.total == 1 { "" } else { "s" };
    output::say!(
        "{shown}{of} {state} session{plural}{} at {source}{more}",
        sessctl_api::text::clean(&matching)
    );
}
