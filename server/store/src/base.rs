//! What a record held when it was loaded, so that a save writes only what its request changed.
//!
//! A record carries it under one key of its own, as a hash for each key: a handler never sees that key by chance, and
//! it is never stored.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{DefaultHasher, Hasher as _},
};

use serde_json::Value;

use crate::{data::Delta, entry::Data};

/// The key of a record that is not the session's own.
const KEY: &str = "sessctl.base";

/// A record's data, as tower-sessions keeps it.
type RecordData = HashMap<String, Value>;

/// A hash for each key, as it was loaded; `None` where a handler cleared the record, this key too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base(Option<BTreeMap<String, u64>>);

impl Base {
    /// What a session holds now.
    pub(crate) fn of<'a>(data: impl IntoIterator<Item = (&'a String, &'a Value)>) -> Self {
        let hashes = own(data).map(|(key, value)| (key.clone(), hash(value)));
        Self(Some(hashes.collect()))
    }

    /// Makes a record of what a session holds, and puts this into it.
    pub(crate) fn put_into(&self, data: Data) -> RecordData {
        let mut record: RecordData = data.into_iter().collect();
        record.insert(KEY.to_owned(), serde_json::json!(self.0));
        record
    }

    /// Reads it from a record.
    pub(crate) fn from_record(record: &RecordData) -> Self {
        let hashes = record.get(KEY).and_then(Value::as_object).map(|hashes| {
            let hash = |(key, hash): (&String, &Value)| Some((key.clone(), hash.as_u64()?));
            hashes.iter().filter_map(hash).collect()
        });
        Self(hashes)
    }

    /// What changed in the record since.
    pub(crate) fn delta(&self, record: &RecordData) -> Delta {
        let Some(before) = &self.0 else {
            return Delta::replace_by(without(record));
        };
        let is_new = |(key, value): &(&String, &Value)| before.get(*key) != Some(&hash(value));
        let set = own(record)
            .filter(is_new)
            .map(|(key, value)| (key.clone(), value.clone()));
        let gone = before.keys().filter(|key| !record.contains_key(*key));
        Delta {
            clears: false,
            set: set.collect(),
            unset: gone.cloned().collect::<HashSet<_>>(),
        }
    }
}

/// A record's data without what is not the session's own.
pub(crate) fn without(record: &RecordData) -> Data {
    own(record)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn own<'a>(
    data: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    data.into_iter().filter(|(key, _)| *key != KEY)
}

fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(value.to_string().as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn loaded() -> RecordData {
        let data: Data = json!({"same": 1, "other": {"a": 1}, "gone": 3})
            .as_object()
            .cloned()
            .unwrap();
        Base::of(&data).put_into(data)
    }

    #[test]
    fn only_what_changed_is_written() {
        let mut record = loaded();
        record.insert("other".to_owned(), json!({"a": 2}));
        record.insert("new".to_owned(), json!(null));
        record.remove("gone");
        let delta = Base::from_record(&record).delta(&record);
        let set = json!({"other": {"a": 2}, "new": null});
        assert_eq!(Some(&delta.set), set.as_object());
        assert_eq!(delta.unset, HashSet::from(["gone".to_owned()]));
        assert!(!delta.clears);
    }

    #[test]
    fn a_record_that_did_not_change_writes_nothing() {
        let record = loaded();
        assert!(Base::from_record(&record).delta(&record).is_empty());
    }

    #[test]
    fn a_record_that_was_cleared_replaces_everything() {
        let mut record = loaded();
        record.clear();
        record.insert("new".to_owned(), json!(1));
        let delta = Base::from_record(&record).delta(&record);
        assert!(delta.clears);
        assert_eq!(Some(&delta.set), json!({"new": 1}).as_object());
    }
}
