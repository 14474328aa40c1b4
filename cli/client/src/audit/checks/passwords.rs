//! Guessing: whether a wrong password is refused, and what its answer gives away.

use std::time::Duration;

use url::form_urlencoded;

use crate::{
    Error,
    audit::{
        report::{Finding, Severity, Verdict},
        scene::Scene,
        target::{self, Tried},
        words::{self, Words},
    },
    site::Who,
};

/// Why what is about wrong passwords is not asked where there are none.
const ALL_ACCEPTED: &str = "every password is accepted";
const NONE_GIVEN: &str = "no password was given";

/// Rounds of two wrong passwords for the account and two for nobody; then a right one, so that failures in a row never add
/// up to what locks an account.
const ROUNDS: usize = 3;
/// Differences of time below these are the machine's.
const LEAST: Duration = Duration::from_millis(5);
const RATIO: f64 = 1.5;

/// What wrong passwords for the account and for nobody showed.
pub(super) struct Guesses {
    pub(super) any: Verdict,
    pub(super) words: Verdict,
    pub(super) time: Verdict,
    /// How the server stopped listening meanwhile, if it did.
    pub(super) stopped: Option<String>,
}

impl Guesses {
    /// Why throttling is not looked for, if it is not; where the server throttled already, that.
    pub(super) fn settles_throttling(&self) -> Option<Verdict> {
        match (&self.any, &self.stopped) {
            (Verdict::Passed(_), None) => None,
            (Verdict::Passed(_), Some(how)) => Some(Verdict::Passed(how.clone())),
            _ => Some(self.words.clone()),
        }
    }

    /// Where wrong passwords cannot be told from right ones.
    fn none(any: Verdict, why: &str) -> Self {
        Self {
            any,
            words: Verdict::skipped(why),
            time: Verdict::skipped(why),
            stopped: None,
        }
    }
}

/// Tries of one kind, with the name of each.
#[derive(Default)]
struct Kind(Vec<(String, Tried)>);

/// What they showed, or why nothing could be learnt. A server that is gone is an error.
pub(super) async fn guesses(scene: &Scene<'_>) -> Result<Guesses, Error> {
    match guess(scene).await {
        Err(error @ Error::Unreachable { .. }) => Err(error),
        Err(error) => {
            let why = format!("could not be made: {error}");
            Ok(Guesses::none(Verdict::skipped(&*why), &why))
        }
        guesses => guesses,
    }
}

async fn guess(scene: &Scene<'_>) -> Result<Guesses, Error> {
    if scene.password.is_none() {
        return Ok(Guesses::none(Verdict::skipped(NONE_GIVEN), NONE_GIVEN));
    }
    let wrong = scene.target.wrong_password();
    let first = scene.target.try_login(&scene.user, &wrong).await?;
    let page = target::private_page(&first.visitor, Who::Jar).await?;
    if scene.eye.sees(&page) {
        let evidence =
            "a sign-in with the user's name and a made-up password got the private page".to_owned();
        let what = "whoever knows a name is let in, with any password";
        let any = Verdict::found(Severity::High, what, vec![evidence]);
        return Ok(Guesses::none(any, ALL_ACCEPTED));
    }
    let any = Verdict::passed(format!("refused: answered {}", first.first.status));
    let (known, unknown) = match compared(scene).await {
        Ok(compared) => compared,
        // The right password in between was not heard any more.
        Err(Error::LoginRefused { why, .. }) => return Ok(stopped(any, &why)),
        Err(error) => return Err(error),
    };
    if let Some((_, tried)) = known
        .0
        .iter()
        .chain(&unknown.0)
        .find(|(_, tried)| tried.is_refused_to_listen())
    {
        let how = format!("a wrong password was answered {}", tried.first.status);
        return Ok(stopped(any, &how));
    }
    let time = match by_time(&known, &unknown) {
        // Once more, for by chance it looks so three times in two hundred.
        Verdict::Found(_) => match compared(scene).await {
            Ok((known, unknown)) => by_time(&known, &unknown),
            Err(Error::LoginRefused { why, .. }) => return Ok(stopped(any, &why)),
            Err(error) => return Err(error),
        },
        other => other,
    };
    Ok(Guesses {
        any,
        words: by_words(&known, &unknown),
        time,
        stopped: None,
    })
}

fn stopped(any: Verdict, how: &str) -> Guesses {
    let why = "the server stopped listening to wrong passwords before they could be compared";
    Guesses {
        any,
        words: Verdict::skipped(why),
        time: Verdict::skipped(why),
        stopped: Some(how.to_owned()),
    }
}

