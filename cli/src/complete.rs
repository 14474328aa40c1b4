//! What a shell offers at TAB: commands and flags as everywhere, and what is there just now: profiles, handles, users.
//!
//! Whoever presses TAB wants an answer at once or none: there is a cap on all of it, nothing is asked, nothing is sent
//! but what lists, and nothing is said, whatever goes wrong.

use std::{ffi::OsStr, fs::File, sync::mpsc, thread, time::Duration};

use clap::{Args as _, FromArgMatches as _};
use clap_complete::{CompletionCandidate, env::CompleteEnv};
use sessctl_api::{ListQuery, text::clean};
use tokio::runtime::Builder;

use crate::{
    context::Context,
    global::Global,
    output,
    source::{Access, Source},
};

/// Set by the scripts that shells run: it names the shell.
pub(crate) const VARIABLE: &str = "SESSCTL_COMPLETE";

/// How long what is looked up may take; the rest of 200 ms is for the start of a process and for the shell.
const PATIENCE: Duration = Duration::from_millis(150);

/// How many there may be to choose from.
const MOST: usize = 50;

/// Answers a shell, if one asks. Returns whether one did.
pub(crate) fn answer(whole: fn() -> clap::Command) -> bool {
    if std::env::var_os(VARIABLE).is_none_or(|shell| shell.is_empty()) {
        return false;
    }
    // What is said there would stand in the middle of the line that somebody types.
    if let Ok(nowhere) = File::options().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stderr(&nowhere);
    }
    let here = std::env::current_dir().ok();
    let asking = CompleteEnv::with_factory(whole).var(VARIABLE);
    // A shell of another version has a script that is not understood here: it gets nothing.
    let _ = asking.try_complete(std::env::args_os(), here.as_deref());
    true
}

/// The profiles that there are, and whose they are.
pub(crate) fn profiles(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy().into_owned();
    within(move || {
        let context = context()?;
        let profiles = context.config.profiles();
        let found = profiles.filter(|(name, _)| name.starts_with(&typed));
        let candidates = found.map(|(name, profile)| {
            let user = profile.user.as_deref().unwrap_or_default();
            let server = profile.server.as_deref().unwrap_or_default();
            candidate(name, &format!("{user} {server}"))
        });
        Some(candidates.collect())
    })
}

/// The handles of live sessions, and whose they are.
pub(crate) fn handles(typed: &OsStr) -> Vec<CompletionCandidate> {
    handles_of(typed, &[false])
}

/// The same, and of those that ended.
pub(crate) fn all_handles(typed: &OsStr) -> Vec<CompletionCandidate> {
    handles_of(typed, &[false, true])
}

/// What `wait` can wait for.
pub(crate) fn awaited(typed: &OsStr) -> Vec<CompletionCandidate> {
    const GONE: &str = "gone=";
    let typed = typed.to_string_lossy();
    if let Some(handle) = typed.strip_prefix(GONE) {
        let found = handles(OsStr::new(handle));
        return found.into_iter().map(|one| one.add_prefix(GONE)).collect();
    }
    let words = [
        ("ready", "a server answers"),
        (GONE, "a session has ended"),
        ("count=", "so many sessions live"),
    ];
    let fitting = words.iter().filter(|(word, _)| word.starts_with(&*typed));
    fitting.map(|(word, help)| candidate(word, help)).collect()
}

/// The users who have an account, or a live session where there are no accounts.
pub(crate) fn users(typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy().into_owned();
    looked_up(async move |context| {
        let source = Source::open_accounts(&context, Access::Read).await.ok()?;
        let accounts = source.accounts.users().await.unwrap_or_default();
        let mut found: Vec<_> = accounts
            .into_iter()
            .map(|user| (user.name, counted(user.sessions)))
            .collect();
        if found.is_empty() {
            let query = ListQuery::first(sessctl_api::Filter::default(), ListQuery::MAX_LIMIT);
            let page = source.registry.list(query).await.ok()?;
            let names = page.sessions.into_iter().filter_map(|one| one.user);
            found.extend(names.map(|name| (name, "signed in".to_owned())));
            found.sort();
            found.dedup();
        }
        // Bash puts into the line what it is given, and anybody may have chosen that name.
        let fitting = found
            .iter()
            .filter(|(name, _)| name.starts_with(&typed) && output::shell_word(name) == *name);
        let fitting = fitting.take(MOST);
        Some(fitting.map(|(name, help)| candidate(name, help)).collect())
    })
}

