//! The headers of a request.

use http::header::{
    AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION,
};

use super::body::source;
use crate::exit::{Code, Failure};

#[derive(Debug, clap::Args)]
pub(crate) struct Headers {
    /// Send this header: 'Name: value', or @FILE with one a line (@- for stdin), where secrets belong
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    headers: Vec<String>,
}

impl Headers {
    pub(super) fn read(&self) -> Result<HeaderMap, Failure> {
        let mut all = HeaderMap::new();
        for said in &self.headers {
            if said.starts_with('@') {
                let bytes = source(said)?;
                let text = String::from_utf8_lossy(&bytes);
                for line in text.lines().filter(|line| !line.trim().is_empty()) {
                    let (name, value) = header(line)?;
                    all.append(name, value);
                }
                continue;
            }
            let (name, value) = header(said)?;
            if [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(&name) {
                return Err(Failure::new(
                    Code::USAGE,
                    format!("a header {name} on the command line can be read by everybody on this machine; nothing was sent"),
                )
                .hint("put it into a file of yours: -H @FILE; cookies go along by themselves"));
            }
            all.append(name, value);
        }
        Ok(all)
    }
}

/// Reads one; what is wrong with it may be a secret and is not repeated.
fn header(line: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    let wrong = || {
        Failure::new(
            Code::USAGE,
            "a header is written as 'Name: value', with a name of letters, digits and dashes",
        )
    };
    let (name, value) = line.split_once(':').ok_or_else(wrong)?;
    let name = HeaderName::try_from(name.trim()).map_err(|_| wrong())?;
    let mut value = HeaderValue::try_from(value.trim()).map_err(|_| wrong())?;
    value.set_sensitive(true);
    Ok((name, value))
}
