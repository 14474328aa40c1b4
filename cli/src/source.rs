//! Where list commands look: an admin socket, or a store file with or without its owner.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use sessctl_api::{Filter, Handle, ListQuery, Page, Registry, RegistryError, Sort};
use sessctl_client::{Admin, Secret};
use sessctl_store::{Owner, Sessions, Settings, announced_owner};

use crate::{
    context::Context,
    exit::{Code, Failure},
};

/// An open source, and what to call it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) registry: Arc<dyn Registry>,
    /// As every table's foot and every confirmation names it.
    pub(crate) name: String,
    admin: Option<Admin>,
    /// Held while a store without a server is written.
    _owner: Option<Owner>,
}

/// What the command is going to do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

impl Source {
    /// Opens the source of this command: the given one, the profile's, else a server of this user.
    pub(crate) async fn open(context: &Context, access: Access) -> Result<Self, Failure> {
        Self::refuse_server(context)?;
        let profile = context.profile()?;
        let named = context.global.source.clone().or(profile.source);
        match named {
            Some(source) => Self::open_named(context, &source, access).await,
            None if context.profile_is_named() => Err(Failure::new(
                Code::UNREACHABLE,
                format!(
                    "profile {:?} names no source, so there is nothing to list",
                    context.profile_name()
                ),
            )
            .hint("say where with --source unix:PATH, or leave out --profile")),
            None => Self::find(context).await,
        }
    }

    /// Refuses a `--server`, which would be taken for a source.
    pub(crate) fn refuse_server(context: &Context) -> Result<(), Failure> {
        if !context.is_typed("server") {
            return Ok(());
        }
        Err(Failure::new(
            Code::USAGE,
            "--server is for signing in; this command looks at a --source",
        )
        .hint(
            "such as: --source unix:PATH for a running server, --source sqlite:FILE for its store",
        ))
    }

    /// Lists live sessions, page by page up to a limit.
    pub(crate) async fn list(
        &self,
        filter: &Filter,
        sort: Sort,
        limit: Option<usize>,
    ) -> Result<Page, RegistryError> {
        let query = ListQuery {
            sort,
            ..ListQuery::first(filter.clone(), ListQuery::MAX_LIMIT)
        };
        self.pages(query, limit).await
    }

    /// The same for any question; its own limit is that of a page.
    pub(crate) async fn pages(
        &self,
        mut query: ListQuery,
        limit: Option<usize>,
    ) -> Result<Page, RegistryError> {
        let wanted = limit.unwrap_or(usize::MAX);
        let page_size = |have: usize| (wanted - have).clamp(1, ListQuery::MAX_LIMIT);
        query.limit = page_size(0);
        let mut page = self.registry.list(query.clone()).await?;
        page.sessions.truncate(wanted);
        while page.sessions.len() < wanted
            && let Some(cursor) = page.next.take()
        {
            query.limit = page_size(page.sessions.len());
            query.cursor = Some(cursor);
            let more = self.registry.list(query.clone()).await?;
            page.sessions.extend(more.sessions);
            page.total = more.total;
            page.next = more.next;
        }
        Ok(page)
    }

    /// Whether a server answers there, who alone can tell what happens.
    pub(crate) fn has_server(&self) -> bool {
        self.admin.is_some()
    }

    /// Finds the session that a cookie opens.
    pub(crate) async fn lookup(&self, cookie: &Secret) -> Result<Handle, Failure> {
        let Some(admin) = &self.admin else {
            return Err(Failure::new(
                Code::USAGE,
                "only a running server can look a cookie up; use --source unix:PATH",
            ));
        };
        let answer = admin.lookup(cookie).await?;
        answer.map(|answer| answer.handle).ok_or_else(|| {
            Failure::new(
                Code::NOT_FOUND,
                "that cookie opens no session of this server",
            )
        })
    }

    async fn open_named(context: &Context, source: &str, access: Access) -> Result<Self, Failure> {
        let is_plain_path = (source.contains('/') && !source.contains(':')).then_some(source);
        if let Some(path) = source.strip_prefix("unix:").or(is_plain_path) {
            return Self::socket(context, named_path(path)?).await;
        }
        if let Some(path) = source.strip_prefix("sqlite:") {
            return Self::sqlite(context, named_path(path)?, access).await;
        }
        // What cannot be used may still hold a password: it is not repeated.
        if context.is_typed("source") && source.contains('@') {
            return Err(Failure::new(
                Code::USAGE,
                "a source with a password in it does not belong on the command line",
            )
            .hint("put it into SESSCTL_SOURCE or into the profile"));
        }
        let known = "this version knows the sources unix:PATH and sqlite:FILE";
        let shown = sessctl_api::text::clean(source);
        Err(Failure::new(
            Code::USAGE,
            if source.contains('@') {
                known.to_owned()
            } else {
                format!("--source {shown:?}: {known}")
            },
        ))
    }

