//! `serve --check-config` and `serve --print-config`: what can be said, all that is wrong with it, and nothing made.

use std::{
    collections::BTreeSet,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
};

use crate::home::{Home, NOTHING, ended};

/// Flags that make no sense in a file.
const FLAGS_ALONE: [&str; 5] = [
    "check-config",
    "config",
    "help",
    "print-config",
    "ready-file",
];

/// Flags that every command has.
const EVERYWHERE: [&str; 12] = [
    "color",
    "fields",
    "jar",
    "no-headers",
    "no-input",
    "output",
    "profile",
    "quiet",
    "server",
    "source",
    "timeout",
    "verbose",
];

async fn example(home: &Home) -> String {
    home.run(&["serve", "--print-config"]).await.ok()
}

/// The lines of an example that set something, without their `# `.
fn settings(example: &str) -> impl Iterator<Item = &str> {
    let lines = example.lines().filter_map(|line| line.strip_prefix("# "));
    lines.filter(|line| {
        let name = line.split_once(" = ").map_or("", |(name, _)| name);
        !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    })
}

#[tokio::test]
async fn every_flag_of_serve_has_a_key_in_the_example() {
    let home = Home::new();
    let help = home.run(&["serve", "--help"]).await.ok();
    let flags = help.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = line
            .get(..4)
            .filter(|start| start.starts_with('-') && start.ends_with(' '))
            .map_or(line, |_| &line[4..]);
        let name = line.strip_prefix("--")?.split([' ', '[', '=']).next()?;
        (!name.is_empty()).then(|| name.to_owned())
    });
    let known = |name: &String| {
        let name = name.as_str();
        FLAGS_ALONE.contains(&name) || EVERYWHERE.contains(&name) || name == "yes"
    };
    let flags: BTreeSet<String> = flags.filter(|name| !known(name)).collect();
    let example = example(&home).await;
    let keys = settings(&example).filter_map(|line| line.split_once(" = "));
    let keys: BTreeSet<_> = keys.map(|(name, _)| name.replace('_', "-")).collect();
    assert_eq!(flags, keys);
    assert!(keys.len() > 30, "{keys:?}");
}

#[tokio::test]
async fn the_defaults_of_the_example_are_those_of_the_help() {
    let home = Home::new();
    let example = example(&home).await;
    let whole: Vec<_> = example.split("\n\n").collect();
    for entry in whole.iter().filter(|entry| settings(entry).count() == 1) {
        let line = settings(entry).next().unwrap();
        if line.ends_with("# an example") {
            continue;
        }
        let (_, value) = line.split_once(" = ").unwrap();
        let value = match value.trim_matches('"') {
            "false" => "no",
            value => value,
        };
        let words: Vec<_> = entry
            .lines()
            .map(|line| line.trim_start_matches("# "))
            .collect();
        let said = format!("[default: {value}]");
        assert!(words.join(" ").contains(&said), "no {said} in {entry}");
    }
}

#[tokio::test]
async fn the_example_is_fine_as_it_is_and_with_every_line_in_force() {
    let home = Home::new();
    let text = example(&home).await;
    home.write("example.toml", &text);
    let path = home.text("example.toml");
    let checked = ["serve", "--check-config", "--config", &path];
    let said = home.run(&checked).await.ok();
    assert_eq!(said, format!("{path}: fine\n"));

    let mut all = text.clone();
    for line in settings(&text) {
        all = all.replace(&format!("# {line}\n"), &format!("{line}\n"));
    }
    assert_eq!(settings(&all).count(), 0);
    let etc = home.path("etc");
    fs::create_dir(&etc).unwrap();
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    home.write("etc/cert.pem", &certificate.cert.pem());
    for (name, text) in [
        ("etc/key.pem", certificate.signing_key.serialize_pem()),
        ("etc/secrets", "a secret, long enough for it\n".to_owned()),
    ] {
        let path = home.write(name, &text);
        fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    }
    home.write(
        "example.toml",
        &all.replace("/etc/sessctl", etc.to_str().unwrap()),
    );
    home.run(&checked).await.ok();
    assert_eq!(home.files("data"), NOTHING);
}

#[tokio::test]
async fn the_packaged_settings_are_the_printed_ones() {
    let packaged = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../scripts/packaging/sessctl.toml"
    );
    let packaged = fs::read_to_string(packaged).unwrap();
    assert_eq!(packaged, example(&Home::new()).await);
}

#[tokio::test]
async fn every_fault_is_said_with_its_place_and_nothing_is_made() {
    let home = Home::new();
    let secrets = home.write("secrets", "a secret, long enough for it\n");
    fs::set_permissions(&secrets, Permissions::from_mode(0o644)).unwrap();
    let text = format!(
        "[serve]\nlistn = \"x\"\nidle = \"soon\"\nauth = \"maybe\"\nlisten = 3\ndata_keys = 0\n\
         log_requests = \"yes\"\ntrust_proxy = [\"x\", \"::1\"]\non_limit = \"oldest\"\ntls_key = \"k\"\n\
         store = \"mongo:x\"\nadmin_group = \"no-such-group\"\npublic_url = \"example.org\"\n\
         remember = \"0s\"\nsecret_file = \"{}\"\n",
        secrets.display()
    );
    let file = home.write("wrong.toml", &text);
    let file = file.to_str().unwrap();
    let done = home
        .run(&["serve", "--check-config", "--config", file])
        .await;
    let mut words = vec![
        "line 2: [serve] listn: is not known; did you mean listen?".to_owned(),
        "line 3: [serve] idle: \"soon\" is not a span of time".to_owned(),
        "line 4: [serve] auth: is one of users, open".to_owned(),
        "line 5: [serve] listen: wants a text in quotes".to_owned(),
        "line 6: [serve] data_keys: 0".to_owned(),
        "line 7: [serve] log_requests: wants true or false".to_owned(),
        "line 8: [serve] trust_proxy: \"x\" is no address or network".to_owned(),
        "line 14: [serve] remember: must be longer than nothing".to_owned(),
    ];
    for more in [
        "--max-sessions",
        "--tls-cert",
        "sqlite:FILE or memory:",
        "there is no group \"no-such-group\"",
        "--public-url \"example.org\"",
        "chmod 600",
    ] {
        words.push(more.to_owned());
    }
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    done.fails(2, &words);
    assert_eq!(home.files("data"), NOTHING);
    assert_eq!(home.files("run"), NOTHING);
}

