//! Where a password comes from when nobody is asked: stdin, a file or the environment, and never the command line.

use std::{fs::File, io::Read as _, os::unix::fs::PermissionsExt as _, path::PathBuf};

use sessctl_api::text::clean;
use sessctl_client::Secret;

use crate::{
    exit::{Code, Failure},
    output,
};

/// The ways, for a failure's next step.
pub(crate) const WAYS: &str =
    "give it by --password-stdin, by --password-file FILE, or in SESSCTL_PASSWORD";

/// Where the password comes from.
#[derive(Debug, clap::Args)]
pub(crate) struct PasswordArgs {
    /// Read the password from the first line of stdin
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    /// Read the password from the first line of a file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordArgs {
    /// Whether the command line says where it comes from.
    pub(crate) fn is_said(&self) -> bool {
        self.password_stdin || self.password_file.is_some()
    }

    /// The password that was given, if one was. `fate` ends what is said of one that cannot be read, such as
    /// "nothing was sent".
    pub(crate) fn given(&self, fate: &str) -> Result<Option<Secret>, Failure> {
        if self.password_stdin {
            let stdin = std::io::stdin().lock();
            return first_line(stdin, "password on stdin", fate).map(Some);
        }
        if let Some(path) = &self.password_file {
            let shown = clean(&path.to_string_lossy()).into_owned();
            let what = format!("password file {shown}");
            let file = File::open(path).map_err(|error| unreadable(&what, &error, fate))?;
            warn_if_open(&file, &what, &shown);
            return first_line(file, &what, fate).map(Some);
        }
        let variable = std::env::var("SESSCTL_PASSWORD");
        Ok(variable.ok().map(Secret::new))
    }
}

/// Says so when others than its owner may read a file with a password in it.
pub(crate) fn warn_if_open(file: &File, what: &str, shown: &str) {
    let meta = file.metadata().ok().filter(std::fs::Metadata::is_file);
    let mode = meta.map_or(0, |meta| meta.permissions().mode() & 0o777);
    if mode & 0o077 != 0 {
        output::say!(
            "sessctl: others may read the {what} (mode {mode:03o}); close it with: chmod 600 {}",
            output::shell_word(shown)
        );
    }
}

/// The first line; a file's last newline is no part of a password.
fn first_line(source: impl std::io::Read, what: &str, fate: &str) -> Result<Secret, Failure> {
    const LONGEST: usize = 64 * 1024;
    let mut text = String::new();
    source
        .take(LONGEST as u64 + 1)
        .read_to_string(&mut text)
        .map_err(|error| unreadable(what, &error, fate))?;
    let line = text.lines().next().unwrap_or_default();
    let fault = match line.len() {
        0 => "holds no password",
        length if length > LONGEST => "holds a line that is too long for one",
        _ => return Ok(Secret::new(line)),
    };
    Err(Failure::new(
        Code::USAGE,
        format!("the {what} {fault}; {fate}"),
    ))
}

fn unreadable(what: &str, error: &std::io::Error, fate: &str) -> Failure {
    Failure::new(
        Code::FAILED,
        format!("cannot read the {what}: {error}; {fate}"),
    )
}
