//! A User-Agent header in words.

/// Names the client of a User-Agent header: "Firefox on Linux", "curl", "sessctl".
///
/// A guess for people, by the fixed words that browsers send; the header proves nothing. `None` when nothing in it
/// is known.
pub fn client_of(ua: &str) -> Option<String> {
    let program = program_of(ua)?;
    let system = system_of(ua);
    Some(system.map_or_else(
        || program.to_owned(),
        |system| format!("{program} on {system}"),
    ))
}

fn program_of(ua: &str) -> Option<&'static str> {
    // The order counts: Edge and Opera also say Chrome, and Chrome also says Safari.
    const PROGRAMS: [(&str, &str); 18] = [
        ("sessctl/", "sessctl"),
        ("curl/", "curl"),
        ("Wget/", "Wget"),
        ("HTTPie/", "HTTPie"),
        ("xh/", "xh"),
        ("python-requests/", "Python requests"),
        ("Go-http-client/", "Go"),
        ("okhttp/", "OkHttp"),
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("HeadlessChrome/", "headless Chrome"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("Mozilla/", "browser"),
    ];
    PROGRAMS
        .iter()
        .find(|(mark, _)| ua.contains(mark))
        .map(|(_, name)| *name)
}

fn system_of(ua: &str) -> Option<&'static str> {
    // Android also says Linux, and iPhones also say Mac OS X.
    const SYSTEMS: [(&str, &str); 8] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Macintosh", "macOS"),
        ("Linux", "Linux"),
        ("BSD", "BSD"),
    ];
    SYSTEMS
        .iter()
        .find(|(mark, _)| ua.contains(mark))
        .map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_clients_are_named() {
        for (ua, words) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                Some("Firefox on Linux"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
                Some("Edge on Windows"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                Some("Safari on iPhone"),
            ),
            ("curl/8.5.0", Some("curl")),
            ("sessctl/0.1.0", Some("sessctl")),
            ("something odd", None),
            ("", None),
        ] {
            assert_eq!(client_of(ua).as_deref(), words, "{ua}");
        }
    }
}
