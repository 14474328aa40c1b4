//! From what was typed or piped to the JSON value that is kept.

use std::io::Read;

use serde_json::Value;

use crate::exit::{Code, Failure};

/// More than any server takes; what is larger is a mistake.
const LARGEST: u64 = 16 << 20;

/// What a VALUE on the command line means: JSON if it is that, else the text itself.
///
/// What begins like JSON and is none is refused, because a forgotten bracket is likelier than such a text; so is a
/// number that JSON would round.
pub(super) fn of_argument(typed: &str) -> Result<Value, Failure> {
    let as_text = |why: &str| {
        Failure::new(Code::USAGE, format!("{why}; nothing was sent"))
            .hint("to keep it as text, character by character, add --string")
    };
    match serde_json::from_str::<Value>(typed) {
        Ok(Value::Number(number)) if number.is_f64() && is_integer(typed) => {
            Err(as_text("VALUE has more digits than a JSON number keeps"))
        }
        Ok(value) => Ok(value),
        Err(error) if typed.trim_start().starts_with(['{', '[', '"']) => Err(as_text(&format!(
            "VALUE looks like JSON but is not: {error}"
        ))),
        Err(_) => Ok(Value::String(typed.to_owned())),
    }
}

/// What was piped: JSON, or with `as_text` the text up to its last line end, which a shell adds to everything.
pub(super) fn of_input(input: impl Read, as_text: bool) -> Result<Value, Failure> {
    let unusable = |why: &str| {
        Failure::new(
            Code::USAGE,
            format!("what came on stdin {why}; nothing was sent"),
        )
    };
    let mut bytes = Vec::new();
    input.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(unusable("is larger than 16 MiB"));
    }
    let text = String::from_utf8(bytes).map_err(|_| unusable("is not UTF-8"))?;
    if as_text {
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        return Ok(Value::String(line.to_owned()));
    }
    serde_json::from_str(&text).map_err(|error| {
        unusable(&format!("is not JSON: {error}")).hint("to keep it as text, add --string")
    })
}

fn is_integer(text: &str) -> bool {
    let digits = text.trim();
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_json_and_other_words_are_text() {
        for (typed, value) in [
            ("dark", json!("dark")),
            ("5", json!(5)),
            ("-1.5", json!(-1.5)),
            ("1e3", json!(1000.0)),
            ("true", json!(true)),
            ("null", json!(null)),
            ("[1, \"a\"]", json!([1, "a"])),
            ("\"5\"", json!("5")),
            ("", json!("")),
            (" two words ", json!(" two words ")),
            ("tru", json!("tru")),
            ("007", json!("007")),
            ("-", json!("-")),
            ("18446744073709551615", json!(u64::MAX)),
        ] {
            assert_eq!(of_argument(typed).unwrap(), value, "{typed}");
        }
    }

    #[test]
    fn what_was_likely_meant_otherwise_is_refused_with_the_way_around() {
        for (typed, says) in [
            ("{\"a\": 1", "looks like JSON"),
            (" [1, 2", "looks like JSON"),
            ("\"open", "looks like JSON"),
            ("12345678901234567890123", "more digits"),
            ("-12345678901234567890", "more digits"),
        ] {
            let failure = of_argument(typed).unwrap_err();
            let said = failure.message(false);
            assert!(said.contains(says), "{typed}: {said}");
            assert_eq!(failure.code(), Code::USAGE);
            assert!(failure.next_step().unwrap().contains("--string"));
        }
    }

    #[test]
    fn input_is_json_or_text_without_its_last_line_end() {
        let read = |input: &str, as_text| of_input(input.as_bytes(), as_text).map_err(|f| f.code());
        assert_eq!(read("{\"a\":\n 1}\n", false), Ok(json!({"a": 1})));
        assert_eq!(read("dark\n", false), Err(Code::USAGE));
        assert_eq!(read("", false), Err(Code::USAGE));
        assert_eq!(read("one\ntwo\r\n", true), Ok(json!("one\ntwo")));
        assert_eq!(read("5\n\n", true), Ok(json!("5\n")));
        let binary = of_input(&b"\xff"[..], true).unwrap_err();
        assert!(binary.message(false).contains("not UTF-8"));
        let endless = of_input(std::io::repeat(b'1'), false).unwrap_err();
        assert!(endless.message(false).contains("16 MiB"));
    }
}
