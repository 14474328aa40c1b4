//! Asking at the terminal: only if there is one, and never without a way around it.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use sessctl_api::text::clean;
use sessctl_client::Secret;

use crate::{
    context::Context,
    exit::{Code, Failure},
    interrupt, output,
};

/// Whether somebody is there to be asked.
pub(crate) fn can_ask(context: &Context) -> bool {
    !context.global.no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for a yes, unless `--yes` gave it already. `instead` is what one may do where nobody can be asked.
pub(crate) fn confirm(context: &Context, question: &str, instead: &str) -> Result<(), Failure> {
    if context.global.yes {
        return Ok(());
    }
    if !can_ask(context) {
        return Err(
            Failure::new(Code::NOT_CONFIRMED, format!("not confirmed: {question}"))
                .hint(format!("nobody is there to be asked: {instead}")),
        );
    }
    eprint!("{question} [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new(
            Code::NOT_CONFIRMED,
            "not confirmed; nothing was done",
        )),
    }
}

/// Asks for a password without showing it, and says where it will go: a settings file may have named the server.
pub(crate) fn password(user: &str, server: &str) -> Result<Secret, Failure> {
    let question = format!("Password for {} at {}: ", clean(user), clean(server));
    secret(question, "nothing was sent")
}

/// Asks twice for a new password without showing it: a slip of the finger would lock its owner out.
pub(crate) fn new_password(user: &str, place: &str) -> Result<Secret, Failure> {
    const FATE: &str = "nothing was changed";
    output::say!("{}", sessctl_api::PASSWORD_RULES);
    let first = secret(
        format!("New password for {} at {place}: ", clean(user)),
        FATE,
    )?;
    let again = secret("The same again: ".to_owned(), FATE)?;
    if first == again {
        return Ok(first);
    }
    Err(Failure::new(
        Code::USAGE,
        format!("the two passwords differ; {FATE}"),
    ))
}

fn secret(question: String, fate: &str) -> Result<Secret, Failure> {
    rpassword::prompt_password(question)
        .map(Secret::new)
        .map_err(|error| {
            if error.kind() == io::ErrorKind::Interrupted {
                // It takes Ctrl-C for a key, and would leave a terminal behind that shows nothing.
                interrupt::stop();
            }
            Failure::new(Code::USAGE, format!("no password was given; {fate}"))
        })
}

/// Reads one line.
pub(crate) fn ask(question: &str) -> Result<String, Failure> {
    eprint!("{question}");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim_end_matches(['\r', '\n']).to_owned())
}
