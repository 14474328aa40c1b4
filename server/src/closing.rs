//! Knowing that the server closes.

use tokio::sync::watch;

/// Resolves once the server closes. What `wait_for` gives holds a lock that no other thread may release, and would
/// keep the whole server from being spawned.
pub(crate) async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error says that the server is gone already.
    let _ = closing.wait_for(|closing| *closing).await;
}
