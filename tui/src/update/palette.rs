//! The command line: the CLI's verbs, and what else the keys do.

use sessctl_api::{Filter, Handle, Sort, nearest, text};

use crate::{
    choice::BadSetting,
    columns,
    dialog::{Command as Typed, Dialog},
    input::Line,
    message::{Command, Key},
    model::Model,
    settings::Theme,
};

/// Every command: its word, what may follow, and what it does.
pub(crate) const COMMANDS: [(&str, &str, &str); 15] = [
    ("ls", "[FILTER]", "show what matches; all without a filter"),
    ("show", "HANDLE", "all about a session, live or ended"),
    ("why", "HANDLE", "how a session ended"),
    (
        "revoke",
        "",
        "end the session under the cursor, or the marked ones; asks first",
    ),
    ("sort", "FIELD[:desc]", "another order"),
    (
        "goto",
        "ROW|N%",
        "a row by its number, or so far down the list",
    ),
    (
        "mark",
        "all|none",
        "mark all that match, or take the marks away",
    ),
    ("columns", "[FIELD ...]", "choose columns"),
    ("theme", "NAME", "terminal, light, dark, contrast or mono"),
    ("freeze", "", "make the rows stand still, or go on"),
    ("stats", "", "show or hide the counts"),
    (
        "mouse",
        "on|off",
        "use the mouse here, or leave it to the terminal",
    ),
    ("refresh", "", "list again"),
    ("help", "", "every key"),
    ("quit", "", "leave"),
];

pub(super) fn open(model: &mut Model, text: &str) {
    let command = Typed {
        line: Line::new(text),
        error: None,
    };
    model.dialogs.push(Dialog::Palette(command));
}

/// The commands that what is typed may become, the likeliest first.
pub(crate) fn candidates(typed: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let word = typed.split(' ').next().unwrap_or_default().to_owned();
    let begun = move |name: &str| name.starts_with(&word);
    COMMANDS.into_iter().filter(move |(name, ..)| begun(name))
}

pub(super) fn complete(model: &mut Model) {
    let Some(Dialog::Palette(command)) = model.dialogs.last_mut() else {
        return;
    };
    let typed = command.line.text();
    let completed = match typed.split_once(' ') {
        None => candidates(&typed)
            .next()
            .map(|(name, ..)| format!("{name} ")),
        Some((name, rest)) => word_for(name, rest).map(|word| format!("{name} {word}")),
    };
    if let Some(text) = completed {
        command.line = Line::new(&text);
    }
}

/// Completes what follows a command.
fn word_for(name: &str, begun: &str) -> Option<String> {
    let words: Vec<String> = match name {
        "sort" | "columns" => columns::all().map(|field| field.to_string()).collect(),
        "theme" => Theme::ALL.map(|(name, _)| name.to_owned()).to_vec(),
        "mark" => vec!["all".to_owned(), "none".to_owned()],
        "mouse" => vec!["on".to_owned(), "off".to_owned()],
        _ => Vec::new(),
    };
    let (before, last) = match begun.rsplit_once(' ') {
        Some((before, last)) => (format!("{before} "), last),
        None => (String::new(), begun),
    };
    let found = words.into_iter().find(|word| word.starts_with(last))?;
    Some(before + &found)
}

/// Does what is typed, or says why not and stays open.
pub(super) fn run(model: &mut Model) -> Vec<Command> {
    let Some(Dialog::Palette(mut typed)) = model.dialogs.pop() else {
        return Vec::new();
    };
    let text = typed.line.text();
    match perform(model, text.trim()) {
        Ok(commands) => commands,
        Err(why) => {
            typed.error = Some(why);
            model.dialogs.push(Dialog::Palette(typed));
            Vec::new()
        }
    }
}

