//! JSON with the keys that were asked for, in that order.

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::Value;

/// Keys and values in the order that was asked for.
pub(super) struct InOrder<'k>(pub(super) Vec<(&'k str, Value)>);

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (*key, value)))
    }
}

/// A document whose items have only the keys that were asked for.
pub(super) struct Picked {
    pub(super) rest: serde_json::Map<String, Value>,
    pub(super) key: String,
    pub(super) items: Vec<InOrder<'static>>,
}

impl Serialize for Picked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.rest.len() + 1))?;
        for (key, value) in &self.rest {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry(&self.key, &self.items)?;
        map.end()
    }
}
