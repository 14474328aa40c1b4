//! The command that a private server lives for.

use std::path::Path;

use super::ready::Ready;
use crate::{child::Child, exit::Failure, paths::private_home};

/// Settings of the caller that would lead a command away from its private server.
const NOT_PASSED_ON: [&str; 3] = ["SESSCTL_PROFILE", "SESSCTL_JAR", "SESSCTL_OUTPUT"];

/// Starts a command that finds the server in its environment, with jars and profiles of its own.
pub(super) fn start(command: &[String], ready: &Ready, state: &Path) -> Result<Child, Failure> {
    Child::start(command, |child| {
        child
            .env("SESSCTL_SERVER", &ready.public)
            .env("SESSCTL_SOURCE", &ready.admin);
        for name in NOT_PASSED_ON {
            child.env_remove(name);
        }
        child.envs(private_home(state));
    })
}
