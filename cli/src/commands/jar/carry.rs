//! What a jar holds: written for others, taken from others, and looked over.

use std::{
    fs::OpenOptions,
    io::{IsTerminal as _, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use serde_json::json;
use sessctl_client::examine;

use crate::{
    context::Context,
    exit::{Code, Failure, unwritable},
    global::Format,
    output,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// A new file, which only you can read [default: stdout]
    file: Option<PathBuf>,
    /// Write the values to a terminal too
    #[arg(long)]
    show_secrets: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The cookies.txt; - for stdin
    file: PathBuf,
}

pub(super) fn export(context: &Context, args: &Export) -> Result<(), Failure> {
    let site = context.site(&context.profile()?, None)?;
    let text = site.jar().export(site.base());
    let file = args.file.as_ref().filter(|file| file.as_os_str() != "-");
    let Some(file) = file else {
        if std::io::stdout().is_terminal() && !args.show_secrets {
            let what = "that would show on this terminal what signs you in";
            return Err(Failure::new(Code::USAGE, what)
                .hint("name a file: sessctl jar export FILE; or add --show-secrets"));
        }
        return output::body(text.expose().as_bytes());
    };
    write_new(file, text.expose()).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            let what = format!(
                "there is a file {} already; it was not touched",
                file.display()
            );
            Failure::new(Code::FAILED, what).hint("name another, or remove it first")
        }
        _ => unwritable(file, &error),
    })?;
    let count = site.jar().names().len();
    output::say!(
        "wrote {count} {} to {}; whoever reads it is signed in",
        cookies(count),
        file.display()
    );
    Ok(())
}

/// Never over a file that is there, whose readers would be unknown.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())
}

pub(super) fn import(context: &Context, args: &Import) -> Result<(), Failure> {
    let mut text = String::new();
    let read = match args.file.to_str() {
        Some("-") => std::io::stdin()
            .lock()
            .read_to_string(&mut text)
            .map(|_| text),
        _ => std::fs::read_to_string(&args.file),
    };
    let text = read.map_err(|error| {
        let what = format!("cannot read {}: {error}", args.file.display());
        Failure::new(Code::USAGE, what)
    })?;
    let site = context.site(&context.profile()?, None)?;
    let done = site.jar().import(&text, site.base())?;
    site.jar().save()?;
    if context.format() == Format::Table {
        let left_out = [
            (done.elsewhere, "for other servers"),
            (done.expired, "expired"),
        ];
        let left_out: Vec<_> = left_out
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let mut line = format!(
            "took {} {} for {}",
            done.taken,
            cookies(done.taken),
            site.address()
        );
        if !left_out.is_empty() {
            line = format!("{line}; left out {}", left_out.join(", "));
        }
        output::line(&line)?;
    }
    Ok(())
}

fn cookies(count: usize) -> &'static str {
    if count == 1 { "cookie" } else { "cookies" }
}

pub(super) fn doctor(context: &Context) -> Result<Code, Failure> {
    let profile = context.profile()?;
    let path = context.jar_path()?;
    let symptoms = examine(&path, &context.server(&profile)?)?;
    let is_fine = symptoms.iter().all(|one| one.is_fine);
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => {
            let all: Vec<_> = symptoms
                .iter()
                .map(|one| json!({"fine": one.is_fine, "what": one.what}))
                .collect();
            output::document(
                format,
                &json!({"schema": 1, "jar": path, "fine": is_fine, "seen": all}),
            )?;
        }
        _ => {
            output::line(&path.display().to_string())?;
            for one in &symptoms {
                let mark = if one.is_fine { "ok " } else { "BAD" };
                output::line(&format!("  {mark}  {}", one.what))?;
            }
        }
    }
    Ok(if is_fine {
        Code::OK
    } else {
        Code::CHECK_FAILED
    })
}
