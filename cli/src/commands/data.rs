//! `sessctl data`: what my session holds on the server.

mod value;

use clap::Subcommand;
use serde_json::{Value, json};
use sessctl_api::{SessionData, text};
use sessctl_client::{OurAnswer, Profile, SessionAnswer, Site};

use crate::{
    context::Context,
    exit::{Code, Failure},
    global::Format,
    output::{self, Listing, PAIRS, Pair},
    signed_out,
};

/// See and change what my session holds on the server
///
///   sessctl data set theme dark                   the text "dark"
///   sessctl data set cart '["tea", "milk"]'       a list, because that is JSON
///   sessctl data get theme --raw                  prints: dark
///   sessctl data ls                               every key and value
///   sessctl data unset theme
///
/// A session holds JSON values under keys of your choice, until it ends. Works with sessctl servers
/// only. Exits 3 when not signed in.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List every key and its value
    ///
    ///   sessctl data ls
    ///   sessctl data ls -o json
    ///
    /// Long values are cut in the table; -o json and -o jsonl print them whole, -q the keys alone.
    #[command(verbatim_doc_comment)]
    Ls,
    /// Print one value as JSON, on one line
    ///
    ///   sessctl data get cart
    ///   sessctl data get theme --raw
    ///
    /// Exits 5 when the session holds nothing under that key.
    #[command(verbatim_doc_comment)]
    Get {
        /// The key of the value
        key: String,
        /// Print a text as it is, without quotes and escapes
        #[arg(short, long)]
        raw: bool,
    },
    /// Keep a value under a key, in place of what is there
    ///
    ///   sessctl data set theme dark              the text "dark": it is no JSON
    ///   sessctl data set count 5                 the number 5
    ///   sessctl data set pin 1234 --string       the text "1234", whatever it looks like
    ///   sessctl data set cart - < cart.json      JSON from a file
    ///
    /// Says how VALUE was understood. When this returns 0, the server has it in its store.
    #[command(verbatim_doc_comment)]
    Set {
        /// The key to keep it under, up to 128 bytes
        key: String,
        /// JSON, or else a text; - reads JSON from stdin
        #[arg(allow_negative_numbers = true)]
        value: Option<String>,
        /// Take the value as a text, whatever it looks like
        #[arg(long)]
        string: bool,
        /// Read the value from stdin: JSON, or with --string a text without its last line end
        #[arg(long, conflicts_with = "value")]
        stdin: bool,
    },
    /// Forget the value of a key; that there is none is fine too
    ///
    ///   sessctl data unset theme
    #[command(verbatim_doc_comment)]
    Unset {
        /// The key of the value
        key: String,
    },
}

impl Args {
    /// Whether it prints columns.
    pub(crate) fn lists(&self) -> bool {
        matches!(self.action, Action::Ls)
    }
}

/// How much of a key and of a value is said again, in cells.
const CUT: (usize, usize) = (32, 60);

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let profile = context.profile()?;
    let held = Held {
        site: context.site(&profile, None)?,
        context,
        profile,
    };
    match args.action {
        Action::Ls => held.list().await?,
        Action::Get { key, raw } => held.get(&key, raw).await?,
        Action::Set {
            key,
            value,
            string,
            stdin,
        } => {
            let value = value_of(&key, value, string, stdin)?;
            held.set(&key, value).await?;
        }
        Action::Unset { key } => held.unset(&key).await?,
    }
    Ok(Code::OK)
}

fn value_of(
    key: &str,
    typed: Option<String>,
    as_text: bool,
    stdin: bool,
) -> Result<Value, Failure> {
    match typed {
        // With --string even a lone dash is what it looks like.
        Some(typed) if as_text => Ok(Value::String(typed)),
        Some(typed) if typed != "-" => value::of_argument(&typed),
        None if !stdin => {
            let words = format!("what is to be kept under {:?}?", text::clean(key));
            let key = output::shell_word(key);
            Err(Failure::new(Code::USAGE, words).hint(format!(
                "say: sessctl data set {key} VALUE, or pipe JSON into: sessctl data set {key} -"
            )))
        }
        _ => value::of_input(std::io::stdin().lock(), as_text),
    }
}

