//! The cookies of a jar as they are printed: without what they are worth, unless that is asked for.

use serde::Serialize;
use serde_json::json;
use sessctl_api::{SCHEMA, span, text::clean};
use sessctl_client::CookieDetail;
use time::OffsetDateTime;

use crate::{
    context::Context,
    exit::Failure,
    output::{self, Column, Listing},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    /// Show the values too: whoever reads them is signed in
    #[arg(long)]
    show_secrets: bool,
}

/// A cookie as it is printed.
#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    /// What it is worth, if somebody wants to see that.
    value: Option<String>,
    domain: String,
    with_subdomains: bool,
    path: String,
    secure: bool,
    http_only: bool,
    same_site: Option<String>,
    #[serde(with = "time::serde::rfc3339::option")]
    expires: Option<OffsetDateTime>,
    #[serde(skip)]
    length: usize,
}

impl Shown {
    fn of(cookie: CookieDetail, with_value: bool) -> Self {
        let value = cookie.value.expose();
        Self {
            value: with_value.then(|| value.to_owned()),
            length: value.len(),
            name: cookie.name,
            domain: cookie.domain,
            with_subdomains: cookie.with_subdomains,
            path: cookie.path,
            secure: cookie.secure,
            http_only: cookie.http_only,
            same_site: cookie.same_site,
            expires: cookie.expires,
        }
    }

    fn attributes(&self) -> String {
        let same_site = self.same_site.as_ref();
        let all = [
            self.secure.then(|| "Secure".to_owned()),
            self.http_only.then(|| "HttpOnly".to_owned()),
            same_site.map(|one| format!("SameSite={}", clean(one))),
        ];
        all.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

static COLUMNS: [Column<Shown>; 12] = [
    Column::new("name", "NAME", |one: &Shown, _| {
        output::word(Some(&one.name), 40)
    })
    .naming(),
    Column::new("value", "VALUE", |one: &Shown, _| match &one.value {
        Some(value) => clean(value).into_owned(),
        None => format!("({} bytes)", one.length),
    }),
    Column::new("domain", "DOMAIN", |one: &Shown, _| {
        let dot = if one.with_subdomains { "." } else { "" };
        format!("{dot}{}", output::word(Some(&one.domain), 48))
    }),
    Column::new("path", "PATH", |one: &Shown, _| {
        output::word(Some(&one.path), 32)
    }),
    Column::made(
        "left",
        "EXPIRES IN",
        |one: &Shown, now| {
            let expires = one.expires;
            expires.map_or_else(output::unknown, |at| {
                span::left((at - now).try_into().unwrap_or_default())
            })
        },
        |one, now| json!(one.expires.map(|at| span::between(now, at).as_secs())),
    ),
    Column::made(
        "attributes",
        "ATTRIBUTES",
        |one: &Shown, _| one.attributes(),
        |one, _| one.attributes().into(),
    ),
    Column::new("expires", "EXPIRES", |one: &Shown, _| {
        one.expires.map_or_else(output::unknown, span::utc)
    })
    .wide(),
    Column::new("with_subdomains", "SUBDOMAINS", |one: &Shown, _| {
        yes(one.with_subdomains)
    })
    .hidden(),
    Column::new("secure", "SECURE", |one: &Shown, _| yes(one.secure)).hidden(),
    Column::new("http_only", "HTTPONLY", |one: &Shown, _| yes(one.http_only)).hidden(),
    Column::new("same_site", "SAMESITE", |one: &Shown, _| {
        output::word(one.same_site.as_deref(), 16)
    })
    .hidden(),
    Column::made(
        "bytes",
        "BYTES",
        |one: &Shown, _| one.length.to_string(),
        |one, _| one.length.into(),
    )
    .hidden(),
];

fn yes(is_so: bool) -> String {
    if is_so { "yes" } else { "no" }.to_owned()
}

pub(super) fn show(context: &Context, args: &Show) -> Result<(), Failure> {
    let listing = Listing::of(context, &COLUMNS)?;
    let site = context.site(&context.profile()?, None)?;
    let cookies = site.jar().details().into_iter();
    let cookies: Vec<_> = cookies
        .map(|cookie| Shown::of(cookie, args.show_secrets))
        .collect();
    let whole = json!({"schema": SCHEMA, "server": site.address(), "cookies": cookies});
    let nothing = format!("no cookie is kept for {}", site.address());
    listing.print(&cookies, &whole, "cookies", &nothing)
}
