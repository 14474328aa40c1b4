//! `sessctl why`.

use clap_complete::ArgValueCompleter;
use sessctl_api::{EndReason, Ended, RegistryError, Session, span, text};
use time::OffsetDateTime;

use super::show::read_cookie;
use crate::{
    complete,
    context::{Context, now},
    exit::{Code, Failure},
    global::Format,
    output::{self, Document},
    source::{Access, Source, resolve_any},
};

/// Tell the life of one session, and what ended it
///
///   sessctl why 6fkz17fdctnz
///   sessctl why --cookie-stdin < cookie.txt
///
/// Says in words who signed in when, from where and with what; how often it was used, when last and
/// from which addresses; and what ended it, or when it will end. Sessions that ended are remembered
/// for a while (--keep-ended of the server); list them with: sessctl ls --ended
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The session's handle; at a terminal its first 4 characters or more
    #[arg(required_unless_present = "cookie_stdin", add = ArgValueCompleter::new(complete::all_handles))]
    handle: Option<String>,
    /// Read a session cookie's value from stdin and tell of the session that it opens or opened
    #[arg(long, conflicts_with = "handle")]
    cookie_stdin: bool,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let source = Source::open(context, Access::Read).await?;
    let handle = match args.handle {
        Some(handle) => resolve_any(&source, &handle).await?,
        None => source.lookup(&read_cookie()?).await?,
    };
    let session = source.registry.recall(handle).await.map_err(forgotten)?;
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => {
            output::document(format, &Document::of(&session))?
        }
        Format::Name => output::line(session.handle.as_str())?,
        Format::Table => {
            for sentence in life(&session, now()) {
                output::line(&sentence)?;
            }
        }
    }
    Ok(Code::OK)
}

fn forgotten(error: RegistryError) -> Failure {
    match error {
        RegistryError::NotFound {
            handle,
            ended: None,
        } => Failure::new(Code::NOT_FOUND, format!("no session {handle}"))
            .hint("one that ended is forgotten after a while (--keep-ended of the server); those that are remembered: sessctl ls --ended"),
        other => other.into(),
    }
}

/// Everything there is to tell, a sentence a line.
fn life(session: &Session, now: OffsetDateTime) -> Vec<String> {
    let is = if session.ended.is_some() { "was" } else { "is" };
    let whose = match &session.user {
        Some(user) => format!("a session of {}", text::fit(user, 256)),
        None => "a session of nobody who signed in".to_owned(),
    };
    let mut sentences = vec![format!("{} {is} {whose}.", session.handle)];
    sentences.extend(beginning(session, now));
    sentences.extend(use_of(session, now));
    sentences.extend(match &session.ended {
        Some(ended) => Some(end(session, ended, now)),
        None => to_come(session, now),
    });
    sentences
}

fn beginning(session: &Session, now: OffsetDateTime) -> Option<String> {
    let began = past(session.created?, now);
    let from = session.login_ip.map(|ip| format!(" from {ip}"));
    let client = session.client.as_deref().or(session.ua.as_deref());
    let with = client.map(|client| format!(" with {}", text::fit(client, 256)));
    Some(format!(
        "It began {began}{}{}.",
        from.unwrap_or_default(),
        with.unwrap_or_default()
    ))
}

fn use_of(session: &Session, now: OffsetDateTime) -> Option<String> {
    let seen = past(session.seen?, now);
    let times = match session.requests {
        // The first is the sign-in itself.
        Some(0 | 1) => return Some("It was not used after that.".to_owned()),
        Some(requests) => format!("{requests} requests came with it, the last"),
        None => "The last request came".to_owned(),
    };
    let from = session.ip.map(|ip| format!(" from {ip}"));
    let others: Vec<_> = session
        .ips
        .iter()
        .filter(|ip| Some(**ip) != session.ip)
        .map(ToString::to_string)
        .collect();
    let before = match others.is_empty() {
        true => String::new(),
        false => format!("; earlier ones from {}", others.join(", ")),
    };
    Some(format!(
        "{times} {seen}{}{before}.",
        from.unwrap_or_default()
    ))
}

fn end(session: &Session, ended: &Ended, now: OffsetDateTime) -> String {
    let after = session.age(ended.at).map(span::short);
    let after = after
        .map(|age| format!(", after {age}"))
        .unwrap_or_default();
    format!(
        "It ended {}{after}: {}.",
        past(ended.at, now),
        cause(session, ended)
    )
}

/// What ended it, and who.
fn cause(session: &Session, ended: &Ended) -> String {
    let words = ended.in_words();
    let limit = |from: Option<OffsetDateTime>, to: Option<OffsetDateTime>| {
        Some(span::short(span::between(from?, to?)))
    };
    match (ended.reason, &ended.actor) {
        // One too many is nobody's act.
        (EndReason::Limit, _) => words,
        (EndReason::Idle, _) => match limit(session.seen, session.idle_expires) {
            Some(idle) => format!("{words}, no request came for {idle}"),
            None => words,
        },
        (EndReason::Absolute, _) => match limit(session.created, session.expires) {
            Some(lifetime) => format!("{words} of {lifetime}, whatever came"),
            None => words,
        },
        (EndReason::Replaced, None) => format!("{words} from the same client"),
        // The words say who, where that is not plain.
        (EndReason::Elsewhere, _) => words,
        (reason, _) if reason.is_said_with_actor() => words,
        (_, Some(actor)) => format!("{words} by {}", text::fit(actor, 256)),
        (_, None) => words,
    }
}

