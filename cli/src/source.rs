//! Where list commands look: an admin API, or a store file with or without its owner.
//!
//! How each kind is opened stands in `open`, where a token for one over TCP comes from in `token`.

mod log;
mod open;
mod token;
mod trail;

use std::{path::PathBuf, sync::Arc};

use sessctl_api::{
    AccountError, Accounts, Filter, Handle, ListQuery, Page, Registry, RegistryError, Sort, Start,
};
use sessctl_client::{Admin, Secret};
use sessctl_store::Owner;

pub(crate) use self::log::LogPlace;

use crate::{
    context::Context,
    exit::{Code, Failure},
};

/// An open source, and what to call it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) registry: Arc<dyn Registry>,
    /// The accounts and tokens of the same server or store.
    pub(crate) accounts: Arc<dyn Accounts>,
    /// As every table's foot and every confirmation names it.
    pub(crate) name: String,
    admin: Option<Admin>,
    is_remote: bool,
    /// Where is written down what is done to a store without its server.
    log: Option<PathBuf>,
    /// Held while a store without a server is written.
    _owner: Option<Owner>,
}

/// What the command is going to do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
    /// The same, and makes a store file that is not there yet.
    Create,
}

impl Source {
    /// Opens the source of this command: the given one, the profile's, else a server of this user.
    pub(crate) async fn open(context: &Context, access: Access) -> Result<Self, Failure> {
        match open::said(context, access).await? {
            Some(source) => Ok(source),
            None => open::find(context).await,
        }
    }

    /// The same for accounts, which are there before any server is: where no server answers it opens the store that
    /// `sessctl serve` would take here.
    pub(crate) async fn open_accounts(context: &Context, access: Access) -> Result<Self, Failure> {
        let is_projects = context.config.source_is_projects(context.profile_name());
        // Whoever wrote the project's file does not get to see new passwords, nor to make up answers.
        if context.global.source.is_none() && is_projects {
            return Err(Failure::new(
                Code::USAGE,
                "accounts and tokens are not looked after where only ./sessctl.toml points; nothing was sent",
            )
            .hint("if you trust that source, name it: --source SOURCE"));
        }
        if let Some(source) = open::said(context, access).await? {
            return Ok(source);
        }
        match open::find(context).await {
            Err(failure) if failure.code() == Code::UNREACHABLE => {
                open::own_store(context, access).await
            }
            found => found,
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
            "such as: --source unix:PATH or https://HOST:PORT for a running server, --source sqlite:FILE for its store",
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
            query.start = Start::After(cursor);
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

    /// What accounts or tokens were not shown or changed for, with what to do about it.
    pub(crate) fn refusal(&self, error: AccountError) -> Failure {
        let is_refused = matches!(error, AccountError::Registry(RegistryError::Refused(_)));
        let failure = Failure::from(error);
        if is_refused && self.is_remote {
            return failure.hint(
                "accounts and tokens are for the server's own machine, over its socket: run this there",
            );
        }
        failure
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
