//! What a run leaves on the disk: a sound database, and in no file the secret of a session.

use std::{collections::HashSet, fs};

use rusqlite::{Connection, OpenFlags};

use crate::{
    model::{Shared, look},
    scene::Scene,
};

/// Characters in a cookie, and the bytes that they stand for.
const TEXT: usize = 22;
const RAW: usize = 16;

/// Looks for every cookie that was ever set, as text and as bytes, in the store, beside it and in the log.
pub(crate) fn hold_no_secret(scene: &Scene, model: &Shared) {
    let model = look(model);
    let cookies = model
        .records
        .iter()
        .filter_map(|record| record.cookie.as_deref());
    let texts: HashSet<[u8; TEXT]> = cookies
        .map(|cookie| cookie.as_bytes().try_into().unwrap())
        .collect();
    let raws: HashSet<[u8; RAW]> = texts.iter().map(raw).collect();
    let mut files = scene.store_files();
    files.push(scene.path("log"));
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let has_text = bytes
            .array_windows_of::<TEXT>()
            .any(|window| texts.contains(window));
        let has_raw = bytes
            .array_windows_of::<RAW>()
            .any(|window| raws.contains(window));
        if has_text || has_raw {
            model.violated(&format!("{} holds the id of a session", file.display()));
        }
    }
}

trait Windows {
    fn array_windows_of<const N: usize>(&self) -> impl Iterator<Item = &[u8; N]>;
}

impl Windows for Vec<u8> {
    fn array_windows_of<const N: usize>(&self) -> impl Iterator<Item = &[u8; N]> {
        self.windows(N).map(|window| window.try_into().unwrap())
    }
}

/// The bytes of an id, which its cookie has in base64url.
fn raw(text: &[u8; TEXT]) -> [u8; RAW] {
    let (mut raw, mut bits, mut held, mut at) = ([0; RAW], 0_u32, 0, 0);
    for &character in text {
        let six = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'-' => 62,
            _ => 63,
        };
        (bits, held) = (bits << 6 | u32::from(six), held + 6);
        if held >= 8 && at < RAW {
            held -= 8;
            raw[at] = (bits >> held) as u8;
            at += 1;
        }
    }
    raw
}

/// Asks SQLite whether the file is sound.
pub(crate) fn are_sound(scene: &Scene) {
    let connection =
        Connection::open_with_flags(scene.store(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let found: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(found, "ok", "{}", scene.store().display());
}
