//! `sessctl login`.

pub(super) mod stray;

use serde_json::json;
use sessctl_api::{span, text::clean};
use sessctl_client::{LoggedIn, Profile, Secret, SessionAnswer, Site, parse_server, save_profile};

use crate::{
    context::{Context, DEFAULT_SERVER, now},
    exit::{Code, Failure},
    global::Format,
    output, prompt,
    secrets::{self, PasswordArgs},
    site_args::{SiteArgs, site_paths},
    steps,
};

/// Sign in and keep the cookie
///
///   sessctl login alice
///   sessctl login bob --profile blog --server https://blog.example --check /account
///   sessctl login --profile blog --password-file blog.pw
///   sessctl login bob@shop.example --profile shop --server https://shop.example --via json \
///       --login-path /api/login --body '{"email": "{user}", "password": "{password}"}' --check /api/me
///   sessctl login alice --remember
///
/// Works with any server that has a form login. The login page is fetched, and its form sent as a
/// browser would: with hidden fields, tokens against cross-site requests, and where it came from.
/// With --via json the same is sent as JSON. That it worked is proved, not believed: the dashboard,
/// or the page that --check names, must answer otherwise than to a stranger. All of it is kept in
/// the profile, so that it is said once. -v shows each step, and whether the id was rotated.
///
/// The password is asked for; without a terminal it comes from --password-stdin, --password-file or
/// SESSCTL_PASSWORD. A server with open sign-in needs none. A certificate of your own making is
/// trusted by SSL_CERT_FILE=ca.pem, instead of the system's own.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Who to sign in as [default: the profile's user]
    user: Option<String>,
    #[command(flatten)]
    password: PasswordArgs,
    /// Ask to stay signed in for longer: sends remember=on, as a ticked box of that name does
    #[arg(long)]
    remember: bool,
    #[command(flatten)]
    site: SiteArgs,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    // A new name makes a new profile; that is what signing in with it is for.
    let old = context
        .config
        .profile(context.profile_name())
        .cloned()
        .unwrap_or_default();
    let own = context.config.own_profile(context.profile_name());
    let own = own.cloned().unwrap_or_default();
    args.site.check()?;
    stray::refuse(context, &old, &own)?;
    let profile = args.apply(context, &old, &own)?;
    let user = user(context, &args, &old)?;
    context.refuse_stray_password(&profile, args.password.is_said())?;
    let site = context.site(&profile, Some(site_paths(&profile)))?;
    let site = if args.remember {
        site.remembering()
    } else {
        site
    };
    site.jar().check_writable()?;
    let password = password(context, &args.password, &site, &user).await?;

    let before = signed_in_user(&site)
        .await
        .or_else(|| old_user(context, &site, &old));
    let done = site.login(&user, password.as_ref()).await;
    // Above all for a sign-in that failed.
    steps::say(&site);
    let LoggedIn {
        anonymous,
        page,
        notes,
        login_path,
        cookies,
    } = done?;
    site.jar().save()?;
    // A named profile is made for the server that it is given.
    let is_moved_quietly = !context.profile_is_named()
        && own.server.is_none()
        && context.is_typed("server")
        && !is_at(DEFAULT_SERVER, &site);
    let moved_from = own.server.filter(|own| !is_at(own, &site));
    let kept = Profile {
        server: Some(site.address().to_owned()),
        user: Some(user.clone()),
        anonymous: Some(anonymous),
        login_path: login_path.or(profile.login_path.clone()),
        ..profile
    };
    save_profile(&context.paths.config_file, context.profile_name(), &kept)?;

    let server = site.address();
    match context.format() {
        format @ (Format::Json | Format::Jsonl) => output::document(
            format,
            &json!({
                "schema": 1, "signed_in": true, "user": user, "server": server,
                "profile": context.profile_name(), "status": page.status,
            }),
        )?,
        Format::Name => output::line(&clean(&user))?,
        Format::Table => output::line(&format!("signed in as {} at {server}", clean(&user)))?,
    }
    if let Some(before) = before.filter(|before| *before != user) {
        output::say!(
            "{} was signed in here and is no more; to keep both, give each a profile: sessctl login {} --profile NAME",
            clean(&before),
            output::shell_word(&user)
        );
    }
    if let Some(before) = moved_from {
        output::say!(
            "profile {:?} is now for {server}; it was for {}",
            context.profile_name(),
            clean(&before)
        );
    }
    if is_moved_quietly {
        output::say!("commands without --server go to {server} from now on");
    }
    for note in notes {
        output::say!("sessctl: {note}");
    }
    if context.global.verbose {
        steps::say_fates(&cookies);
    }
    if args.remember {
        say_if_not_remembered(&site).await;
    }
    if !context.profile_is_named() && context.global.verbose {
        output::say!(
            "kept in profile {:?}, {}",
            context.profile_name(),
            context.paths.config_file.display()
        );
    }
    Ok(Code::OK)
}

