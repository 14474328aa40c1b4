//! The fields of a form as a browser would send them, and which of them are for the name and the password.

use scraper::{ElementRef, Selector};

/// The names that were said, or are expected when nobody says.
#[derive(Debug, Clone, Copy)]
pub(in crate::site) struct Names<'a> {
    pub(in crate::site) user: &'a str,
    pub(in crate::site) password: &'a str,
    /// Whether somebody said them: then they stand, whatever the form has. The names that are expected anyhow count as
    /// unsaid, for they look the same whoever says them.
    pub(in crate::site) user_is_said: bool,
    pub(in crate::site) password_is_said: bool,
}

/// A field with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: Value,
}

/// What a field is filled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// What a page puts in for itself: often a token that is bound to its cookies.
    Hidden(String),
    User,
    Password,
}

/// The fields that a browser would send, and the box that asks to be remembered. Without names none of them is for a name
/// or a password.
pub(super) fn fields(
    form: ElementRef<'_>,
    names: Option<Names<'_>>,
) -> (Vec<Field>, Option<(String, String)>) {
    let controls: Vec<_> = form
        .select(&selector("input, select, textarea, button"))
        .filter(|control| control.attr("disabled").is_none())
        .collect();
    let name_of = |control: &ElementRef<'_>| control.attr("name").unwrap_or_default().to_owned();
    // Which fields are filled in, and the names that they have if that was said or they have none.
    let filled_in = names.map(|names| {
        let password = controls.iter().position(is_password);
        let user = user_field(&controls, password, names);
        [
            (user, Value::User, names.user, names.user_is_said),
            (
                password,
                Value::Password,
                names.password,
                names.password_is_said,
            ),
        ]
    });
    let (mut fields, mut remember, mut has_button) = (Vec::new(), None, false);
    for (at, control) in controls.iter().enumerate() {
        let mut name = name_of(control);
        let value = control.attr("value").unwrap_or_default();
        let filled_in = filled_in
            .iter()
            .flatten()
            .find(|(place, ..)| *place == Some(at));
        let value = if let Some((_, value, expected, is_said)) = filled_in {
            if *is_said || name.is_empty() {
                (*expected).clone_into(&mut name);
            }
            value.clone()
        } else {
            match (control.value().name(), &*kind(control)) {
                ("input", "checkbox" | "radio") => {
                    let value = control.attr("value").unwrap_or("on").to_owned();
                    if names.is_some() && is_remember(&name) {
                        remember = Some((name, value));
                        continue;
                    }
                    if control.attr("checked").is_none() {
                        continue;
                    }
                    Value::Text(value)
                }
                // A browser tells which button was pressed.
                ("button", "" | "submit") | ("input", "submit") if !has_button => {
                    has_button = true;
                    Value::Text(value.to_owned())
                }
                ("button", _)
                | ("input", "submit" | "image" | "button" | "reset" | "file" | "password") => {
                    continue;
                }
                ("select", _) => match chosen(control) {
                    Some(value) => Value::Text(value),
                    None => continue,
                },
                ("textarea", _) => Value::Text(control.text().collect()),
                ("input", "hidden") => Value::Hidden(value.to_owned()),
                _ => Value::Text(value.to_owned()),
            }
        };
        if !name.is_empty() {
            fields.push(Field { name, value });
        }
    }
    (fields, remember)
}

/// The field for the name: the one that says so, else the last text before the password, else the first.
fn user_field(
    controls: &[ElementRef<'_>],
    password: Option<usize>,
    names: Names<'_>,
) -> Option<usize> {
    let texts: Vec<_> = (0..controls.len())
        .filter(|at| is_text(&controls[*at]))
        .collect();
    let find =
        |is: &dyn Fn(&ElementRef<'_>) -> bool| texts.iter().copied().find(|at| is(&controls[*at]));
    let attribute = |control: &ElementRef<'_>, name: &str| {
        control.attr(name).unwrap_or_default().to_ascii_lowercase()
    };
    find(&|control| control.attr("name") == Some(names.user))
        .or_else(|| {
            find(&|control| matches!(&*attribute(control, "autocomplete"), "username" | "email"))
        })
        .or_else(|| {
            find(&|control| {
                let words = [attribute(control, "name"), attribute(control, "id")].join(" ");
                ["user", "login", "email", "mail", "account"]
                    .iter()
                    .any(|word| words.contains(word))
            })
        })
        .or_else(|| {
            texts
                .iter()
                .copied()
                .rfind(|at| password.is_none_or(|password| *at < password))
        })
        .or_else(|| texts.first().copied())
}

fn kind(control: &ElementRef<'_>) -> String {
    control
        .attr("type")
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

pub(super) fn is_password(control: &ElementRef<'_>) -> bool {
    control.value().name() == "input" && kind(control) == "password"
}

fn is_text(control: &ElementRef<'_>) -> bool {
    control.value().name() == "input"
        && matches!(
            &*kind(control),
            "" | "text" | "email" | "tel" | "search" | "number"
        )
}

fn is_remember(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["remember", "persist", "stay", "keep"]
        .iter()
        .any(|word| name.contains(word))
}

fn chosen(select: &ElementRef<'_>) -> Option<String> {
    let options: Vec<_> = select.select(&selector("option")).collect();
    let chosen = options
        .iter()
        .find(|option| option.attr("selected").is_some());
    let option = chosen.or(options.first())?;
    let value = option.attr("value").map(ToOwned::to_owned);
    Some(value.unwrap_or_else(|| option.text().collect::<String>().trim().to_owned()))
}

pub(super) fn selector(text: &str) -> Selector {
    Selector::parse(text).expect("a constant selector is right")
}
