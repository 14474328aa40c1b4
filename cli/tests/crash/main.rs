//! What was acknowledged holds: the real binary, killed, stopped, and with its disk failing, held against a model of
//! what it said.
//!
//! A round starts a server on the file of the rounds before, checks it against the model, loads it and ends it at a
//! random moment (`rounds`). The other files are one fault each. `scripts/crash` runs many rounds;
//! `SESSCTL_CRASH_ROUNDS` and `SESSCTL_CRASH_SEED` say how many and which. The seed decides what is drawn; how the
//! machine interleaves it, it does not.

#![expect(
    clippy::unwrap_used,
    reason = "tests fail by panicking, helpers included"
)]

mod artefacts;
mod check;
mod fixture;
mod full_disk;
mod load;
mod migration;
mod model;
mod operators;
mod record;
mod rounds;
mod scene;
mod server;
mod stopped;
mod unwritable;
mod visitors;
mod wal;
mod wire;
