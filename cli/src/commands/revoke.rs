//! `sessctl revoke`.

use std::{collections::BTreeSet, io::BufRead as _};

use clap_complete::ArgValueCompleter;
use sessctl_api::{
    AccountError, AuditRecord, Filter, Handle, Outcome, Revocation, RevokeReport, RevokeResult,
    Selection, Sort, audit::actions, text::clean,
};

use crate::{
    complete,
    context::{Context, user_name},
    exit::{Code, Failure},
    global::Format,
    output, prompt,
    source::{Access, Source, resolve},
};

/// End sessions, now and for good
///
///   sessctl revoke 6fkz17fdctnz
///   sessctl revoke --user alice
///   sessctl revoke --filter 'idle>1h and not user=root' --dry-run
///   sessctl ls -q ip=203.0.113.7 | sessctl revoke -
///
/// Each selected session is shut at once and stays ended, also for requests that are under way.
/// Its user can sign in again. Ending what has ended already is no failure.
///
/// Before it ends all that match it asks, or wants --yes where nobody can be asked.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, group = clap::ArgGroup::new("what").required(true).args(["handles", "user", "filter", "all"]))]
pub(crate) struct Args {
    /// Handles of the sessions, or - to read them from stdin, one a line
    #[arg(value_name = "HANDLE", add = ArgValueCompleter::new(complete::handles))]
    handles: Vec<String>,
    /// All sessions of this user
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(complete::users))]
    user: Option<String>,
    /// All sessions that match, exactly those that `ls` shows for the same filter; bare words are refused
    #[arg(long, value_name = "EXPR")]
    filter: Option<String>,
    /// Every session
    #[arg(long)]
    all: bool,
    /// Only say what would end
    #[arg(long)]
    dry_run: bool,
    /// End nothing, and exit 9, unless exactly so many live sessions are selected
    #[arg(long, value_name = "N")]
    expect: Option<u64>,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    // Judged before anything is opened or asked.
    let bulk = bulk_filter(&args)?;
    let access = if args.dry_run {
        Access::Read
    } else {
        Access::Write
    };
    let source = Source::open(context, access).await?;
    let (select, expect) = match bulk {
        Some((select, filter)) => {
            let expect = confirm_bulk(context, &args, &source, &filter).await?;
            (select, expect)
        }
        None => (
            Selection::Handles(handles(&args, &source).await?),
            args.expect,
        ),
    };
    let order = Revocation {
        select,
        expect,
        dry_run: args.dry_run,
    };
    let report = source.registry.revoke(order, &user_name()).await?;
    if let Some(user) = args.user.as_deref().filter(|_| report.outcomes.is_empty())
        && is_no_account(&source, user).await
    {
        return Err(Failure::new(
            Code::NOT_FOUND,
            format!(
                "there is no account {:?} at {}, and no session of one",
                clean(user),
                source.name
            ),
        )
        .hint("list them with: sessctl user ls"));
    }
    for outcome in &report.outcomes {
        if outcome.result == RevokeResult::Revoked {
            source.note(actions::REVOKE, |record| AuditRecord {
                user: outcome.user.clone(),
                handle: Some(outcome.handle),
                ..record
            });
        }
    }
    print(context.format(), &report, &source).await?;
    Ok(code_of(&report))
}

/// Whether there are accounts, and none of this name. Where any name may sign in, or this caller may not ask, nobody
/// knows.
async fn is_no_account(source: &Source, user: &str) -> bool {
    match source.accounts.user(user).await {
        Err(AccountError::NoUser(_)) => {
            let all = source.accounts.users().await;
            all.is_ok_and(|users| !users.is_empty())
        }
        _ => false,
    }
}

/// The selection of a bulk, and the filter that lists the same sessions.
fn bulk_filter(args: &Args) -> Result<Option<(Selection, Filter)>, Failure> {
    if args.all {
        return Ok(Some((Selection::All, Filter::default())));
    }
    let filter = match (&args.user, &args.filter) {
        (Some(user), _) => Filter::of_user(user),
        (None, Some(filter)) if filter.trim().is_empty() => {
            return Err(Failure::new(
                Code::USAGE,
                "an empty filter would end every session; say --all if you mean that",
            ));
        }
        (None, Some(filter)) => filter.parse::<Filter>()?.for_revoke()?,
        (None, None) => return Ok(None),
    };
    Ok(Some((
        Selection::Filter(filter.as_str().to_owned()),
        filter,
    )))
}

