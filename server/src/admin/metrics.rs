//! `/metrics`, in Prometheus' text format.
//!
//! Written by hand: a dozen numbers that are kept elsewhere, which every library would want to keep itself. No label
//! holds what a user or a client chose.

use std::fmt::{self, Display, Write as _};

use axum::{
    extract::State,
    http::{HeaderName, header},
};
use sessctl_api::{AuditResult, EndReason, Stats, audit::actions};

use super::{caller::Reader, state::AdminState};

pub(super) async fn metrics(
    _reader: Reader,
    State(state): State<AdminState>,
) -> ([(HeaderName, &'static str); 1], String) {
    let kind = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    let is_ready = state.sessions.ready().is_ok();
    // While not everything is loaded, counts would be wrong: then they are left out.
    let stats = match is_ready {
        true => state.registry.stats().await.ok(),
        false => None,
    };
    let mut text = Text::default();
    // Writing to a String cannot fail.
    let _ = write(&mut text, &state, is_ready, stats.as_ref());
    (kind, text.text)
}

fn write(
    text: &mut Text,
    state: &AdminState,
    is_ready: bool,
    stats: Option<&Stats>,
) -> fmt::Result {
    text.name(
        "sessctl_ready",
        GAUGE,
        "Whether all that is stored is in memory.",
    )?;
    text.value("", u64::from(is_ready))?;
    if let Some(stats) = stats {
        write_stats(text, stats)?;
    }
    let tally = state.audit.tally();
    text.name(
        "sessctl_logins_total",
        COUNTER,
        "Sign-ins by how they ended.",
    )?;
    for result in AuditResult::ALL {
        let label = format!("result=\"{}\"", result.as_str());
        text.value(&label, tally.of(actions::LOGIN, result))?;
    }
    let help = "Records of the audit log by what was done and how it ended.";
    text.name("sessctl_audit_records_total", COUNTER, help)?;
    for action in actions::ALL {
        for result in AuditResult::ALL {
            let count = tally.of(action, result);
            if count > 0 {
                let label = format!("action=\"{action}\",result=\"{}\"", result.as_str());
                text.value(&label, count)?;
            }
        }
    }
    let help = "Records of the audit log that could not be written.";
    text.name("sessctl_audit_lost_total", COUNTER, help)?;
    text.value("", state.audit.lost())?;
    text.name(
        "sessctl_connections",
        GAUGE,
        "Open connections by listener.",
    )?;
    text.value("listener=\"public\"", state.metrics.public.get())?;
    text.value("listener=\"admin\"", state.metrics.admin.get())?;
    write_revocations(text, state)
}

fn write_stats(text: &mut Text, stats: &Stats) -> fmt::Result {
    text.name("sessctl_sessions", GAUGE, "Live sessions.")?;
    text.value("", stats.active)?;
    text.name("sessctl_session_users", GAUGE, "Users with a live session.")?;
    text.value("", stats.users)?;
    if let Some(created) = stats.created {
        text.name("sessctl_sessions_created_total", COUNTER, "Sessions begun.")?;
        text.value("", created)?;
    }
    if let Some(ended) = &stats.ended {
        let help = "Sessions ended, by reason.";
        text.name("sessctl_sessions_ended_total", COUNTER, help)?;
        for reason in EndReason::ALL {
            text.value(&format!("reason=\"{reason}\""), ended.get(reason))?;
        }
    }
    if let Some(requests) = stats.requests {
        let help = "Requests with a live session.";
        text.name("sessctl_requests_total", COUNTER, help)?;
        text.value("", requests)?;
    }
    if let Some(since) = stats.since {
        let help = "When the server started, in seconds since 1970.";
        text.name("sessctl_start_time_seconds", GAUGE, help)?;
        text.value("", since.unix_timestamp())?;
    }
    Ok(())
}

fn write_revocations(text: &mut Text, state: &AdminState) -> fmt::Result {
    let help = "From an order to end sessions until no request of theirs passes and it is durable.";
    text.name("sessctl_revoke_seconds", "histogram", help)?;
    for (bound, count) in state.metrics.revocations.buckets() {
        text.part("_bucket", &format!("le=\"{bound}\""), count)?;
    }
    let (count, seconds) = state.metrics.revocations.total();
    text.part("_bucket", "le=\"+Inf\"", count)?;
    text.part("_sum", "", seconds)?;
    text.part("_count", "", count)
}

const GAUGE: &str = "gauge";
const COUNTER: &str = "counter";

/// The text so far, and the name of what is written now.
#[derive(Debug, Default)]
struct Text {
    text: String,
    name: &'static str,
}

impl Text {
    /// Begins a metric.
    fn name(&mut self, name: &'static str, kind: &str, help: &str) -> fmt::Result {
        self.name = name;
        writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}")
    }

    fn value(&mut self, labels: &str, value: impl Display) -> fmt::Result {
        self.part("", labels, value)
    }

    fn part(&mut self, part: &str, labels: &str, value: impl Display) -> fmt::Result {
        let name = self.name;
        if labels.is_empty() {
            return writeln!(self.text, "{name}{part} {value}");
        }
        writeln!(self.text, "{name}{part}{{{labels}}} {value}")
    }
}
