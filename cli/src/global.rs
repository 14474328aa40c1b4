//! What every command understands, in any position. The doc comments are the help texts.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum, builder::FalseyValueParser};
use sessctl_api::span;

use crate::style::ColorChoice;

/// What every command understands, in any position.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Use this profile: a name for a server, a user and a jar [default: default_profile of the settings, else default]
    #[arg(
        long,
        global = true,
        env = "SESSCTL_PROFILE",
        hide_env_values = true,
        value_name = "NAME"
    )]
    pub(crate) profile: Option<String>,
    /// Talk to this server [default: the profile's, else http://127.0.0.1:3000]
    #[arg(
        long,
        global = true,
        env = "SESSCTL_SERVER",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub(crate) server: Option<String>,
    /// Keep the cookies in this file [default: one of its own for each server and profile]
    #[arg(
        long,
        global = true,
        env = "SESSCTL_JAR",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub(crate) jar: Option<PathBuf>,
    /// List and end the sessions kept there: unix:PATH, https://HOST:PORT (with a token, see `sessctl token`) or
    /// sqlite:FILE [default: the profile's, else a server of yours]
    #[arg(
        long,
        global = true,
        env = "SESSCTL_SOURCE",
        hide_env_values = true,
        value_name = "SOURCE"
    )]
    pub(crate) source: Option<String>,
    /// How to print results [default: table]
    #[arg(
        short,
        long,
        global = true,
        env = "SESSCTL_OUTPUT",
        value_name = "FORMAT",
        value_enum
    )]
    pub(crate) output: Option<Asked>,
    /// Print names or handles only; a server logs failures only
    #[arg(short, long, global = true, env = "SESSCTL_QUIET", value_parser = FalseyValueParser::new())]
    pub(crate) quiet: bool,
    /// Pick and order the columns of a list, and the keys of its JSON, such as user,ip,age; a wrong one lists all
    #[arg(
        long,
        global = true,
        env = "SESSCTL_FIELDS",
        value_name = "NAMES",
        value_delimiter = ','
    )]
    pub(crate) fields: Vec<String>,
    /// Leave the line of column names out; of a single thing, the names
    #[arg(long, global = true, env = "SESSCTL_NO_HEADERS", value_parser = FalseyValueParser::new())]
    pub(crate) no_headers: bool,
    /// When to use colours [default: auto]
    #[arg(
        long,
        global = true,
        env = "SESSCTL_COLOR",
        value_name = "WHEN",
        value_enum
    )]
    pub(crate) color: Option<ColorChoice>,
    /// Give up on an answer after this long [default: 10s]
    #[arg(long, global = true, env = "SESSCTL_TIMEOUT", value_name = "SPAN", value_parser = span::parse)]
    pub(crate) timeout: Option<Duration>,
    /// Say more, above all why something failed
    #[arg(short, long, global = true, env = "SESSCTL_VERBOSE", value_parser = FalseyValueParser::new())]
    pub(crate) verbose: bool,
    /// Never ask; fail instead
    #[arg(long, global = true, env = "SESSCTL_NO_INPUT", value_parser = FalseyValueParser::new())]
    pub(crate) no_input: bool,
    /// Take every question as answered with yes
    #[arg(short, long, global = true, env = "SESSCTL_YES", value_parser = FalseyValueParser::new())]
    pub(crate) yes: bool,
}

/// A format that can be asked for. It never changes the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Asked {
    /// For people
    Table,
    /// The same with more columns
    Wide,
    /// One JSON document
    Json,
    /// One JSON object a line
    Jsonl,
    /// A list as comma-separated values
    Csv,
    /// Handles or names, one a line
    Name,
}

/// A format of what has no columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people
    Table,
    /// One JSON document
    Json,
    /// The same, on one line
    Jsonl,
    /// Handles or names, one a line
    Name,
}

impl From<Asked> for Format {
    fn from(asked: Asked) -> Self {
        match asked {
            // Whoever asked for columns by a variable, for all commands, gets words here.
            Asked::Table | Asked::Wide | Asked::Csv => Self::Table,
            Asked::Json => Self::Json,
            Asked::Jsonl => Self::Jsonl,
            Asked::Name => Self::Name,
        }
    }
}
