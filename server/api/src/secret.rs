//! A password, a token or a cookie's value on its way.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

/// Text that must not be shown: no `Display`, no `Serialize`, `Debug` hides it, and its memory is wiped when it goes.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Gives the text back, to be sent or checked and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Writes the text into a body that is sent: for `#[serde(serialize_with = "Secret::send")]`, field by field.
    pub fn send<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.expose().serialize(serializer)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(
            format!("{:?} {:#?}", Secret::new("hunter2"), Secret::new("x")),
            "Secret(..) Secret(..)"
        );
    }
}
