//! A server that has just started is held against the model, and what was open is settled.

use std::{collections::HashMap, sync::Arc};

use rand::{rngs::StdRng, seq::IndexedRandom as _};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::task::JoinSet;

use crate::{
    model::{Asked, Model, Shared, look},
    server::Server,
    wire::{Connection, Request},
};

/// How many cookies are tried of those that live, and of those that do not.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sample {
    Some(usize),
    All,
}

/// Connections that try cookies.
const AT_ONCE: usize = 8;

/// Holds the whole list against the model, then a sample of the cookies.
pub(crate) async fn check(server: &Server, model: &Shared, sample: Sample, rng: &mut StdRng) {
    let mut operator = server.operator().await;
    let listed = list(&mut operator, model).await;
    let stats = operator
        .ask(Request::get("/v1/stats"))
        .await
        .unwrap()
        .json();
    let cookies = {
        let mut model = look(model);
        if stats["active"] != listed.len() {
            model.violated(&format!(
                "{} sessions are listed, but counted are: {stats}",
                listed.len()
            ));
        }
        let open = model.settle(&listed);
        model.sample(open, sample, rng)
    };
    let cookies = Arc::new(cookies);
    let mut tries = JoinSet::new();
    for first in 0..AT_ONCE {
        let (address, model, cookies) = (server.public, model.clone(), cookies.clone());
        tries.spawn(async move {
            let mut connection = Connection::tcp(address).await.unwrap();
            for &number in cookies.iter().skip(first).step_by(AT_ONCE) {
                try_cookie(&mut connection, &model, number).await;
            }
        });
    }
    while let Some(tried) = tries.join_next().await {
        tried.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
    }
}

/// Every live session, by its number.
async fn list(operator: &mut Connection, model: &Shared) -> HashMap<usize, Value> {
    let mut listed = HashMap::new();
    let mut path = "/v1/sessions?limit=1000".to_owned();
    loop {
        let answer = operator.ask(Request::get(&path)).await.unwrap();
        let mut page = answer.json();
        let model = look(model);
        let Value::Array(sessions) = page["sessions"].take() else {
            model.violated(&format!(
                "a list answered {}: {}",
                answer.status,
                answer.text()
            ));
        };
        for shown in sessions {
            let number = model.number_of(&shown);
            if let Some(twice) = listed.insert(number, shown) {
                model.violated_by(number, &format!("it is listed twice: {twice}"));
            }
        }
        if let Some(next) = page["next"].as_str() {
            path = format!("/v1/sessions?limit=1000&cursor={next}");
            continue;
        }
        if page["total"] != listed.len() {
            model.violated(&format!(
                "{} sessions are listed, but the total is {}",
                listed.len(),
                page["total"]
            ));
        }
        return listed;
    }
}

impl Model {
    /// Holds every record against the list of live sessions, and takes the list's word where both are right. Returns
    /// the records that were open.
    fn settle(&mut self, listed: &HashMap<usize, Value>) -> Vec<usize> {
        let mut open = Vec::new();
        for number in 0..self.records.len() {
            let record = &self.records[number];
            if record.is_dead {
                if let Some(shown) = listed.get(&number) {
                    self.violated_by(number, &format!("it has ended, and it lives: {shown}"));
                }
                continue;
            }
            if record.may_be_dead
                || !record.is_heard
                || record.data.values().any(|slot| slot.is_written)
            {
                open.push(number);
            }
            match listed.get(&number) {
                Some(shown) => self.settle_live(number, shown),
                None if record.must_live() => {
                    self.violated_by(number, "it is gone, and nobody ended it")
                }
                None => self.dead(number, "settled: it has ended, or never began"),
            }
        }
        self.counts.ends = 0;
        for (&number, shown) in listed {
            self.settle_replaced(number, shown, listed);
        }
        open
    }

