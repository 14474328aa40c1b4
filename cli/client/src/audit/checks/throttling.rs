//! How often one may try passwords.

use std::time::Duration;

use crate::{
    Error,
    audit::{
        report::{Severity, Verdict},
        scene::Scene,
        target::{Target, Tried},
        words::{self, Words},
    },
};

/// Wrong passwords for one name.
const TRIES: usize = 12;
/// Differences of time below these are the machine's.
const LEAST: Duration = Duration::from_millis(5);
const SLOWED: Duration = Duration::from_millis(500);

/// Tries wrong passwords in a row: for the account itself where it may get locked for it, and then the right one; else for
/// a name that nobody has, which proves throttling where it shows, and nothing where it does not.
pub(super) async fn tried(
    target: &Target,
    scene: Option<&Scene<'_>>,
    may_lock: bool,
) -> Result<Verdict, Error> {
    let lent = scene.filter(|_| may_lock);
    let name = match (lent, scene) {
        (Some(scene), _) => scene.user.clone(),
        (None, Some(scene)) => target.nobody(&scene.user),
        (None, None) => target.nobody(""),
    };
    let mut usual = Usual::default();
    let (mut quickest, mut slowest) = (Duration::MAX, Duration::ZERO);
    for count in 1..=TRIES {
        let tried = target.try_login(&name, &target.wrong_password()).await?;
        if matches!(tried.first.status, 404 | 405) {
            return Ok(Verdict::skipped(
                "there is no login where it was looked for",
            ));
        }
        if tried.is_refused_to_listen() {
            let what = format!("try {count} was answered {}", tried.first.status);
            return Ok(Verdict::Passed(what));
        }
        // With the account itself the right password decides, and not the looks of answers.
        if lent.is_none()
            && let Some(how) = usual.other(&tried, &name)
        {
            return Ok(Verdict::Passed(format!("try {count} {how}")));
        }
        slowest = slowest.max(tried.took);
        quickest = quickest.min(tried.took);
    }
    if slowest > quickest.mul_f64(2.0) + SLOWED {
        let what = format!(
            "the last tries took up to {:.0} ms, the first {:.0}",
            slowest.as_secs_f64() * 1e3,
            quickest.as_secs_f64() * 1e3
        );
        return Ok(Verdict::Passed(what));
    }
    let Some(scene) = lent else {
        return Ok(Verdict::skipped(format!(
            "{TRIES} wrong passwords for nobody were answered alike, as careful servers do when they have stopped listening; --may-lock proves it with the account"
        )));
    };
    match scene.signed_in().await {
        Ok(_) => {}
        Err(Error::LoginRefused { .. }) => {
            let what = format!("after {TRIES} wrong passwords the right one was refused too");
            return Ok(Verdict::Passed(what));
        }
        Err(error) => return Err(error),
    }
    let evidence = format!(
        "{TRIES} wrong passwords for the account in a row were all answered alike, and the right one after them signed in at once"
    );
    let what = "nothing slows down who guesses passwords from one address, as far as this went";
    Ok(Verdict::found(Severity::Medium, what, vec![evidence]))
}

/// How the first answers were, to tell when later ones are not.
#[derive(Default)]
struct Usual {
    words: Vec<Words>,
    times: Vec<Duration>,
}

impl Usual {
    /// How an answer is unlike the first three, if it is.
    fn other(&mut self, tried: &Tried, name: &str) -> Option<String> {
        let words = words::parts(&tried.last, &[name]);
        if self.words.len() < 3 {
            self.words.push(words);
            self.times.push(tried.took);
            return None;
        }
        if !words::only_in([&self.words[0], &self.words[1]], [&words, &words]).is_empty() {
            return Some("was answered in other words".to_owned());
        }
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let (least, most) = (self.times.iter().min()?, self.times.iter().max()?);
        if tried.took > most.mul_f64(3.0) + Duration::from_millis(300) {
            return Some(format!("was kept waiting for {:.0} ms", millis(tried.took)));
        }
        // Servers that hash, and then do not any more, are quick.
        (tried.took.mul_f64(4.0) + LEAST < *least).then(|| {
            let (now, before) = (millis(tried.took), millis(*least));
            format!("took {now:.1} ms instead of {before:.1}: it was not checked any more")
        })
    }
}
