//! `sessctl tui`.

mod settings;

use std::{
    io::{self, IsTerminal as _},
    sync::Arc,
};

use sessctl_api::{BadSort, Filter, Registry, Sort};
use sessctl_tui::{BadSetting, Glyphs, Options, Quit, Theme, TuiError};
use tokio::signal::unix::SignalKind;

use crate::{
    context::{Context, now, user_name},
    exit::{Code, Failure},
    signals::Signals,
    source::{Access, Source},
};

/// Open the live dashboard: sessions as they come and go, and the means to end them
///
///   sessctl tui
///   sessctl tui 'user=a* and idle>10m' --sort idle:desc
///   sessctl tui --read-only --theme light
///   sessctl tui --plain | tee sessions.log
///
/// Press ? in it for the keys, q to leave. It shows any number of sessions: what matches, its order and
/// its count are the server's. Columns and colours are kept; keys are changed in the [tui.keys] table of
/// config.toml, such as: "list.end" = ["X", "Del"].
#[derive(Debug, Default, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Which sessions to show at first, by a filter as for `ls` [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// The order to begin with, as for `ls` [default: created:desc]
    #[arg(long, value_name = "FIELD[:desc]")]
    sort: Option<String>,
    /// Only look; `W` in it allows to end sessions for five minutes [default: the profile's]
    #[arg(long, env = "SESSCTL_READ_ONLY", value_parser = clap::builder::FalseyValueParser::new())]
    read_only: bool,
    /// Lines of words instead of a screen: for pipes and screen readers
    #[arg(long, env = "SESSCTL_PLAIN", value_parser = clap::builder::FalseyValueParser::new())]
    plain: bool,
    /// Colours: terminal, light, dark, contrast or mono [default: terminal; mono with NO_COLOR]
    #[arg(long, env = "SESSCTL_THEME", value_name = "NAME")]
    theme: Option<String>,
    /// What curves and frames are drawn with: braille, block or ascii [default: block]
    #[arg(long, env = "SESSCTL_GLYPHS", value_name = "NAME")]
    glyphs: Option<String>,
    /// Nothing but ASCII on the screen: the same as --glyphs ascii
    #[arg(long, conflicts_with = "glyphs")]
    ascii: bool,
    /// Listen to clicks and the wheel; without, the mouse is the terminal's, and `m` changes it
    #[arg(long, env = "SESSCTL_MOUSE", value_parser = clap::builder::FalseyValueParser::new())]
    mouse: bool,
    /// Draw what happens once a second at most, and no curves
    #[arg(long, env = "SESSCTL_REDUCED_MOTION", value_parser = clap::builder::FalseyValueParser::new())]
    reduced_motion: bool,
}

pub(crate) async fn run(context: &Context, args: Args) -> Result<Code, Failure> {
    let is_plain = args.plain || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let mut options = args.options(context)?;
    options.filter = args.filter.join(" ").parse::<Filter>()?;
    // Before a source is looked for: without a terminal none will do.
    if !is_plain && (!io::stdin().is_terminal() || !io::stdout().is_terminal()) {
        return Err(Failure::caused(Code::USAGE, TuiError::NoTerminal));
    }
    let access = if is_plain {
        Access::Read
    } else {
        Access::Write
    };
    let source = Source::open(context, access).await?;
    options.source.clone_from(&source.name);
    let registry = Arc::clone(&source.registry);
    match is_plain {
        true => tell(registry, options).await,
        false => show(registry, options).await,
    }
}

/// Opens the dashboard over any registry, as it is without flags.
pub(crate) async fn open(
    context: &Context,
    registry: Arc<dyn Registry>,
    source: String,
) -> Result<Code, Failure> {
    let mut options = Args::default().options(context)?;
    options.source = source;
    // A look around leaves nothing behind.
    options.save = Arc::new(|_| Ok(()));
    show(registry, options).await
}

impl Args {
    /// Flags and variables over the settings file.
    fn options(&self, context: &Context) -> Result<Options, Failure> {
        let mut options = Options::new(String::new(), user_name(), now);
        settings::apply(context, &mut options)?;
        let bad =
            |flag: &str, error: BadSetting| Failure::new(Code::USAGE, format!("{flag}: {error}"));
        if let Some(sort) = &self.sort {
            let wrong = |error: BadSort| Failure::new(Code::USAGE, format!("--sort: {error}"));
            options.sort = sort.parse::<Sort>().map_err(wrong)?;
        }
        if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            options.settings.theme = Theme::Mono;
        }
        if let Some(theme) = &self.theme {
            options.settings.theme = theme.parse().map_err(|error| bad("--theme", error))?;
        }
        if let Some(glyphs) = &self.glyphs {
            options.glyphs = glyphs.parse().map_err(|error| bad("--glyphs", error))?;
        }
        if self.ascii {
            options.glyphs = Glyphs::Ascii;
        }
        options.mouse |= self.mouse;
        options.reduced_motion |= self.reduced_motion;
        options.read_only |= self.read_only;
        options.in_tmux = std::env::var_os("TMUX").is_some();
        Ok(options)
    }
}

async fn show(registry: Arc<dyn Registry>, options: Options) -> Result<Code, Failure> {
    match sessctl_tui::run(registry, options).await {
        Ok(Quit::Asked) => Ok(Code::OK),
        Ok(Quit::Signal(number)) => Ok(Code::of_signal(number)),
        Err(error @ TuiError::NoTerminal) => Err(Failure::caused(Code::USAGE, error)),
        Err(error) => Err(Failure::caused(Code::FAILED, error)),
    }
}

async fn tell(registry: Arc<dyn Registry>, options: Options) -> Result<Code, Failure> {
    let mut signals = Signals::listen(&[SignalKind::interrupt(), SignalKind::terminate()])?;
    let (end, mut ended) = tokio::sync::oneshot::channel();
    let stop = async {
        // It is read below, whatever it is.
        let _ = end.send(signals.next().await);
    };
    let told = sessctl_tui::plain(registry, options, &mut io::stdout(), stop).await;
    match told {
        Ok(()) => Err(Failure::silent(
            ended.try_recv().map_or(Code::INTERRUPTED, Code::of_signal),
        )),
        // Whoever read it has gone.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Code::OK),
        Err(error) => Err(error.into()),
    }
}
