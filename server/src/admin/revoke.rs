//! Ending sessions.
//!
//! In the audit log an order that ended one session is one record. One that ended several is a record of the order,
//! which counts them, and one for each of the first hundred: a hundred thousand would push everything else out of it.

use std::time::Instant;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use sessctl_api::{
    AuditResult, Outcome, Revocation, RevokeReport, RevokeResult, Selection, audit::actions,
};

use super::{caller::Writer, deed::Deed, state::AdminState};
use crate::error::AppError;

/// How many sessions of one order have a record of their own.
const EACH: usize = 100;

pub(super) async fn revoke(
    Writer(caller): Writer,
    State(state): State<AdminState>,
    body: Result<Json<Revocation>, JsonRejection>,
) -> Result<Json<RevokeReport>, AppError> {
    let begun = Instant::now();
    let deed = Deed::of(&caller, actions::REVOKE, &state);
    let order = body
        .map_err(|rejection| AppError::bad_request(rejection.body_text()))
        .and_then(|Json(order)| caller.check_still(&state).map(|()| order));
    let order = match order {
        Ok(order) => order,
        Err(refusal) => {
            deed.not_done(&refusal);
            return Err(refusal);
        }
    };
    let (selected, actor) = (in_words(&order.select), caller.actor());
    let measured = state.metrics.revocations.clone();
    let revoking = async move { state.registry.revoke(order, &actor).await };
    deed.carry_out(revoking, move |deed, report| {
        if report.count(RevokeResult::Revoked) > 0 {
            measured.note(begun.elapsed());
        }
        tell(&deed, report, &selected);
    })
    .await
    .map(Json)
}

/// Writes down what became of an order. One that only asks what would end is none.
fn tell(deed: &Deed, report: &RevokeReport, selected: &str) {
    if report.dry_run {
        return;
    }
    let of = |result: RevokeResult| {
        let outcomes = report.outcomes.iter();
        outcomes.filter(move |outcome| outcome.result == result)
    };
    let ended = report.count(RevokeResult::Revoked);
    let failed = report.count(RevokeResult::Failed);
    let order = |result: AuditResult, count: usize, why: &str| {
        let mut order = deed.again();
        order.record.result = result;
        order.record.count = Some(count as u64);
        order.record.why = Some(why.to_owned());
        order
    };
    let one = |outcome: &Outcome| {
        let mut one = deed.again();
        one.record.handle = Some(outcome.handle);
        one.record.user.clone_from(&outcome.user);
        one
    };
    if failed > 0 {
        order(AuditResult::Failed, failed, selected).note();
    }
    match (ended, &report.outcomes[..]) {
        (0, _) if failed > 0 => {}
        (0, []) => order(AuditResult::Done, 0, selected).note(),
        (0, outcomes) => {
            let is_known = of(RevokeResult::AlreadyEnded).next().is_some();
            let (result, why) = match is_known {
                true => (AuditResult::Done, RevokeResult::AlreadyEnded),
                false => (AuditResult::Refused, RevokeResult::NotFound),
            };
            let mut order = order(result, 0, why.as_str());
            if let [outcome] = outcomes {
                order.record.handle = Some(outcome.handle);
                order.record.user.clone_from(&outcome.user);
            }
            order.note();
        }
        (1, _) => {
            for outcome in of(RevokeResult::Revoked) {
                let mut one = one(outcome);
                one.record.count = Some(1);
                one.note();
            }
        }
        (_, _) => {
            order(AuditResult::Done, ended, selected).note();
            for outcome in of(RevokeResult::Revoked).take(EACH) {
                one(outcome).note();
            }
        }
    }
}

fn in_words(select: &Selection) -> String {
    match select {
        Selection::Handles(handles) => format!("{} handles", handles.len()),
        Selection::Filter(filter) => format!("filter {filter}"),
        Selection::All => "all".to_owned(),
    }
}
