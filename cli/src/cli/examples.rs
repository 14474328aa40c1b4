//! Every example in the help of a command, and in `scripts/SMOKE.md`, is one that the command line understands.

use super::command;

const SMOKE: &str = include_str!("../../../scripts/SMOKE.md");

/// The calls of sessctl in a line of a shell, without what is said about them to their right.
fn calls(line: &str) -> Vec<Vec<String>> {
    let code = line.trim().split("   ").next().unwrap_or_default();
    // What a shell puts into parentheses is a call of its own.
    let inside = code.find("(sessctl ").map(|at| &code[at + 1..]);
    let code = inside.map_or(code, |inside| inside.split(')').next().unwrap_or(inside));
    let words = shlex::split(code).unwrap_or_else(|| panic!("a quote is open: {line}"));
    words
        .split(|word| matches!(&**word, "|" | "<" | ">" | "&&" | "&" | ";"))
        .filter(|call| call.first().is_some_and(|word| word == "sessctl"))
        .map(<[String]>::to_vec)
        .collect()
}

/// The lines of a help text that are examples: those that are set in, and call sessctl.
fn examples(command: &clap::Command) -> Vec<String> {
    let about = command.get_long_about().or(command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let about = about.replace("\\\n      ", "");
    let own = about
        .lines()
        .filter(|line| line.starts_with("  ") && line.contains("sessctl "));
    let below = command.get_subcommands().flat_map(examples);
    own.map(ToOwned::to_owned).chain(below).collect()
}

#[test]
fn every_example_can_be_typed() {
    let of_smoke = SMOKE.lines().filter_map(|line| {
        let (_, call) = line.strip_prefix("step ")?.split_once("\" ")?;
        Some(format!("sessctl {call}"))
    });
    let help = examples(&command());
    assert!(help.len() > 50, "examples are found: {help:#?}");
    for line in help.into_iter().chain(of_smoke) {
        let calls = calls(&line);
        assert!(!calls.is_empty(), "{line}");
        for call in calls {
            let parsed = command().try_get_matches_from(&call);
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
    }
}
