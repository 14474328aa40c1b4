//! The client from outside: real files, real sockets, small servers of several kinds on free ports.

#![expect(
    clippy::unwrap_used,
    reason = "tests fail by panicking, helpers included"
)]

mod accounts;
mod admin;
mod data;
mod forms;
mod jar;
mod login;
mod logout;
mod newer;
mod others;
mod profile;
mod servers;
mod site;
mod watch;
