//! `sessctl user import`: an account for each line, and a report of the lines that could not be taken.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use serde::Deserialize;
use serde_json::json;
use sessctl_api::{AccountError, Credential, NewUser, Secret, audit::actions, text};

use crate::{
    context::Context,
    exit::{Code, Failure},
    global::Format,
    output, secrets,
    source::{Access, Source},
};

/// The largest file: a quarter of a million accounts.
const LARGEST: usize = 64 << 20;

pub(super) async fn run(context: &Context, file: &Path) -> Result<Code, Failure> {
    let text = read(file)?;
    let source = Source::open_accounts(context, Access::Create).await?;
    let (mut added, mut failed) = (0_u64, 0_u64);
    for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let taken = match parse(line) {
            Ok(None) => continue,
            Ok(Some(user)) => {
                let name = text::fit(&user.name, 64);
                match source.accounts.add_user(user).await {
                    // What keeps accounts is out of order, or not ours to change: no other line would fare better.
                    Err(error @ AccountError::Registry(_)) => {
                        output::say!("line {number}: stopped here; {added} added, {failed} failed");
                        return Err(source.refusal(error));
                    }
                    // The others name it themselves.
                    Err(AccountError::BadInput(why)) => Err(format!("{name}: {why}")),
                    done => done.map_err(|error| error.to_string()),
                }
            }
            Err(why) => Err(why),
        };
        match taken {
            Ok(user) => {
                added += 1;
                super::note(&source, actions::USER_ADD, &user.name, None);
                match context.format() {
                    Format::Jsonl => output::json_line(&user)?,
                    Format::Name => output::line(&text::clean(&user.name))?,
                    Format::Json | Format::Table => {}
                }
            }
            Err(why) => {
                failed += 1;
                output::say!("line {number}: {why}");
            }
        }
    }
    match context.format() {
        Format::Json => {
            output::json(&json!({"schema": 1, "added": added, "failed": failed}))?;
        }
        Format::Table if failed == 0 => {
            output::line(&format!("added {added} at {}", source.name))?;
        }
        Format::Table => output::line(&format!(
            "added {added} at {}, {failed} could not be added",
            source.name
        ))?,
        Format::Jsonl | Format::Name => {}
    }
    Ok(match (added, failed) {
        (_, 0) => Code::OK,
        (0, _) => Code::FAILED,
        _ => Code::PARTLY,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let shown = text::clean(&path.to_string_lossy()).into_owned();
    let cannot = |error: io::Error| {
        Failure::new(
            Code::FAILED,
            format!("cannot read {shown}: {error}; nothing was changed"),
        )
    };
    let mut bytes = Vec::new();
    let most = LARGEST as u64 + 1;
    if path == Path::new("-") {
        let stdin = io::stdin().lock();
        stdin.take(most).read_to_end(&mut bytes).map_err(cannot)?;
    } else {
        let file = File::open(path).map_err(cannot)?;
        secrets::warn_if_open(&file, &format!("file {shown}"), &shown);
        file.take(most).read_to_end(&mut bytes).map_err(cannot)?;
    }
    if bytes.len() > LARGEST {
        return Err(Failure::new(
            Code::USAGE,
            format!("{shown} is larger than {} MiB; split it", LARGEST >> 20),
        ));
    }
    Ok(bytes)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    name: String,
    hash: Option<Secret>,
    password: Option<Secret>,
}

/// Reads a line; `None` for one without an account. The error repeats nothing of it: it may be a password.
fn parse(line: &[u8]) -> Result<Option<NewUser>, String> {
    let line = std::str::from_utf8(line).map_err(|_| "is not UTF-8".to_owned())?;
    let line = line.trim_matches(['\r', ' ', '\t']);
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    if line.starts_with('{') {
        return json_line(line).map(Some);
    }
    // A name may hold a colon, a hash begins with a $.
    let (name, hash) = line
        .split_once(":$")
        .map(|(name, hash)| (name, format!("${hash}")))
        .or_else(|| line.split_once(':').map(|(n, hash)| (n, hash.to_owned())))
        .ok_or("is neither NAME:HASH nor a JSON object")?;
    let shown = text::fit(name, 64);
    if let Some(why) = other_hash(name, &hash) {
        return Err(why);
    }
    if !hash.starts_with("$argon2id$") {
        return Err(format!(
            "{shown}: what stands behind the name is no argon2id hash; a password itself goes into JSON: {{\"name\": ..., \"password\": ...}}"
        ));
    }
    Ok(Some(NewUser {
        name: name.to_owned(),
        credential: Credential::Hash(Secret::new(hash)),
    }))
}

fn json_line(line: &str) -> Result<NewUser, String> {
    let wanted =
        "is not an object with name and either hash or password, each a text, and nothing else";
    let line: Line = serde_json::from_str(line).map_err(|_| wanted.to_owned())?;
    let credential = match (line.hash, line.password) {
        (Some(hash), None) => match other_hash(&line.name, hash.expose()) {
            Some(why) => return Err(why),
            None => Credential::Hash(hash),
        },
        (None, Some(password)) => Credential::Password(password),
        _ => return Err(wanted.to_owned()),
    };
    Ok(NewUser {
        name: line.name,
        credential,
    })
}

/// Why a hash is not taken that is of a kind that other programs keep, and what to do instead.
fn other_hash(user: &str, hash: &str) -> Option<String> {
    const KINDS: [(&str, &str); 16] = [
        ("$2a$", "a bcrypt hash"),
        ("$2b$", "a bcrypt hash"),
        ("$2x$", "a bcrypt hash"),
        ("$2y$", "a bcrypt hash"),
        ("$1$", "an MD5 hash"),
        ("$apr1$", "an MD5 hash of Apache's"),
        ("$5$", "a SHA-256 crypt hash"),
        ("$6$", "a SHA-512 crypt hash"),
        ("$y$", "a yescrypt hash"),
        ("$7$", "an scrypt hash"),
        ("$scrypt$", "an scrypt hash"),
        ("$argon2i$", "an argon2i hash"),
        ("$argon2d$", "an argon2d hash"),
        ("$pbkdf2", "a PBKDF2 hash"),
        ("pbkdf2_", "a PBKDF2 hash of Django's"),
        ("{SHA}", "a SHA-1 hash"),
    ];
    let (_, kind) = KINDS.iter().find(|(start, _)| hash.starts_with(start))?;
    Some(format!(
        "{}: {kind} is not taken: argon2id alone is checked, so that no account is easier to guess than the others. Set a new password instead: sessctl user add {} --generate",
        text::fit(user, 64),
        output::shell_word(user)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaA";

    #[test]
    fn a_line_is_a_name_and_what_its_password_is_checked_by() {
        let hash = Credential::Hash(Secret::new(HASH));
        let password = Credential::Password(Secret::new("pa:ss $word"));
        for (line, name, credential) in [
            (format!("alice:{HASH}"), "alice", &hash),
            (format!("  alice:{HASH}\r"), "alice", &hash),
            (format!("a:b c:{HASH}"), "a:b c", &hash),
            (format!(r#"{{"name":"x","hash":"{HASH}"}}"#), "x", &hash),
            (
                r#"{"name":"bob","password":"pa:ss $word"}"#.to_owned(),
                "bob",
                &password,
            ),
        ] {
            let user = parse(line.as_bytes()).unwrap().unwrap();
            assert_eq!((user.name.as_str(), &user.credential), (name, credential));
        }
        for line in ["", " \t\r", "# alice:x"] {
            assert_eq!(parse(line.as_bytes()), Ok(None), "{line:?}");
        }
    }

    #[test]
    fn what_cannot_be_taken_says_why_and_repeats_no_secret() {
        for (line, why) in [
            (&b"alice:$2y$10$SECRET"[..], "bcrypt"),
            (b"alice:$6$x$SECRET:19000:0", "SHA-512"),
            (b"alice:pbkdf2_sha256$1$SECRET", "Django"),
            (b"alice:$argon2i$v=19$SECRET", "argon2i "),
            (b"alice:SECRET", "goes into JSON"),
            (b"SECRET", "NAME:HASH"),
            (br#"{"name":"a","password":"SECRET","x":1}"#, "nothing else"),
            (br#"{"name":"a","password":"SECRET","hash":"y"}"#, "either"),
            (br#"{"name":"a","hash":"$2b$SECRET"}"#, "bcrypt"),
            (br#"{"name":"SECRET"}"#, "either"),
            (b"{SECRET", "object"),
            (b"\xffSECRET", "UTF-8"),
            (b"ev\x1bil\xe2\x80\xae:$1$SECRET", "\\u{1b}"),
        ] {
            let said = parse(line).unwrap_err();
            assert!(said.contains(why) && !said.contains("SECRET"), "{said}");
        }
    }
}
