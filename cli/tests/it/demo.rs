//! `sessctl demo` shows everything and leaves nothing; every command explains itself.

use rustix::process::Signal;

use crate::{
    home::{Home, NOTHING, SESSCTL, finished, until},
    peers,
    server::{lines, next, signal},
    tmux::Tmux,
};

/// Processes whose environment leads into this home; a process that has ended has none.
fn running_in(home: &Home) -> Vec<String> {
    let place = home.text("tmp");
    let has_place = |environment: &[u8]| {
        environment
            .windows(place.len())
            .any(|window| window == place.as_bytes())
    };
    std::fs::read_dir("/proc")
        .expect("Linux, where processes can be looked at")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|process| {
            std::fs::read(process.join("environ")).is_ok_and(|environment| has_place(&environment))
        })
        .map(|process| process.display().to_string())
        .collect()
}

async fn leaves_nothing(home: &Home) {
    for dir in ["tmp", "state", "config", "data", "run", "work"] {
        assert_eq!(home.files(dir), NOTHING, "{dir}");
    }
    let tmp = std::fs::read_dir(home.path("tmp")).unwrap();
    assert_eq!(tmp.count(), 0, "an empty directory is something left too");
    until("the end of all its processes", || {
        running_in(home).is_empty()
    })
    .await;
}

#[tokio::test]
async fn off_a_terminal_the_tour_shows_every_step_with_its_real_output() {
    let home = Home::new();
    // Settings of the caller lead it nowhere.
    let mut demo = home.sessctl(&["demo"]);
    demo.env("SESSCTL_SERVER", "http://127.0.0.1:1")
        .env("SESSCTL_PROFILE", "work");
    let tour = crate::home::ended(demo).await;
    assert_eq!(tour.stderr, "");
    let tour = tour.ok();
    let mut rest = tour.as_str();
    for step in [
        "A session server runs at http://127.0.0.1:",
        "\n$ sessctl login alice\nsigned in as alice",
        "\n$ sessctl dashboard\nWelcome back, alice",
        "\n$ sessctl ls\nHANDLE",
        "alice",
        "\n$ sessctl revoke ",
        "\nended ",
        "alice can sign in again",
        "\n$ sessctl dashboard\nsessctl: Please log in\nyour session ended ",
        "revoked by ",
        "(exit code 3)",
        "\n$ sessctl login alice\nsigned in as alice",
        "\n$ sessctl logout\nLogged out successfully",
        "\n$ sessctl stats\nlive sessions  0",
        "nothing is left behind",
    ] {
        let at = rest.find(step);
        let at = at.unwrap_or_else(|| panic!("{step:?} is missing after its forerunners:\n{tour}"));
        rest = &rest[at + step.len()..];
    }
    leaves_nothing(&home).await;
}

#[tokio::test]
async fn a_tour_that_is_broken_off_leaves_nothing_either() {
    for (by, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        for after in [
            "A session server",
            "$ sessctl dashboard",
            "$ sessctl revoke",
        ] {
            let home = Home::new();
            let mut demo = home.sessctl(&["demo"]).spawn().unwrap();
            let mut tour = lines(&mut demo);
            loop {
                let line = next(&mut tour).await.expect("the tour goes on");
                if line.starts_with(after) {
                    break;
                }
            }
            assert_ne!(running_in(&home), [""; 0], "what runs can be seen");
            signal(&demo, by);
            while next(&mut tour).await.is_some() {}
            let done = finished(demo).await;
            assert_eq!(done.code, code, "{after}: {done:?}");
            leaves_nothing(&home).await;
        }
    }
}

#[tokio::test]
async fn on_a_terminal_it_opens_the_dashboard_with_visitors_and_leaves_nothing() {
    if !peers::present(&["tmux"]) {
        return;
    }
    for key in ["q", "C-c"] {
        let home = Home::new();
        let script = format!(
            "'{SESSCTL}' demo --visitors 6; echo \"ended with $?\"; ls -A \"$TMPDIR\" | wc -l; exec cat"
        );
        let terminal = Tmux::run(&home, (80, 24), &script);
        terminal.sees("live").await;
        terminal.sees("6 sessions").await;
        terminal.sees("Firefox").await;
        terminal.presses(key);
        terminal.sees("ended with 0\n0").await;
        until("the cursor", || terminal.flags() == "0 1").await;
        drop(terminal);
        leaves_nothing(&home).await;
    }
}

#[tokio::test]
async fn every_command_explains_itself_and_every_shell_gets_its_completions() {
    let home = Home::new();
    let first = home.run(&["--help"]).await.ok();
    for command in [
        "demo",
        "serve",
        "login",
        "status",
        "dashboard",
        "get",
        "logout",
        "ls",
        "show",
        "revoke",
        "watch",
        "tui",
        "stats",
        "wait",
        "profile",
        "jar",
        "completions",
    ] {
        assert!(first.contains(command), "{command}");
        let help = home.run(&[command, "--help"]).await.ok();
        assert!(
            help.contains("Usage: sessctl") && help.contains(command),
            "{help}"
        );
        assert!(help.contains("--profile"), "what works everywhere: {help}");
    }
    for nested in [["profile", "rm"], ["jar", "clear"]] {
        let help = [&nested[..], &["--help"]].concat();
        home.run(&help).await.ok();
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.run(&["completions", shell]).await.ok();
        assert!(
            script.contains("sessctl") && script.contains("SESSCTL_COMPLETE"),
            "{shell}"
        );
    }
    home.run(&["completions", "tcsh"]).await.fails(2, &["bash"]);
    let version = home.run(&["--version"]).await.ok();
    assert_eq!(version, format!("sessctl {}\n", env!("CARGO_PKG_VERSION")));
    leaves_nothing(&home).await;
}
