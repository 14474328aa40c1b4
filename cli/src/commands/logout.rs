//! `sessctl logout`.

use serde_json::{Value, json};
use sessctl_client::{Others, OurAnswer, Profile, SessionAnswer, Site};

use crate::{
    context::Context,
    exit::{Code, Failure},
    global::Format,
    output, prompt,
    secrets::{self, PasswordArgs},
    signed_out,
};

/// Sign out, and forget the cookie
///
///   sessctl logout
///   sessctl logout --others            stay signed in here alone
///   sessctl logout --profile blog --local
///
/// When the server cannot be reached the cookie is kept, because the session still lives there;
/// --local forgets it all the same.
///
/// --others and --everywhere are for sessctl servers. They may want the password once more: it is
/// asked for, or comes from --password-stdin, --password-file or SESSCTL_PASSWORD.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Sign out everywhere else and stay signed in here
    #[arg(long, conflicts_with_all = ["local", "everywhere"])]
    others: bool,
    /// Sign out everywhere else, and then here
    #[arg(long, conflicts_with = "local")]
    everywhere: bool,
    /// Only forget the cookie; the server is not asked, and its session lives on until it expires
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    password: PasswordArgs,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    if args.password.is_said() && !args.others && !args.everywhere {
        return Err(Failure::new(
            Code::USAGE,
            "a password is of use with --others and --everywhere alone; nothing was sent",
        ));
    }
    let profile = context.profile()?;
    let site = context.site(&profile, None)?;
    let had_cookie = !site.jar().is_empty();
    let ended = if args.others || args.everywhere {
        Some(end_others(context, &args, &profile, &site).await?)
    } else {
        None
    };
    let mut answer = json!({"schema": 1, "had_cookie": had_cookie});
    if let Some(ended) = ended {
        answer["ended_others"] = ended.into();
    }
    let words = if args.others {
        answer["signed_out"] = false.into();
        String::new()
    } else if args.local {
        forget(&site)
    } else {
        sign_out(&site).await?
    };
    if !args.others {
        answer["signed_out"] = true.into();
        answer["message"] = Value::from(words.as_str());
    }
    keep(&site)?;
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => output::document(format, &answer)?,
        Format::Name => {}
        Format::Table => {
            if let Some(ended) = ended {
                output::line(&in_words(ended, &site))?;
            }
            if !words.is_empty() {
                output::line(&words)?;
            }
        }
    }
    Ok(Code::OK)
}

/// Writes what became of the cookies.
fn keep(site: &Site) -> Result<(), Failure> {
    site.jar().save()?;
    if site.jar().is_empty() {
        site.jar().remove_file()?;
    }
    Ok(())
}

/// Ends the user's other sessions, with the password if the server wants it. Returns how many.
async fn end_others(
    context: &Context,
    args: &Args,
    profile: &Profile,
    site: &Site,
) -> Result<u64, Failure> {
    context.refuse_stray_password(profile, args.password.is_said())?;
    let mut password = args.password.given("nothing was sent")?;
    let mut is_asked = false;
    loop {
        match site.end_others(password.as_ref()).await? {
            OurAnswer::Done(Others::Ended(count)) => return Ok(count),
            OurAnswer::Done(Others::WantsPassword) if password.is_none() && !is_asked => {
                is_asked = true;
                password = Some(ask(context, site).await?);
            }
            OurAnswer::Done(Others::WantsPassword) => {
                return Err(Failure::new(
                    Code::REFUSED,
                    "the server wants the password again and does not take it; nobody was signed out",
                ));
            }
            OurAnswer::SignedOut(out) => {
                // The 401 takes the cookie of an ended session away.
                keep(site)?;
                return Err(signed_out::by_ours(context, profile, &out));
            }
            OurAnswer::NotOurs { status } => {
                return Err(Failure::new(
                    Code::FAILED,
                    format!(
                        "{} cannot sign you out elsewhere ({status}): only a sessctl server can; nobody was signed out",
                        site.address()
                    ),
                )
                .hint("`sessctl logout` alone signs out here"));
            }
        }
    }
}

/// Asks for the password of whoever is signed in.
async fn ask(context: &Context, site: &Site) -> Result<sessctl_client::Secret, Failure> {
    if !prompt::can_ask(context) {
        return Err(Failure::new(
            Code::REFUSED,
            "the sign-in is too old for that: the password is needed again, and nobody is there to be asked; nobody was signed out",
        )
        .hint(secrets::WAYS));
    }
    let user = match site.session().await? {
        SessionAnswer::Live(session) => session.user.clone(),
        _ => None,
    };
    prompt::password(user.as_deref().unwrap_or("you"), site.address())
}

fn in_words(ended: u64, site: &Site) -> String {
    let at = site.address();
    match ended {
        0 => format!("there was no other session of yours at {at}"),
        1 => format!("1 other session of yours ended at {at}"),
        count => format!("{count} other sessions of yours ended at {at}"),
    }
}

fn forget(site: &Site) -> String {
    if site.jar().is_empty() {
        return "there was no cookie to forget".to_owned();
    }
    site.jar().forget();
    "the cookie is forgotten; the session lives on at the server until it expires".to_owned()
}

async fn sign_out(site: &Site) -> Result<String, Failure> {
    let done = site.logout().await.map_err(|error| {
        let is_unreachable = matches!(error, sessctl_client::Error::Unreachable { .. });
        let failure = Failure::from(error);
        if is_unreachable && !site.jar().is_empty() {
            failure.hint("the cookie is kept; `sessctl logout --local` forgets it")
        } else {
            failure
        }
    })?;
    let words = done.message.unwrap_or_else(|| "signed out".to_owned());
    Ok(if done.had_cookie {
        words
    } else {
        format!("{words} (there was no session to sign out of)")
    })
}
