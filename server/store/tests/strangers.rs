//! Files that somebody else owns, could have written or could read.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod common;

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
};

use common::{client, clock, settings};
use rusqlite::Connection;
use sessctl_store::{Owner, Sessions, StoreError, announced_owner};

/// Somebody of whom nothing here is.
const OTHER: u32 = 65_534;

/// A store with a session in it.
async fn store(directory: &Path) -> PathBuf {
    let file = directory.join("sessions.db");
    let store = Sessions::open_sqlite(&file, settings(&clock())).unwrap();
    store.create("alice", &client(), None).await.unwrap();
    store.close().await.unwrap();
    file
}

fn set_mode(file: &Path, mode: u32) {
    fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
}

fn mode_of(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

/// What is said when the file is to be owned and to be opened, twice the same; `None`: it is done.
fn refusal(file: &Path) -> Option<String> {
    let owned = Owner::take(file).map(drop);
    let opened = Sessions::open_sqlite(file, settings(&clock())).map(drop);
    match (owned, opened) {
        (Ok(()), Ok(())) => None,
        (Err(StoreError::Exposed { path, why }), Err(StoreError::Exposed { why: again, .. })) => {
            assert_eq!(why, again);
            Some(format!("{} {why}", path.display()))
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_store_that_others_may_write_is_refused_until_they_may_not() {
    let dir = tempfile::tempdir().unwrap();
    let file = store(dir.path()).await;
    let before = fs::read(&file).unwrap();
    for mode in [0o666, 0o602, 0o620, 0o660] {
        set_mode(&file, mode);
        let said = refusal(&file).unwrap();
        for word in [
            &format!("mode {mode:o}"),
            "chmod 600",
            file.to_str().unwrap(),
        ] {
            assert!(said.contains(word), "no {word:?} in {said}");
        }
        assert!(!dir.path().join("sessions.db.lock").exists());
        assert_eq!(
            (mode_of(&file), fs::read(&file).unwrap()),
            (mode, before.clone())
        );
    }
    set_mode(&file, 0o600);
    assert_eq!(refusal(&file), None);
}

#[tokio::test]
async fn what_everybody_could_read_is_its_owners_alone_once_it_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let file = store(dir.path()).await;
    // As long as somebody else reads it, it keeps its WAL.
    let reader = Connection::open(&file).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM session")
        .unwrap();
    let files = ["", "-wal", "-shm"].map(|end| format!("{}{end}", file.display()));
    for file in &files {
        set_mode(file.as_ref(), 0o644);
    }
    assert_eq!(refusal(&file), None);
    for file in &files {
        assert_eq!(mode_of(file.as_ref()), 0o600, "{file}");
    }
    // What its group may read it goes on reading.
    set_mode(&file, 0o640);
    assert_eq!(refusal(&file), None);
    assert_eq!(mode_of(&file), 0o640);
}

#[tokio::test]
async fn what_others_put_beside_a_store_is_not_taken_into_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = store(dir.path()).await;
    for end in ["-wal", "-shm", "-journal"] {
        let beside = dir.path().join(format!("sessions.db{end}"));
        fs::write(&beside, "theirs").unwrap();
        set_mode(&beside, 0o666);
        let said = refusal(&file).unwrap();
        assert!(
            said.contains(&format!("chmod 600 {}", beside.display())),
            "{said}"
        );
        fs::remove_file(&beside).unwrap();
        std::os::unix::fs::symlink(&file, &beside).unwrap();
        let said = refusal(&file).unwrap();
        assert!(said.contains(beside.to_str().unwrap()), "{said}");
        fs::remove_file(&beside).unwrap();
    }
    assert_eq!(refusal(&file), None);
}

#[test]
fn a_directory_that_everybody_may_write_to_holds_no_store_unless_what_is_there_stays_there() {
    let dir = tempfile::tempdir().unwrap();
    let open = dir.path().join("open");
    let file = open.join("sessions.db");
    fs::create_dir(&open).unwrap();
    set_mode(&open, 0o777);
    let said = refusal(&file).unwrap();
    assert!(
        said.contains("everybody may write to its directory"),
        "{said}"
    );
    assert_eq!(fs::read_dir(&open).unwrap().count(), 0);
    set_mode(&open, 0o1777);
    assert_eq!(refusal(&file), None);
    set_mode(&open, 0o777);
    assert_eq!(
        refusal(&open.join("own/sessions.db")),
        None,
        "as it is told to do"
    );
}

#[tokio::test]
async fn a_lock_that_others_could_have_written_is_neither_held_nor_believed() {
    let dir = tempfile::tempdir().unwrap();
    let file = store(dir.path()).await;
    let lock = dir.path().join("sessions.db.lock");
    fs::write(&lock, "unix:/theirs.sock").unwrap();
    set_mode(&lock, 0o666);
    assert_eq!(announced_owner(&file), None);
    let refused = Owner::take(&file).unwrap_err().to_string();
    let words = format!("chmod 600 {}", lock.display());
    assert!(refused.contains(&words), "{refused}");
    assert_eq!(fs::read_to_string(&lock).unwrap(), "unix:/theirs.sock");
    set_mode(&lock, 0o600);
    let believed = Some("unix:/theirs.sock".to_owned());
    assert_eq!(announced_owner(&file), believed);
    if rustix::process::geteuid().is_root() {
        // Of the store's owner, and of a third one; nobody but root can give files away.
        for (store, owner, is_fine) in [(OTHER, OTHER, true), (OTHER, OTHER - 1, false)] {
            chown(&file, Some(store), None).unwrap();
            chown(&lock, Some(owner), None).unwrap();
            assert_eq!(announced_owner(&file), believed.clone().filter(|_| is_fine));
            fs::write(&lock, "unix:/theirs.sock").unwrap();
            match Owner::take(&file) {
                Ok(_) => assert!(is_fine),
                Err(error) => assert!(
                    !is_fine && error.to_string().contains("uid 65533"),
                    "{error}"
                ),
            }
            fs::write(&lock, "unix:/theirs.sock").unwrap();
        }
    }
    fs::remove_file(&lock).unwrap();
    // Reading it would wait for somebody who writes.
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &lock,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    assert_eq!(announced_owner(&file), None);
    assert!(matches!(
        Owner::take(&file),
        Err(StoreError::Exposed { .. })
    ));
}

#[tokio::test]
async fn root_uses_whose_store_it_likes_and_nothing_that_a_third_one_put_beside_it() {
    if !rustix::process::geteuid().is_root() {
        // Nobody else can give files away; `sessctl`'s own tests have the other side of it.
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = store(dir.path()).await;
    chown(&file, Some(OTHER), None).unwrap();
    assert_eq!(refusal(&file), None);
    let beside = dir.path().join("sessions.db-wal");
    fs::write(&beside, "").unwrap();
    chown(&beside, Some(OTHER - 1), None).unwrap();
    let said = refusal(&file).unwrap();
    assert!(
        said.contains("uid 65533") && said.contains("chown 0 "),
        "{said}"
    );
    chown(&beside, Some(OTHER), None).unwrap();
    assert_eq!(refusal(&file), None);
}
