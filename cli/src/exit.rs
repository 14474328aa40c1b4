//! Exit codes, and which failure has which.

use std::{error::Error, fs::OpenOptions, path::Path, process::ExitCode};

use sessctl_api::{AccountError, RegistryError, text::clean};
use sessctl_store::StoreError;

/// What a command tells the shell; the numbers are a contract, listed in `--help` and the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) u8);

impl Code {
    /// Done; yes.
    pub(crate) const OK: Self = Self(0);
    /// Failed; also another HTTP status of 400 or more.
    pub(crate) const FAILED: Self = Self(1);
    /// Wrong usage; also an ambiguous handle.
    pub(crate) const USAGE: Self = Self(2);
    /// Not signed in: 401, or sent to the login page.
    pub(crate) const NOT_SIGNED_IN: Self = Self(3);
    /// Refused: wrong password, 403.
    pub(crate) const REFUSED: Self = Self(4);
    /// No such session, user or profile.
    pub(crate) const NOT_FOUND: Self = Self(5);
    /// Server or store unreachable, 503, or timed out.
    pub(crate) const UNREACHABLE: Self = Self(6);
    /// Part of a bulk failed.
    pub(crate) const PARTLY: Self = Self(7);
    /// Not confirmed.
    pub(crate) const NOT_CONFIRMED: Self = Self(8);
    /// A check or threshold failed.
    pub(crate) const CHECK_FAILED: Self = Self(9);
    /// A command to run is there and cannot be run, as shells say it.
    pub(crate) const NOT_EXECUTABLE: Self = Self(126);
    /// There is no such command to run, as shells say it.
    pub(crate) const NO_COMMAND: Self = Self(127);
    /// Ended by Ctrl-C.
    pub(crate) const INTERRUPTED: Self = Self(130);

    /// Ended by a signal.
    pub(crate) fn of_signal(number: i32) -> Self {
        Self(u8::try_from(128 + number).unwrap_or(Self::FAILED.0))
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.0)
    }
}

/// Why a command did not do what it was asked, with its exit code and what to do next.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Code,
    error: Option<anyhow::Error>,
    hint: Option<String>,
    /// How many causes below the error belong to its message.
    causes: usize,
    /// The line of the settings file that it is about.
    line: Option<usize>,
}

impl Failure {
    /// A failure with a message of our own.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            error: Some(anyhow::Error::msg(message.into())),
            ..Self::silent(code)
        }
    }

    /// A failure that another room reported, with its cause.
    pub(crate) fn caused(code: Code, error: impl Into<anyhow::Error>) -> Self {
        Self {
            error: Some(error.into()),
            causes: 1,
            ..Self::silent(code)
        }
    }

    /// A failure that another room reported in a message that is whole without its causes.
    fn whole(code: Code, error: impl Into<anyhow::Error>) -> Self {
        Self {
            error: Some(error.into()),
            ..Self::silent(code)
        }
    }

    /// A code alone: everything has been said.
    pub(crate) fn silent(code: Code) -> Self {
        Self {
            code,
            error: None,
            hint: None,
            causes: 0,
            line: None,
        }
    }

    /// Adds a line that says what to do next.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// Notes which line of a settings file it is about.
    #[must_use]
    pub(crate) fn at_line(self, line: Option<usize>) -> Self {
        Self { line, ..self }
    }

    pub(crate) fn line(&self) -> Option<usize> {
        self.line
    }

    pub(crate) fn code(&self) -> Code {
        self.code
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.error.is_none()
    }

    pub(crate) fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// What failed and why. The causes below the first are for those who ask.
    pub(crate) fn message(&self, verbose: bool) -> String {
        let Some(error) = &self.error else {
            return String::new();
        };
        let mut message = error.to_string();
        for (depth, cause) in error.chain().skip(1).enumerate() {
            let cause = cause.to_string();
            // Rooms that say it all in one sentence keep their source for the chain; it is not said twice.
            if message.contains(&cause) {
                continue;
            }
            if depth < self.causes {
                message = format!("{message}: {cause}");
            } else if verbose {
                // Below what the message ends with, which may be a command to type.
                message = format!("{message}\ncaused by: {cause}");
            }
        }
        message
    }
}

impl From<sessctl_client::Error> for Failure {
    fn from(error: sessctl_client::Error) -> Self {
        use sessctl_client::Error as E;
        let code = match &error {
            E::BadInput(_) | E::Config { .. } => Code::USAGE,
            E::Unreachable { .. } => Code::UNREACHABLE,
            // A 401 that means "not signed in" is an answer, no error: what is left is a wrong password.
            E::LoginRefused { .. }
            | E::Status {
                status: 401 | 403, ..
            } => Code::REFUSED,
            E::File { .. } | E::Jar(_) | E::Status { .. } | E::Answer(_) => Code::FAILED,
        };
        let line = match &error {
            E::Config { line, .. } => *line,
            _ => None,
        };
        Self::whole(code, error).at_line(line)
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let code = match &error {
            RegistryError::BadQuery(_) => Code::USAGE,
            RegistryError::BadFilter(fault) => {
                let pointer = (!fault.text.trim().is_empty()).then(|| fault.pointer());
                let failure = Self::whole(Code::USAGE, error);
                return match pointer {
                    Some(pointer) => failure.hint(pointer),
                    None => failure,
                };
            }
            RegistryError::NotFound { .. } => Code::NOT_FOUND,
            RegistryError::CountMismatch { .. } => Code::CHECK_FAILED,
            RegistryError::Refused(_) => Code::REFUSED,
            RegistryError::Unreachable { .. } => Code::UNREACHABLE,
            RegistryError::Broken { .. } => Code::FAILED,
        };
        Self::whole(code, error)
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        let code = match error {
            AccountError::NoUser(_) | AccountError::NoToken(_) => Code::NOT_FOUND,
            AccountError::Exists { .. } => Code::FAILED,
            AccountError::BadInput(_) => Code::USAGE,
            AccountError::Registry(error) => return error.into(),
        };
        Self::whole(code, error)
    }
}

impl From<sessctl_api::FilterError> for Failure {
    fn from(error: sessctl_api::FilterError) -> Self {
        RegistryError::BadFilter(error).into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::caused(Code::UNREACHABLE, error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            // The reader has seen enough, as `head` does.
            return Self::silent(Code::OK);
        }
        Self::caused(Code::FAILED, error)
    }
}

/// Before something that takes its time, for nobody wants to wait for what then cannot be written. What stands there
/// stays.
pub(crate) fn check_writable(path: &Path) -> Result<(), Failure> {
    let is_new = !path.exists();
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.map(drop).map_err(|error| unwritable(path, &error))?;
    if is_new {
        // An empty one would be taken for a result.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

/// A file that cannot be written.
pub(crate) fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    let shown = path.to_string_lossy();
    let what = format!("cannot write {}: {error}", clean(&shown));
    Failure::new(Code::FAILED, what)
        .hint("is there such a directory, and may you write there? then call it again")
}

/// A failure of a kind that has no code of its own.
pub(crate) fn failed(error: impl Error + Send + Sync + 'static) -> Failure {
    Failure::caused(Code::FAILED, error)
}