fn to_come(session: &Session, now: OffsetDateTime) -> Option<String> {
    let at = |at: OffsetDateTime| {
        let left = span::left(span::between(now, at));
        format!("in {left} ({})", span::utc(at))
    };
    Some(match (session.idle_expires, session.expires) {
        (Some(idle), Some(last)) if idle < last => format!(
            "It lives. It ends {} if no request comes before, and {} whatever comes.",
            at(idle),
            at(last)
        ),
        (_, Some(last)) => format!("It lives. It ends {} whatever comes.", at(last)),
        (Some(idle), None) => format!("It lives. It ends {} if no request comes before.", at(idle)),
        (None, None) => "It lives.".to_owned(),
    })
}

fn past(at: OffsetDateTime, now: OffsetDateTime) -> String {
    format!("{} ({})", output::ago(at, now), span::utc(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sessctl_api::Handle;
    use time::Duration;

    fn noon() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_795_435_200).unwrap()
    }

    fn session() -> Session {
        Session {
            handle: Handle::from_random(7),
            user: Some("alice".to_owned()),
            ip: Some("10.0.0.7".parse().unwrap()),
            login_ip: Some("10.0.0.1".parse().unwrap()),
            ips: vec!["10.0.0.7".parse().unwrap(), "10.0.0.1".parse().unwrap()],
            ua: Some("curl/8.5.0".to_owned()),
            client: Some("curl".to_owned()),
            created: Some(noon() - Duration::hours(2)),
            seen: Some(noon() - Duration::minutes(40)),
            idle_expires: Some(noon() - Duration::minutes(10)),
            expires: Some(noon() + Duration::hours(10)),
            requests: Some(12),
            size: Some(0),
            ended: None,
        }
    }

    fn ended(reason: EndReason, actor: Option<&str>) -> Session {
        let at = noon() - Duration::minutes(10);
        let actor = actor.map(str::to_owned);
        Session {
            ended: Some(Ended { reason, actor, at }),
            ..session()
        }
    }

    #[test]
    fn a_life_is_told_from_its_beginning_to_its_end() {
        let told = life(&ended(EndReason::Revoked, Some("root")), noon());
        let handle = Handle::from_random(7);
        let expected = [
            format!("{handle} was a session of alice."),
            "It began 2h ago (2026-11-23 10:00:00 UTC) from 10.0.0.1 with curl.".to_owned(),
            "12 requests came with it, the last 40m ago (2026-11-23 11:20:00 UTC) from 10.0.0.7; earlier ones from 10.0.0.1.".to_owned(),
            "It ended 10m ago (2026-11-23 11:50:00 UTC), after 1h50m: revoked by root.".to_owned(),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn every_end_is_told_with_its_cause() {
        for (reason, actor, says) in [
            (EndReason::Logout, Some("alice"), ": signed out by alice."),
            (EndReason::Logout, None, ": signed out."),
            (
                EndReason::Replaced,
                None,
                ": replaced by a new sign-in from the same client.",
            ),
            (
                EndReason::Idle,
                None,
                ": idle for too long, no request came for 30m.",
            ),
            (
                EndReason::Absolute,
                None,
                ": at the end of its lifetime of 12h, whatever came.",
            ),
            (EndReason::Limit, Some("alice"), ": one session too many."),
            (
                EndReason::Disabled,
                Some("root"),
                ": account disabled by root.",
            ),
            (
                EndReason::Elsewhere,
                Some("alice"),
                ": ended by its user from another session.",
            ),
            (
                EndReason::Revoked,
                Some("a\u{1b}[2J"),
                ": revoked by a\\u{1b}[2J.",
            ),
        ] {
            let told = life(&ended(reason, actor), noon()).pop().unwrap();
            assert!(told.ends_with(says), "{told}");
        }
    }

    #[test]
    fn of_a_live_session_it_is_told_when_it_will_end() {
        let live = Session {
            idle_expires: Some(noon() + Duration::minutes(20)),
            requests: Some(1),
            ..session()
        };
        let told = life(&live, noon());
        assert_eq!(told[2], "It was not used after that.");
        let end = "It lives. It ends in 20m (2026-11-23 12:20:00 UTC) if no request comes before, and in 10h (2026-11-23 22:00:00 UTC) whatever comes.";
        assert_eq!(told[3], end);
    }

    #[test]
    fn what_a_store_does_not_know_is_not_told() {
        let foreign = Session {
            user: None,
            created: None,
            seen: None,
            idle_expires: None,
            expires: None,
            ..session()
        };
        let told = life(&foreign, noon());
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[1], "It lives.");
    }
}
