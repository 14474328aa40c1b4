//! Results as bytes on stdout: a line, a body, names and values.

use std::io::{self, IsTerminal as _, Write as _};

use sessctl_api::text;

use crate::exit::Failure;

/// Writes a line to stdout. A reader who left ends the command quietly.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Writes a body as it came; at a terminal without what would act on it.
pub(crate) fn body(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        let text = String::from_utf8_lossy(bytes);
        for part in text.split_inclusive('\n') {
            let (part, end) = part
                .strip_suffix('\n')
                .map_or((part, ""), |part| (part, "\n"));
            let part = part.strip_suffix('\r').unwrap_or(part);
            let tabs: Vec<_> = part.split('\t').map(text::clean).collect();
            write!(out, "{}{end}", tabs.join("\t"))?;
        }
        if !text.ends_with('\n') && !text.is_empty() {
            writeln!(out)?;
        }
    } else {
        out.write_all(bytes)?;
    }
    Ok(out.flush()?)
}

/// Names and values below each other.
pub(crate) fn fields(pairs: &[(&str, String)]) -> Result<(), Failure> {
    let widest = pairs.iter().map(|(name, _)| text::width(name)).max();
    let widest = widest.unwrap_or(0);
    let mut pairs = pairs.iter();
    pairs.try_for_each(|(name, value)| line(&format!("{name:widest$}  {value}")))
}
