//! Visitors of the demo: real clients with real cookies, who come, look around, leave, or just stay away.

use std::{path::Path, sync::Arc, time::Duration};

use rand::{Rng as _, seq::IndexedRandom as _};
use sessctl_client::{Jar, Site, SitePaths, parse_server};
use tokio::task::JoinSet;

use crate::exit::Failure;

const NAMES: [&str; 16] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "kim",
    "lena", "mallory", "niaj", "olivia", "peggy",
];

const CLIENTS: [&str; 7] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    "curl/8.14.1",
];

/// How long one request of a visitor may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Lets visitors in. They leave when the set is dropped.
pub(super) fn start(server: &str, dir: &Path, visitors: u16) -> Result<JoinSet<()>, Failure> {
    let server = parse_server(server)?;
    let mut visiting = JoinSet::new();
    for number in 0..visitors {
        let jar = dir.join("visitors").join(format!("{number}.json"));
        let client = CLIENTS[usize::from(number) % CLIENTS.len()];
        let jar = Arc::new(Jar::open(jar, &server)?);
        let site = Site::new(server.clone(), SitePaths::default(), jar, PATIENCE, client)?;
        visiting.spawn(async move {
            // The first ones are there at once, so that there is something to see.
            if number >= 6 {
                pause(0.5..8.0).await;
            }
            loop {
                visit(&site).await;
                pause(1.0..10.0).await;
            }
        });
    }
    Ok(visiting)
}

/// One visit. What fails is no matter: the session may have been ended by whoever watches.
async fn visit(site: &Site) {
    let name = NAMES.choose(&mut rand::rng()).copied().unwrap_or("alice");
    if site.login(name, None).await.is_err() {
        return;
    }
    let pages = rand::rng().random_range(2..12);
    for _ in 0..pages {
        pause(0.5..6.0).await;
        let page = site.fetch("/dashboard", None).await;
        if !page.is_ok_and(|page| page.status == 200) {
            return;
        }
    }
    // Most sign out; the others just stay away, and their next sign-in replaces the session.
    if rand::rng().random_bool(0.7) {
        let _ = site.logout().await;
    }
}

async fn pause(seconds: std::ops::Range<f64>) {
    let seconds = rand::rng().random_range(seconds);
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
}
