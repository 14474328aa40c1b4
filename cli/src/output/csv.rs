//! CSV by RFC 4180, but for its line ends: those are of this system, as for every other format.

use serde_json::Value;
use sessctl_api::text::clean;

/// A line of such cells.
pub(super) fn row(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<_> = cells.map(quoted).collect();
    cells.join(",")
}

/// A value as the text of a cell: nothing where nothing is known, several with blanks between.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => clean(text).into_owned(),
        Value::Array(values) if values.iter().all(Value::is_string) => {
            let texts: Vec<_> = values.iter().filter_map(Value::as_str).map(clean).collect();
            texts.join(" ")
        }
        other => clean(&other.to_string()).into_owned(),
    }
}

fn quoted(cell: String) -> String {
    let wants_quotes = |c: char| matches!(c, '"' | ',' | '\n' | '\r');
    let has_edge = cell.starts_with(' ') || cell.ends_with(' ');
    match cell.contains(wants_quotes) || has_edge {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_would_break_a_row_is_quoted_and_nothing_acts_on_a_terminal() {
        let values = [
            json!("plain"),
            json!("a,b"),
            json!("say \"no\""),
            json!(null),
            json!(7),
            json!(true),
            json!(["10.0.0.1", "::1"]),
            json!({"at": "now"}),
            json!("two\nlines\u{1b}[2J"),
            json!(" edge"),
            json!("=1+1"),
        ];
        let line = row(values.iter().map(plain));
        assert_eq!(
            line,
            "plain,\"a,b\",\"say \"\"no\"\"\",,7,true,10.0.0.1 ::1,\"{\"\"at\"\":\"\"now\"\"}\",two\\u{a}lines\\u{1b}[2J,\" edge\",=1+1"
        );
    }
}