fn perform(model: &mut Model, text: &str) -> Result<Vec<Command>, String> {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim();
    // A beginning that only one command has will do.
    let mut begun = candidates(name);
    let name = match (
        COMMANDS.iter().find(|one| one.0 == name),
        begun.next(),
        begun.next(),
    ) {
        (Some((name, ..)), ..) => *name,
        (None, Some((only, ..)), None) if !name.is_empty() => only,
        (None, Some(_), Some(_)) if !name.is_empty() => {
            let all: Vec<_> = candidates(name).map(|(name, ..)| name).collect();
            return Err(format!("{:?} may be {}", name, all.join(", ")));
        }
        _ => return Err(unknown(name)),
    };
    let alone = |done: Vec<Command>| match rest {
        "" => Ok(done),
        rest => Err(format!("{name} takes nothing: {:?}", text::fit(rest, 30))),
    };
    match name {
        "ls" => {
            let filter: Filter = rest.parse().map_err(|error: sessctl_api::FilterError| {
                format!("{} (at {})", error.message, error.at + 1)
            })?;
            let command = super::filter::set(model, filter);
            super::filter::remember(model);
            Ok(vec![command])
        }
        "show" | "why" => {
            let handle: Handle = rest
                .parse()
                .map_err(|error: sessctl_api::BadHandle| error.to_string())?;
            model.awaited = Some(handle);
            Ok(vec![Command::Ask(handle)])
        }
        "revoke" => alone(Vec::new()).map(|_| super::press(model, Key::AskRevoke)),
        "sort" => {
            let sort: Sort = rest
                .parse()
                .map_err(|error: sessctl_api::BadSort| error.0)?;
            Ok(super::choosing::sort_by(model, sort))
        }
        "goto" => goto(model, rest),
        "mark" => match rest {
            "all" => Ok(super::marking::all(model)),
            "none" => {
                model.marks.clear();
                Ok(Vec::new())
            }
            _ => Err("write mark all or mark none".to_owned()),
        },
        "columns" if rest.is_empty() => Ok(super::press(model, Key::OpenColumns)),
        "columns" => {
            let chosen = rest.split([' ', ',']).filter(|word| !word.is_empty());
            let chosen: Result<Vec<_>, _> = chosen.map(str::parse).collect();
            model.look.columns = chosen.map_err(|error: BadSetting| error.0)?;
            Ok(vec![Command::Save(model.settings())])
        }
        "theme" => {
            let theme = rest.parse().map_err(|error: BadSetting| error.0)?;
            Ok(super::set_theme(model, theme))
        }
        "mouse" => match rest {
            "on" | "off" => Ok(super::mouse(model, rest == "on")),
            _ => Err("write mouse on or mouse off".to_owned()),
        },
        "freeze" => alone(Vec::new()).map(|_| super::press(model, Key::Freeze)),
        "stats" => alone(Vec::new()).map(|_| super::press(model, Key::Overview)),
        "refresh" => alone(Vec::new()).map(|_| super::press(model, Key::ListAgain)),
        "help" => alone(Vec::new()).map(|_| super::press(model, Key::Help)),
        _ => alone(vec![Command::Quit]),
    }
}

fn goto(model: &mut Model, text: &str) -> Result<Vec<Command>, String> {
    let total = model.window.total();
    let wrong = || {
        format!(
            "{:?} is no row: write a number such as 4211, or a part such as 50%",
            text::fit(text, 20)
        )
    };
    let number = match text.strip_suffix('%') {
        Some(percent) => {
            let percent: f64 = percent.trim().parse().map_err(|_| wrong())?;
            if !(0.0..=100.0).contains(&percent) {
                return Err("a part is between 0% and 100%".to_owned());
            }
            // Below 2^53 there is nothing to lose, and no registry has more.
            (total as f64 * percent / 100.0).round() as u64
        }
        None => text.replace(',', "").parse().map_err(|_| wrong())?,
    };
    Ok(super::moving::to_row(model, number))
}

fn unknown(name: &str) -> String {
    let names = COMMANDS.map(|(name, ..)| name);
    match nearest(name, names) {
        Some(near) => format!(
            "{:?} is no command; did you mean {near}?",
            text::fit(name, 20)
        ),
        None => format!("no such command; there are {}", names.join(", ")),
    }
}
