//! `sessctl log`.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    time::Duration,
};

use sessctl_api::{
    AuditFilter, AuditPage, AuditQuery, AuditRecord, AuditResult, Newest, audit::actions, span,
    text::clean,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    context::{Context, now},
    exit::{Code, Failure},
    output::{self, Column, Listing},
    source::LogPlace,
    style::Style,
};

/// What happened, who did it, and how it ended: the audit log
///
///   sessctl log --since 1h
///   sessctl log result=refused
///   sessctl log 'action=revoke and actor=root' --since 2026-11-23
///   sessctl log user=alice -o jsonl
///
/// Shows sign-ins, ends of sessions, changes of accounts and tokens, and what was refused; the
/// newest last, with times in UTC. A running server is asked; without one its file is read.
///
/// FILTER is words that appear anywhere in a line, or terms, joined by `and` or blanks:
///
///   action user actor handle why         = !=  a text, in which * is any characters
///   from                                 = !=  the same, unix, or a network such as 10.0.0.0/8
///   result                               = !=  done, refused or failed
///
/// Actions: login logout revoke expire limit cross_site guessing admin user_add user_remove
/// user_disable user_enable password token_add token_remove lookup data_read start stop tls_reload
/// lost
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Which lines [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// None that are older than this: 1h, 7d, 2026-11-23 or 2026-11-23T12:04:45Z
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    since: Option<When>,
    /// None from then on
    #[arg(long, value_name = "WHEN", value_parser = When::parse)]
    until: Option<When>,
    /// Show at most so many, the newest [default: 100 for people, 10000 otherwise]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=AuditQuery::MAX_LIMIT as u64))]
    limit: Option<u64>,
}

/// A moment: so long ago, or at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Ago(Duration),
    At(OffsetDateTime),
}

impl When {
    fn parse(text: &str) -> Result<Self, String> {
        if let Ok(span) = span::parse(text) {
            return Ok(Self::Ago(span));
        }
        OffsetDateTime::parse(text, &Rfc3339)
            // A date alone.
            .or_else(|_| OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339))
            .map(Self::At)
            .map_err(|_| {
                "write how long ago, such as 1h, 30m or 7d, or a time, such as 2026-11-23 or 2026-11-23T12:04:45Z".to_owned()
            })
    }

    fn moment(self, now: OffsetDateTime) -> OffsetDateTime {
        match self {
            Self::Ago(span) => now - span,
            Self::At(moment) => moment,
        }
    }
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let filter: AuditFilter = args.filter.join(" ").parse()?;
    let listing = Listing::of(context, &COLUMNS)?;
    let now = now();
    let default = if listing.is_for_people() {
        AuditQuery::DEFAULT_LIMIT
    } else {
        AuditQuery::MAX_LIMIT
    };
    let limit = args.limit.and_then(|limit| usize::try_from(limit).ok());
    let query = AuditQuery {
        since: args.since.map(|when| when.moment(now)),
        until: args.until.map(|when| when.moment(now)),
        filter,
        limit: limit.unwrap_or(default),
    };
    if let (Some(since), Some(until)) = (query.since, query.until)
        && since >= until
    {
        let (since, until) = (span::utc(since), span::utc(until));
        let what =
            format!("--since {since} is not before --until {until}: no line can be between them");
        return Err(Failure::new(Code::USAGE, what).hint("swap the two"));
    }
    let (page, name) = match LogPlace::find(context).await? {
        LogPlace::Server { admin, name } => (admin.log(&query).await?, name),
        LogPlace::File(path) => (read(&path, &query)?, path.display().to_string()),
    };
    let nothing = format!("nothing in the log at {name} that matches");
    listing.print(&page.records, &page, "records", &nothing)?;
    if page.more && listing.is_for_people() {
        output::say!(
            "older lines were left out; a higher --limit or an earlier --until shows them"
        );
    }
    Ok(Code::OK)
}

