//! What of a request's path goes into the log.

use sessctl_api::text::clean;
use sessctl_store::SessionId;

/// A path for the log, harmless, and without any segment in which somebody pasted what looks like an id.
pub(crate) fn shown(path: &str) -> String {
    let ends_an_id =
        |character: char| !(character.is_ascii_alphanumeric() || "-_".contains(character));
    let has_id = |segment: &str| {
        let mut words = segment.split(ends_an_id);
        words.any(|word| SessionId::parse(word).is_some())
    };
    let segments = path.split('/').map(|segment| match has_id(segment) {
        true => "(hidden)".into(),
        false => clean(segment),
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_in_a_path_is_not_logged() {
        let id = SessionId::random().cookie_value();
        for pasted in [
            id.clone(),
            format!("{id}.E0sma2lDexample"),
            format!("sid={id}"),
            format!("\"{id}\""),
        ] {
            let path = shown(&format!("/v1/sessions/{pasted}/x"));
            assert_eq!(path, "/v1/sessions/(hidden)/x", "{pasted}");
        }
        assert_eq!(shown("/dashboard"), "/dashboard");
    }
}