/// Asks before many sessions end, and pins how many may: what is confirmed is what ends.
async fn confirm_bulk(
    context: &Context,
    args: &Args,
    source: &Source,
    filter: &Filter,
) -> Result<Option<u64>, Failure> {
    if args.dry_run || context.global.yes {
        return Ok(args.expect);
    }
    const SHOWN: usize = 5;
    let page = source.list(filter, Sort::default(), Some(SHOWN)).await?;
    if page.total == 0 {
        return Ok(args.expect);
    }
    if prompt::can_ask(context) {
        for session in &page.sessions {
            let user = output::word(session.user.as_deref(), 32);
            output::say!(
                "  {}  {user}  {}",
                session.handle,
                output::word(session.client.as_deref(), 32)
            );
        }
        if page.total > SHOWN as u64 {
            output::say!("  and {} more", page.total - SHOWN as u64);
        }
    }
    let noun = if page.total == 1 {
        "session"
    } else {
        "sessions"
    };
    prompt::confirm(
        context,
        &format!("End {} {noun} at {}?", page.total, source.name),
        "add --yes to do it, or --dry-run to see what it would do",
    )?;
    Ok(args.expect.or(Some(page.total)))
}

async fn handles(args: &Args, source: &Source) -> Result<Vec<Handle>, Failure> {
    let mut typed = Vec::new();
    for word in &args.handles {
        if word == "-" {
            for line in std::io::stdin().lock().lines() {
                typed.push(line?.trim().to_owned());
            }
        } else {
            typed.push(word.clone());
        }
    }
    let mut handles = Vec::new();
    for word in typed.iter().filter(|word| !word.is_empty()) {
        let handle = resolve(source, word).await?;
        if !handles.contains(&handle) {
            handles.push(handle);
        }
    }
    Ok(handles)
}

async fn print(format: Format, report: &RevokeReport, source: &Source) -> Result<(), Failure> {
    let at = &source.name;
    match format {
        Format::Json => return output::json(report),
        Format::Jsonl => return report.outcomes.iter().try_for_each(output::json_line),
        Format::Name => {
            let ended = report
                .outcomes
                .iter()
                .filter(|o| matches!(o.result, RevokeResult::Revoked | RevokeResult::WouldRevoke));
            return ended
                .map(|outcome| outcome.handle)
                .try_for_each(|handle| output::line(handle.as_str()));
        }
        Format::Table => {}
    }
    for outcome in &report.outcomes {
        output::line(&in_words(outcome))?;
    }
    let count = |result| report.count(result);
    let (revoked, would) = (
        count(RevokeResult::Revoked),
        count(RevokeResult::WouldRevoke),
    );
    if report.dry_run {
        output::say!("{would} would end at {at}; a dry run, nothing was ended");
        return Ok(());
    }
    let mut parts = vec![format!("ended {revoked} at {at}")];
    let others = [
        (RevokeResult::AlreadyEnded, "had ended already"),
        (RevokeResult::NotFound, "not found"),
        (RevokeResult::Failed, "failed"),
    ];
    parts.extend(
        others
            .iter()
            .filter(|(result, _)| count(*result) > 0)
            .map(|(result, words)| format!("{} {words}", count(*result))),
    );
    output::say!("{}", parts.join(", "));
    if revoked > 0 {
        say_again(report, source).await;
    }
    Ok(())
}

/// Says that who was signed out can come back, and what keeps one user from it.
async fn say_again(report: &RevokeReport, source: &Source) {
    let users: BTreeSet<_> = report
        .outcomes
        .iter()
        .filter_map(|outcome| outcome.user.as_deref())
        .collect();
    let users: Vec<_> = users.into_iter().collect();
    let [one] = users.as_slice() else {
        output::say!("their users can sign in again");
        return;
    };
    // No account, or not ours to disable: then there is nothing to suggest.
    let account = source.accounts.user(one).await;
    let is_active = account.is_ok_and(|account| account.disabled.is_none());
    let instead = if is_active {
        format!(
            "; to prevent that: sessctl user disable {}",
            output::shell_word(one)
        )
    } else {
        String::new()
    };
    output::say!("{} can sign in again{instead}", clean(one));
}

fn in_words(outcome: &Outcome) -> String {
    let user = outcome
        .user
        .as_deref()
        .map(|user| format!(" ({})", clean(user)))
        .unwrap_or_default();
    let handle = outcome.handle;
    match outcome.result {
        RevokeResult::Revoked => format!("ended {handle}{user}"),
        RevokeResult::WouldRevoke => format!("would end {handle}{user}"),
        RevokeResult::NotFound => format!("not found {handle}: no such session"),
        RevokeResult::Failed => {
            format!("failed {handle}{user}: shut, but the store could not keep that; try again")
        }
        RevokeResult::AlreadyEnded => {
            let how = outcome
                .ended
                .as_ref()
                .map(|ended| format!(": {}", ended.in_words()))
                .unwrap_or_default();
            format!("had ended {handle}{user}{how}")
        }
    }
}

fn code_of(report: &RevokeReport) -> Code {
    let total = report.outcomes.len();
    let (lost, failed) = (
        report.count(RevokeResult::NotFound),
        report.count(RevokeResult::Failed),
    );
    if lost + failed == 0 {
        Code::OK
    } else if lost == total {
        Code::NOT_FOUND
    } else if failed == total {
        Code::UNREACHABLE
    } else {
        Code::PARTLY
    }
}
