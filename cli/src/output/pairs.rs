//! What a session holds, as a list of keys and values.

use serde::Serialize;
use serde_json::Value;
use sessctl_api::{Data, text};

use super::column::Column;

/// A key and its value.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) value: Value,
}

impl Pair {
    pub(crate) fn all_of(data: &Data) -> Vec<Self> {
        let pairs = data.iter().map(|(key, value)| Self {
            key: key.clone(),
            value: value.clone(),
        });
        pairs.collect()
    }
}

/// Of a list of them: cut to what a line holds.
pub(crate) static PAIRS: [Column<Pair>; 2] = [
    Column::new("key", "KEY", |pair: &Pair, _| text::fit(&pair.key, 32)).naming(),
    Column::new("value", "VALUE", |pair: &Pair, _| {
        text::fit(&pair.value.to_string(), 60)
    }),
];
