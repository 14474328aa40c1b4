//! The real binary from outside: separate processes, each test with a home of its own, free ports, real peers.
//!
//! A test waits for what it wants to see, with a bound, and never for a clock. What it started ends with it, also on
//! panic.

#![expect(
    clippy::unwrap_used,
    reason = "tests fail by panicking, helpers included"
)]

mod accounts;
mod apps;
mod audit;
mod auditing;
mod backup;
mod bad_input;
mod browser;
mod certificate;
mod colors;
mod completing;
mod config;
mod data;
mod demo;
mod elsewhere;
mod exits;
mod express;
mod fetch;
mod filters;
mod formats;
mod home;
mod interrupted;
mod jars;
mod lines;
mod load;
mod man;
mod manners;
mod npm;
mod options;
mod over_tls;
mod past;
mod peers;
mod pip;
mod polite;
mod profiles;
mod project;
mod promises;
mod readme;
mod restart;
mod resuming;
mod running;
mod schemas;
mod secrets;
mod serve_refuses;
mod server;
mod settings;
mod shown;
mod signing;
mod smoke;
mod sources;
mod stage;
mod story;
mod strangers;
mod stub;
mod terminal;
mod tmux;
mod tokens;
mod tui;
mod users;
mod watching;
mod within;
