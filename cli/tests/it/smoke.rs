//! `scripts/smoke`, which users copy: what it prints as TAP and writes as JUnit, against a server of its own and one
//! that runs elsewhere, and when a step fails.

use roxmltree::{Document, Node};
use tokio::process::Command;

use crate::{
    home::{Done, Home, NOTHING, SESSCTL, ended},
    users::{PASSWORD, add},
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/smoke");

impl Home {
    /// The script, which writes JUnit to `smoke.xml`.
    fn smoke(&self) -> Command {
        let mut smoke = self.program("sh");
        smoke.arg(SCRIPT).env("SESSCTL", SESSCTL);
        smoke.env("SMOKE_JUNIT", self.path("smoke.xml"));
        smoke
    }
}

/// The lines of TAP that tell of a step, which the plan at the end has to count.
fn steps(done: &Done) -> Vec<&str> {
    let lines = done.stdout.lines();
    let steps: Vec<_> = lines
        .filter(|line| line.starts_with("ok ") || line.starts_with("not ok "))
        .collect();
    for (at, step) in steps.iter().enumerate() {
        assert!(step.contains(&format!("ok {} - ", at + 1)), "{step}");
    }
    let plan = format!("1..{}\n", steps.len());
    assert!(done.stdout.ends_with(&plan), "{done:#?}");
    steps
}

/// Compares the report with the TAP. Returns the names and texts of what failed.
fn failures(home: &Home, steps: &[&str]) -> Vec<(String, String)> {
    let xml = home.read("smoke.xml");
    let report = Document::parse(&xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let suite = report.root_element();
    assert_eq!(suite.tag_name().name(), "testsuite");
    let cases: Vec<_> = suite.children().filter(Node::is_element).collect();
    assert_eq!(suite.attribute("tests"), Some(&*steps.len().to_string()));
    let mut failed = Vec::new();
    for (case, step) in cases.iter().zip(steps) {
        let name = case.attribute("name").unwrap();
        assert!(step.ends_with(&format!(" - {name}")), "{name} is {step}");
        let failure = case.first_element_child();
        assert_eq!(failure.is_some(), step.starts_with("not ok"), "{step}");
        if let Some(failure) = failure {
            assert_eq!(failure.tag_name().name(), "failure");
            assert!(failure.attribute("message").is_some(), "{xml}");
            failed.push((name.to_owned(), failure.text().unwrap().to_owned()));
        }
    }
    assert_eq!(cases.len(), steps.len());
    assert_eq!(
        suite.attribute("failures"),
        Some(&*failed.len().to_string())
    );
    failed
}

#[tokio::test]
async fn the_smoke_test_passes_against_a_private_server() {
    let home = Home::new();
    let done = ended(home.smoke()).await;
    assert_eq!(done.code, 0, "{done:#?}");
    let steps = steps(&done);
    assert!(steps.len() > 10, "the operator's part too: {steps:#?}");
    assert_eq!(failures(&home, &steps), []);

    let mut within = home.sessctl(&["serve", "--auth", "open", "--quiet", "--", "sh", SCRIPT]);
    within.env("SESSCTL", SESSCTL);
    let within = ended(within).await;
    assert_eq!((within.code, within.stdout), (0, done.stdout));
}

#[tokio::test]
async fn the_smoke_test_passes_against_a_server_elsewhere_and_leaves_the_callers_state_alone() {
    let home = Home::new();
    add(&home, "ann", PASSWORD).await;
    let server = home.serve_accounts(&[]).await;
    let mut smoke = home.smoke();
    smoke.env("SESSCTL_SERVER", &server.public);
    smoke.env("SMOKE_USER", "ann");
    smoke.env("SESSCTL_PASSWORD", PASSWORD);
    let done = ended(smoke).await;
    assert_eq!(done.code, 0, "{done:#?}");
    let steps = steps(&done);
    assert!(steps.iter().any(|step| step.ends_with("- ann signs in")));
    assert_eq!(failures(&home, &steps), []);
    assert_eq!(home.jars(), NOTHING);
    assert_eq!(home.files("config"), NOTHING);
    assert_eq!(home.files("tmp"), NOTHING);
}

#[tokio::test]
async fn a_step_that_fails_is_told_in_tap_in_junit_and_by_the_exit_code() {
    let home = Home::new();
    let server = home.serve_accounts(&[]).await;
    let user = "Zoë <&\"> ]]>";
    let mut smoke = home.smoke();
    smoke.env("SESSCTL_SERVER", &server.public);
    smoke.env("SMOKE_USER", user);
    smoke.env("SESSCTL_PASSWORD", "none of hers, and no secret");
    let done = ended(smoke).await;
    assert_eq!(done.code, 1, "{done:#?}");
    let steps = steps(&done);
    let failures = failures(&home, &steps);
    let (name, why) = &failures[0];
    assert_eq!(*name, format!("{user} signs in"));
    let asked = format!("sessctl login {user}: exit code 4, not 0\n");
    assert!(why.starts_with(&asked), "{why}");
    assert!(why.contains("Wrong user name or password"), "{why}");
    for line in why.lines() {
        assert!(done.stdout.contains(&format!("\n# {line}\n")), "{line}");
    }
    assert!(steps[0].starts_with("ok 1"), "what holds is told too");
}
