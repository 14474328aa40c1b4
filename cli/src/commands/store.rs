//! `sessctl store`.

mod backup;

use clap::Subcommand;

use crate::{
    context::Context,
    exit::{Code, Failure},
};

/// Look after the file that a server keeps its sessions in
///
///   sessctl store backup sessions.copy
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Backup(backup::Args),
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<Code, Failure> {
    match &args.action {
        Action::Backup(args) => backup::run(context, args),
    }
}
