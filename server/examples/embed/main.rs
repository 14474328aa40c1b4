//! An application with pages and a server of its own, whose sessions sessctl lists, watches and ends.
//!
//! ```text
//! cargo run -p sessctl-server --example embed -- 127.0.0.1:8080 /tmp/shop/admin.sock
//! sessctl ls --source unix:/tmp/shop/admin.sock
//! ```

mod shop;

use std::error::Error;

use sessctl_server::{AdminAddress, AdminListener};
use sessctl_store::{Sessions, Settings};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(socket)) = (arguments.next(), arguments.next()) else {
        return Err("usage: embed HOST:PORT SOCKET".into());
    };
    let listener = TcpListener::bind(address).await?;
    let admin = AdminListener::bind(&AdminAddress::unix(socket)).await?;
    // `Sessions::open_sqlite` keeps them across restarts; take a `sessctl_store::Owner` of the file first.
    let sessions = Sessions::in_memory(Settings::default());
    let stop = async {
        // An error says that nobody can ask for the end, so it has come.
        let _ = tokio::signal::ctrl_c().await;
    };
    shop::serve(listener, admin, sessions, stop).await?;
    Ok(())
}
