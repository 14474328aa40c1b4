//! Typed HTTP client, cookie jar, profiles; `Registry` over the admin API.
//!
//! This room may send HTTP and may read and write jar and profile files. It must not touch stdout or stderr, clap,
//! the environment, the home directory or a store: paths, addresses and secrets are handed in, results and errors
//! are handed back. It reads no clock but to measure; what expires is known to `cookie_store` alone.
//!
//! Start at [`Site`] (drives any server with a form login), [`Jar`] (its cookies), [`Admin`] (an operator's view),
//! [`Config`] (profiles), [`load`] (many users at once).

mod address;
mod admin;
pub mod audit;
mod error;
mod files;
mod fingerprint;
mod jar;
pub mod load;
mod profile;
mod site;
mod sse;
mod token;
mod wire;

pub use address::{Origin, is_loopback, parse_server};
pub use admin::Admin;
pub use error::Error;
pub use fingerprint::Fingerprint;
pub use jar::{
    CookieDetail, CookieHeader, CookieInfo, Imported, Jar, JarInfo, Symptom, examine, jar_path,
    list_jars,
};
pub use profile::{
    Config, Place, Profile, check_profile_name, remove_profile, save_default, save_looks,
    save_profile,
};
pub use sessctl_api::Secret;
pub use site::{
    CookieFate, Fate, Fetched, FormPart, LoggedIn, LogoutDone, NotSignedIn, Others, OurAnswer,
    Payload, Request, SessionAnswer, Site, SitePaths, Step, Verdict, Via,
};
pub use token::{read_token, token_path};
