//! A new password: asked for twice, given, or made up.

use rand::distr::{Alphanumeric, SampleString as _};
use sessctl_api::Secret;

use crate::{
    context::Context,
    exit::{Code, Failure},
    prompt,
    secrets::{self, PasswordArgs},
};

/// How many letters and digits a password has that was made up: 119 bits, more than anybody can guess.
const LENGTH: usize = 20;

/// Where the new password comes from.
#[derive(Debug, clap::Args)]
pub(super) struct NewPasswordArgs {
    #[command(flatten)]
    given: PasswordArgs,
    /// Make a password up and print it, alone on stdout
    #[arg(long, conflicts_with_all = ["password_stdin", "password_file"])]
    generate: bool,
}

/// A password to be.
pub(super) struct NewPassword {
    pub(super) secret: Secret,
    /// Whether it was made up here, so that somebody has to be told.
    pub(super) generated: bool,
}

impl NewPasswordArgs {
    /// Refuses what cannot end well, before anything is opened or made.
    pub(super) fn check(&self, context: &Context) -> Result<(), Failure> {
        let is_given =
            self.generate || self.given.is_said() || std::env::var_os("SESSCTL_PASSWORD").is_some();
        if is_given || prompt::can_ask(context) {
            return Ok(());
        }
        Err(Failure::new(
            Code::USAGE,
            "a password is needed and nobody is there to be asked; nothing was changed",
        )
        .hint(format!(
            "{}; or let one be made up with --generate",
            secrets::WAYS
        )))
    }

    /// The password of an account at a place.
    pub(super) fn get(
        &self,
        context: &Context,
        user: &str,
        place: &str,
    ) -> Result<NewPassword, Failure> {
        if self.generate {
            let text = Alphanumeric.sample_string(&mut rand::rng(), LENGTH);
            return Ok(NewPassword {
                secret: Secret::new(text),
                generated: true,
            });
        }
        let secret = match self.given.given("nothing was changed")? {
            Some(secret) => secret,
            None => {
                self.check(context)?;
                prompt::new_password(user, place)?
            }
        };
        Ok(NewPassword {
            secret,
            generated: false,
        })
    }
}
