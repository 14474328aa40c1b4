//! Where the server answers, and what it logs.

use sessctl_server::Config;

use super::{SERVER, yes_or_no};
use crate::{
    commands::serve::faults::Faults,
    exit::{Code, Failure},
    logging::LogFormat,
};

/// The server itself.
#[derive(Debug, clap::Args)]
pub(in crate::commands::serve) struct ServerArgs {
    /// Address for browsers and clients; port 0 is any free one [default: 127.0.0.1:3000]
    #[arg(long, env = "SESSCTL_LISTEN", value_name = "ADDR", help_heading = SERVER)]
    pub(in crate::commands::serve) listen: Option<String>,
    /// The address that browsers see, such as `https://example.org` [default: the one they ask for]
    #[arg(long, env = "SESSCTL_PUBLIC_URL", value_name = "URL", help_heading = SERVER)]
    public_url: Option<String>,
    /// The most connections at once; at one more, the one that waits the longest is closed [default: 10000]
    #[arg(
        long,
        env = "SESSCTL_MAX_CONNECTIONS",
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        help_heading = SERVER
    )]
    max_connections: Option<u32>,
    /// How to write log lines [default: text]
    #[arg(
        long,
        env = "SESSCTL_LOG_FORMAT",
        value_name = "FORMAT",
        value_enum,
        help_heading = SERVER
    )]
    pub(in crate::commands::serve) log_format: Option<LogFormat>,
    /// Log every request, not only changes and refusals [default: no]
    #[arg(
        long,
        env = "SESSCTL_LOG_REQUESTS",
        value_name = "yes|no",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "yes",
        value_parser = yes_or_no,
        help_heading = SERVER
    )]
    log_requests: Option<bool>,
}

impl ServerArgs {
    pub(in crate::commands::serve) fn apply(self, config: &mut Config, faults: &mut Faults) {
        if let Some(url) = self.public_url {
            match origin_of(&url) {
                Ok(origin) => config.public_origin = Some(origin),
                Err(fault) => faults.add_unread("public_url", fault),
            }
        }
        if let Some(most) = self.max_connections {
            config.max_connections = most as usize;
        }
        config.log_requests = self.log_requests.unwrap_or(config.log_requests);
    }
}

/// The origin of a URL, as browsers send it.
fn origin_of(url: &str) -> Result<String, Failure> {
    if !url.starts_with("http://") && !url.starts_with("https://") {
        let shown = sessctl_api::text::clean(url);
        return Err(Failure::new(
            Code::USAGE,
            format!("--public-url {shown:?}: write it whole, such as https://example.org"),
        ));
    }
    let parsed = sessctl_client::parse_server(url)?;
    Ok(parsed.origin().ascii_serialization())
}
