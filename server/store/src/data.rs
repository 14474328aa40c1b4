//! What a session holds, and how a request changes it: by key, so that two requests that change different keys of one
//! session both count.

use std::collections::HashSet;

use crate::{StoreError, entry::Data};

/// How much one session may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes, as JSON.
    pub(crate) bytes: usize,
    pub(crate) keys: usize,
}

/// A change of a session's data.
#[derive(Debug, Default)]
pub(crate) struct Delta {
    /// Everything that is not set goes.
    pub(crate) clears: bool,
    pub(crate) set: Data,
    pub(crate) unset: HashSet<String>,
}

impl Delta {
    /// Makes `data` all that there is.
    pub(crate) fn replace_by(data: Data) -> Self {
        Self {
            clears: true,
            set: data,
            unset: HashSet::new(),
        }
    }

    /// Whether it changes nothing.
    pub(crate) fn is_empty(&self) -> bool {
        !self.clears && self.set.is_empty() && self.unset.is_empty()
    }

    /// About how much memory it takes while it waits.
    pub(crate) fn weight(&self) -> usize {
        self.set
            .iter()
            .map(|(key, value)| key.len() + weight_of(value))
            .sum()
    }

    /// What there is after it, and that as JSON. More than the limits allow is refused, unless it is less than before.
    pub(crate) fn apply(
        &self,
        before: &Data,
        limits: Limits,
    ) -> Result<(Data, String), StoreError> {
        let mut after = if self.clears {
            Data::new()
        } else {
            before.clone()
        };
        after.retain(|key, _| !self.unset.contains(key));
        after.extend(self.set.clone());
        let text = text_of(&after);
        let is_more = |of: fn(&Data) -> usize, most| of(&after) > most && of(&after) > of(before);
        let is_too_deep = self.set.values().any(|value| is_deeper(value, MAX_DEPTH));
        let is_longer = text.len() > limits.bytes && text.len() > text_of(before).len();
        if is_too_deep || is_longer || is_more(Data::len, limits.keys) {
            return Err(StoreError::DataLimit {
                bytes: limits.bytes,
                keys: limits.keys,
            });
        }
        Ok((after, text))
    }
}

/// How many arrays and objects within each other a value may have. Parsers have limits of their own, and what is kept
/// must be read again.
pub const MAX_DEPTH: usize = 64;

fn is_deeper(value: &serde_json::Value, levels: usize) -> bool {
    use serde_json::Value;
    let within = |inner: &Value| levels == 0 || is_deeper(inner, levels - 1);
    match value {
        Value::Array(values) => levels == 0 || values.iter().any(within),
        Value::Object(values) => levels == 0 || values.values().any(within),
        _ => false,
    }
}

/// Data as JSON.
pub(crate) fn text_of(data: &Data) -> String {
    serde_json::to_string(data).expect("a map of JSON values is JSON")
}

fn weight_of(value: &serde_json::Value) -> usize {
    use serde_json::Value;
    match value {
        Value::String(text) => 32 + text.len(),
        Value::Array(values) => 32 + values.iter().map(weight_of).sum::<usize>(),
        Value::Object(values) => {
            let of = |(key, value): (&String, &Value)| key.len() + weight_of(value);
            32 + values.iter().map(of).sum::<usize>()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(value: &serde_json::Value) -> Data {
        value.as_object().cloned().unwrap()
    }

    fn limits(bytes: usize, keys: usize) -> Limits {
        Limits { bytes, keys }
    }

    #[test]
    fn keys_that_are_not_named_stay() {
        let delta = Delta {
            set: data(&serde_json::json!({"b": 2})),
            unset: HashSet::from(["c".to_owned()]),
            clears: false,
        };
        let before = data(&serde_json::json!({"a": 1, "b": 1, "c": 1}));
        let (after, text) = delta.apply(&before, limits(100, 9)).unwrap();
        assert_eq!(after, data(&serde_json::json!({"a": 1, "b": 2})));
        assert_eq!(text, r#"{"a":1,"b":2}"#);
    }

    #[test]
    fn the_limits_hold_to_the_byte_and_to_the_key() {
        let before = data(&serde_json::json!({"a": 1}));
        let adds_b = Delta {
            set: data(&serde_json::json!({"b": 2})),
            ..Delta::default()
        };
        assert!(adds_b.apply(&before, limits(13, 2)).is_ok());
        assert!(adds_b.apply(&before, limits(12, 2)).is_err());
        assert!(adds_b.apply(&before, limits(13, 1)).is_err());
    }

    #[test]
    fn what_is_kept_can_be_read_again_however_deep_it_is() {
        let nested = |levels: usize| {
            let value =
                (0..levels).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
            Delta::replace_by([("a".to_owned(), value)].into_iter().collect())
        };
        let kept = nested(MAX_DEPTH).apply(&Data::new(), limits(1000, 1));
        let (data, text) = kept.unwrap();
        assert_eq!(serde_json::from_str::<Data>(&text).unwrap(), data);
        let refused = nested(MAX_DEPTH + 1).apply(&Data::new(), limits(1000, 1));
        assert!(refused.is_err());
    }

    #[test]
    fn what_is_over_lowered_limits_may_shrink() {
        let before = data(&serde_json::json!({"a": "xxxxxxxxxx", "b": 1, "c": 1}));
        let delta = Delta {
            unset: HashSet::from(["b".to_owned()]),
            ..Delta::default()
        };
        assert!(delta.apply(&before, limits(10, 1)).is_ok());
    }
}