    fn settle_live(&mut self, number: usize, shown: &Value) {
        let handle = shown["handle"].as_str().unwrap_or_default();
        let is_whole = ["created", "expires", "seen", "idle_expires"]
            .map(|field| time_of(&shown[field]).is_some());
        if shown["user"] != self.records[number].user
            || handle.is_empty()
            || is_whole.contains(&false)
        {
            self.violated_by(number, &format!("it is not whole: {shown}"));
        }
        self.heard(number, handle);
        if std::mem::take(&mut self.records[number].may_be_dead) {
            self.note(number, "settled: it lives");
        }
        let requests = shown["requests"].as_u64().unwrap_or_default();
        let record = &self.records[number];
        if record
            .requests
            .is_some_and(|(least, most)| requests < least || most < requests)
        {
            let expected = record.requests;
            self.violated_by(
                number,
                &format!(
                    "requests were lost in an orderly end, {expected:?} are known of: {shown}"
                ),
            );
        }
        let seen = time_of(&shown["seen"]);
        if record.seen > seen {
            let expected = record.seen;
            self.violated_by(
                number,
                &format!("it was seen at {expected:?}, and an orderly end forgot it: {shown}"),
            );
        }
        let record = &mut self.records[number];
        (record.requests, record.seen) = (Some((requests, requests)), seen);
    }

    /// A login and the end of what it replaces are one change.
    fn settle_replaced(&mut self, number: usize, shown: &Value, listed: &HashMap<usize, Value>) {
        if let Some(old) = self.records[number].replaces
            && let Some(lives) = listed.get(&old)
        {
            self.violated_by(
                old,
                &format!("it lives: {lives}, and so does what replaced it: {shown}"),
            );
        }
    }

    /// Records whose cookies are to be tried: those that were open, and some of the others.
    fn sample(&self, mut open: Vec<usize>, sample: Sample, rng: &mut StdRng) -> Vec<usize> {
        let with_cookie = |number: &usize| self.records[*number].cookie.is_some();
        open.retain(with_cookie);
        let Sample::Some(each) = sample else {
            return (0..self.records.len()).filter(with_cookie).collect();
        };
        let all = (0..self.records.len()).filter(with_cookie);
        let (dead, live): (Vec<_>, Vec<_>) = all.partition(|&number| self.records[number].is_dead);
        for group in [dead, live] {
            open.extend(group.choose_multiple(rng, each));
        }
        open.sort_unstable();
        open.dedup();
        open
    }
}

/// Shows one cookie: what it opens, and the data behind it.
async fn try_cookie(connection: &mut Connection, model: &Shared, number: usize) {
    let asked = look(model).ask(number);
    let request = Request::get("/dashboard").cookie(&asked.cookie);
    let answer = connection.ask(request).await.unwrap();
    look(model).saw_dashboard(&asked, answer.status, &answer.json());
    // This one is no activity of the session.
    let request = Request::get("/session").cookie(&asked.cookie);
    let answer = connection.ask(request).await.unwrap();
    look(model).saw_session(&asked, answer.status, &answer.json());
}

impl Model {
    /// What `/session` answered, of which nothing is under way.
    fn saw_session(&mut self, asked: &Asked, status: u16, body: &Value) {
        let number = asked.number;
        match status {
            200 if self.records[number].is_dead => {
                self.violated_by(number, &format!("it was let in after its end: {body}"))
            }
            200 => {}
            401 if body["reason"] == "replaced" => return self.was_replaced(number, body),
            401 => return self.turned_away(asked, &body.to_string()),
            other => self.violated_by(number, &format!("/session answered {other}: {body}")),
        }
        let mut wrong = Vec::new();
        for (key, slot) in &mut self.records[number].data {
            let found = body["data"].get(key).cloned();
            if !slot.allows(&found) {
                wrong.push(format!("{key} is not {}", slot.tell()));
            }
            slot.settle(found);
        }
        if !wrong.is_empty() {
            self.violated_by(number, &format!("data was lost: {wrong:?}: {body}"));
        }
    }

    /// A session that says that it was replaced has a successor: one that was durable in the same moment.
    fn was_replaced(&mut self, number: usize, body: &Value) {
        let mut successors = self.records[number]
            .replaced_by
            .iter()
            .map(|&new| &self.records[new]);
        if !successors.any(|new| new.handle.is_some() || new.is_purged) {
            self.violated_by(number, &format!("it was replaced by nothing: {body}"));
        }
    }
}

fn time_of(text: &Value) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text.as_str()?, &Rfc3339).ok()
}
