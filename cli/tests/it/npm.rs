//! Packages from npm that tests need, below the target directory.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use crate::peers;

/// A directory in which what a `package.json` wants is installed, once for all runs; `None` where that cannot be,
/// which was said.
pub(crate) async fn installed(name: &str, manifest: &str) -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&dir).unwrap();
    let lock = File::create(dir.join("lock")).unwrap();
    lock.lock().unwrap();
    let done = dir.join("installed.json");
    if std::fs::read_to_string(&done).is_ok_and(|done| done == manifest) {
        return Some(dir);
    }
    std::fs::write(dir.join("package.json"), manifest).unwrap();
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
    ]);
    let output = npm
        .current_dir(&dir)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        peers::skip(&format!("npm install failed: {why}"));
        return None;
    }
    std::fs::write(done, manifest).unwrap();
    Some(dir)
}
