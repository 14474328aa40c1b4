//! Attacks over real sockets, each bounded in count and time. What counts is that others are answered meanwhile, and
//! rightly; how fast is for benchmarks to say.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic")]

mod cancels;
#[path = "../common/mod.rs"]
mod common;
mod crowd;
mod floods;
mod slow;

use std::time::Duration;

use common::{Server, TEXT};
use tokio::net::TcpStream;

/// Nobody honest waits longer than this for any one answer.
const PATIENCE: Duration = Duration::from_secs(10);

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(address(server)).await.unwrap()
}

fn address(server: &Server) -> &str {
    server.url.strip_prefix("http://").unwrap()
}

/// Signs in and out and looks around as anybody does, on connections old and new.
async fn others_are_served(server: &Server, user: &str) {
    for round in 0..10 {
        let visit = async {
            let cookie = server.login(user).await;
            for _ in 0..10 {
                assert!(server.lets_in(&cookie).await);
            }
            let fresh = common::client().get(format!("{}/healthz", server.url));
            assert_eq!(fresh.send().await.unwrap().status(), 200);
            let logout = server
                .post("/logout", TEXT)
                .header("cookie", common::sid(&cookie));
            assert_eq!(logout.send().await.unwrap().status(), 200);
            assert!(!server.lets_in(&cookie).await);
        };
        let served = tokio::time::timeout(PATIENCE, visit).await;
        assert!(served.is_ok(), "round {round} of {user} was not served");
    }
}
