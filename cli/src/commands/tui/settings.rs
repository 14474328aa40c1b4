//! The `[tui]` table of the user's settings, and what of it is kept when the dashboard changes it.

use std::sync::Arc;

use sessctl_api::{nearest, text::clean};
use sessctl_client::save_looks;
use sessctl_tui::{Column, Keymap, Options};
use toml::Value;

use crate::{
    context::Context,
    exit::{Code, Failure},
};

const KEYS: [&str; 8] = [
    "columns",
    "glyphs",
    "keys",
    "mouse",
    "read_only",
    "reduced_motion",
    "sort",
    "theme",
];

/// Takes over what the settings say.
pub(super) fn apply(context: &Context, options: &mut Options) -> Result<(), Failure> {
    let fault = |key: &str, why: &str| wrong(context, key, why);
    for (key, value) in context.config.tui() {
        let fault = |why: &str| fault(key, why);
        let text = || {
            value
                .as_str()
                .ok_or_else(|| fault("wants a text in quotes"))
        };
        let flag = || value.as_bool().ok_or_else(|| fault("wants true or false"));
        let said = |error: &dyn std::fmt::Display| fault(&error.to_string());
        match key.as_str() {
            "theme" => options.settings.theme = text()?.parse().map_err(|e| said(&e))?,
            "glyphs" => options.glyphs = text()?.parse().map_err(|e| said(&e))?,
            "sort" => options.sort = text()?.parse().map_err(|e| said(&e))?,
            "mouse" => options.mouse = flag()?,
            "read_only" => options.read_only = flag()?,
            "reduced_motion" => options.reduced_motion = flag()?,
            "columns" => {
                let names = texts(value).ok_or_else(|| fault("wants texts in brackets"))?;
                let columns = names.into_iter().map(str::parse::<Column>);
                let columns = columns.collect::<Result<_, _>>();
                options.settings.columns = columns.map_err(|error| said(&error))?;
            }
            "keys" => {
                let wants = "wants a table, such as \"list.end\" = [\"X\"]";
                let table = value.as_table().ok_or_else(|| fault(wants))?;
                let changes = table
                    .iter()
                    .map(|(name, keys)| Some((name.as_str(), texts(keys)?)));
                let changes: Option<Vec<_>> = changes.collect();
                let keymap = Keymap::new(changes.ok_or_else(|| fault(wants))?);
                options.keymap = keymap.map_err(|error| said(&error))?;
            }
            _ => {
                let guess = match nearest(key, KEYS) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("there are {}", KEYS.join(", ")),
                };
                return Err(fault(&format!("is not known; {guess}")));
            }
        }
    }
    options.read_only |= context.profile()?.read_only == Some(true);
    let file = context.paths.config_file.clone();
    options.save = Arc::new(move |settings| {
        let columns: Vec<_> = settings.columns.iter().map(ToString::to_string).collect();
        save_looks(&file, &columns, settings.theme.name()).map_err(|error| error.to_string())
    });
    Ok(())
}

/// Texts; one alone needs no brackets.
fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::Array(values) => values.iter().map(Value::as_str).collect(),
        value => value.as_str().map(|text| vec![text]),
    }
}

/// A fault of the table, with its place.
fn wrong(context: &Context, key: &str, why: &str) -> Failure {
    let place = context.config.tui_place(key);
    let place = place.map_or_else(|| "settings".to_owned(), ToString::to_string);
    Failure::new(Code::USAGE, format!("{place}: [tui] {}: {why}", clean(key)))
}
