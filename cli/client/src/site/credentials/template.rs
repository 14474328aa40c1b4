//! The JSON of a login: a template with places for name and password. No I/O.

use serde_json::Value;
use sessctl_api::text::clean;

use crate::Error;

/// Reads a template, so that a broken one is told before anything is sent.
pub(in crate::site) fn read(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|error| {
        let what = clean(&error.to_string()).into_owned();
        Error::BadInput(format!(
            "the body of the login is no JSON: {what}; it is a template such as {{\"email\": \"{{user}}\", \"password\": \"{{password}}\"}}"
        ))
    })
}

/// Puts name and password where a template has their places. What they hold is never taken for a place itself.
pub(super) fn filled_in(template: Value, user: &str, password: &str) -> Value {
    match template {
        Value::String(text) => {
            let parts = text.split("{user}");
            let parts = parts.map(|part| part.replace("{password}", password));
            Value::String(parts.collect::<Vec<_>>().join(user))
        }
        Value::Array(items) => {
            let items = items
                .into_iter()
                .map(|item| filled_in(item, user, password));
            items.collect()
        }
        Value::Object(fields) => {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name, filled_in(value, user, password)));
            Value::Object(fields.collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_takes_any_name_and_password_as_they_are() {
        let template =
            r#"{"user": {"email": "{user}"}, "secret": ["<{password}>"], "n": 1, "{user}": true}"#;
        let body = filled_in(read(template).unwrap(), "{password}\"", "a\"{user}\\");
        let wanted = serde_json::json!({
            "user": {"email": "{password}\""}, "secret": ["<a\"{user}\\>"], "n": 1, "{user}": true,
        });
        assert_eq!(body, wanted);
        let error = read("{user}").unwrap_err().to_string();
        assert!(
            error.contains("no JSON") && error.contains("{password}"),
            "{error}"
        );
    }
}
