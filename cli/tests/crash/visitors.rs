//! What visitors do: sign in, anew or over another session, look, sign out, and keep data.

use rand::Rng as _;
use serde_json::{Value, json};

use crate::{
    load::{Line, Unheard},
    model::{Asked, Model, look},
    wire::Request,
};

/// The keys of a session's data. They are few, so that writes meet.
const KEYS: [&str; 3] = ["cart", "theme", "seen"];

/// Does one thing.
pub(crate) async fn act(line: &mut Line) -> Result<(), Unheard> {
    let session = look(&line.model).draw(&mut line.rng);
    let (Some(number), choice) = (session, line.rng.random_range(0..100)) else {
        return login(line, None).await;
    };
    match choice {
        0..5 => {
            let ended = look(&line.model).draw_ended(&mut line.rng);
            dashboard(line, ended.unwrap_or(number)).await
        }
        5..35 => login(line, None).await,
        35..45 => login(line, Some(number)).await,
        45..55 => logout(line, number).await,
        55..85 => data(line, number).await,
        _ => dashboard(line, number).await,
    }
}

/// Signs in; with the cookie of another session, that one is replaced.
async fn login(line: &mut Line, over: Option<usize>) -> Result<(), Unheard> {
    let user = Model::user(line.rng.random_range(0..usize::MAX));
    let (number, asked) = {
        let mut model = look(&line.model);
        let asked = over.map(|old| model.ask(old));
        (model.login_sent(&user, over), asked)
    };
    let (agent, body) = (Model::agent(number), json!({"username": user}));
    let mut request = Request::post("/login").agent(&agent).json(&body);
    if let Some(asked) = &asked {
        request = request.cookie(&asked.cookie);
    }
    let answer = line.ask(request).await;
    let mut model = look(&line.model);
    let answer = answer.inspect_err(|_| model.login_unheard(number))?;
    match (
        answer.status,
        answer.new_cookie(),
        answer.json()["handle"].as_str(),
    ) {
        (200, Some(cookie), Some(handle)) => model.login_heard(number, cookie, handle),
        // It was ended before its cookie could leave, by an operator who ends all sessions of this user.
        (200, None, Some(handle)) if model.records[number].may_have_ended() => {
            model.heard(number, handle);
            model.login_unheard(number);
        }
        _ => model.violated_by(
            number,
            &format!("a login answered {}: {}", answer.status, answer.text()),
        ),
    }
    Ok(())
}

async fn dashboard(line: &mut Line, number: usize) -> Result<(), Unheard> {
    let asked = look(&line.model).ask(number);
    let answer = line
        .ask(Request::get("/dashboard").cookie(&asked.cookie))
        .await?;
    look(&line.model).saw_dashboard(&asked, answer.status, &answer.json());
    Ok(())
}

impl Model {
    /// What a dashboard answered.
    pub(crate) fn saw_dashboard(&mut self, asked: &Asked, status: u16, body: &Value) {
        match status {
            200 => {
                self.let_in(asked);
                let record = &self.records[asked.number];
                if body["user"] != record.user
                    || body["handle"].as_str() != record.handle.as_deref()
                {
                    self.violated_by(asked.number, &format!("its dashboard is another's: {body}"));
                }
            }
            401 => self.turned_away(asked, &body.to_string()),
            other => self.violated_by(
                asked.number,
                &format!("a dashboard answered {other}: {body}"),
            ),
        }
    }
}

async fn logout(line: &mut Line, number: usize) -> Result<(), Unheard> {
    let asked = {
        let mut model = look(&line.model);
        model.end_sent(number, "logout sent");
        model.ask(number)
    };
    let answer = line
        .ask(Request::post("/logout").cookie(&asked.cookie))
        .await;
    let mut model = look(&line.model);
    let answer = answer.inspect_err(|_| model.end_unheard(number))?;
    if answer.status != 200 {
        model.violated_by(
            number,
            &format!("a logout answered {}: {}", answer.status, answer.text()),
        );
    }
    model.end_heard(number, "logout acknowledged");
    Ok(())
}

async fn data(line: &mut Line, number: usize) -> Result<(), Unheard> {
    let key = KEYS[line.rng.random_range(0..KEYS.len())];
    if line.rng.random_bool(0.6) {
        write(line, number, key).await
    } else {
        read(line, number, key).await
    }
}

async fn write(line: &mut Line, number: usize, key: &'static str) -> Result<(), Unheard> {
    let value = line.rng.random_bool(0.9).then(|| value(line));
    let asked = {
        let mut model = look(&line.model);
        let slot = model.records[number].data.entry(key).or_default();
        if slot.is_written {
            return Ok(());
        }
        slot.write_sent(value.clone());
        model.ask(number)
    };
    let path = format!("/session/data/{key}");
    let request = match &value {
        Some(value) => Request::put(&path).json(value),
        None => Request::delete(&path),
    };
    let answer = line.ask(request.cookie(&asked.cookie)).await?;
    let mut model = look(&line.model);
    match answer.status {
        204 => {
            model.let_in(&asked);
            model.counts.writes += 1;
            model.note(number, "data written");
            model.records[number]
                .data
                .entry(key)
                .or_default()
                .write_heard();
        }
        401 => model.turned_away(&asked, &answer.text()),
        other => model.violated_by(
            number,
            &format!("a write answered {other}: {}", answer.text()),
        ),
    }
    Ok(())
}

async fn read(line: &mut Line, number: usize, key: &'static str) -> Result<(), Unheard> {
    let (asked, before) = {
        let mut model = look(&line.model);
        let before = model.records[number].data.entry(key).or_default().version;
        (model.ask(number), before)
    };
    let path = format!("/session/data/{key}");
    let answer = line.ask(Request::get(&path).cookie(&asked.cookie)).await?;
    let mut model = look(&line.model);
    let found = match answer.status {
        200 => Some(answer.json()),
        404 => None,
        401 => {
            model.turned_away(&asked, &answer.text());
            return Ok(());
        }
        other => model.violated_by(
            number,
            &format!("a read answered {other}: {}", answer.text()),
        ),
    };
    model.let_in(&asked);
    let slot = model.records[number].data.entry(key).or_default();
    // A write that was sent meanwhile may have been seen, or not.
    if slot.version == before && !slot.allows(&found) {
        let expected = slot.tell();
        model.violated_by(
            number,
            &format!("{key} holds {found:?} instead of {expected}"),
        );
    }
    Ok(())
}

/// Some JSON, of every kind that breaks easily.
fn value(line: &mut Line) -> Value {
    let number = line.rng.random_range(0..1_000_000);
    match number % 4 {
        0 => json!(number),
        1 => json!({"items": [number, "山", null], "open": true}),
        2 => json!("x".repeat(number % 300)),
        _ => json!(number.to_string()),
    }
}
