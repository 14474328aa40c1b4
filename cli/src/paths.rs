//! Where state, settings and sockets lie: the XDG places.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;

use crate::exit::{Failure, failed};

/// The directories of this user, already with our own name at the end where they are ours alone.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    /// `$XDG_STATE_HOME`: jars go below it.
    pub(crate) state: PathBuf,
    /// `$XDG_DATA_HOME/sessctl`: the server's own store.
    pub(crate) data: PathBuf,
    /// `$XDG_CONFIG_HOME/sessctl/config.toml`.
    pub(crate) config_file: PathBuf,
    /// `$XDG_RUNTIME_DIR/sessctl`, where there is one.
    runtime: Option<PathBuf>,
}

impl Paths {
    pub(crate) fn of_user() -> Result<Self, Failure> {
        let base = etcetera::base_strategy::Xdg::new().map_err(failed)?;
        let ours = |dir: PathBuf| dir.join("sessctl");
        Ok(Self {
            state: base.state_dir().unwrap_or_else(|| base.data_dir()),
            data: ours(base.data_dir()),
            config_file: ours(base.config_dir()).join("config.toml"),
            runtime: base.runtime_dir().map(ours),
        })
    }

    /// Where `serve` puts its admin socket unless told otherwise.
    pub(crate) fn own_socket(&self) -> PathBuf {
        self.runtime
            .as_ref()
            .unwrap_or(&self.data)
            .join("admin.sock")
    }

    /// Where list commands look for one, in order.
    pub(crate) fn sockets(&self) -> Vec<PathBuf> {
        let own = self
            .runtime
            .iter()
            .chain([&self.data])
            .map(|dir| dir.join("admin.sock"));
        own.chain([PathBuf::from("/run/sessctl/admin.sock")])
            .collect()
    }

    /// The server's own store.
    pub(crate) fn own_store(&self) -> PathBuf {
        self.data.join("sessions.db")
    }
}

/// The environment that gives a command state of its own below a directory.
pub(crate) fn private_home(dir: &Path) -> [(&'static str, PathBuf); 3] {
    [
        ("XDG_STATE_HOME", "state"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_DATA_HOME", "data"),
    ]
    .map(|(name, below)| (name, dir.join(below)))
}
