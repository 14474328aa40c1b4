//! Somebody else's server at a place where one's own is looked for.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, chown},
};

use crate::{
    home::{Home, SESSCTL, fed},
    peers,
    server::Server,
};

const SOMEBODY: u32 = 65_534;

/// A server that somebody else runs, with its socket where `home` looks for one.
async fn server_of_somebody<'h>(theirs: &'h Home, home: &Home) -> Server<'h> {
    for name in ["", "state", "config", "data", "run", "tmp", "work"] {
        chown(theirs.path(name), Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    }
    let place = home.path("run/sessctl");
    fs::create_dir(&place).unwrap();
    chown(&place, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    // Where the binary is only its owner may get to.
    let binary = theirs.path("sessctl");
    if fs::hard_link(SESSCTL, &binary).is_err() {
        fs::copy(SESSCTL, &binary).unwrap();
    }
    let mut serve = theirs.program(binary.to_str().unwrap());
    serve
        .args(["serve", "--auth", "users", "--listen", "127.0.0.1:0"])
        .args(["--store", "memory:", "--admin"])
        .arg(format!("unix:{}", home.text("run/sessctl/admin.sock")))
        .uid(SOMEBODY)
        .gid(SOMEBODY);
    theirs.started(serve).await
}

#[tokio::test]
async fn no_password_goes_to_somebody_elses_socket_at_a_place_that_is_everybodys() {
    if !rustix::process::geteuid().is_root() {
        peers::skip("only root can be somebody else");
        return;
    }
    let (home, theirs) = (Home::new(), Home::new());
    fs::set_permissions(home.path("run"), Permissions::from_mode(0o1777)).unwrap();
    let server = server_of_somebody(&theirs, &home).await;
    let add = ["user", "add", "bob", "--password-stdin"];
    let refused = fed(home.sessctl(&add), "correct horse battery").await;
    let named = format!("--source {}", server.admin);
    let words = ["somebody else (uid 65534)", "nothing was sent", &named];
    refused.fails(4, &words);
    home.run(&["ls"]).await.fails(4, &words);
    // Whoever names it trusts it.
    let shown = home
        .run(&["user", "ls", "-q", "--source", &server.admin])
        .await;
    assert_eq!(shown.ok(), "", "an account was sent there");
    let named = [&add[..], &["--source", &server.admin]].concat();
    fed(home.sessctl(&named), "correct horse battery")
        .await
        .ok();
}

/// As the directory of a packaged server below `/run`.
#[tokio::test]
async fn a_services_socket_in_a_directory_that_was_made_for_it_is_believed() {
    if !rustix::process::geteuid().is_root() {
        peers::skip("only root can be somebody else");
        return;
    }
    let (home, theirs) = (Home::new(), Home::new());
    let server = server_of_somebody(&theirs, &home).await;
    let add = ["user", "add", "bob", "--password-stdin"];
    fed(home.sessctl(&add), "correct horse battery").await.ok();
    let shown = home.run(&["user", "ls", "--source", &server.admin]).await;
    assert!(shown.ok().contains("bob"));
}