#[tokio::test]
async fn addresses_that_would_be_refused_are_faults_too() {
    let home = Home::new();
    for (settings, words) in [
        (
            "listen = \"0.0.0.0:0\"",
            &["without TLS", "--allow-plain-http"][..],
        ),
        (
            "auth = \"open\"\nlisten = \"0.0.0.0:0\"\nallow_plain_http = true",
            &["open sign-in"],
        ),
        ("listen = \"nowhere\"", &["127.0.0.1:3000"]),
        ("admin = [\"0.0.0.0:0\"]", &["admin API", "without TLS"]),
        ("cookie_same_site = \"none\"", &["same-site"]),
    ] {
        home.write(
            "config/sessctl/config.toml",
            &format!("[serve]\n{settings}\n"),
        );
        home.run(&["serve", "--check-config"]).await.fails(2, words);
    }
    home.write(
        "config/sessctl/config.toml",
        "[serve]\nlisten = \"0.0.0.0:0\"\ntrust_proxy = \"192.0.2.1\"\npublic_url = \"https://example.org\"\n",
    );
    let fine = home.run(&["serve", "--check-config"]).await.ok();
    let own = home.text("config/sessctl/config.toml");
    assert_eq!(fine, format!("{own}: fine\n"));
}

#[tokio::test]
async fn faults_come_by_line_and_no_unknown_table_hides_the_others() {
    let home = Home::new();
    let text = "[srve]\nidle = \"1h\"\n[serve]\nremember = \"0s\"\nidle = \"2d\"\nlisten = \"0.0.0.0:3000\"\nfoo = 1\n[tiu]\n";
    let file = home.write("wrong.toml", text);
    let file = file.to_str().unwrap();
    let done = home
        .run(&["serve", "--check-config", "--config", file])
        .await;
    let said = done.fails(2, &[]);
    let wanted = [
        "line 1: unknown key \"srve\"",
        "line 4: [serve] remember",
        "line 7: [serve] foo",
        "line 8: unknown key \"tiu\"",
        "--idle 2d is longer than --absolute 12h",
        "refusing to listen on 0.0.0.0:3000 without TLS",
    ];
    let places: Vec<_> = wanted.iter().map(|fault| said.find(fault)).collect();
    assert!(places.iter().all(Option::is_some), "{places:?}: {said}");
    assert!(places.is_sorted(), "{places:?}: {said}");
    home.run(&["serve", "--config", file])
        .await
        .fails(2, &["srve"]);
}

#[tokio::test]
async fn flags_and_variables_are_checked_with_the_file() {
    let home = Home::new();
    let none = home.run(&["serve", "--check-config"]).await.ok();
    assert_eq!(none, "no settings file; flags and environment: fine\n");
    home.run(&[
        "serve",
        "--check-config",
        "--auth",
        "open",
        "--max-sessions",
        "2",
    ])
    .await
    .fails(
        2,
        &["--auth open", "--max-sessions", "there are no accounts"],
    );
    let limit = home
        .run(&["serve", "--check-config", "--on-limit", "oldest"])
        .await;
    limit.fails(2, &["--max-sessions"]);
    let mut variable = home.sessctl(&["serve", "--check-config", "--on-limit", "oldest"]);
    variable.env("SESSCTL_MAX_SESSIONS", "3");
    ended(variable).await.ok();
    let key = home
        .run(&["serve", "--check-config", "--tls-key", "k"])
        .await;
    key.fails(2, &["--tls-key without its certificate", "--tls-cert FILE"]);
}

#[tokio::test]
async fn a_flag_turns_off_what_a_file_turns_on() {
    let home = Home::new();
    home.write(
        "config/sessctl/config.toml",
        "[serve]\ncookie_same_site = \"none\"\ncookie_secure = \"always\"\nallow_plain_http = true\nlisten = \"0.0.0.0:0\"\n",
    );
    home.run(&["serve", "--check-config"]).await.ok();
    let off = home
        .run(&["serve", "--check-config", "--allow-plain-http=no"])
        .await;
    off.fails(2, &["without TLS"]);
    let maybe = home
        .run(&["serve", "--check-config", "--allow-plain-http=maybe"])
        .await;
    maybe.fails(2, &["yes or no"]);
}

#[tokio::test]
async fn a_broken_file_of_somebody_elses_is_no_matter_to_an_example() {
    let home = Home::new();
    home.write("work/sessctl.toml", "broken");
    example(&home).await;
    let own = home.write("own.toml", "[serve]\n");
    let own = own.to_str().unwrap();
    home.run(&["serve", "--check-config", "--config", own])
        .await
        .ok();
    let broken = home.run(&["serve", "--check-config"]).await;
    broken.fails(2, &["sessctl.toml, line 1"]);
}
