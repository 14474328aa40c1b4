//! `sessctl wait`.

use std::time::Duration;

use crate::{
    context::Context,
    exit::{Code, Failure},
};

/// Wait until the server answers (with any status below 500)
///
/// Gives up after 30 s, or after --timeout if that is said, with exit code 6.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// How long to wait when nobody says.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) async fn run(context: &Context, _args: Args) -> Result<Code, Failure> {
    let site = context.site(&context.profile()?, None)?;
    let patience = context.global.timeout.unwrap_or(PATIENCE);
    let mut last = "no answer".to_owned();
    let answered = tokio::time::timeout(patience, async {
        loop {
            last = match site.probe().await {
                Ok(status) if status < 500 => return,
                Ok(status) => format!("it answers {status}"),
                Err(error) => error.to_string(),
            };
            tokio::time::sleep(PAUSE).await;
        }
    })
    .await;
    if answered.is_ok() {
        return Ok(Code::OK);
    }
    let spent = sessctl_api::span::short(patience);
    Err(Failure::new(
        Code::UNREACHABLE,
        format!("{} is not ready after {spent}: {last}", site.address()),
    ))
}
