//! Opening a source: a socket, an address with a token, or a store file.

use std::{os::unix::fs::MetadataExt as _, path::Path, sync::Arc};

use sessctl_api::{RegistryError, text::clean};
use sessctl_client::Admin;
use sessctl_store::{Owner, Sessions, Settings, announced_owner};
use url::Url;

use super::{Access, Source, token, trail};
use crate::{
    context::Context,
    exit::{Code, Failure},
    output,
    store::Store,
    trust,
};

/// Opens the source that was said. `None`: none was.
pub(super) async fn said(context: &Context, access: Access) -> Result<Option<Source>, Failure> {
    match said_source(context)? {
        Some(source) => named(context, &source, access).await.map(Some),
        None => Ok(None),
    }
}

/// The source that was said, here or in the profile.
pub(super) fn said_source(context: &Context) -> Result<Option<String>, Failure> {
    Source::refuse_server(context)?;
    let profile = context.profile()?;
    match context.global.source.clone().or(profile.source) {
        Some(source) => Ok(Some(source)),
        None if context.profile_is_named() => Err(Failure::new(
            Code::UNREACHABLE,
            format!(
                "profile {:?} names no source, so there is nothing to list",
                context.profile_name()
            ),
        )
        .hint("say where with --source unix:PATH, or leave out --profile")),
        None => Ok(None),
    }
}

async fn named(context: &Context, source: &str, access: Access) -> Result<Source, Failure> {
    let is_plain_path = (source.contains('/') && !source.contains(':')).then_some(source);
    if let Some(path) = source.strip_prefix("unix:").or(is_plain_path) {
        let path = named_path(path)?;
        // Whoever names a socket trusts it; a project's file may be anybody's.
        if context.global.source.is_none()
            && context.config.source_is_projects(context.profile_name())
        {
            return found_socket(context, path, None).await;
        }
        let admin = Admin::unix(path.to_owned(), context.timeout())?;
        return at_socket(admin, path).await;
    }
    if let Some(path) = source.strip_prefix("sqlite:") {
        return sqlite(context, named_path(path)?, access).await;
    }
    // What cannot be used may still hold a password: it is not repeated.
    if context.is_typed("source") && source.contains('@') {
        return Err(Failure::new(
            Code::USAGE,
            "a source with a password in it does not belong on the command line",
        )
        .hint("put it into SESSCTL_SOURCE or into the profile"));
    }
    if source.starts_with("https://") || source.starts_with("http://") {
        return remote(context, source).await;
    }
    let known = "this version knows the sources unix:PATH, https://HOST:PORT (with a token) and sqlite:FILE";
    let shown = clean(source);
    Err(Failure::new(
        Code::USAGE,
        if source.contains('@') {
            known.to_owned()
        } else {
            format!("--source {shown:?}: {known}")
        },
    ))
}

/// Finds a server of this user by its socket.
pub(super) async fn find(context: &Context) -> Result<Source, Failure> {
    let mut tried = Vec::new();
    for path in context.paths.sockets() {
        if !path.exists() {
            tried.push(format!("  {}: no such socket", path.display()));
            continue;
        }
        match found_socket(context, &path, None).await {
            Ok(source) => return Ok(source),
            Err(failure) if failure.code() == Code::UNREACHABLE => {
                tried.push(format!("  {}", failure.message(false)));
            }
            Err(failure) => return Err(failure),
        }
    }
    let tried = tried.join("\n");
    Err(Failure::new(
        Code::UNREACHABLE,
        format!("no server of yours answers; tried\n{tried}"),
    )
    .hint("start one with: sessctl serve, or name one with --source unix:PATH"))
}

/// The store that `serve` would take here, whether or not it is there yet.
pub(super) async fn own_store(context: &Context, access: Access) -> Result<Source, Failure> {
    if Store::is_projects(context) {
        // Whoever wrote that file does not choose where passwords are kept.
        return Err(Failure::new(
            Code::USAGE,
            "no server of yours answers, and only ./sessctl.toml says which store is meant; nothing was done",
        )
        .hint("if you trust that store, name it: --source sqlite:FILE; or start the server first: sessctl serve"));
    }
    let path = match Store::of_serve(context)? {
        Store::Sqlite(path) => path,
        Store::Memory => {
            return Err(Failure::new(
                Code::UNREACHABLE,
                "no server of yours answers, and what it keeps in memory is nowhere else",
            )
            .hint("start it first, or keep accounts in a file: --store sqlite:FILE"));
        }
    };
    if access == Access::Read && !path.exists() {
        // Nothing is there yet, which is no failure to whoever only looks.
        return Ok(store(
            Sessions::in_memory(Settings::default()),
            format!("sqlite:{}, which is not there yet", path.display()),
            None,
        ));
    }
    sqlite(context, &path, access).await
}