    async fn find(context: &Context) -> Result<Self, Failure> {
        let mut tried = Vec::new();
        for path in context.paths.sockets() {
            if !path.exists() {
                tried.push(format!("  {}: no such socket", path.display()));
                continue;
            }
            match Self::socket(context, &path).await {
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
        .hint("start one with: sessctl serve --auth open, or name one with --source unix:PATH"))
    }

    async fn socket(context: &Context, path: &Path) -> Result<Self, Failure> {
        let admin = Admin::unix(path.to_owned(), context.timeout())?;
        // Asked once here, so that every command fails in the same words when nobody answers.
        admin.stats().await?;
        Ok(Self {
            registry: Arc::new(admin.clone()),
            name: format!("unix:{}", path.display()),
            admin: Some(admin),
            _owner: None,
        })
    }

    /// A store file: through its owner if that answers, else the file itself.
    async fn sqlite(context: &Context, path: &Path, access: Access) -> Result<Self, Failure> {
        if let Some(socket) = announced_owner(path)
            .as_deref()
            .and_then(|admin| admin.strip_prefix("unix:"))
        {
            match Self::socket(context, &PathBuf::from(socket)).await {
                Ok(source) => return Ok(source),
                Err(failure) if failure.code() == Code::UNREACHABLE => {}
                Err(failure) => return Err(failure),
            }
        }
        let name = format!("sqlite:{}", path.display());
        if !path.exists() {
            return Err(Failure::new(
                Code::UNREACHABLE,
                format!("there is no file {}", path.display()),
            ));
        }
        let (sessions, owner) = match access {
            Access::Read => (Sessions::read_sqlite(path, Settings::default())?, None),
            Access::Write => {
                let owner = Owner::take(path)?;
                (
                    Sessions::open_sqlite(path, Settings::default())?,
                    Some(owner),
                )
            }
        };
        Ok(Self {
            registry: Arc::new(sessions),
            name,
            admin: None,
            _owner: owner,
        })
    }
}

fn named_path(path: &str) -> Result<&Path, Failure> {
    if path.is_empty() {
        return Err(Failure::new(Code::USAGE, "the source names no file"));
    }
    Ok(Path::new(path))
}

/// Turns what the user typed into the handle of a live session: whole, or at a terminal the beginning of exactly one.
pub(crate) async fn resolve(source: &Source, typed: &str) -> Result<Handle, Failure> {
    find_handle(source, typed, &[false]).await
}

/// The same for a session that may have ended.
pub(crate) async fn resolve_any(source: &Source, typed: &str) -> Result<Handle, Failure> {
    find_handle(source, typed, &[false, true]).await
}

/// `lists`: those that live, those that have ended, or both.
async fn find_handle(source: &Source, typed: &str, lists: &[bool]) -> Result<Handle, Failure> {
    const SHORTEST: usize = 4;
    if let Ok(handle) = typed.parse() {
        return Ok(handle);
    }
    let shown = sessctl_api::text::clean(typed);
    let is_prefix = (SHORTEST..Handle::LEN).contains(&typed.len());
    if !is_prefix || !std::io::IsTerminal::is_terminal(&std::io::stdin()) {
        let wanted = "a handle has 12 characters, such as 6fkz17fdctnz (at a terminal the first 4 will do); list them with: sessctl ls";
        return Err(Failure::new(Code::USAGE, format!("{shown:?} is not a handle")).hint(wanted));
    }
    let mut matching = Vec::new();
    for ended in lists {
        let query = ListQuery {
            ended: *ended,
            ..ListQuery::first(Filter::default(), ListQuery::MAX_LIMIT)
        };
        let page = source.pages(query, None).await?;
        let handles = page.sessions.into_iter().map(|session| session.handle);
        matching.extend(handles.filter(|handle| handle.as_str().starts_with(typed)));
    }
    // One that ended between the two lists is on both.
    matching.sort_unstable();
    matching.dedup();
    match matching.as_slice() {
        [one] => Ok(*one),
        [] => {
            let which = if lists.len() > 1 { "" } else { "live " };
            let message = format!("no {which}session whose handle starts with {shown:?}");
            Err(Failure::new(Code::NOT_FOUND, message))
        }
        many => {
            let many: Vec<_> = many.iter().map(Handle::to_string).collect();
            Err(Failure::new(
                Code::USAGE,
                format!("{shown:?} could be any of {}", many.join(", ")),
            ))
        }
    }
}
