//! Where the audit log is read: at a server, or in its file.

use std::path::{Path, PathBuf};

use sessctl_client::Admin;

use super::{Source, open, trail};
use crate::{
    context::Context,
    exit::{Code, Failure},
    store::Store,
};

/// Where the audit log is read.
#[derive(Debug)]
pub(crate) enum LogPlace {
    Server {
        admin: Admin,
        /// As the source is named.
        name: String,
    },
    File(PathBuf),
}

impl LogPlace {
    /// Finds the log of this command's source.
    pub(crate) async fn find(context: &Context) -> Result<Self, Failure> {
        let store = match open::said_source(context)? {
            Some(source) => match source.strip_prefix("sqlite:") {
                Some(path) => match open::owner(context, Path::new(path)).await? {
                    Some(source) => return Self::of(source),
                    None => PathBuf::from(path),
                },
                None => return Self::of(Source::open(context, super::Access::Read).await?),
            },
            None => match open::find(context).await {
                Ok(source) => return Self::of(source),
                Err(failure) if failure.code() == Code::UNREACHABLE => {
                    match Store::of_serve(context)? {
                        Store::Sqlite(path) => path,
                        Store::Memory => return Err(failure),
                    }
                }
                Err(failure) => return Err(failure),
            },
        };
        let Some(file) = trail::file_of(context, &store) else {
            let what = "no server answers, and its log is switched off";
            return Err(Failure::new(Code::UNREACHABLE, what));
        };
        if !file.exists() {
            return Err(Failure::new(
                Code::UNREACHABLE,
                format!("no server answers, and there is no log {}", file.display()),
            )
            .hint("a server writes it: sessctl serve; name another with --source"));
        }
        Ok(Self::File(file))
    }

    fn of(source: Source) -> Result<Self, Failure> {
        let name = source.name;
        source
            .admin
            .map(|admin| Self::Server { admin, name })
            .ok_or_else(|| Failure::new(Code::USAGE, "that source keeps no log"))
    }
}
