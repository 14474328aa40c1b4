//! `sessctl serve --check-config`: what is wrong with what was said, without opening or making anything.

use std::path::{Path, PathBuf};

use sessctl_server::PublicListener;

use super::{faults::Faults, plan::Plan};
use crate::{
    context::Context,
    exit::{Code, Failure},
    output,
};

/// Says that all is fine, or all that is not.
pub(super) async fn run(context: &Context, named: Option<&Path>) -> Result<Code, Failure> {
    let files = files(context, named);
    let mut faults = match Plan::make(context, named, None) {
        Ok(plan) => {
            let mut faults = Faults::default();
            faults.take(PublicListener::judge(&plan.listen, &plan.exposure).await);
            plan.admin.judge(&mut faults).await;
            faults
        }
        Err(mut faults) => {
            if let Some((listen, exposure)) = faults.listening() {
                faults.take(PublicListener::judge(&listen, &exposure).await);
            }
            faults
        }
    };
    faults.sort();
    if faults.is_empty() {
        return fine(&files);
    }
    for fault in faults {
        output::say!("{}", fault.message(context.global.verbose));
        if let Some(hint) = fault.next_step() {
            output::say!("  {hint}");
        }
    }
    Ok(Code::USAGE)
}

fn fine(files: &[PathBuf]) -> Result<Code, Failure> {
    if files.is_empty() {
        output::line("no settings file; flags and environment: fine")?;
    }
    for file in files {
        let shown = file.to_string_lossy();
        output::line(&format!("{}: fine", sessctl_api::text::clean(&shown)))?;
    }
    Ok(Code::OK)
}

/// The settings files that were read.
fn files(context: &Context, named: Option<&Path>) -> Vec<PathBuf> {
    match named {
        Some(path) => vec![path.to_owned()],
        None => context
            .settings_files()
            .into_iter()
            .filter(|path| path.exists())
            .collect(),
    }
}
