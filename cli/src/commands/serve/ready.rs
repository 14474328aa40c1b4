//! Saying where the server answers: one line, and a file for scripts.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::Serialize;
use sessctl_api::SCHEMA;
use sessctl_server::{AdminListener, PublicListener};

use crate::{
    exit::{Code, Failure},
    global::Format,
    output,
};

/// Where the server answers.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Ready {
    schema: u32,
    pub(crate) public: String,
    pub(crate) admin: String,
    /// For programs with tokens.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    admin_tcp: Vec<String>,
    pid: u32,
}

/// The file that says so; it goes when the server does.
#[derive(Debug)]
pub(super) struct ReadyFile {
    path: PathBuf,
    text: Vec<u8>,
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        // Another server may have said there by now that it answers.
        if std::fs::read(&self.path).is_ok_and(|text| text == self.text) {
            // Whoever removed it before wanted just that.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Ready {
    pub(crate) fn new(public: &PublicListener, admin: &AdminListener) -> Self {
        Self {
            schema: SCHEMA,
            public: public.url(),
            admin: admin.address().to_string(),
            admin_tcp: admin.tcp_urls().collect(),
            pid: std::process::id(),
        }
    }

    /// Says it in one line on stdout.
    pub(super) fn say(&self, format: Format) -> Result<(), Failure> {
        match format {
            Format::Json | Format::Jsonl => output::json_line(self),
            Format::Name => output::line(&self.public),
            Format::Table => {
                let admin: Vec<_> = [&self.admin].into_iter().chain(&self.admin_tcp).collect();
                output::line(&format!(
                    "serving {}, admin {}; Ctrl-C ends it",
                    self.public,
                    admin
                        .iter()
                        .map(|place| place.as_str())
                        .collect::<Vec<_>>()
                        .join(", ")
                ))
            }
        }
    }

    /// Writes it to a file, whole or not at all.
    pub(super) fn write(&self, path: &Path) -> Result<ReadyFile, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(
                Code::FAILED,
                format!("cannot write the ready file {}: {error}", path.display()),
            )
        };
        let dir = path
            .parent()
            .filter(|dir| !dir.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let mut text = serde_json::to_vec(self).map_err(|error| failed(&error))?;
        text.push(b'\n');
        let mut file = tempfile::NamedTempFile::new_in(dir).map_err(|error| failed(&error))?;
        file.write_all(&text).map_err(|error| failed(&error))?;
        file.persist(path).map_err(|error| failed(&error.error))?;
        Ok(ReadyFile {
            path: path.to_owned(),
            text,
        })
    }
}
