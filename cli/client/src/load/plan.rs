//! What is to be done in a run of load, and by whom.

use std::time::Duration;

use crate::Secret;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// The users; each is one.
    pub people: Vec<Person>,
    /// Whether they sign in; else they are strangers, and have no names.
    pub signs_in: bool,
    /// How long it lasts; at a fixed rate, from when all have tried to sign in.
    pub span: Duration,
    /// Views of a visit. Without a number a visit lasts as long as the run.
    pub views: Option<u64>,
    /// The pause between a user's views, on average.
    pub think: Duration,
    /// The time over which users come.
    pub ramp: Duration,
    /// Views a second of all users together.
    pub rate: Option<f64>,
    /// The pages, in the order in which each user looks at them; none is the dashboard.
    pub paths: Vec<String>,
    pub timeout: Duration,
    pub user_agent: String,
}

/// Who signs in.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    /// Nothing where sign-in is open.
    pub password: Option<Secret>,
}
