//! Whether writes at the same time to one session all survive.

use futures_util::future::join_all;
use reqwest::Method;
use sessctl_api::routes;

use crate::{
    Error, Payload, SessionAnswer, Site,
    audit::{
        exercise::Exercise,
        report::{Severity, Verdict},
        scene::Scene,
    },
    site::{ACCEPT_PAGE, Ask, Who, browser_headers},
};

/// Writes at once, and how often.
const AT_ONCE: usize = 12;
const ROUNDS: usize = 3;

pub(super) async fn lost(scene: &Scene<'_>, exercise: Option<&Exercise>) -> Result<Verdict, Error> {
    let visitor = scene.signed_in().await?;
    let ours;
    let exercise = match exercise {
        Some(exercise) => exercise,
        None if matches!(visitor.session().await?, SessionAnswer::Live(_)) => {
            ours = Exercise {
                method: Method::PUT,
                path: routes::public::DATA.replace("{key}", "{word}"),
                body: "\"{word}\"".to_owned(),
                is_json: true,
                read: routes::public::SESSION.to_owned(),
            };
            &ours
        }
        None => {
            return Ok(Verdict::skipped(
                "how a session is written here is not known: say it with --write and --read",
            ));
        }
    };
    // One after the other first: what the page shows then is what it can show.
    let words: Vec<_> = (0..AT_ONCE).map(|_| scene.target.word()).collect();
    let mut usual = None;
    for word in &words {
        let place = write(&visitor, exercise, word).await?;
        if place.0 >= 400 {
            let path = sessctl_api::text::fit(&exercise.path, 60);
            let why = format!("{} {path} was answered {}", exercise.method, place.0);
            return Ok(Verdict::Skipped(why));
        }
        usual = Some(place);
    }
    if missing(&visitor, exercise, &words).await? > 0 {
        let read = sessctl_api::text::fit(&exercise.read, 60);
        return Ok(Verdict::Skipped(format!(
            "{read} does not show all of {AT_ONCE} words that were written one after the other"
        )));
    }
    let mut written = 0;
    for _ in 0..ROUNDS {
        let words: Vec<_> = (0..AT_ONCE).map(|_| scene.target.word()).collect();
        let writes = words.iter().map(|word| write(&visitor, exercise, word));
        for answer in join_all(writes).await {
            let place = answer?;
            if Some(&place) != usual.as_ref() {
                let why = format!("of writes at once some were turned away, with {}", place.0);
                return Ok(Verdict::Skipped(why));
            }
        }
        written += words.len();
        let missing = missing(&visitor, exercise, &words).await?;
        if missing > 0 {
            let evidence = format!(
                "of {AT_ONCE} {} requests at once that each wrote something else, {missing} left nothing behind; one after the other none was lost",
                exercise.method
            );
            let what = "requests of one session at the same time undo each other";
            return Ok(Verdict::found(Severity::Medium, what, vec![evidence]));
        }
    }
    Ok(Verdict::passed(format!(
        "{written} writes, {AT_ONCE} at a time, are all there"
    )))
}

/// How many of these words the page does not show.
async fn missing(visitor: &Site, exercise: &Exercise, words: &[String]) -> Result<usize, Error> {
    let url = visitor.url(&exercise.read)?;
    let page = visitor.get_page(Method::GET, url, Who::Jar).await?;
    let text = String::from_utf8_lossy(&page.body);
    let missing = words.iter().filter(|word| !text.contains(word.as_str()));
    Ok(missing.count())
}

/// The status of the answer, and where it leads without the word.
type Place = (u16, Option<String>);

async fn write(visitor: &Site, exercise: &Exercise, word: &str) -> Result<Place, Error> {
    let url = visitor.url(&exercise.path.replace("{word}", word))?;
    let body = exercise.body.replace("{word}", word);
    let body = match exercise.is_json {
        true => Payload::json(body),
        false => Payload::form(body),
    };
    let ask = Ask {
        headers: browser_headers(&url, &visitor.jar().details()),
        body: Some(body),
        follows: false,
        ..Ask::new(exercise.method.clone(), url, ACCEPT_PAGE, Who::Jar)
    };
    let answer = visitor.reach(ask).await?;
    let to = answer.next().map(|url| url.to_string().replace(word, ""));
    Ok((answer.status, to))
}
