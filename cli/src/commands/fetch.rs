//! `sessctl get`, `head`, `post`, `put`, `patch`, `delete`: any page as who I am, and checks on its answer.
//!
//! What is sent is put together in `body` and `headers`, what is expected is in `expect`, what the answer means for who
//! is signed in in `verdict`. `curl` says the same to curl, `shown` prints.

mod body;
mod curl;
mod expect;
mod headers;
mod retry;
mod shown;
pub(super) mod verdict;

use std::path::PathBuf;

use http::Method;
use sessctl_client::{Fetched, Request};

use self::{body::Body, expect::Expect, headers::Headers};
use crate::{
    context::{Context, keep_cookies},
    exit::{Code, Failure, unwritable},
    global::Format,
    output, steps,
};

/// What every such request may have.
#[derive(Debug, clap::Args)]
pub(crate) struct Ask {
    /// The page's path, such as /orders?open=1
    path: String,
    #[command(flatten)]
    headers: Headers,
    /// Do not follow redirects; those to other servers never are
    #[arg(long)]
    no_follow: bool,
    /// Try again so many times where there is no answer, or a 429, 502, 503 or 504
    #[arg(
        long,
        value_name = "TIMES",
        default_value_t = 0,
        hide_default_value = true
    )]
    retry: u32,
    /// Write the page to this file, if the answer is one and all checks hold
    #[arg(short = 'O', long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the status and the headers first, without what cookies are worth
    #[arg(short, long)]
    include: bool,
    /// Send nothing; print the curl command that would do the same, with secrets hidden
    #[arg(long)]
    curl: bool,
    #[command(flatten)]
    expect: Expect,
}

/// Fetch a page as who I am signed in as, and check it
///
///   sessctl get '/orders?open=1'
///   sessctl get /orders --profile blog -O orders.html
///   sessctl get /orders --expect-status 200 --expect-text 'Your orders' -q
///   sessctl get /api/me --expect-json user.name=alice
///
/// Prints the page as it came. Exits 3 when the server takes me for a stranger: 401, sent to the
/// login page, or the very page that strangers get at the dashboard; 9 when a check fails. With
/// --expect-status, an answer with such a status is right, whatever it means.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Get {
    #[command(flatten)]
    pub(crate) ask: Ask,
}

/// Fetch what stands above a page: status and headers
///
///   sessctl head /orders
///   sessctl head /login --expect-header 'Cache-Control: no-store' -q
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Head {
    #[command(flatten)]
    pub(crate) ask: Ask,
}

/// Post a form, JSON or files as who I am signed in as
///
///   sessctl post /orders -d item=tea -d count=2
///   sessctl post /api/orders --json '{"item": "tea"}' --expect-status 201
///   sessctl post /avatar -F picture=@me.png
///   printf 'card=4111' | sessctl post /pay -d @-
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Post {
    #[command(flatten)]
    pub(crate) ask: Ask,
    #[command(flatten)]
    pub(crate) body: Body,
}

/// Put something in its place, such as a JSON document
///
///   sessctl put /api/orders/7 --json @order.json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Put {
    #[command(flatten)]
    pub(crate) ask: Ask,
    #[command(flatten)]
    pub(crate) body: Body,
}

/// Change a part of something
///
///   sessctl patch /api/orders/7 --json '{"count": 3}'
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Patch {
    #[command(flatten)]
    pub(crate) ask: Ask,
    #[command(flatten)]
    pub(crate) body: Body,
}

/// Delete something as who I am signed in as
///
///   sessctl delete /api/orders/7 --expect-status 204
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Delete {
    #[command(flatten)]
    pub(crate) ask: Ask,
    #[command(flatten)]
    pub(crate) body: Body,
}

/// Sends the request, prints the answer and judges it.
pub(crate) async fn run(
    context: &Context,
    method: Method,
    ask: Ask,
    body: Option<Body>,
) -> Result<Code, Failure> {
    let is_head = method == Method::HEAD;
    retry::check(&method, ask.retry)?;
    let request = Request {
        path: ask.path,
        headers: ask.headers.read()?,
        body: body.map(Body::read).transpose()?.flatten(),
        follows: !ask.no_follow,
        method,
    };
    let profile = context.profile()?;
    let site = context.site(&profile, None)?;
    if ask.curl {
        output::line(&curl::command(&site, &request)?)?;
        return Ok(Code::OK);
    }
    let answer = retry::ask(&site, &request, context.anonymous_of(&profile), ask.retry).await;
    // Also after a refusal: the server may have taken the cookie away.
    keep_cookies(&site);
    steps::say(&site);
    let page = answer?;
    let checks = ask.expect.check(&page);
    let judged = if checks.iter().any(|check| check.found.is_some()) {
        Err(expect::failure(&checks))
    } else if ask.expect.names_status() {
        Ok(Code::OK)
    } else {
        verdict::judge(context, &page, &profile)
    };
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => shown::document(format, &page, &checks)?,
        Format::Name => {}
        Format::Table => {
            if ask.include || is_head {
                shown::head(&page)?;
            }
            if ask.out.is_none() {
                output::body(&page.body)?;
            }
        }
    }
    match ask.out {
        Some(file) => keep(&page, &file, judged),
        None => judged,
    }
}

/// Writes a page to a file. What stands there already is not given up for the page of a failure.
fn keep(
    page: &Fetched,
    file: &std::path::Path,
    judged: Result<Code, Failure>,
) -> Result<Code, Failure> {
    match judged {
        Ok(code) => {
            std::fs::write(file, &page.body).map_err(|error| unwritable(file, &error))?;
            Ok(code)
        }
        Err(failure) => {
            output::say!("sessctl: {} is as it was", file.display());
            Err(failure)
        }
    }
}
