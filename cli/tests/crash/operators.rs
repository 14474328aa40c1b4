//! What operators do: list, count, end sessions by handle and by filter, and watch.

use std::{collections::HashSet, io, path::PathBuf};

use rand::{Rng as _, seq::IndexedRandom as _};
use serde_json::{Value, json};
use tokio::time::{self, Duration};

use crate::{
    load::{Line, Unheard},
    model::{Model, Shared, look},
    wire::{Connection, Request},
};

/// From so many live sessions on, operators end them by the user: so that a thousand rounds stay as quick as ten.
const MANY: usize = 6000;

/// Does one thing.
pub(crate) async fn act(line: &mut Line) -> Result<(), Unheard> {
    // They are people: with no pause two of them would end more sessions than all the visitors begin.
    time::sleep(Duration::from_millis(line.rng.random_range(0..20))).await;
    let is_crowded = look(&line.model).about_live() > MANY;
    match line.rng.random_range(0..100) {
        0..20 if is_crowded => revoke_all_of_a_user(line).await,
        0..2 => revoke_all_of_a_user(line).await,
        2..60 => revoke(line).await,
        60..80 => list(line).await,
        _ => {
            line.ask(Request::get("/v1/stats")).await?;
            Ok(())
        }
    }
}

/// Ends one to five sessions by handle, ended ones among them.
async fn revoke(line: &mut Line) -> Result<(), Unheard> {
    let wanted = line.rng.random_range(1..=5);
    let (numbers, handles) = {
        let mut model = look(&line.model);
        let mut numbers: Vec<_> = (0..wanted)
            .filter_map(|_| model.draw(&mut line.rng))
            .collect();
        let ended: Vec<_> = numbers
            .iter()
            .filter_map(|&number| model.records[number].replaces)
            .collect();
        numbers.extend(ended.choose(&mut line.rng));
        numbers.sort_unstable();
        numbers.dedup();
        numbers.retain(|&number| model.records[number].handle.is_some());
        for &number in &numbers {
            model.end_sent(number, "revocation sent");
        }
        let handles: Vec<_> = numbers
            .iter()
            .map(|&number| model.records[number].handle.clone())
            .collect();
        (numbers, handles)
    };
    let body = json!({"select": {"handles": handles}});
    let answer = line.ask(Request::post("/v1/revocations").json(&body)).await;
    let mut model = look(&line.model);
    let answer =
        answer.inspect_err(|_| numbers.iter().for_each(|&number| model.end_unheard(number)))?;
    let report = answer.json();
    let outcomes = model.outcomes(answer.status, &report);
    for (number, handle) in numbers.into_iter().zip(handles) {
        let result = outcomes
            .iter()
            .find(|(found, _)| Some(found) == handle.as_ref());
        match result {
            Some((_, "revoked" | "already_ended")) => {
                model.end_heard(number, "revocation acknowledged")
            }
            _ => model.violated_by(number, &format!("a revocation answered: {report}")),
        }
    }
    Ok(())
}

async fn revoke_all_of_a_user(line: &mut Line) -> Result<(), Unheard> {
    let user = Model::user(line.rng.random_range(0..usize::MAX));
    let reached = look(&line.model).purge_sent(&user);
    let body = json!({"select": {"filter": format!("user={user}")}});
    let answer = line.ask(Request::post("/v1/revocations").json(&body)).await;
    let mut model = look(&line.model);
    let answer = answer.inspect_err(|_| {
        reached
            .iter()
            .for_each(|&(number, _)| model.end_unheard(number));
    })?;
    model.purge_heard(&user);
    let report = answer.json();
    let mut ended = HashSet::new();
    for (handle, result) in model.outcomes(answer.status, &report) {
        if !matches!(result, "revoked" | "already_ended") {
            model.violated(&format!(
                "a revocation by filter answered {result} for {handle}"
            ));
        }
        model.dead_by_handle(&handle, "revocation by filter acknowledged");
        ended.extend(model.by_handle.get(&handle).copied());
    }
    for (number, had_to_live) in reached {
        model.end_passed_by(number);
        if had_to_live && !ended.contains(&number) && model.records[number].must_live() {
            model.violated_by(number, "a revocation by filter passed it by");
        }
    }
    Ok(())
}

impl Model {
    /// All sessions of a user are to be ended; returns those that this may reach.
    fn purge_sent(&mut self, user: &str) -> Vec<(usize, bool)> {
        self.purges.push(user.to_owned());
        let reached: Vec<_> = self
            .records
            .iter()
            .enumerate()
            .filter(|(_, record)| !record.is_dead && record.user == user)
            .map(|(number, record)| (number, record.must_live()))
            .collect();
        for (number, _) in &reached {
            self.end_sent(*number, "revocation by filter sent");
            self.records[*number].is_purged = true;
        }
        reached
    }

    /// The order is carried out: logins from here on are out of its reach.
    fn purge_heard(&mut self, user: &str) {
        let at = self.purges.iter().position(|purged| purged == user);
        self.purges.swap_remove(at.unwrap());
    }

    fn outcomes<'a>(&self, status: u16, report: &'a Value) -> Vec<(String, &'a str)> {
        let outcomes = report["outcomes"].as_array().filter(|_| status == 200);
        let Some(outcomes) = outcomes else {
            self.violated(&format!("a revocation answered {status}: {report}"));
        };
        let read = |outcome: &'a Value| {
            Some((
                outcome["handle"].as_str()?.to_owned(),
                outcome["result"].as_str()?,
            ))
        };
        outcomes
            .iter()
            .map(|outcome| read(outcome).unwrap())
            .collect()
    }

    /// A session is listed, so it is durable.
    fn listed(&mut self, shown: &Value, were_dead: &HashSet<usize>) {
        let number = self.number_of(shown);
        self.heard(number, shown["handle"].as_str().unwrap());
        if were_dead.contains(&number) {
            self.violated_by(number, "it was listed after its end");
        }
    }
}

/// Lists the newest sessions.
async fn list(line: &mut Line) -> Result<(), Unheard> {
    // Only the newest can be on the first page.
    let were_dead: HashSet<usize> = {
        let model = look(&line.model);
        let newest = model.records.iter().enumerate().rev().take(500);
        newest
            .filter(|(_, record)| record.is_dead)
            .map(|(number, _)| number)
            .collect()
    };
    let answer = line.ask(Request::get("/v1/sessions?limit=50")).await?;
    let mut model = look(&line.model);
    for shown in answer.json()["sessions"].as_array().unwrap() {
        model.listed(shown, &were_dead);
    }
    Ok(())
}

/// Hears of changes until the server ends. An event leaves only once what it tells is durable: it is as good as an
/// answer.
pub(crate) async fn watch(admin: PathBuf, model: Shared) -> io::Result<()> {
    let mut connection = Connection::unix(&admin).await?;
    connection.watch("/v1/events").await?;
    loop {
        let event = connection.event().await?;
        let mut model = look(&model);
        let shown = &event["session"];
        match event["type"].as_str() {
            Some("created") => {
                let number = model.number_of(shown);
                model.heard(number, shown["handle"].as_str().unwrap());
            }
            Some("ended") => {
                let number = model.number_of(shown);
                if model.records[number].must_live() {
                    model.violated_by(number, &format!("nobody ended it, and it ended: {event}"));
                }
                model.dead(number, "event of its end seen");
            }
            _ => {}
        }
    }
}
