//! axe-core: what keeps people with other senses out of a page.

use serde_json::Value;

use crate::npm;

/// The script, installed once for all runs; `None` where that cannot be, which was said.
pub(super) async fn script() -> Option<String> {
    let manifest = r#"{"private": true, "dependencies": {"axe-core": "4.10.3"}}"#;
    let dir = npm::installed("axe", manifest).await?;
    Some(std::fs::read_to_string(dir.join("node_modules/axe-core/axe.min.js")).unwrap())
}

/// The findings of a report that are serious or worse, with where they are.
pub(super) fn serious(report: &Value) -> Vec<String> {
    let found = report["violations"].as_array();
    let found = found.unwrap_or_else(|| panic!("axe did not run: {report}"));
    found
        .iter()
        .filter(|one| matches!(one["impact"].as_str(), Some("serious" | "critical")))
        .map(|one| {
            format!(
                "{}: {} at {}",
                one["id"], one["help"], one["nodes"][0]["html"]
            )
        })
        .collect()
}
