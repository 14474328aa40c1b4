//! A server within the test's own process, whose admin API is over TCP: with TLS or without, and with an account.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use sessctl_api::{Accounts as _, Credential, NewToken, NewUser, Scope, Secret};
use sessctl_server::{
    AdminAccess, AdminAddress, AdminListener, Auth, Config, Exposure, PublicListener, Tls, run,
};
use sessctl_store::{Sessions, Settings};
use tokio::process::Command;

use crate::{
    home::{Done, Home, ended},
    users::PASSWORD,
};

/// A server for as long as the test's runtime lives. Who signs in there is alice.
pub(crate) struct Within {
    pub(crate) public: String,
    pub(crate) admin: String,
    sessions: Sessions,
    cert: Option<PathBuf>,
}

impl Within {
    pub(crate) async fn plain(home: &Home) -> Self {
        Self::start(home, None).await
    }

    /// With a certificate of its own making.
    pub(crate) async fn over_tls(home: &Home) -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let cert = home.write("cert.pem", &cert.pem());
        let key = home.write("key.pem", &signing_key.serialize_pem());
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let tls = Tls::load(&cert, &key).unwrap();
        Self {
            cert: Some(cert),
            ..Self::start(home, Some(tls)).await
        }
    }

    async fn start(home: &Home, tls: Option<Tls>) -> Self {
        let scheme = tls.as_ref().map_or("http", |_| "https");
        let sessions = Sessions::in_memory(Settings::default());
        let alice = NewUser {
            name: "alice".into(),
            credential: Credential::Password(Secret::new(PASSWORD)),
        };
        sessions.add_user(alice).await.unwrap();
        let config = Config::new(Auth::Users);
        let exposure = Exposure::of(&config).tls(tls.clone());
        let public = PublicListener::bind("127.0.0.1:0", exposure).await.unwrap();
        let url = public.url();
        let access = AdminAccess { tls, group: None };
        let address = AdminAddress::tcp("127.0.0.1:0".parse().unwrap());
        let tcp = AdminListener::bind_for(&address, &access).await.unwrap();
        let admin = format!("{scheme}://{}", tcp.tcp_addresses().next().unwrap());
        let socket = AdminAddress::unix(home.path("run/sessctl/admin.sock"));
        let socket = AdminListener::bind(&socket).await.unwrap();
        let forever = std::future::pending();
        tokio::spawn(run(
            public,
            socket.and(tcp),
            sessions.clone(),
            config,
            forever,
        ));
        Self {
            public: url,
            admin,
            sessions,
            cert: None,
        }
    }

    /// The secret of a new token.
    pub(crate) async fn token(&self, scope: Scope) -> String {
        let token = NewToken {
            name: scope.to_string(),
            scope,
            lifetime: 3_600,
        };
        let (_, secret) = self.sessions.add_token(token).await.unwrap();
        secret.expose().to_owned()
    }

    /// The binary, with alice's password, trusting the server's certificate.
    pub(crate) fn sessctl(&self, home: &Home, arguments: &[&str]) -> Command {
        let mut command = home.sessctl(arguments);
        command.env("SESSCTL_PASSWORD", PASSWORD);
        if let Some(cert) = &self.cert {
            command.env("SSL_CERT_FILE", cert);
        }
        command
    }

    /// Runs the binary on the public listener.
    pub(crate) async fn visits(&self, home: &Home, arguments: &[&str]) -> Done {
        let mut command = self.sessctl(home, arguments);
        command.env("SESSCTL_SERVER", &self.public);
        ended(command).await
    }

    /// Runs the binary on the admin listener, with a token.
    pub(crate) async fn asks(&self, home: &Home, token: &str, arguments: &[&str]) -> Done {
        let mut command = self.sessctl(home, arguments);
        command
            .args(["--source", &self.admin])
            .env("SESSCTL_TOKEN", token);
        ended(command).await
    }
}
