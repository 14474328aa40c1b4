//! A command that is run for somebody, and its exit code.

use std::{io, os::unix::process::ExitStatusExt as _, process::ExitStatus};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;

use crate::{
    exit::{Code, Failure},
    signals::Signals,
};

/// A running command. Dropped, it is killed.
#[derive(Debug)]
pub(crate) struct Child(tokio::process::Child);

impl Child {
    /// Starts a command; its surroundings are changed first.
    pub(crate) fn start(
        command: &[String],
        change: impl FnOnce(&mut Command),
    ) -> Result<Self, Failure> {
        let (program, arguments) = command
            .split_first()
            .ok_or_else(|| Failure::new(Code::USAGE, "no command"))?;
        let mut child = Command::new(program);
        child.args(arguments).kill_on_drop(true);
        change(&mut child);
        child.spawn().map(Self).map_err(|error| {
            let program = sessctl_api::text::clean(program);
            let code = match error.kind() {
                io::ErrorKind::NotFound => Code::NO_COMMAND,
                _ => Code::NOT_EXECUTABLE,
            };
            Failure::new(code, format!("cannot run {program:?}: {error}"))
        })
    }

    /// Waits for its end. A signal to end goes to the command first, and whoever runs it ends after it.
    pub(crate) async fn wait(&mut self, signals: &mut Signals) -> Result<Code, Failure> {
        loop {
            tokio::select! {
                status = self.0.wait() => return Ok(code_of(status?)),
                // A terminal's Ctrl-C reaches the command by itself.
                number = signals.next() => if number != Signal::INT.as_raw() {
                    self.terminate();
                }
            }
        }
    }

    fn terminate(&self) {
        let pid = self.0.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
        if let Some(pid) = pid {
            // An error says that it has ended already.
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

fn code_of(status: ExitStatus) -> Code {
    match (status.code(), status.signal()) {
        (Some(code), _) => Code(u8::try_from(code).unwrap_or(Code::FAILED.0)),
        (None, Some(signal)) => Code::of_signal(signal),
        (None, None) => Code::FAILED,
    }
}
