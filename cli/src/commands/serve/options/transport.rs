//! How connections are protected, and whose word about their origin is taken.

use std::path::PathBuf;

use sessctl_api::Network;
use sessctl_server::{Config, Exposure, Tls};

use super::{TRANSPORT, yes_or_no};
use crate::{
    commands::serve::faults::Faults,
    exit::{Code, Failure},
};

/// TLS and proxies.
#[derive(Debug, clap::Args)]
pub(in crate::commands::serve) struct TransportArgs {
    /// Answer by HTTPS with the certificate of this file, and those it needs below it, as PEM; read again on SIGHUP
    /// [default: plain HTTP]
    #[arg(long, env = "SESSCTL_TLS_CERT", value_name = "FILE", help_heading = TRANSPORT)]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key as PEM, in a file that only you can read
    #[arg(long, env = "SESSCTL_TLS_KEY", value_name = "FILE", help_heading = TRANSPORT)]
    tls_key: Option<PathBuf>,
    /// Listen beyond this machine without HTTPS: passwords and cookies can be read on the way [default: no]
    #[arg(
        long,
        env = "SESSCTL_ALLOW_PLAIN_HTTP",
        value_name = "yes|no",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "yes",
        value_parser = yes_or_no,
        help_heading = TRANSPORT
    )]
    allow_plain_http: Option<bool>,
    /// Proxies whose word about the client's address (X-Forwarded-For) is taken: addresses or networks, with commas
    /// [default: none]
    #[arg(
        long,
        env = "SESSCTL_TRUST_PROXY",
        value_name = "CIDR",
        value_delimiter = ',',
        value_parser = network,
        help_heading = TRANSPORT
    )]
    trust_proxy: Vec<Network>,
}

fn network(text: &str) -> Result<Network, String> {
    Network::parse(text.trim()).ok_or_else(|| {
        let shown = sessctl_api::text::clean(text);
        format!("{shown:?} is no address or network: write 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32")
    })
}

impl TransportArgs {
    /// Whether browsers come by HTTPS, if it can be had.
    pub(in crate::commands::serve) fn is_tls(&self) -> bool {
        self.tls_cert.is_some()
    }

    /// Whether HTTPS was asked for, in whatever way.
    pub(in crate::commands::serve) fn wants_tls(&self) -> bool {
        self.tls_cert.is_some() || self.tls_key.is_some()
    }

    /// Applies what was said. What protects connections is judged together with the address to listen on.
    pub(in crate::commands::serve) fn apply(
        self,
        config: &mut Config,
        faults: &mut Faults,
    ) -> (Exposure, Option<Tls>) {
        config.trusted_proxies = self.trust_proxy;
        let tls = match (self.tls_cert, self.tls_key) {
            (Some(cert), Some(key)) => faults.take(Tls::load(&cert, &key)),
            (Some(_), None) if faults.knows(&["tls_key"]) => {
                faults.add(alone("--tls-cert", "its private key", "--tls-key"));
                None
            }
            (None, Some(_)) if faults.knows(&["tls_cert"]) => {
                faults.add(alone("--tls-key", "its certificate", "--tls-cert"));
                None
            }
            _ => None,
        };
        let allows_plain = self.allow_plain_http.unwrap_or(false);
        let exposure = Exposure::of(config)
            .tls(tls.clone())
            .allow_plain_http(allows_plain);
        (exposure, tls)
    }
}

fn alone(said: &str, missing: &str, flag: &str) -> Failure {
    Failure::new(Code::USAGE, format!("{said} without {missing}"))
        .hint(format!("say where that is with {flag} FILE"))
}
