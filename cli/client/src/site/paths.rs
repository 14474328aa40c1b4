//! Where a server keeps its login, and how it wants name and password.

/// Where a server keeps its login, and how its form names things.
///
/// Paths are taken below the path of the server's own address, with or without a slash at the start; they may have a
/// query. The defaults are those of the Express tutorial and of our own server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SitePaths {
    /// Where the form is posted: `/login`.
    pub login: String,
    /// The page that only those signed in see, as the proof of a sign-in: `/dashboard`.
    pub dashboard: String,
    /// Where a sign-out is posted: `/logout`.
    pub logout: String,
    /// The form's field for the name: `username`.
    pub user_field: String,
    /// The form's field for the password: `password`.
    pub password_field: String,
    /// How name and password are sent.
    pub via: Via,
    /// The JSON that is sent with [`Via::Json`]: `{user}` and `{password}` in its texts stand for what they name.
    /// Without it, an object of the two fields.
    pub login_body: Option<String>,
}

impl Default for SitePaths {
    fn default() -> Self {
        Self {
            login: "/login".to_owned(),
            dashboard: "/dashboard".to_owned(),
            logout: "/logout".to_owned(),
            user_field: "username".to_owned(),
            password_field: "password".to_owned(),
            via: Via::Form,
            login_body: None,
        }
    }
}

/// How a server wants name and password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Via {
    /// By the form of its login page, or as a form's fields where there is no such page.
    #[default]
    Form,
    /// As JSON.
    Json,
}
