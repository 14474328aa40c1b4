//! `sessctl load`: many users at once.
//!
//! The users live in `sessctl_client::load`. Here is what can be said of them (`options`, `people`, `fail_if`), what is
//! shown (`progress`, `report`, `settings`, `page` and its `chart`), and what it means for the exit code (`verdict`).

mod chart;
mod fail_if;
mod fine;
mod options;
mod page;
mod people;
mod progress;
mod report;
mod settings;
mod verdict;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sessctl_api::text::clean;
use sessctl_client::{
    Secret, Site,
    load::{Load, LoadPlan, LoadReport, Person, Prepared},
};
use tokio::signal::unix::SignalKind;

pub(crate) use self::options::Args;
use self::{fail_if::Judged, progress::Progress, settings::Settings};
use super::login::is_open;
use crate::{
    context::{Context, USER_AGENT, now},
    exit::{Code, Failure, check_writable, unwritable},
    output::{self, Listing},
    prompt,
    secrets::WAYS,
    signals::Signals,
    trust,
};

/// Files that are open beside the connections.
const OTHER_FILES: u64 = 64;

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let listing = Listing::of(context, &report::COLUMNS)?;
    let profile = context.profile()?;
    let server = context.server(&profile)?;
    let danger = "a load can bring a server down";
    trust::refuse_others(&server, args.i_own_this, danger)?;
    if args.who.users_file.is_none() {
        let is_said = args.who.password.is_said();
        context.refuse_stray_password(&profile, is_said)?;
    }
    let site = context.site(&profile, None)?;
    let people = people(context, &site, &args).await?;
    let count = people.len();
    make_room(count)?;
    let plan = LoadPlan {
        people,
        signs_in: !args.who.no_login,
        span: args.duration,
        views: args.views,
        think: args.think,
        ramp: args.ramp,
        rate: args.rate,
        paths: args.paths.clone(),
        timeout: context.timeout(),
        user_agent: USER_AGENT.to_owned(),
    };
    let mut signals = Signals::listen(&[SignalKind::interrupt(), SignalKind::terminate()])?;
    let mut signal = None;
    let stop = async { signal = Some(signals.next().await) };
    let load = match Load::prepare(&site, plan, stop).await? {
        Prepared::Ready(load) => load,
        Prepared::Stopped(notes) => {
            say_all(&notes);
            output::say!("sessctl: stopped before it began");
            return Ok(signal.map_or(Code::INTERRUPTED, Code::of_signal));
        }
    };
    say_all(load.notes());
    if let Some(file) = &args.html {
        check_writable(file)?;
    }
    let started = now();
    let progress = Progress::new(context);
    let stop = async { signal = Some(signals.next().await) };
    let report = load.run(stop, |now| progress.show(&now)).await;
    progress.end();

    let thresholds = args.fail_if.iter();
    let judged: Vec<_> = thresholds.map(|limit| limit.judge(&report)).collect();
    let settings = Settings::of(&site, &args, count);
    show(&listing, &report, &settings, &judged)?;
    say_all(&report::doubts(&report));
    if let Some(file) = &args.html {
        let page = page::html(&report, &settings, &judged, started)?;
        std::fs::write(file, page).map_err(|error| unwritable(file, &error))?;
        output::say!("sessctl: charts are in {}", clean(&file.to_string_lossy()));
    }
    if let Some(number) = signal {
        output::say!("sessctl: stopped before its end; this is what was measured until then");
        return Ok(Code::of_signal(number));
    }
    verdict::verdict(&report, &args.fail_if, &judged)
}

async fn people(context: &Context, site: &Site, args: &Args) -> Result<Vec<Person>, Failure> {
    let count = args.users.and_then(|users| usize::try_from(users).ok());
    if let Some(file) = &args.who.users_file {
        return people::from_file(file, count);
    }
    let (count, name) = (count.unwrap_or(10), &args.who.name);
    if name.trim().is_empty() {
        let what = "--name: the users' name is empty; nothing was sent";
        return Err(Failure::new(Code::USAGE, what));
    }
    let password = match args.who.no_login {
        true => None,
        false => password(context, site, args).await?,
    };
    Ok(people::by_template(name, count, password.as_ref()))
}

/// The password of all users; nothing for a server that wants none.
async fn password(context: &Context, site: &Site, args: &Args) -> Result<Option<Secret>, Failure> {
    if let Some(password) = args.who.password.given("nothing was sent")? {
        return Ok(Some(password));
    }
    if is_open(site).await? {
        return Ok(None);
    }
    if prompt::can_ask(context) {
        return prompt::password(&args.who.name, site.address()).map(Some);
    }
    let what = "a password is needed and nobody is there to be asked; nothing was sent";
    let hint = format!("{WAYS}, or name users and their passwords by --users-file FILE");
    Err(Failure::new(Code::USAGE, what).hint(hint))
}

/// Each user has a connection, and the system counts them as open files.
fn make_room(users: usize) -> Result<(), Failure> {
    let wanted = users as u64 + OTHER_FILES;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let is_raised = setrlimit(Resource::Nofile, raised).is_ok();
    if is_raised && maximum.is_none_or(|maximum| maximum >= wanted) {
        return Ok(());
    }
    let limit = if is_raised { maximum } else { current };
    let what = format!(
        "{users} users need {wanted} open files, and the system's limit (ulimit -n) is {}; nothing was loaded",
        limit.unwrap_or_default()
    );
    Err(Failure::new(Code::USAGE, what))
}

fn say_all(sentences: &[String]) {
    for sentence in sentences {
        output::say!("sessctl: {sentence}");
    }
}

fn show(
    listing: &Listing<report::Line>,
    report: &LoadReport,
    settings: &Settings<'_>,
    judged: &[Judged],
) -> Result<(), Failure> {
    let whole = report::json(report, settings, judged);
    listing.print(&report::lines(report), &whole, "rows", "")?;
    if listing.is_for_people() {
        output::line(&report::total(report, settings.users))?;
    }
    Ok(())
}
