//! How the dashboard is to run: what the caller says before it begins.

use std::{fmt, sync::Arc};

use sessctl_api::{Filter, Sort};
use time::OffsetDateTime;

use crate::{
    keys::Keymap,
    model::{Model, Writes},
    settings::{Glyphs, Settings},
};

/// Keeps settings for the next time, or says why not.
pub type Save = Arc<dyn Fn(&Settings) -> Result<(), String> + Send + Sync>;

/// How the dashboard is to run.
#[derive(Clone)]
pub struct Options {
    /// Where the sessions come from, as the header and each question name it.
    pub source: String,
    /// Who ends sessions here, for the log and the holders.
    pub actor: String,
    /// The filter and the order to begin with.
    pub filter: Filter,
    pub sort: Sort,
    /// What was kept the last time.
    pub settings: Settings,
    /// Keeps them.
    pub save: Save,
    pub glyphs: Glyphs,
    /// The keys that a user changed.
    pub keymap: Keymap,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// Only looking is allowed, unless somebody asks for more in it.
    pub read_only: bool,
    /// Draw what happens once a second at most, and no curves.
    pub reduced_motion: bool,
    /// The terminal is one of tmux.
    pub in_tmux: bool,
    /// The clock.
    pub now: fn() -> OffsetDateTime,
}

impl Options {
    /// The usual ones.
    pub fn new(source: String, actor: String, now: fn() -> OffsetDateTime) -> Self {
        Self {
            source,
            actor,
            filter: Filter::default(),
            sort: Sort::default(),
            settings: Settings::default(),
            save: Arc::new(|_| Ok(())),
            glyphs: Glyphs::default(),
            keymap: Keymap::default(),
            mouse: false,
            read_only: false,
            reduced_motion: false,
            in_tmux: false,
            now,
        }
    }

    /// The model to begin with.
    pub(crate) fn model(&self) -> Model {
        let mut model = Model::new(self.source.clone(), self.filter.clone(), (self.now)());
        model.sort = self.sort;
        model.look.theme = self.settings.theme;
        model.look.columns.clone_from(&self.settings.columns);
        model.look.glyphs = self.glyphs;
        model.look.mouse = self.mouse;
        model.keymap = self.keymap.clone();
        if self.read_only {
            model.writes = Writes::Locked;
        }
        if self.reduced_motion {
            model.overview.shown = Some(false);
        }
        model
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("source", &self.source)
            .field("filter", &self.filter)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
