//! Profiles and the other settings of `config.toml` (the user's) and `sessctl.toml` (the project's).
//!
//! One small reader for both files in `read`, the writer in `write`, what they say in `model`. The project's file
//! overrides the user's key by key. What the values mean is the caller's business, `[serve]` is handed on as it is.

mod model;
mod read;
mod write;

use std::path::Path;

use crate::Error;

pub use model::{Config, Place, Profile, check_profile_name};
pub use write::{remove_profile, save_default, save_looks, save_profile};

impl Config {
    /// Reads the user's file and then the project's over it, which must be one that nobody else can have written.
    /// Missing files are empty.
    pub fn load(user: &Path, project: Option<&Path>) -> Result<Self, Error> {
        let mut config = read::file(user)?;
        if let Some(project) = project {
            let other = read::project(project)?;
            if let Some((name, _)) = other.profiles().find(|(_, p)| p.token_file.is_some()) {
                return Err(Error::Config {
                    path: project.to_owned(),
                    line: None,
                    message: format!(
                        "profile.{name}.token_file stands in your own settings alone: a project must not send your tokens anywhere"
                    ),
                });
            }
            config.override_with(other);
        }
        Ok(config)
    }

    /// Reads one file as far as it is known, and says what else stands in it.
    pub fn load_known(path: &Path) -> Result<(Self, Vec<Error>), Error> {
        read::known(path)
    }
}