/// Wrong passwords for the account and for nobody, in turn.
async fn compared(scene: &Scene<'_>) -> Result<(Kind, Kind), Error> {
    let wrong = || scene.target.wrong_password();
    let (mut known, mut unknown) = (Kind::default(), Kind::default());
    scene.signed_in().await?;
    // The first of all is slower than the others.
    let nobody = scene.target.nobody(&scene.user);
    scene.target.try_login(&nobody, &wrong()).await?;
    for _ in 0..ROUNDS {
        for _ in 0..2 {
            // Another one each time: what is counted by name stays out of it.
            let nobody = scene.target.nobody(&scene.user);
            let tried = scene.target.try_login(&scene.user, &wrong()).await?;
            known.0.push((scene.user.clone(), tried));
            let tried = scene.target.try_login(&nobody, &wrong()).await?;
            unknown.0.push((nobody, tried));
        }
        scene.signed_in().await?;
    }
    Ok((known, unknown))
}

fn by_words(known: &Kind, unknown: &Kind) -> Verdict {
    let mut findings = Vec::new();
    if let (Some(here), Some(there)) = (known.place(), unknown.place())
        && here != there
    {
        findings.push(Finding {
            severity: Severity::Medium,
            what: "status or address of the answer tell whether a name has an account".to_owned(),
            evidence: vec![
                format!("wrong password for the account: {here}"),
                format!("wrong password for nobody: {there}"),
            ],
        });
    }
    let names = [&known.0, &unknown.0].into_iter().flatten();
    let names: Vec<_> = names.map(|(name, _)| name.as_str()).collect();
    if let (Some(ours), Some(theirs)) = (known.parts(&names), unknown.parts(&names)) {
        let only_ours = words::only_in(ours.each_ref(), theirs.each_ref());
        let only_theirs = words::only_in(theirs.each_ref(), ours.each_ref());
        if !only_ours.is_empty() || !only_theirs.is_empty() {
            findings.push(Finding {
                severity: Severity::Medium,
                what: "the words of the answer tell whether a name has an account".to_owned(),
                evidence: vec![
                    format!("wrong password for the account: {}", known.line(&only_ours)),
                    format!("wrong password for nobody: {}", unknown.line(&only_theirs)),
                ],
            });
        }
    }
    match findings.is_empty() {
        true => Verdict::passed("the same answer with and without an account"),
        false => Verdict::Found(findings),
    }
}

impl Kind {
    /// Status and redirect of the answers, if all agree.
    fn place(&self) -> Option<String> {
        let mut all = self.0.iter().map(|(name, tried)| {
            let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
            let to = tried.first.next().map(|url| {
                let url = url.to_string().replace(name.as_str(), "NAME");
                url.replace(&encoded, "NAME")
            });
            let status = tried.first.status;
            match to {
                Some(to) => format!("{status}, sent to {}", sessctl_api::text::fit(&to, 100)),
                None => status.to_string(),
            }
        });
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    /// What two of the answers consist of.
    fn parts(&self, names: &[&str]) -> Option<[Words; 2]> {
        let of = |at: usize| {
            let (_, tried) = self.0.get(at)?;
            Some(words::parts(&tried.last, names))
        };
        Some([of(0)?, of(1)?])
    }

    /// The line of an answer that has one of these.
    fn line(&self, parts: &Words) -> String {
        let page = self.0.first().map(|(_, tried)| &tried.last);
        let line = page.and_then(|page| words::line_with(&words::text(page), parts));
        line.unwrap_or_else(|| "nothing of its own".to_owned())
    }

    fn times(&self) -> Vec<Duration> {
        let mut times: Vec<_> = self.0.iter().map(|(_, tried)| tried.took).collect();
        times.sort_unstable();
        times
    }
}

fn by_time(known: &Kind, unknown: &Kind) -> Verdict {
    let (known, unknown) = (known.times(), unknown.times());
    let median = |times: &[Duration]| times[times.len() / 2];
    let (slow, fast) = match median(&known) > median(&unknown) {
        true => (&known, &unknown),
        false => (&unknown, &known),
    };
    // One of them may have met a busy moment.
    let apart = slow[0] > fast[fast.len() - 2];
    let wide = median(slow) > median(fast).mul_f64(RATIO) && median(slow) - median(fast) > LEAST;
    let shown = format!(
        "medians of {} tries each: {:.1} ms for the account, {:.1} ms for nobody",
        known.len(),
        median(&known).as_secs_f64() * 1e3,
        median(&unknown).as_secs_f64() * 1e3
    );
    if !(apart && wide) {
        return Verdict::passed(shown);
    }
    let what = "how long a wrong password takes tells whether a name has an account";
    let range = "twice each answer of the one kind took longer than all but one of the other";
    Verdict::found(Severity::Medium, what, vec![shown, range.to_owned()])
}
