//! Guessing: whether a wrong password is refused, what its answer gives away, and how often one may try.

use std::time::Duration;

use crate::{
    Error,
    audit::{
        report::{Finding, Severity, Verdict},
        scene::Scene,
        target::{self, Target, Tried},
        words::{self, Words},
    },
    site::Who,
};

/// Why what is about wrong passwords is not asked where there are none.
const ALL_ACCEPTED: &str = "every password is accepted";
const NONE_GIVEN: &str = "no password was given";

/// Rounds of two wrong passwords for the account and two for nobody; then a right one, so that failures never add up to
/// what locks an account.
const ROUNDS: usize = 3;
/// Wrong passwords for one name that nobody has.
const TRIES: usize = 12;
/// Differences of time below these are the machine's.
const LEAST: Duration = Duration::from_millis(5);
const RATIO: f64 = 1.5;

/// What wrong passwords for the account and for nobody showed.
pub(super) struct Guesses {
    pub(super) any: Verdict,
    pub(super) words: Verdict,
    pub(super) time: Verdict,
}

impl Guesses {
    /// Why throttling is not looked for, if it is not.
    pub(super) fn reason_against(&self) -> Option<Verdict> {
        match &self.any {
            Verdict::Passed(_) => None,
            _ => Some(self.words.clone()),
        }
    }

    /// Where wrong passwords cannot be told from right ones.
    fn none(any: Verdict, why: &str) -> Self {
        Self {
            any,
            words: Verdict::skipped(why),
            time: Verdict::skipped(why),
        }
    }
}

/// One kind of tries.
struct Kind {
    names: Vec<String>,
    tried: Vec<Tried>,
}

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
    let wrong = || scene.target.wrong_password();
    let first = scene.target.try_login(&scene.user, &wrong()).await?;
    let page = target::private_page(&first.visitor, Who::Jar).await?;
    if scene.eye.sees(&page) {
        let evidence =
            "a sign-in with the user's name and a made-up password got the private page".to_owned();
        let what = "whoever knows a name is let in, with any password";
        let any = Verdict::found(Severity::High, what, vec![evidence]);
        return Ok(Guesses::none(any, ALL_ACCEPTED));
    }
    scene.signed_in().await?;
    let new = || Kind {
        names: Vec::new(),
        tried: Vec::new(),
    };
    let (mut known, mut unknown) = (new(), new());
    // The first of all is slower than the others.
    scene
        .target
        .try_login(&scene.target.nobody(&scene.user), &wrong())
        .await?;
    for _ in 0..ROUNDS {
        for _ in 0..2 {
            // Another one each time: what is counted by name stays out of it.
            let nobody = scene.target.nobody(&scene.user);
            known
                .tried
                .push(scene.target.try_login(&scene.user, &wrong()).await?);
            known.names.push(scene.user.clone());
            unknown
                .tried
                .push(scene.target.try_login(&nobody, &wrong()).await?);
            unknown.names.push(nobody);
        }
        scene.signed_in().await?;
    }
    let any = Verdict::passed(format!("refused: answered {}", first.first.status));
    let all = known.tried.iter().chain(&unknown.tried);
    if all.into_iter().any(is_refused_to_listen) {
        let why = "the server stopped listening to wrong passwords before they could be compared";
        return Ok(Guesses {
            any,
            words: Verdict::skipped(why),
            time: Verdict::skipped(why),
        });
    }
    Ok(Guesses {
        any,
        words: by_words(&known, &unknown),
        time: by_time(&known, &unknown),
    })
}

fn by_words(known: &Kind, unknown: &Kind) -> Verdict {
    let mut findings = Vec::new();
    let (here, there) = (places(known), places(unknown));
    if let (Some(here), Some(there)) = (&here, &there)
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
    let (ours, theirs) = (said(known), said(unknown));
    let pair = |words: &[Words]| -> Option<[Words; 2]> { words.get(..2)?.to_vec().try_into().ok() };
    if let (Some(ours), Some(theirs)) = (pair(&ours), pair(&theirs)) {
        let only_ours = words::only_in(ours.each_ref(), theirs.each_ref());
        let only_theirs = words::only_in(theirs.each_ref(), ours.each_ref());
        if !only_ours.is_empty() || !only_theirs.is_empty() {
            let line = |kind: &Kind, words: &Words| {
                let line = words::line_with(&words::text(&kind.tried[0].last), words);
                line.unwrap_or_else(|| "nothing of its own".to_owned())
            };
            findings.push(Finding {
                severity: Severity::Medium,
                what: "the words of the answer tell whether a name has an account".to_owned(),
                evidence: vec![
                    format!(
                        "wrong password for the account: {}",
                        line(known, &only_ours)
                    ),
                    format!("wrong password for nobody: {}", line(unknown, &only_theirs)),
                ],
            });
        }
    }
    match findings.is_empty() {
        true => Verdict::passed("the same answer with and without an account"),
        false => Verdict::Found(findings),
    }
}

/// Status and redirect of the answers, if all of a kind agree.
fn places(kind: &Kind) -> Option<String> {
    let mut all = kind.tried.iter().zip(&kind.names).map(|(tried, name)| {
        let to = tried
            .first
            .next()
            .map(|url| url.to_string().replace(name.as_str(), "NAME"));
        match to {
            Some(to) => format!(
                "{}, sent to {}",
                tried.first.status,
                sessctl_api::text::fit(&to, 100)
            ),
            None => tried.first.status.to_string(),
        }
    });
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

fn said(kind: &Kind) -> Vec<Words> {
    let tried = kind.tried.iter().zip(&kind.names);
    tried
        .map(|(tried, name)| words::of(&tried.last, &[name.as_str()]))
        .collect()
}

fn by_time(known: &Kind, unknown: &Kind) -> Verdict {
    let sorted = |kind: &Kind| {
        let mut times: Vec<_> = kind.tried.iter().map(|tried| tried.took).collect();
        times.sort_unstable();
        times
    };
    let (known, unknown) = (sorted(known), sorted(unknown));
    let median = |times: &[Duration]| times[times.len() / 2];
    let (slow, fast) = match median(&known) > median(&unknown) {
        true => (&known, &unknown),
        false => (&unknown, &known),
    };
    // One of them may have met a busy moment. By chance alone it looks so three times in two hundred, and then the
    // medians are seldom that far apart.
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
    let range = "each answer of the one kind took longer than all but one of the other".to_owned();
    Verdict::found(Severity::Medium, what, vec![shown, range])
}

/// Tries wrong passwords in a row: for the account itself where it may get locked for it, and then the right one; else for
/// a name that nobody has, which proves throttling where it shows, and nothing where it does not.
pub(super) async fn throttling(
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
    for count in 1..=TRIES {
        let tried = target.try_login(&name, &target.wrong_password()).await?;
        if matches!(tried.first.status, 404 | 405) {
            return Ok(Verdict::skipped(
                "there is no login where it was looked for",
            ));
        }
        if is_refused_to_listen(&tried) {
            let what = format!("try {count} was answered {}", tried.first.status);
            return Ok(Verdict::Passed(what));
        }
        if let Some(how) = usual.other(&tried, &name) {
            return Ok(Verdict::Passed(format!("try {count} {how}")));
        }
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
        let words = words::of(&tried.last, &[name]);
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

fn is_refused_to_listen(tried: &Tried) -> bool {
    let status = tried.first.status;
    matches!(status, 423 | 429 | 503) || tried.first.retry_after.is_some()
}
