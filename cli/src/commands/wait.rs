//! `sessctl wait`.

use std::time::Duration;

use crate::{
    context::Context,
    exit::{Code, Failure},
};

/// Wait until the server answers (with any status below 500)
///
/// Gives up after 30 s, or after --timeout, with exit code 6.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// How long to wait when nobody says.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) async fn run(context: &Context, _args: Args) -> Result<Code, Failure> {
    let site = context.site(&context.profile()?, None)?;
    let patience = context.global.timeout.unwrap_or(PATIENCE);
    let last = std::sync::Mutex::new(None);
    let answered = tokio::time::timeout(patience, async {
        loop {
            match site.probe().await {
                Ok(status) if status < 500 => return,
                Ok(status) => note(&last, format!("it answers {status}")),
                Err(error) => note(&last, error.to_string()),
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    if answered.await.is_ok() {
        return Ok(Code::OK);
    }
    let last = last
        .into_inner()
        .ok()
        .flatten()
        .unwrap_or_else(|| "no answer".to_owned());
    let spent = sessctl_api::span::short(patience);
    Err(Failure::new(
        Code::UNREACHABLE,
        format!("{} is not ready after {spent}: {last}", site.base()),
    ))
}

fn note(last: &std::sync::Mutex<Option<String>>, why: String) {
    if let Ok(mut last) = last.lock() {
        *last = Some(why);
    }
}