fn handles_of(typed: &OsStr, lists: &'static [bool]) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy().into_owned();
    if !typed.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Vec::new();
    }
    looked_up(async move |context| {
        let source = Source::open(&context, Access::Read).await.ok()?;
        let filter: sessctl_api::Filter = match typed.is_empty() {
            true => sessctl_api::Filter::default(),
            false => format!("handle={typed}*").parse().ok()?,
        };
        let mut found = Vec::new();
        for ended in lists {
            let query = ListQuery {
                ended: *ended,
                ..ListQuery::first(filter.clone(), MOST)
            };
            let page = source.registry.list(query).await.ok()?;
            found.extend(page.sessions.iter().map(|session| {
                let user = session.user.as_deref().unwrap_or("nobody");
                let how = match &session.ended {
                    Some(ended) => ended.in_words(),
                    None => session.client.clone().unwrap_or_default(),
                };
                candidate(session.handle.as_str(), &format!("{user} {how}"))
            }));
        }
        Some(found)
    })
}

fn counted(sessions: u64) -> String {
    match sessions {
        1 => "1 session".to_owned(),
        count => format!("{count} sessions"),
    }
}

/// Nothing that a stranger chose acts on a terminal.
fn candidate(value: &str, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(clean(value).into_owned())
        .help(Some(clean(help.trim()).into_owned().into()))
}

/// What is looked up at a source.
fn looked_up(
    look: impl AsyncFnOnce(Context) -> Option<Vec<CompletionCandidate>> + Send + 'static,
) -> Vec<CompletionCandidate> {
    within(move || {
        let runtime = Builder::new_current_thread().enable_all().build().ok()?;
        runtime.block_on(look(context()?))
    })
}

/// What there is in time. What takes longer ends with the process: it may hang in a file system, where nothing else
/// would end it.
fn within(
    look: impl FnOnce() -> Option<Vec<CompletionCandidate>> + Send + 'static,
) -> Vec<CompletionCandidate> {
    let (found, wait) = mpsc::channel();
    thread::spawn(move || drop(found.send(look())));
    let found = wait.recv_timeout(PATIENCE).ok().flatten();
    found.unwrap_or_default()
}

/// What the line that is being typed says for every command, such as a profile or a source.
fn context() -> Option<Context> {
    let words = std::env::args_os().skip_while(|word| word != "--").skip(1);
    let line = Global::augment_args(clap::Command::new("sessctl")).ignore_errors(true);
    let words = words.filter_map(|word| word.into_string().ok());
    let mut words = whole_words(words);
    // What is being typed says nothing yet.
    words.pop();
    let words = said_everywhere(&line, words);
    let matches = line.try_get_matches_from(words).ok()?;
    let global = Global::from_arg_matches(&matches).ok()?;
    Context::new(global, matches, true).ok()
}

/// The words as they were typed: bash takes `unix:PATH` for three.
fn whole_words(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut whole: Vec<String> = Vec::new();
    let mut is_cut = false;
    for word in words {
        let is_between = word == ":" || word == "=";
        match whole.last_mut() {
            Some(last) if is_between || is_cut => last.push_str(&word),
            _ => whole.push(word),
        }
        is_cut = is_between;
    }
    whole
}

/// The name of the program, and those of the words that every command understands.
fn said_everywhere(line: &clap::Command, words: Vec<String>) -> Vec<String> {
    let mut words = words.into_iter();
    let mut said = Vec::from_iter(words.next());
    while let Some(word) = words.next().filter(|word| word != "--") {
        let Some(name) = word.strip_prefix("--") else {
            continue;
        };
        let (name, has_value) = match name.split_once('=') {
            Some((name, _)) => (name, true),
            None => (name, false),
        };
        let arg = line
            .get_arguments()
            .find(|arg| arg.get_long() == Some(name));
        let Some(arg) = arg else { continue };
        let takes_next = arg.get_action().takes_values() && !has_value;
        said.push(word);
        said.extend(takes_next.then(|| words.next()).flatten());
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_command_understands_is_found_in_a_line_that_is_not_whole() {
        let line = Global::augment_args(clap::Command::new("sessctl"));
        let found = |words: &str| {
            let words = words.split(' ').map(str::to_owned);
            said_everywhere(&line, whole_words(words)).join(" ")
        };
        for (words, said) in [
            (
                "sessctl show --source unix : /run/x --data 6f",
                "sessctl --source unix:/run/x",
            ),
            (
                "sessctl --profile = p1 show --no-input ",
                "sessctl --profile=p1 --no-input",
            ),
            ("sessctl show --profile", "sessctl --profile"),
            ("sessctl as p1 -- curl --profile p2", "sessctl"),
        ] {
            assert_eq!(found(words), said, "{words}");
        }
    }
}
