//! The body of a request: a form, JSON, or files.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use sessctl_api::text::clean;
use sessctl_client::{FormPart, Payload};

use crate::exit::{Code, Failure};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What is sent")]
pub(crate) struct Body {
    /// Send form fields as they stand: name=value; @FILE or @- for those in a file or on stdin. Several are joined by &
    #[arg(short, long, value_name = "DATA")]
    data: Vec<String>,
    /// Send this JSON document; @FILE or @- for one in a file or on stdin
    #[arg(long, value_name = "BODY", conflicts_with = "data")]
    json: Option<String>,
    /// Send a form with files: name=value, or name=@FILE
    #[arg(short = 'F', long = "form", value_name = "FIELD", conflicts_with_all = ["data", "json"])]
    form: Vec<String>,
}

impl Body {
    /// Reads what is to be sent; nothing if nothing was said.
    pub(super) fn read(self) -> Result<Option<Payload>, Failure> {
        if let Some(json) = self.json {
            let bytes = source(&json)?;
            // The answer to a broken one would be a riddle.
            serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).map_err(|error| {
                Failure::new(
                    Code::USAGE,
                    format!("--json: that is no JSON: {error}; nothing was sent"),
                )
            })?;
            return Ok(Some(Payload::json(bytes)));
        }
        if !self.form.is_empty() {
            let parts: Result<_, _> = self.form.iter().map(|field| part(field)).collect();
            return Ok(Some(Payload::Parts(parts?)));
        }
        let mut all = Vec::new();
        for data in &self.data {
            if !all.is_empty() {
                all.push(b'&');
            }
            all.extend(source(data)?);
        }
        Ok((!self.data.is_empty()).then(|| Payload::form(all)))
    }
}

fn part(field: &str) -> Result<FormPart, Failure> {
    let Some((name, value)) = field.split_once('=').filter(|(name, _)| !name.is_empty()) else {
        let what = format!(
            "-F {:?}: a field is written as name=value or name=@FILE",
            clean(field)
        );
        return Err(Failure::new(Code::USAGE, what));
    };
    let file_name = value.strip_prefix('@').map(|path| {
        let name = Path::new(path).file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    });
    Ok(FormPart {
        name: name.to_owned(),
        bytes: source(value)?.into(),
        file_name,
    })
}

/// What stands here, or behind `@` in a file or on stdin.
pub(super) fn source(said: &str) -> Result<Vec<u8>, Failure> {
    let Some(path) = said.strip_prefix('@') else {
        return Ok(said.as_bytes().to_owned());
    };
    let mut bytes = Vec::new();
    let read = match path {
        "-" => std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map(|_| bytes),
        path => std::fs::read(PathBuf::from(path)),
    };
    read.map_err(|error| {
        let what = match path {
            "-" => format!("cannot read stdin: {error}; nothing was sent"),
            path => format!("cannot read {:?}: {error}; nothing was sent", clean(path)),
        };
        Failure::new(Code::USAGE, what)
    })
}