static COLUMNS: [Column<AuditRecord>; 10] = [
    Column::new("at", "TIME", |record: &AuditRecord, _| span::utc(record.at)),
    Column::new("actor", "WHO", |record: &AuditRecord, _| {
        output::word(record.actor.as_deref(), 32)
    }),
    Column::new("action", "WHAT", |record: &AuditRecord, _| {
        clean(&record.action).into_owned()
    }),
    Column::new("result", "RESULT", |record: &AuditRecord, _| {
        record.result.as_str().to_owned()
    })
    .styled(|record| match record.result {
        AuditResult::Done => None,
        AuditResult::Refused => Some(Style::Yellow),
        AuditResult::Failed => Some(Style::Red),
    }),
    Column::made(
        "detail",
        "DETAIL",
        |record: &AuditRecord, _| detail(record),
        |record, _| detail(record).into(),
    ),
    Column::new("user", "USER", |record: &AuditRecord, _| {
        output::word(record.user.as_deref(), 32)
    })
    .wide(),
    Column::new("handle", "HANDLE", |record: &AuditRecord, _| {
        let handle = record.handle;
        handle.map_or_else(output::unknown, |handle| handle.to_string())
    })
    .wide()
    .naming(),
    Column::new("from", "FROM", |record: &AuditRecord, _| {
        output::word(record.from.as_deref(), 64)
    })
    .wide(),
    Column::new("why", "WHY", |record: &AuditRecord, _| {
        output::word(record.why.as_deref(), 64)
    })
    .wide(),
    Column::new("count", "COUNT", |record: &AuditRecord, _| {
        let count = record.count;
        count.map_or_else(output::unknown, |count| count.to_string())
    })
    .wide(),
];

/// Reads the file, and before it the one that it took the place of.
fn read(path: &Path, query: &AuditQuery) -> Result<AuditPage, Failure> {
    let mut older = path.as_os_str().to_owned();
    older.push(".1");
    let mut newest = Newest::of(query);
    for path in [PathBuf::from(older), path.to_owned()] {
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                return Err(Failure::new(
                    Code::FAILED,
                    format!("cannot read the log {}: {error}", path.display()),
                ));
            }
        };
        for line in BufReader::new(file).split(b'\n') {
            newest.offer_line(&String::from_utf8_lossy(&line?));
        }
    }
    Ok(newest.into_page())
}

/// Whatever else is known, in the order in which one would say it.
fn detail(record: &AuditRecord) -> String {
    let mut parts = Vec::new();
    if let Some(user) = record
        .user
        .as_deref()
        .filter(|_| record.user != record.actor)
    {
        parts.push(output::word(Some(user), 32));
    }
    if let Some(handle) = record.handle {
        parts.push(handle.to_string());
    }
    if let Some(why) = record.why.as_deref() {
        parts.push(output::word(Some(why), 64).replace('_', " "));
    }
    match (record.count, &*record.action) {
        (None | Some(0), _) => {}
        (Some(1), _) if record.handle.is_some() => {}
        (
            Some(count),
            actions::REVOKE
            | actions::LOGOUT
            | actions::EXPIRE
            | actions::LIMIT
            | actions::PASSWORD
            | actions::USER_DISABLE
            | actions::USER_REMOVE,
        ) => parts.push(format!("ended {count}")),
        (Some(count), _) => parts.push(format!("{count} times")),
    }
    if let Some(from) = record.from.as_deref() {
        parts.push(format!("from {}", output::word(Some(from), 64)));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_span_ago_or_a_time() {
        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        for (text, seconds) in [
            ("1h", 1_800_000_000 - 3_600),
            ("2027-01-15", 1_799_971_200),
            ("2027-01-15T01:00:00+01:00", 1_799_971_200),
        ] {
            let moment = When::parse(text).unwrap().moment(now);
            assert_eq!(moment.unix_timestamp(), seconds, "{text}");
        }
        for text in ["", "yesterday", "1", "2027-13-01"] {
            assert!(When::parse(text).unwrap_err().contains("7d"), "{text:?}");
        }
    }

    #[test]
    fn the_help_names_every_action() {
        let help = <Args as clap::Args>::augment_args(clap::Command::new("log")).render_long_help();
        let help = help.to_string();
        for action in actions::ALL {
            let mut words = help.split_whitespace();
            assert!(words.any(|word| word == action), "{action}");
        }
    }

    #[test]
    fn a_line_says_all_that_is_known_and_nothing_acts_on_a_terminal() {
        let record = AuditRecord {
            actor: Some("root\u{1b}[2J".into()),
            from: Some("unix".into()),
            user: Some("alice\u{202e}".into()),
            why: Some("wrong_password".into()),
            count: Some(3),
            ..AuditRecord::new(
                OffsetDateTime::UNIX_EPOCH,
                actions::USER_DISABLE,
                AuditResult::Done,
            )
        };
        let now = OffsetDateTime::UNIX_EPOCH;
        let row = COLUMNS
            .iter()
            .take(5)
            .map(|column| column.told(&record, now));
        assert_eq!(
            row.collect::<Vec<_>>(),
            [
                "1970-01-01 00:00:00 UTC",
                "root\\u{1b}[2J",
                "user_disable",
                "done",
                "alice\\u{202e}, wrong password, ended 3, from unix",
            ]
        );
    }
}
