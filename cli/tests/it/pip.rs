//! Packages from PyPI that tests need, below the target directory.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Output,
};

use tokio::process::Command;

use crate::peers;

/// The Python of an environment in which what a `requirements.txt` wants is installed, once for all runs; `None` where
/// that cannot be, which was said.
pub(crate) async fn installed(name: &str, requirements: &str) -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&dir).unwrap();
    let lock = File::create(dir.join("lock")).unwrap();
    lock.lock().unwrap();
    let (venv, done) = (dir.join("venv"), dir.join("installed.txt"));
    let python = venv.join("bin/python");
    // An environment points at the Python that it was made with, which may have gone.
    if python.exists() && std::fs::read_to_string(&done).is_ok_and(|done| done == requirements) {
        return Some(python);
    }
    let wanted = dir.join("requirements.txt");
    std::fs::write(&wanted, requirements).unwrap();
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(&venv);
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ]);
    pip.arg("--requirement").arg(&wanted);
    for (what, mut command) in [("python3 -m venv", make), ("pip install", pip)] {
        let Output {
            status,
            stdout,
            stderr,
        } = command.kill_on_drop(true).output().await.unwrap();
        if !status.success() {
            // Where ensurepip is missing, venv says so on its stdout.
            let why = [stdout, stderr].concat();
            peers::skip(&format!("{what} failed: {}", String::from_utf8_lossy(&why)));
            return None;
        }
    }
    std::fs::write(done, requirements).unwrap();
    Some(python)
}
