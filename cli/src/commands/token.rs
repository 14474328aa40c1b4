//! `sessctl token`: how programs on other machines are let in to the admin API.

use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use sessctl_api::{
    AccountError, AuditRecord, MintedToken, NewToken, SCHEMA, Scope, Token, TokenList,
    audit::actions, span,
};

use crate::{
    context::Context,
    exit::{Code, Failure},
    global::Format,
    output::{self, Column, Document, Listing},
    source::{Access, Source},
};

/// Tokens: let a program list and end sessions from another machine
///
///   sessctl token add ci                            made on the server's machine; printed this once
///   sessctl token add ops --scope write --for 30d
///
/// A token opens the admin API that `sessctl serve --admin HOST:PORT` offers over TCP. Over there it
/// stands in SESSCTL_TOKEN, or in a file that only its owner can read (mode 600), never on a command
/// line:
///
///   ~/.config/sessctl/tokens/https_HOST_PORT        found by its name
///   token_file = "FILE"                             in a profile of config.toml, beside its source
///
///   sessctl ls --source https://HOST:PORT
///
/// A certificate of your own making is trusted by SSL_CERT_FILE=ca.pem, instead of the system's own.
/// Plain http:// goes to this machine alone.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a token and print its secret, alone on stdout: it is kept nowhere
    ///
    ///   sessctl token add ci
    ///   sessctl token add ops --scope write --for 30d
    #[command(verbatim_doc_comment)]
    Add {
        /// What to call it: 1 to 64 letters, digits, dots, - and _
        name: String,
        /// What it may do
        #[arg(long, value_enum, default_value_t = ScopeChoice::Read)]
        scope: ScopeChoice,
        /// How long it opens anything, at most 366d
        #[arg(long = "for", value_name = "SPAN", default_value = "90d", value_parser = span::parse)]
        lifetime: Duration,
    },
    /// List all tokens; never their secrets, which nobody knows
    ///
    ///   sessctl token ls
    #[command(verbatim_doc_comment)]
    Ls,
    /// Remove a token: from then on it opens nothing
    ///
    ///   sessctl token rm ci
    #[command(verbatim_doc_comment)]
    Rm {
        /// Which token
        name: String,
    },
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ScopeChoice {
    /// List, show, watch and count sessions, and read the audit log
    Read,
    /// The same, see what sessions hold and search by data.KEY, and end sessions
    Write,
}

impl Args {
    /// Whether it prints columns.
    pub(crate) fn lists(&self) -> bool {
        matches!(self.action, Action::Ls)
    }
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    match args.action {
        Action::Add {
            name,
            scope,
            lifetime,
        } => add(context, name, scope, lifetime).await,
        Action::Ls => list(context).await,
        Action::Rm { name } => remove(context, &name).await,
    }
}

async fn add(
    context: &Context,
    name: String,
    scope: ScopeChoice,
    lifetime: Duration,
) -> Result<Code, Failure> {
    let source = Source::open_accounts(context, Access::Create).await?;
    let new = NewToken {
        scope: match scope {
            ScopeChoice::Read => Scope::Read,
            ScopeChoice::Write => Scope::Write,
        },
        lifetime: lifetime.as_secs(),
        name,
    };
    let made = source.accounts.add_token(new).await;
    let (token, secret) = made.map_err(|error| {
        let is_there = matches!(error, AccountError::Exists { .. });
        let failure = source.refusal(error);
        if is_there {
            return failure.hint("take another name, or remove that one: sessctl token rm NAME");
        }
        failure
    })?;
    note(&source, actions::TOKEN_ADD, &token.name);
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => {
            let minted = MintedToken {
                schema: SCHEMA,
                token,
                secret,
            };
            output::document(format, &minted)?;
        }
        Format::Name => output::line(secret.expose())?,
        Format::Table => {
            output::say!(
                "made token {} ({}, until {}) at {}; its secret, shown this once:",
                output::word(Some(&token.name), 64),
                token.scope,
                span::utc(token.expires),
                source.name
            );
            output::line(secret.expose())?;
            output::say!(
                "where it is used it stands in SESSCTL_TOKEN or in a private file; `sessctl token --help` says which"
            );
        }
    }
    Ok(Code::OK)
}

static COLUMNS: [Column<Token>; 5] = [
    Column::new("name", "NAME", |token: &Token, _| {
        output::word(Some(&token.name), 64)
    })
    .naming(),
    Column::new("scope", "SCOPE", |token: &Token, _| token.scope.to_string()),
    Column::new("created", "CREATED", |token: &Token, now| {
        output::ago(token.created, now)
    }),
    Column::made(
        "left",
        "EXPIRES IN",
        |token: &Token, now| {
            if token.expires <= now {
                "expired".to_owned()
            } else {
                span::left(span::between(now, token.expires))
            }
        },
        |token, now| span::between(now, token.expires).as_secs().into(),
    ),
    Column::new("expires", "EXPIRES", |token: &Token, _| {
        span::utc(token.expires)
    })
    .wide(),
];

async fn list(context: &Context) -> Result<Code, Failure> {
    let listing = Listing::of(context, &COLUMNS)?;
    let source = Source::open_accounts(context, Access::Read).await?;
    let tokens = source.accounts.tokens().await;
    let tokens = TokenList::new(tokens.map_err(|error| source.refusal(error))?);
    let nothing = format!(
        "no tokens at {}; sessctl token add NAME makes one",
        source.name
    );
    listing.print(&tokens.tokens, &tokens, "tokens", &nothing)?;
    Ok(Code::OK)
}

async fn remove(context: &Context, name: &str) -> Result<Code, Failure> {
    let source = Source::open_accounts(context, Access::Write).await?;
    let token = source.accounts.remove_token(name).await;
    let token = token.map_err(|error| source.refusal(error))?;
    note(&source, actions::TOKEN_REMOVE, &token.name);
    let shown = output::word(Some(&token.name), 64);
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => {
            output::document(format, &Document::of(&token))?;
        }
        Format::Name => output::line(&shown)?,
        Format::Table => {
            output::line(&format!("removed token {shown} at {}", source.name))?;
        }
    }
    Ok(Code::OK)
}

/// Writes down what was done to a token where no server does.
fn note(source: &Source, action: &'static str, token: &str) {
    source.note(action, |record| AuditRecord {
        why: Some(token.to_owned()),
        ..record
    });
}
