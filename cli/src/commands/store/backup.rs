//! `sessctl store backup`: a copy of a store file, whether or not a server writes it meanwhile.

use std::{fs, io, path::Path, path::PathBuf};

use serde_json::json;
use sessctl_api::text::clean;
use sessctl_store::{StoreError, backup_sqlite};

use crate::{
    context::Context,
    exit::{Code, Failure},
    global::Format,
    output,
    source::Source,
    store::Store,
};

/// Copy a store file while its server goes on
///
///   sessctl store backup sessions.copy
///   sessctl store backup sessions.copy --source sqlite:/srv/app/sessions.db
///
/// Copies --source sqlite:FILE, or the profile's source; without one, the store that
/// `sessctl serve` would use here. The copy holds every session and account of one moment, in a
/// new file that only you can read. No cookie in it works, because a store keeps hashes.
///
/// To use a copy, serve it, or put it in the store's place while no server runs there:
///
///   sessctl serve --store sqlite:sessions.copy
///
///   rm -f sessions.db-wal sessions.db-shm        # they belong to the old file
///   cp sessions.copy sessions.db
///
/// A session that was ended after the copy was made is live in the copy. Where that matters, end
/// what is in it before it is served: sessctl revoke --all --source sqlite:sessions.copy
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Where to; a file that exists is never overwritten
    file: PathBuf,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<Code, Failure> {
    Source::refuse_server(context)?;
    let from = store_file(context)?;
    let to = &args.file;
    check(&from, to)?;
    let bytes = backup_sqlite(&from, to).map_err(|error| failure(to, error))?;
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => output::document(
            format,
            &json!({"schema": 1, "source": format!("sqlite:{}", from.display()), "file": to, "bytes": bytes}),
        )?,
        Format::Name => output::line(&shown(to))?,
        Format::Table => {
            output::line(&format!(
                "copied {bytes} bytes from sqlite:{} to {}",
                shown(&from),
                shown(to)
            ))?;
            output::say!(
                "it holds hashes, no cookie that works; `sessctl store backup --help` says how to use it"
            );
        }
    }
    Ok(Code::OK)
}

/// The file to copy: of the source that was said, else of the server that would run here.
fn store_file(context: &Context) -> Result<PathBuf, Failure> {
    let said = context.global.source.clone().or(context.profile()?.source);
    let Some(source) = said else {
        return match Store::of_serve(context)? {
            Store::Sqlite(path) => Ok(path),
            Store::Memory => Err(Failure::new(
                Code::USAGE,
                "a store in memory has no file to copy: its sessions end with their server",
            )
            .hint("to keep them, serve with --store sqlite:FILE")),
        };
    };
    match source.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() => Ok(path.into()),
        // A socket's path is no secret; what else was said may hold a password and is not repeated.
        _ if source.starts_with("unix:") => {
            let words = format!(
                "{} is a server's socket; what is copied is its store's file",
                clean(&source)
            );
            Err(Failure::new(Code::USAGE, words)
                .hint("name it with --source sqlite:FILE; the server may go on meanwhile"))
        }
        _ => Err(Failure::new(
            Code::USAGE,
            "only a store's file can be copied, and the source names none",
        )
        .hint("name it with --source sqlite:FILE")),
    }
}

/// What can be known before anything is copied, so that it is told in words that fit.
fn check(from: &Path, to: &Path) -> Result<(), Failure> {
    if to.to_str().is_none() {
        let words = format!("the name {} is not UTF-8; choose another", shown(to));
        return Err(Failure::new(Code::USAGE, words));
    }
    if fs::symlink_metadata(to).is_ok() {
        let words = format!("{} is there already and was not touched", shown(to));
        return Err(
            Failure::new(Code::FAILED, words).hint("choose a name that is not taken, or remove it")
        );
    }
    if let Err(error) = fs::metadata(from)
        && error.kind() == io::ErrorKind::NotFound
    {
        let words = format!("there is no store {}", shown(from));
        return Err(
            Failure::new(Code::UNREACHABLE, words).hint("name one with --source sqlite:FILE")
        );
    }
    Ok(())
}

/// The store's failures are the source's, but for those of writing the copy.
fn failure(to: &Path, error: StoreError) -> Failure {
    match &error {
        StoreError::Open { path, source } if path == to => Failure::new(
            Code::FAILED,
            format!("cannot write the copy {}: {source}", shown(to)),
        ),
        _ => error.into(),
    }
}

fn shown(path: &Path) -> String {
    clean(&path.to_string_lossy()).into_owned()
}
