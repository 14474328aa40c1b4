//! What becomes of the file: full, moved away, torn, refused by the disk.

use std::{fs, os::unix::fs::PermissionsExt as _};

use sessctl_api::{AuditResult, audit::actions};
use tempfile::{TempDir, tempdir};
use time::OffsetDateTime;

use super::*;
use crate::audit::lines::LARGEST;

fn place() -> (TempDir, PathBuf) {
    let dir = tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    (dir, path)
}

fn record(second: i64) -> AuditRecord {
    let at = OffsetDateTime::from_unix_timestamp(second).unwrap();
    AuditRecord::new(at, actions::LOGIN, AuditResult::Done)
}

fn seconds(writer: &Writer) -> Vec<i64> {
    let mut found = Vec::new();
    writer
        .read(|line| {
            if let Ok(record) = serde_json::from_str::<AuditRecord>(line) {
                found.push(record.at.unix_timestamp());
            }
        })
        .unwrap();
    found
}

#[test]
fn records_are_lines_of_a_file_that_is_its_owners_alone() {
    let (_dir, path) = place();
    for start in [0, 3] {
        let writer = Writer::open(&path, LARGEST).unwrap();
        for second in start..start + 3 {
            writer.put(record(second));
        }
        writer.flush();
        assert_eq!(seconds(&writer), (0..start + 3).collect::<Vec<_>>());
    }
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 6);
}

#[test]
fn a_file_that_is_full_is_put_aside_once() {
    let (_dir, path) = place();
    let writer = Writer::open(&path, 500).unwrap();
    for second in 0..100 {
        writer.put(record(second));
    }
    writer.flush();
    let kept = seconds(&writer);
    let first = kept[0];
    assert!(first > 80, "both files are bounded: {first}");
    assert_eq!(kept, (first..100).collect::<Vec<_>>(), "none is missing");
    for file in [path.clone(), put_aside(&path)] {
        assert!(fs::metadata(file).unwrap().len() <= 500);
    }
}

#[test]
fn a_file_that_was_moved_away_is_begun_anew() {
    let (dir, path) = place();
    let writer = Writer::open(&path, LARGEST).unwrap();
    writer.put(record(1));
    writer.flush();
    let moved = dir.path().join("audit.jsonl-20270115");
    fs::rename(&path, &moved).unwrap();
    writer.put(record(2));
    writer.flush();
    assert_eq!(seconds(&writer), [2]);
    fs::remove_file(&path).unwrap();
    writer.put(record(3));
    writer.flush();
    assert_eq!(seconds(&writer), [3]);
    assert_eq!(fs::read_to_string(&moved).unwrap().lines().count(), 1);
    assert_eq!(writer.lost(), 0);
}

#[test]
fn a_line_that_is_not_whole_spoils_no_other() {
    let (_dir, path) = place();
    fs::write(&path, "{\"at\":\"2027-01-1").unwrap();
    let writer = Writer::open(&path, LARGEST).unwrap();
    writer.put(record(1));
    writer.put(record(2));
    writer.flush();
    assert_eq!(seconds(&writer), [1, 2]);
}

#[test]
fn what_a_full_disk_took_is_counted_and_told_once_there_is_room() {
    let (_dir, path) = place();
    let mut lines = Lines::open(&path, LARGEST).unwrap();
    let good = std::mem::replace(&mut lines.file, File::open(&path).unwrap());
    let lost = Lost::default();
    for second in 0..3 {
        lines.write(&[record(second)], &lost);
    }
    assert!(lines.is_failing);
    lines.file = good;
    lines.write(&[record(3)], &lost);
    assert!(!lines.is_failing);
    assert_eq!(lost.all.load(Ordering::Relaxed), 3);
    let text = fs::read_to_string(&path).unwrap();
    let told: Vec<AuditRecord> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told.len(), 2);
    assert_eq!((&*told[0].action, told[0].count), (actions::LOST, Some(3)));
    assert_eq!(told[1], record(3));
}

#[test]
fn no_link_and_no_pipe_is_taken_for_a_file() {
    let (dir, path) = place();
    let elsewhere = dir.path().join("precious");
    fs::write(&elsewhere, "").unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    for wrong in [&path, dir.path()] {
        let refusal = Writer::open(wrong, LARGEST).unwrap_err();
        assert!(refusal.to_string().contains("audit log"), "{refusal}");
    }
    let socket = dir.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    Writer::open(&socket, LARGEST).unwrap_err();
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "");
}

#[test]
fn what_waits_for_the_disk_is_bounded_and_what_exceeds_it_is_counted() {
    let (_dir, path) = place();
    let shared = Arc::new(Shared::default());
    let writer = Writer {
        path,
        shared: Arc::clone(&shared),
    };
    for _ in 0..WAITING + 2 {
        writer.put(record(1));
    }
    assert_eq!(writer.lost(), 2);
    // As when the thread has died: nobody waits for it.
    drop(Closing(&shared));
    writer.flush();
    writer.put(record(3));
    assert_eq!(writer.lost(), 3);
}
