//! The ratatui dashboard over any [`Registry`](sessctl_api::Registry).
//!
//! Model, update and view, the Elm way: keys and the registry's news become messages, `update` alone changes the
//! model and asks for commands, `view` draws the model. Those rooms touch no clock, registry or terminal. `app` does:
//! it is the loop, reads the clock, performs commands and puts frames on the terminal it is given. `link` follows the
//! registry, `desk` asks it questions, `run` and `term` have the real terminal and its signals. None of these decides
//! what is drawn. `plain` tells the same in lines, without a screen.
//!
//! ```text
//! choice  ->  columns  ->  settings, place  ->  message  ->  input, window, marks, overview, keys, dialog
//!     ->  model, fields  ->  list, options  ->  update  ->  view  ->  app (the loop)  ->  run
//! message  ->  link  ->  desk (the registry)  ->  app        term (restores)  ->  run        options, link  ->  plain
//! ```
//!
//! Each file imports only from its left. Start at [`run()`], then `message`, `model`, `list`, `update`.

mod app;
mod choice;
mod columns;
mod desk;
mod dialog;
mod fields;
mod input;
mod keys;
mod link;
mod list;
mod marks;
mod message;
mod model;
mod options;
mod overview;
mod place;
mod plain;
mod run;
mod settings;
mod term;
mod update;
mod view;
mod window;

#[cfg(test)]
mod fixture;

pub use app::{Device, Input, Quit, TuiError, drive};
pub use choice::BadSetting;
pub use columns::Column;
pub use keys::{BadKeymap, Keymap};
pub use options::{Options, Save};
pub use plain::plain;
pub use run::run;
pub use settings::{Glyphs, Settings, Theme};
