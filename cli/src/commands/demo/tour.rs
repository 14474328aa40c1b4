//! The tour: what a user would type, run for real, with its real output.

use std::{path::Path, process::Output};

use tokio::process::Command;

use crate::{
    commands::serve::ready::Ready,
    exit::{Code, Failure, failed},
    output,
    paths::private_home,
};

/// A step: what it shows, the command, and the exit code that it must have.
struct Step {
    says: &'static str,
    arguments: &'static [&'static str],
    code: u8,
}

const FIRST: [Step; 3] = [
    Step {
        says: "Sign in from the shell; the cookie is kept for the next command.",
        arguments: &["login", "alice"],
        code: 0,
    },
    Step {
        says: "Fetch a page with it.",
        arguments: &["dashboard"],
        code: 0,
    },
    Step {
        says: "The operator sees every live session, by a handle that opens nothing.",
        arguments: &["ls"],
        code: 0,
    },
];

const LAST: [Step; 4] = [
    Step {
        says: "The user is told so, and by whom.",
        arguments: &["dashboard"],
        code: 3,
    },
    Step {
        says: "Whoever may sign in can do so again, in a new session.",
        arguments: &["login", "alice"],
        code: 0,
    },
    Step {
        says: "Sign out.",
        arguments: &["logout"],
        code: 0,
    },
    Step {
        says: "Nothing is left.",
        arguments: &["stats"],
        code: 0,
    },
];

/// Runs the tour. A step that does not end as it should fails it.
pub(super) async fn run(ready: &Ready, dir: &Path) -> Result<(), Failure> {
    output::line(&format!(
        "A session server runs at {}, its admin socket at {}.",
        ready.public, ready.admin
    ))?;
    let guide = Guide { ready, dir };
    for step in FIRST {
        guide.show(step.says, step.arguments, step.code).await?;
    }
    let handles = guide.call(&["ls", "-q"]).await?;
    let handles = String::from_utf8_lossy(&handles.stdout).into_owned();
    let handle = handles
        .lines()
        .next()
        .ok_or_else(|| Failure::new(Code::FAILED, "the tour lost its session"))?;
    guide
        .show("End it: at once, and for good.", &["revoke", handle], 0)
        .await?;
    for step in LAST {
        guide.show(step.says, step.arguments, step.code).await?;
    }
    output::line(
        "\nThat was all of it; nothing is left behind. At a terminal, `sessctl demo` opens the live dashboard.",
    )
}

struct Guide<'a> {
    ready: &'a Ready,
    dir: &'a Path,
}

impl Guide<'_> {
    async fn show(&self, says: &str, arguments: &[&str], code: u8) -> Result<(), Failure> {
        output::line(&format!("\n# {says}\n$ sessctl {}", arguments.join(" ")))?;
        let done = self.call(arguments).await?;
        output::body(&done.stdout)?;
        output::body(&done.stderr)?;
        let ended = done.status.code();
        if code != 0 {
            output::line(&format!(
                "(exit code {})",
                ended.map_or_else(|| "none".to_owned(), |ended| ended.to_string())
            ))?;
        }
        if ended == Some(i32::from(code)) {
            return Ok(());
        }
        Err(Failure::new(
            Code::FAILED,
            format!(
                "the tour broke: `sessctl {}` ended with {ended:?}",
                arguments.join(" ")
            ),
        ))
    }

    /// Runs this very program, with jar and profile below the demo's directory.
    async fn call(&self, arguments: &[&str]) -> Result<Output, Failure> {
        let program = std::env::current_exe().map_err(failed)?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.dir)
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true);
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SESSCTL_"))
        {
            command.env_remove(name);
        }
        command
            .env("SESSCTL_SERVER", &self.ready.public)
            .env("SESSCTL_SOURCE", &self.ready.admin);
        command.envs(private_home(self.dir));
        Ok(command.output().await?)
    }
}
