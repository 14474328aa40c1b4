//! The examples of a page in Markdown: what is typed, and what is shown to come of it.

/// One command.
#[derive(Debug)]
pub(super) struct Example {
    /// The line of the page, from 1.
    pub(super) line: usize,
    /// Without a comment at its end, and in one line.
    pub(super) command: String,
    /// What is shown below it; `None` in a block of commands alone.
    pub(super) output: Option<Vec<String>>,
}

/// All commands in the `console` and `sh` blocks of a page, in order.
pub(super) fn of(page: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut lines = (1..).zip(page.lines());
    while let Some((_, start)) = lines.next() {
        let Some(language) = start.strip_prefix("```") else {
            continue;
        };
        let block: Vec<_> = lines
            .by_ref()
            .take_while(|(_, line)| *line != "```")
            .collect();
        match language {
            "console" => examples.extend(console(&block)),
            "sh" => examples.extend(commands(&block)),
            _ => {}
        }
    }
    examples
}

/// Commands after a `$`, and what they print.
fn console(block: &[(usize, &str)]) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for (line, text) in block {
        let last = examples.last_mut();
        match (text.strip_prefix("$ "), last) {
            (Some(command), _) => examples.push(Example {
                line: *line,
                command: command.to_owned(),
                output: Some(Vec::new()),
            }),
            (None, Some(last)) => match last.command.strip_suffix('\\') {
                Some(begun) => last.command = [begun.trim_end(), text.trim_start()].join(" "),
                None => last.output.get_or_insert_default().push((*text).to_owned()),
            },
            (None, None) => panic!("line {line}: what is shown comes of no command"),
        }
    }
    examples
}

/// A command on each line.
fn commands(block: &[(usize, &str)]) -> Vec<Example> {
    let commands = block.iter().map(|(line, text)| Example {
        line: *line,
        command: text
            .split("  #")
            .next()
            .unwrap_or_default()
            .trim_end()
            .to_owned(),
        output: None,
    });
    commands.filter(|one| !one.command.is_empty()).collect()
}
