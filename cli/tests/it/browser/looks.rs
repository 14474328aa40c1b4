//! How pages look, and who can use them: every page by light and by dark, wide and narrow.

use super::{
    axe,
    stage::{PASSWORD, set},
};
use crate::home::Home;

#[tokio::test]
async fn every_page_is_open_to_everybody() {
    let home = Home::new();
    let Some((server, driver)) = set(&home, &[]).await else {
        return;
    };
    let Some(axe) = axe::script().await else {
        return;
    };
    let browser = driver.browser("alice").await;
    let mut seen = 0;
    let strangers = [
        ("sign-in", "/"),
        ("missing", "/no/such/page"),
        ("signed-out", "/?signed_out=1"),
    ];
    let members = [
        ("home", "/"),
        ("dashboard", "/dashboard"),
        ("sessions", "/sessions"),
        ("password", "/password"),
        ("confirm", "/logout?confirm"),
    ];
    for is_member in [false, true] {
        if is_member {
            browser.sign_in(&server, "alice", PASSWORD).await;
        }
        let pages = if is_member {
            &members[..4]
        } else {
            &strangers[..]
        };
        for (name, path) in pages {
            for (scheme, width, height) in [
                ("light", 1000, 800),
                ("dark", 1000, 800),
                ("dark", 360, 700),
            ] {
                browser.prefers(scheme).await;
                browser.size(width, height).await;
                browser.goto(&format!("{}{path}", server.public)).await;
                browser.shot(&format!("{name}-{scheme}-{width}")).await;
                let barriers = browser.barriers(&axe).await;
                assert_eq!(barriers, Vec::<String>::new(), "{name}, {scheme}, {width}");
                // Nothing to scroll to the side for.
                let fits = "return document.documentElement.scrollWidth <= window.innerWidth";
                assert_eq!(browser.run(fits).await, true, "{name} at {width}");
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 21);
    // The one complaint is the page that is not there.
    let complaints = browser.complaints().await;
    assert!(
        complaints.iter().all(|line| line.contains("/no/such/page")),
        "{complaints:?}"
    );
}
