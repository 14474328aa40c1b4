//! Programs that a test needs and a machine may lack.

use std::{fs::File, io::Write as _};

/// Whether all of these programs are there. If not, says loudly that the test was skipped, and fails it in CI.
pub(crate) fn present(programs: &[&str]) -> bool {
    let missing = programs.iter().find(|program| !is_installed(program));
    match missing {
        Some(program) => {
            skip(&format!("needs {program}"));
            false
        }
        None => true,
    }
}

/// Says that the rest of a test is skipped, and why; in CI that is a failure. Where a runner hides what a test that
/// passes says, `scripts/test` tells it: each skip is a line in the file that `TEST_SKIPS` names.
pub(crate) fn skip(why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test").to_owned();
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "CI must not skip {test}: {why}"
    );
    let line = format!("SKIPPED: {test}: {why}\n");
    // Not by a macro, which libtest keeps to itself.
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    if let Some(list) = std::env::var_os("TEST_SKIPS") {
        let mut list = File::options().append(true).open(list).unwrap();
        list.write_all(line.as_bytes()).unwrap();
    }
}

fn is_installed(program: &str) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter_map(|dir| dir.join(program).metadata().ok())
        .any(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
