//! What a server will be: everything decided and judged, and nothing made yet.

use std::path::{Path, PathBuf};

use sessctl_server::{Config, Exposure, Tls};
use sessctl_store::Settings;

use super::{faults::Faults, options::Admin, settle::settle};
use crate::{
    context::Context,
    exit::{Code, Failure},
    logging::LogFormat,
    store::Store,
};

/// Everything decided: flags before environment before settings file before default.
pub(super) struct Plan {
    pub(super) listen: String,
    pub(super) exposure: Exposure,
    pub(super) tls: Option<Tls>,
    pub(super) admin: Admin,
    pub(super) store: Store,
    pub(super) settings: Settings,
    pub(super) config: Config,
    pub(super) audit_file: Option<PathBuf>,
    pub(super) log: LogFormat,
}

impl Plan {
    pub(super) fn make(
        context: &Context,
        named: Option<&Path>,
        private: Option<&Path>,
    ) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let found = settings(context, named, private.is_some());
        let Some((file, unknown)) = faults.take(found) else {
            return Err(faults);
        };
        unknown.into_iter().for_each(|fault| faults.add(fault));
        let options = settle(context, &file, private.is_some(), &mut faults);
        let Some(options) = faults.take(options) else {
            return Err(faults);
        };
        let own = |name, usual| private.map_or(usual, |dir| dir.join(name));

        let mut config = Config::new(options.accounts.auth());
        let mut settings = Settings::default();
        let log = options.server.log_format.unwrap_or(LogFormat::Text);
        let listen = options.server.listen.clone();
        let listen = listen.unwrap_or_else(|| default_listen(private.is_some()).to_owned());
        // A certificate that cannot be had is no choice of plain HTTP.
        let wants_tls = options.transport.wants_tls();
        options.server.apply(&mut config, &mut faults);
        options
            .accounts
            .apply(&mut config, &mut settings, &mut faults);
        let own_store = own("sessions.db", context.paths.own_store());
        let store = options
            .sessions
            .apply(own_store, &mut config, &mut settings, &mut faults);
        options.cookie.apply(&mut config, &mut faults);
        if options.transport.is_tls() {
            config = config.over_tls();
        }
        let (exposure, tls) = options.transport.apply(&mut config, &mut faults);
        let protection = [
            "listen",
            "tls_cert",
            "tls_key",
            "public_url",
            "allow_plain_http",
            "trust_proxy",
        ];
        if !(wants_tls && tls.is_none()) && faults.knows(&protection) {
            faults.would_listen(&listen, &exposure);
        }
        if faults.knows(&["public_url", "tls_cert", "cookie_secure", "secret_file"]) {
            faults.take(config.cookie.check(config.public_origin.as_deref()));
        }
        let own_socket = own("admin.sock", context.paths.own_socket());
        let admin = options
            .operators
            .admin(own_socket, tls.clone(), &mut faults);
        let beside = store.as_ref().and_then(Store::audit_file);
        let audit_file = options.operators.audit_file(beside);
        match store {
            Some(store) if faults.is_empty() => Ok(Self {
                listen,
                exposure,
                tls,
                admin,
                store,
                settings,
                config,
                audit_file,
                log,
            }),
            _ => Err(faults),
        }
    }
}

fn default_listen(is_private: bool) -> &'static str {
    if is_private {
        "127.0.0.1:0"
    } else {
        "127.0.0.1:3000"
    }
}

/// The settings files that count: the named one, else the usual ones. A private server reads none that was not named
/// on its own command line. What the named one holds besides, which there is no such table for, comes with it.
fn settings(
    context: &Context,
    named: Option<&Path>,
    is_private: bool,
) -> Result<(sessctl_client::Config, Vec<sessctl_client::Error>), Failure> {
    match named {
        Some(path) if !path.exists() => Err(Failure::new(
            Code::USAGE,
            format!("there is no settings file {}", path.display()),
        )),
        Some(path) => Ok(sessctl_client::Config::load_known(path)?),
        None if is_private => Ok(Default::default()),
        None => Ok((context.config.clone(), Vec::new())),
    }
}
