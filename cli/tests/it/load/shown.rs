//! What people and programs are shown: the document, the page, the line at a terminal.

use crate::{
    home::{Home, SESSCTL},
    peers,
    tmux::Tmux,
};

use super::{live, read};

#[tokio::test]
async fn what_programs_read_has_units_in_its_names_and_adds_up() {
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    let words = ["load", "--users", "3", "--duration", "2s", "-o", "json"];
    let done = server.run(&words).await;
    assert_eq!((done.code, done.stdout.lines().count()), (0, 1), "{done:?}");
    let document = read(&done);
    assert_eq!(document["schema"], 1);
    assert_eq!(document["partial"], false);
    assert_eq!(document["settings"]["users"], 3);
    assert_eq!(document["errors"], 0);
    let steps = document["steps"].as_u64().unwrap();
    let sum = |list: &str, field: &str| -> u64 {
        let list = document[list].as_array().unwrap().iter();
        list.map(|one| one[field].as_u64().unwrap()).sum()
    };
    assert_eq!(
        [
            sum("rows", "count"),
            sum("phases", "count"),
            sum("seconds", "steps")
        ],
        [steps; 3]
    );
    assert!(document["requests"].as_u64().unwrap() >= steps);
    let view = document["phases"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["phase"] == "view");
    let view = view.unwrap();
    let at = |name: &str| view[name].as_f64().unwrap();
    let order = [
        0.0,
        at("p50_ms"),
        at("p90_ms"),
        at("p99_ms"),
        at("p99_9_ms"),
        at("max_ms"),
    ];
    assert!(order.is_sorted() && order[1] > 0.0, "{view}");
    assert!(at("mean_ms") > 0.0 && at("mean_ms") <= at("max_ms"));
    let curve = view["curve"].as_array().unwrap();
    assert!(
        curve.is_sorted_by_key(|point| point[1].as_f64().unwrap()),
        "{curve:?}"
    );
    assert!((1.5..4.0).contains(&document["elapsed_s"].as_f64().unwrap()));
    assert!(document["generator"]["busy"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn the_page_stands_alone_and_takes_nothing_for_markup() {
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    let file = home.text("report.html");
    let hostile = "/<script>alert(1)</script>\"'&";
    let words = [
        "load",
        "--users",
        "2",
        "--duration",
        "2s",
        "--path",
        "/dashboard",
        "--path",
        hostile,
        "--fail-if",
        "errors>100",
        "--fail-if",
        "p99<1h",
        "--html",
        &file,
    ];
    let done = server.run(&words).await;
    assert_eq!(done.code, 9, "{done:?}");
    assert!(done.stderr.contains("report.html"), "{done:?}");
    let page = home.read("report.html");
    let lower = page.to_ascii_lowercase();
    for outside in [
        "src=", "href=", "url(", "@import", "<script", "<link", "<iframe", "xmlns",
    ] {
        assert!(!lower.contains(outside), "{outside}");
    }
    for part in [
        "<svg",
        "Throughput",
        "Latency of views",
        "broken",
        "held",
        "p99&#60;1h",
        "&#60;script&#62;",
        "404",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
    for tag in [
        "svg", "section", "table", "tr", "td", "ul", "li", "dl", "div", "title",
    ] {
        let open =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(open, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }

    let nowhere = home.text("missing/report.html");
    let words = [
        "load",
        "--users",
        "1",
        "--duration",
        "1h",
        "--html",
        &nowhere,
    ];
    server
        .run(&words)
        .await
        .fails(1, &["cannot write", "report.html"]);
    assert_eq!(live(&server).await, 0);
}

#[tokio::test]
async fn a_terminal_sees_how_it_goes_and_a_pipe_does_not() {
    let home = Home::new();
    let server = home.serve(&["--store", "memory:"]).await;
    let piped = server
        .run(&["load", "--users", "2", "--duration", "1s"])
        .await;
    assert_eq!((piped.code, piped.stderr.as_str()), (0, ""), "{piped:?}");
    if !peers::present(&["tmux"]) {
        return;
    }
    let script = format!(
        "SESSCTL_SERVER={} {SESSCTL} load --users 2 --duration 3s\necho code $?\nsleep 60",
        server.public
    );
    let terminal = Tmux::run(&home, (100, 24), &script);
    terminal.sees("/3s").await;
    let screen = terminal.screen();
    let line = screen.lines().find(|line| line.contains("/3s")).unwrap();
    for part in ["[", "requests", "0 errors", "p50 ", "p99 "] {
        assert!(line.contains(part), "{part} in {line}");
    }
    terminal.sees("code 0").await;
    let screen = terminal.screen();
    assert!(
        screen.contains("PHASE") && !screen.contains("/3s"),
        "{screen}"
    );
}
