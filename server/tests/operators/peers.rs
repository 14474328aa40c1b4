//! Other users of the machine.

use std::{
    fs::Permissions,
    io::Write as _,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    process::Command,
};

use sessctl_server::{AdminAccess, AdminAddress, AdminListener, Audit, Cookie, Group, serve_admin};
use sessctl_store::Sessions;
use tempfile::tempdir;
use tokio::sync::oneshot;

use crate::common;

/// What `curl` is answered as another user of this machine: a status, or none where it may not even connect.
fn as_another_user(uid: u32, gid: u32, socket: &std::path::Path) -> String {
    use std::os::unix::process::CommandExt as _;
    let output = Command::new("curl")
        .args([
            "-s",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
            "--unix-socket",
        ])
        .arg(socket)
        .arg("http://admin/v1/users")
        .uid(uid)
        .gid(gid)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn another_user_gets_in_by_the_group_alone() {
    const NOBODY: u32 = 65_534;
    const STRANGERS: u32 = 65_533;
    if !rustix::process::geteuid().is_root() {
        let skipped =
            b"SKIPPED: another_user_gets_in_by_the_group_alone: only root can be somebody else\n";
        std::io::stderr().write_all(skipped).unwrap();
        return;
    }
    let dir = tempdir().unwrap();
    std::fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    let socket = dir.path().join("new/admin.sock");
    let group = Group::named("daemon").unwrap();
    let access = AdminAccess {
        group: Some(group),
        tls: None,
    };
    let admin = AdminListener::bind_for(&AdminAddress::unix(&socket), &access)
        .await
        .unwrap();
    let gid = std::fs::metadata(&socket).unwrap().gid();
    let sessions = Sessions::in_memory(common::settings(&common::clock()));
    let (stop, stopped) = oneshot::channel::<()>();
    let cookie = Cookie::default();
    let running = tokio::spawn(serve_admin(
        admin,
        sessions,
        cookie,
        Audit::default(),
        async {
            // An error says that the test is over.
            let _ = stopped.await;
        },
    ));
    let asked = {
        let socket = socket.clone();
        tokio::task::spawn_blocking(move || {
            let member = as_another_user(NOBODY, gid, &socket);
            let stranger = as_another_user(NOBODY, STRANGERS, &socket);
            // Even where the file lets anybody connect.
            for path in [&socket, socket.parent().unwrap()] {
                std::fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
            }
            (
                member,
                stranger,
                as_another_user(NOBODY, STRANGERS, &socket),
            )
        })
    };
    let (member, stranger, connected) = asked.await.unwrap();
    assert_eq!((&*member, &*stranger, &*connected), ("200", "000", "403"));
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
}
