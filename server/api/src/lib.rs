//! The shared words of sessctl, and the traits between those who keep sessions and those who look at them.
//!
//! This room knows serde, time types and the filter grammar. It does no I/O, has no async runtime, reads no clock
//! and knows no driver: "now" is always an argument. Every other room may import it; it imports none of them.
//!
//! Start at [`Registry`], then [`Session`].

mod account;
mod agent;
pub mod audit;
mod cursor;
mod error;
mod event;
mod field;
pub mod filter;
mod handle;
mod near;
mod network;
mod page;
mod pager;
mod pass;
mod ranking;
mod registry;
mod revoke;
pub mod routes;
mod schema;
mod secret;
mod session;
mod sort;
pub mod span;
mod stats;
pub mod text;
mod token;
mod top;
mod view;

pub use account::{
    AccountError, Accounts, Credential, NAME_RULES, NewUser, PASSWORD_RULES, User, UserChange,
    UserList, UserReport,
};
pub use agent::client_of;
pub use audit::{AuditPage, AuditQuery, AuditRecord, AuditResult, Newest};
pub use error::{ErrorBody, SignedOut, codes};
pub use event::{EndReason, Ended, Event, EventKind, Notice};
// Outside, a field is what a list is sorted by.
pub use field::Field as SortField;
pub use filter::{AuditFilter, Filter, FilterError};
pub use handle::{BadHandle, Handle};
pub use near::nearest;
pub use network::Network;
pub use page::{ListQuery, Page, Start};
pub use pager::{Found, Pager};
pub use pass::Pass;
pub use ranking::Ranking;
pub use registry::{BoxFuture, BoxStream, Registry, RegistryError};
pub use revoke::{
    Lookup, LookupAnswer, Outcome, Revocation, RevokeReport, RevokeResult, Selection,
};
pub use schema::SCHEMA;
pub use secret::Secret;
pub use session::{Data, MySession, Session, SessionData};
pub use sort::{BadSort, Sort, SortValue};
pub use stats::{EndedCounts, Stats};
pub use token::{MintedToken, NewToken, Scope, Token, TokenList};
pub use top::{Top, TopQuery, ValueCount};
pub use view::{DataOf, View};
