//! Where somebody is sent after signing in: a path on this server, and nothing that anybody reads otherwise.

use percent_encoding::percent_decode_str;
use sessctl_api::routes::public as paths;

/// How often a path may be percent-encoded over and over: no page of ours is, and more is refused.
const LAYERS: usize = 3;

/// Where to go after signing in: a path on this server, else the dashboard.
pub(crate) fn safe_next(next: Option<&str>) -> &str {
    next.filter(|next| is_own_path(next))
        .unwrap_or(paths::DASHBOARD)
}

/// Whether it is a path on this server for every browser: one slash first, and nothing that a browser drops or
/// reads as a second slash.
///
/// Stricter than browsers are, because proxies on the way may decode a path or resolve its dots before they write it
/// into a redirect of their own.
fn is_own_path(next: &str) -> bool {
    if !next.starts_with('/') || !next.chars().all(|c| c.is_ascii_graphic() && c != '\\') {
        return false;
    }
    let path = next.split(['?', '#']).next().unwrap_or_default();
    is_plain(path) && is_plain_decoded(path) && !signs_out(path)
}

/// Whether it is one path alone, without empty parts and dots to resolve.
fn is_plain(path: &str) -> bool {
    !path.contains("//")
        && !path.contains(|c: char| c == '\\' || c.is_control())
        && !path.split('/').any(|part| matches!(part, "." | ".."))
}

/// The same of what is left when somebody decodes it, once or over and over.
fn is_plain_decoded(path: &str) -> bool {
    let mut path = path.to_owned();
    for _ in 0..LAYERS {
        if !path.contains('%') {
            return true;
        }
        match percent_decode_str(&path).decode_utf8() {
            Ok(decoded) if decoded == path => return true,
            Ok(decoded) if is_plain(&decoded) => path = decoded.into_owned(),
            _ => return false,
        }
    }
    !path.contains('%')
}

/// Whether following it would undo the sign-in.
fn signs_out(path: &str) -> bool {
    path.trim_end_matches('/')
        .eq_ignore_ascii_case(paths::LOGOUT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    /// Good ones, which are for nobody to lose on the way through the form.
    const OWN: [&str; 12] = [
        "/",
        "/dashboard",
        "/sessions",
        "/a/b?c=d&e=%2F#f",
        "/a%20b/c.d/~e",
        "/@alice",
        "/search?q=https://example.org//x/../y",
        "/%E5%B1%B1",
        "/a:b;c=d,e/(f)!",
        "/logout-later",
        "/..a/b..",
        "/100%",
    ];

    #[test]
    fn one_is_sent_on_only_to_this_server() {
        for own in OWN {
            assert_eq!(safe_next(Some(own)), own);
        }
        for foreign in [
            "",
            "dashboard",
            "//evil.example",
            "/\\evil.example",
            "/a/%2e%2E/logout",
        ] {
            assert_eq!(safe_next(Some(foreign)), "/dashboard", "{foreign:?}");
        }
    }

    /// Parts of which payloads are made, so that chance finds those nobody thought of.
    fn target() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            Just("/".to_owned()),
            Just("\\".to_owned()),
            Just("//".to_owned()),
            Just("..".to_owned()),
            Just("%2f".to_owned()),
            Just("%5c".to_owned()),
            Just("%09".to_owned()),
            Just("\t".to_owned()),
            Just("\n".to_owned()),
            Just("@".to_owned()),
            Just(":".to_owned()),
            Just("https:".to_owned()),
            Just("javascript:".to_owned()),
            Just("evil.example".to_owned()),
            Just("own.example".to_owned()),
            Just("?".to_owned()),
            Just("#".to_owned()),
            Just("dashboard".to_owned()),
            any::<char>().prop_map(String::from),
        ];
        proptest::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// By the WHATWG's rules, which browsers follow.
        #[test]
        fn whatever_is_accepted_stays_on_this_server(next in target()) {
            for base in ["https://own.example/login", "http://127.0.0.1:3000/"] {
                let base = Url::parse(base).unwrap();
                for next in [next.clone(), format!("/{next}")] {
                    let there = base.join(safe_next(Some(&next))).unwrap();
                    prop_assert_eq!(there.origin(), base.origin());
                    prop_assert!(there.username().is_empty() && there.password().is_none());
                    prop_assert!(!there.path().starts_with("//"));
                    prop_assert_ne!(there.path(), paths::LOGOUT);
                }
            }
        }
    }
}
