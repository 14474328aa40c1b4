//! A store that may be read and not written: the server says so at its start, names the file, and does not serve.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, chown},
    path::PathBuf,
    process::Stdio,
};

use rustix::process::geteuid;
use tokio::{process::Command, time};

use crate::{
    scene::{SESSCTL, Scene},
    server::NEVER_IDLE,
    wire::PATIENCE,
};

/// Root may write whatever the mode says: where root runs the test, the server runs as this user.
const NOBODY: u32 = 65534;

/// The binary, where that user may run it.
fn own_binary(scene: &Scene) -> PathBuf {
    if !geteuid().is_root() {
        return SESSCTL.into();
    }
    let copy = scene.path("sessctl");
    fs::copy(SESSCTL, &copy).unwrap();
    let mut files = scene.store_files();
    files.extend([scene.path(""), scene.path("store")]);
    for file in files {
        chown(file, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    copy
}

fn to_serve(scene: &Scene, binary: &str) -> Command {
    let mut command = scene.to_serve(&[binary], &NEVER_IDLE);
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_named_and_nothing_is_served() {
    let scene = Scene::new();
    let server = scene.start().await;
    let alice = server.login("alice").await;
    server.terminate().await;
    let binary = own_binary(&scene);
    let binary = binary.to_str().unwrap();
    let (store, directory) = (scene.store(), scene.path("store"));
    let name = store.to_str().unwrap();

    let before = fs::read(&store).unwrap();
    for (what, closed, mode, why) in [
        ("the file", &store, 0o444, "ermission denied"),
        ("its directory", &directory, 0o555, "readonly database"),
    ] {
        let open = fs::metadata(closed).unwrap().permissions();
        fs::set_permissions(closed, Permissions::from_mode(mode)).unwrap();
        let refused = to_serve(&scene, binary).stderr(Stdio::piped()).output();
        let refused = time::timeout(PATIENCE, refused).await.expect("it ends");
        let refused = refused.unwrap();
        fs::set_permissions(closed, open).unwrap();
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(6), "{what}: {said}");
        for word in ["cannot open the session store", name, why] {
            assert!(said.contains(word), "{what}: no {word:?} in: {said}");
        }
        assert_eq!(refused.stdout, b"", "{what}: no ready line");
        for left in ["ready", "admin.sock"] {
            assert!(!scene.path(left).exists(), "{what}: {left} was left");
        }
        assert_eq!(fs::read(&store).unwrap(), before, "{what}");
    }
    let server = scene.started(to_serve(&scene, binary)).await;
    assert_eq!(server.who(&alice).await.unwrap(), "alice");
    server.terminate().await;
}
