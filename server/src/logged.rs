//! What of a request's path goes into the log.

use sessctl_api::{Token, text::clean};
use sessctl_store::SessionId;

/// A path for the log, harmless, and without any segment in which somebody pasted what looks like an id or a
/// token.
pub(crate) fn shown(path: &str) -> String {
    let ends_an_id =
        |character: char| !(character.is_ascii_alphanumeric() || "-_".contains(character));
    let has_secret = |segment: &str| {
        let mut words = segment.split(ends_an_id);
        words.any(|word| word.contains(Token::PREFIX) || SessionId::parse(word).is_some())
    };
    let segments = path.split('/').map(|segment| match has_secret(segment) {
        true => "(hidden)".into(),
        false => clean(segment),
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_or_a_token_in_a_path_is_not_logged() {
        let id = SessionId::random().cookie_value();
        for pasted in [
            id.clone(),
            format!("{id}.E0sma2lDexample"),
            format!("sid={id}"),
            format!("\"{id}\""),
            "sctl_n0tAT0ken".to_owned(),
        ] {
            let path = shown(&format!("/v1/sessions/{pasted}/x"));
            assert_eq!(path, "/v1/sessions/(hidden)/x", "{pasted}");
        }
        assert_eq!(shown("/dashboard"), "/dashboard");
    }
}
