//! How something is written into a session, and where it shows.

use reqwest::Method;

/// A request that writes something into the session, and the page that shows it.
#[derive(Debug, Clone)]
pub struct Exercise {
    pub method: Method,
    /// `{word}` stands for another word each time, here and in the body.
    pub path: String,
    pub body: String,
    /// JSON, and else a form.
    pub is_json: bool,
    /// Shows all the words that were written.
    pub read: String,
}