/// A socket that nobody named, and that so must not be somebody else's; `owner` is whose store is asked for.
async fn found_socket(
    context: &Context,
    path: &Path,
    owner: Option<u32>,
) -> Result<Source, Failure> {
    let admin = Admin::unix_if_trusted(path, owner, context.timeout()).await;
    let admin = admin.map_err(|error| {
        let is_refused = matches!(error, RegistryError::Refused(_));
        let failure = Failure::from(error);
        if is_refused {
            let shown = format!("unix:{}", path.display());
            let shown = output::shell_word(&shown);
            return failure.hint(format!(
                "if you trust that server, name it: --source {shown}"
            ));
        }
        failure
    })?;
    at_socket(admin, path).await
}

async fn at_socket(admin: Admin, path: &Path) -> Result<Source, Failure> {
    server(admin, format!("unix:{}", path.display()), false)
        .await
        .map_err(Failure::from)
}

async fn remote(context: &Context, source: &str) -> Result<Source, Failure> {
    let url = Url::parse(source).map_err(|why| {
        Failure::new(
            Code::USAGE,
            format!("--source: {why}; write it like https://HOST:PORT"),
        )
    })?;
    trust::check(&url)?;
    let token = token::find(context, &url)?;
    let admin = Admin::remote(&url, &token, context.timeout())?;
    let name = source.trim_end_matches('/').to_owned();
    server(admin, name, true).await.map_err(|error| {
        let is_refused = matches!(error, RegistryError::Refused(_));
        let failure = Failure::from(error);
        if is_refused {
            return failure.hint(token::HOW);
        }
        failure
    })
}

async fn server(admin: Admin, name: String, is_remote: bool) -> Result<Source, RegistryError> {
    use sessctl_api::Registry as _;
    // Asked once here, so that every command fails in the same words when nobody answers.
    admin.stats().await?;
    Ok(Source {
        registry: Arc::new(admin.clone()),
        accounts: Arc::new(admin.clone()),
        name,
        admin: Some(admin),
        is_remote,
        log: None,
        _owner: None,
    })
}

fn store(sessions: Sessions, name: String, owner: Option<Owner>) -> Source {
    Source {
        registry: Arc::new(sessions.clone()),
        accounts: Arc::new(sessions),
        name,
        admin: None,
        is_remote: false,
        log: None,
        _owner: owner,
    }
}

/// The server that owns a store file, if it answers on a socket.
pub(super) async fn owner(context: &Context, store: &Path) -> Result<Option<Source>, Failure> {
    let announced = announced_owner(store);
    let Some(path) = announced
        .as_deref()
        .and_then(|admin| admin.strip_prefix("unix:"))
    else {
        return Ok(None);
    };
    // Whoever has the store has its accounts.
    let owner = std::fs::metadata(store).ok().map(|found| found.uid());
    match found_socket(context, Path::new(path), owner).await {
        Err(failure) if failure.code() == Code::UNREACHABLE => Ok(None),
        found => found.map(Some),
    }
}

/// A store file: through its owner if that answers, else the file itself.
async fn sqlite(context: &Context, path: &Path, access: Access) -> Result<Source, Failure> {
    if let Some(source) = owner(context, path).await? {
        return Ok(source);
    }
    if access != Access::Create && !path.exists() {
        return Err(Failure::new(
            Code::UNREACHABLE,
            format!("there is no file {}", path.display()),
        ));
    }
    let (sessions, owner) = match access {
        Access::Read => (Sessions::read_sqlite(path, Settings::default())?, None),
        Access::Write | Access::Create => {
            let owner = Owner::take(path)?;
            (
                Sessions::open_sqlite(path, Settings::default())?,
                Some(owner),
            )
        }
    };
    let log = owner.as_ref().and_then(|_| trail::file_of(context, path));
    let name = format!("sqlite:{}", path.display());
    Ok(Source {
        log,
        ..store(sessions, name, owner)
    })
}

fn named_path(path: &str) -> Result<&Path, Failure> {
    if path.is_empty() {
        return Err(Failure::new(Code::USAGE, "the source names no file"));
    }
    Ok(Path::new(path))
}