impl Args {
    /// The profile with what was said now; what was said of another server does not count for this one.
    ///
    /// It is kept in the user's own file, so source and token are those of the user's `own` profile: the project's file
    /// may be anybody's, and what it says of them counts while one stands there.
    fn apply(&self, context: &Context, old: &Profile, own: &Profile) -> Result<Profile, Failure> {
        let known = if context.is_home(old) {
            old.clone()
        } else {
            Profile::default()
        };
        let (own_source, own_token) = (own.source.clone(), own.token_file.clone());
        let server = match &context.global.server {
            Some(server) => Some(server.clone()),
            None => known.server.clone(),
        };
        // Only what was said here: the environment may name a source for one run.
        let source = context
            .global
            .source
            .clone()
            .filter(|_| context.is_typed("source"));
        Ok(Profile {
            server,
            user: known.user.clone(),
            // A token is for the source that it was kept with.
            token_file: own_token.filter(|_| source.is_none()),
            source: source.or(own_source),
            // It stays as it stands there.
            read_only: None,
            anonymous: None,
            ..self.site.over(known)
        })
    }
}

fn user(context: &Context, args: &Args, profile: &Profile) -> Result<String, Failure> {
    let user = match (&args.user, &profile.user) {
        (Some(user), _) | (None, Some(user)) => user.clone(),
        (None, None) if prompt::can_ask(context) => prompt::ask("User name: ")?,
        (None, None) => {
            return Err(Failure::new(
                Code::USAGE,
                "who signs in? Say: sessctl login USER",
            ));
        }
    };
    if user.trim().is_empty() {
        return Err(Failure::new(
            Code::USAGE,
            "the user name is empty; nothing was sent",
        ));
    }
    Ok(user)
}

/// The password from where it was said to come; `None` for a server that wants none.
pub(super) async fn password(
    context: &Context,
    args: &PasswordArgs,
    site: &Site,
    user: &str,
) -> Result<Option<Secret>, Failure> {
    if let Some(password) = args.given("nothing was sent")? {
        return Ok(Some(password));
    }
    if is_open(site).await? {
        return Ok(None);
    }
    if prompt::can_ask(context) {
        return prompt::password(user, site.base().as_str()).map(Some);
    }
    Err(Failure::new(
        Code::USAGE,
        "a password is needed and nobody is there to be asked; nothing was sent",
    )
    .hint(secrets::WAYS))
}

/// Our own server may remember nobody, and says nothing of it: it signs in as without the box. Who is remembered may be
/// idle for as long as the session lives.
async fn say_if_not_remembered(site: &Site) {
    if let Ok(SessionAnswer::Live(session)) = site.session().await
        && session.idle_expires < session.expires
    {
        let left = |end| span::left(span::between(now(), end));
        output::say!(
            "sessctl: --remember changed nothing, for this server remembers nobody: the session ends in {} if idle, in {} at the latest",
            left(session.idle_expires),
            left(session.expires)
        );
    }
}

/// Whether the server says that any name may sign in. Also shows that it is there before anything is asked.
pub(super) async fn is_open(site: &Site) -> Result<bool, Failure> {
    Ok(
        matches!(site.session_of_stranger().await?, SessionAnswer::SignedOut(answer) if answer.auth == "open"),
    )
}

/// Whether an address is that of this site.
fn is_at(server: &str, site: &Site) -> bool {
    parse_server(server).is_ok_and(|server| server == *site.base())
}

/// Whom the jar's cookies were for, as far as the profile remembers.
fn old_user(context: &Context, site: &Site, profile: &Profile) -> Option<String> {
    profile
        .user
        .clone()
        .filter(|_| context.is_home(profile) && !site.jar().is_empty())
}

/// Whom our own server knows the jar's cookie as.
async fn signed_in_user(site: &Site) -> Option<String> {
    if site.jar().is_empty() {
        return None;
    }
    match site.session().await {
        Ok(SessionAnswer::Live(session)) => session.user.clone(),
        _ => None,
    }
}
