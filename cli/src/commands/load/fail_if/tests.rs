//! What is understood, what is not and where, and when a threshold is broken.

use sessctl_client::load::{LoadRow, Outcome, PhaseReport};

use super::*;

fn latencies(count: u64, millis: u64) -> Latencies {
    let at = |times: u64| Duration::from_millis(millis * times);
    Latencies {
        count,
        mean: at(2),
        p50: at(1),
        p90: at(3),
        p99: at(4),
        p999: at(5),
        max: at(6),
    }
}

/// 10 logins of which one failed, 1,000 views that took from 10 to 60 ms, no logout.
fn report() -> LoadReport {
    let row = |phase, outcome, latencies| LoadRow {
        phase,
        outcome,
        latencies,
    };
    let phase = |phase, latencies| PhaseReport {
        phase,
        latencies,
        curve: Vec::new(),
    };
    LoadReport {
        elapsed: Duration::from_secs(12),
        viewing: Duration::from_secs(10),
        is_partial: false,
        rows: vec![
            row(Phase::Login, Outcome::Status(200), latencies(9, 100)),
            row(Phase::Login, Outcome::Status(503), latencies(1, 100)),
            row(Phase::View, Outcome::Status(200), latencies(1_000, 10)),
        ],
        phases: vec![
            phase(Phase::Login, latencies(10, 100)),
            phase(Phase::View, latencies(1_000, 10)),
        ],
        series: Vec::new(),
        steps: 1_010,
        errors: 1,
        requests: 1_020,
        bytes: 0,
        busy: 0.5,
        own_delay: None,
        left_behind: 0,
    }
}

#[test]
fn a_threshold_is_broken_by_what_it_says() {
    for (text, measured, is_held) in [
        ("p50>10ms", "10.0ms", true),
        ("p50>=10ms", "10.0ms", false),
        ("p90 > 0.02s", "30.0ms", false),
        ("view.p99>50ms", "40.0ms", true),
        (" p99.9 > 49999us ", "50.0ms", false),
        ("login.p99.9>1s", "500ms", true),
        ("max<1m", "60.0ms", false),
        ("mean<=20ms", "20.0ms", false),
        ("login.p99>1ms", "400ms", false),
        ("logout.p99>1h", "nothing was measured", false),
        ("errors>0", "1", false),
        ("errors>1", "1", true),
        ("errors>0.1%", "0.1 %", true),
        ("login.errors > 5 %", "10.0 %", false),
        ("view.errors>0", "0", true),
        ("logout.errors>1%", "nothing was measured", false),
        ("logout.errors>5", "nothing was measured", false),
        ("rate<100", "100/s", true),
        ("rate<100.5", "100/s", false),
        ("login.rate<0.5", "0.75/s", true),
    ] {
        let judged = text.parse::<FailIf>().unwrap().judge(&report());
        assert_eq!(judged.text, text.trim());
        assert_eq!(
            (&*judged.measured, judged.is_held),
            (measured, is_held),
            "{text}"
        );
    }
}

#[test]
fn a_run_in_which_nothing_happened_keeps_no_threshold() {
    let nothing = LoadReport {
        viewing: Duration::ZERO,
        rows: Vec::new(),
        phases: Vec::new(),
        steps: 0,
        errors: 0,
        ..report()
    };
    for text in ["p99>1h", "errors>5", "errors>50%", "rate>5", "view.rate<1"] {
        let judged = text.parse::<FailIf>().unwrap().judge(&nothing);
        assert_eq!(
            (&*judged.measured, judged.is_held),
            ("nothing was measured", false),
            "{text}"
        );
    }
}

#[test]
fn what_is_not_understood_is_pointed_at_and_says_what_is() {
    for (text, at, says) in [
        ("", 0, "p99.9"),
        ("p99", 3, ">="),
        ("p98>50ms", 0, "p99.9"),
        ("  q>1", 2, "errors or rate"),
        ("login.px>1s", 6, "login.p99"),
        ("p99=50ms", 3, ">, >=, < and <="),
        ("p99!=50ms", 3, ">, >=, < and <="),
        ("p99>50", 4, "250ms"),
        ("p99> fast", 5, "250ms"),
        ("p99>", 4, "250ms"),
        ("errors>x", 7, "0.5%"),
        ("errors>1.5", 7, "0.5%"),
        ("errors>-1%", 7, "0.5%"),
        ("rate<inf", 5, "a second"),
        ("view>1s", 0, "view.p99"),
        ("\u{1b}[2J>1s", 0, "is not measured"),
    ] {
        let error = text.parse::<FailIf>().unwrap_err();
        assert!(error.contains(says), "{text}: {error}");
        let pointer = error.lines().last().unwrap();
        assert_eq!(pointer, format!("  {}^", " ".repeat(at)), "{text}: {error}");
        assert!(!error.contains('\u{1b}'), "{error:?}");
    }
}

#[test]
fn only_those_about_errors_are_about_errors() {
    let is = |text: &str| text.parse::<FailIf>().unwrap().is_about_errors();
    assert!(is("errors>1%") && is("login.errors>0"));
    assert!(!is("p99>1s") && !is("rate<1"));
}