/// What the session of this command's profile holds.
struct Held<'c> {
    context: &'c Context,
    profile: Profile,
    site: Site,
}

impl Held<'_> {
    async fn list(&self) -> Result<(), Failure> {
        let listing = Listing::of(self.context, &PAIRS)?;
        let data = match self.keeping_cookies(self.site.session().await)? {
            SessionAnswer::Live(session) => session.data,
            SessionAnswer::SignedOut(out) => {
                return Err(signed_out::by_ours(self.context, &self.profile, &out));
            }
            SessionAnswer::NotOurs { status } => return Err(self.not_ours(status)),
        };
        let nothing = format!("your session at {} holds nothing", self.site.address());
        listing.print(
            &Pair::all_of(&data),
            &SessionData::new(data),
            "data",
            &nothing,
        )
    }

    async fn get(&self, key: &str, raw: bool) -> Result<(), Failure> {
        let answer = self.done(self.site.data(key).await)?;
        let value = answer.ok_or_else(|| {
            let key = text::clean(key);
            Failure::new(
                Code::NOT_FOUND,
                format!("your session holds nothing under {key:?}"),
            )
            .hint("see what it holds with: sessctl data ls")
        })?;
        match value {
            Value::String(text) if raw => output::body(format!("{text}\n").as_bytes()),
            value => output::json_line(&value),
        }
    }

    async fn set(&self, key: &str, value: Value) -> Result<(), Failure> {
        let answer = self.site.set_data(key, &value).await;
        let is_full = matches!(
            answer,
            Err(sessctl_client::Error::Status { status: 413, .. })
        );
        self.done(answer).map_err(|failure| match is_full {
            true => failure.hint(
                "nothing was changed; make room with: sessctl data unset KEY, or serve with a higher --data-limit (bytes) or --data-keys (keys)",
            ),
            false => failure,
        })?;
        match self.context.format() {
            Format::Table => output::line(&format!(
                "{} = {}",
                text::fit(key, CUT.0),
                text::fit(&value.to_string(), CUT.1)
            )),
            Format::Name => output::line(&text::clean(key)),
            format => output::document(format, &json!({"schema": 1, "key": key, "value": value})),
        }
    }

    async fn unset(&self, key: &str) -> Result<(), Failure> {
        self.done(self.site.unset_data(key).await)?;
        match self.context.format() {
            Format::Table => output::line(&format!("{} is not set", text::fit(key, CUT.0))),
            Format::Name => output::line(&text::clean(key)),
            format => output::document(format, &json!({"schema": 1, "key": key})),
        }
    }

    /// What a server did that is ours and knows who asks.
    fn done<T>(&self, answer: Result<OurAnswer<T>, sessctl_client::Error>) -> Result<T, Failure> {
        match self.keeping_cookies(answer)? {
            OurAnswer::Done(value) => Ok(value),
            OurAnswer::SignedOut(out) => {
                Err(signed_out::by_ours(self.context, &self.profile, &out))
            }
            OurAnswer::NotOurs { status } => Err(self.not_ours(status)),
        }
    }

    /// Also after a refusal: the server may have taken the cookie away.
    fn keeping_cookies<T>(&self, answer: Result<T, sessctl_client::Error>) -> Result<T, Failure> {
        self.site.jar().save()?;
        Ok(answer?)
    }

    fn not_ours(&self, status: u16) -> Failure {
        Failure::new(
            Code::FAILED,
            format!(
                "{} is not a sessctl server: it answered {status} where that keeps what a session holds",
                self.site.address()
            ),
        )
        .hint("is it the right one? name it with --server or --profile")
    }
}
