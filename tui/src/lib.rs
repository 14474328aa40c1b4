//! The ratatui dashboard over any [`Registry`](sessctl_api::Registry).
//!
//! Model, update and view, the Elm way: keys and the registry's news become messages, `update` alone changes the
//! model and asks for commands, `view` draws the model. Those rooms touch no clock, registry or terminal. `app` does:
//! it is the loop, reads the clock, sends orders to the registry and puts frames on the terminal it is given. `link`
//! follows the registry, `run` and `term` have the real terminal and its signals. None of these decides what is drawn.
//!
//! ```text
//! message, rows, input  ->  model  ->  fields, keys  ->  update, view  ->  app (the loop)  ->  run
//! message, rows         ->  link (the registry)      ->  app            term (restores)  ->  run
//! ```
//!
//! Each file imports only from its left. Start at [`run()`], then `message`, `model`, `update`.

mod app;
mod fields;
mod input;
mod keys;
mod link;
mod message;
mod model;
mod rows;
mod run;
mod term;
mod update;
mod view;

#[cfg(test)]
mod fixture;

pub use app::{Input, Options, Quit, TuiError, drive};
pub use run::run;
