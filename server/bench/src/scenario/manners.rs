//! Whether a server does what it is measured for: a fast wrong answer is no result.

use anyhow::{Result, bail};

use crate::{
    ground::visitors,
    load::connect,
    process::Server,
    visit::{Plan, Visitor, cookie_of},
};

/// Signs in and out once, and looks at every answer on the way.
pub(super) async fn check(server: &Server) -> Result<()> {
    let mut connection = connect(server.address).await?;
    let mut visitor = only(visitors(server, &Plan::Login(std::sync::Arc::default()), 1))?;
    let answer = connection.ask(visitor.next()).await?;
    visitor.check(&answer)?;
    if !server.peer.has_sessions() {
        return Ok(());
    }
    let cookie = cookie_of(&answer)?;
    let ask = |method: &str, path: &str, cookie: &str| {
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncookie: sid={cookie}\r\ncontent-length: 0\r\n\r\n",
            server.address
        )
    };
    for (step, request, status) in [
        (
            "a forged cookie",
            ask("GET", "/dashboard", "AAAAAAAAAAAAAAAAAAAAAA"),
            401,
        ),
        ("the cookie", ask("GET", "/dashboard", &cookie), 200),
        ("signing out", ask("POST", "/logout", &cookie), 200),
        (
            "the cookie after signing out",
            ask("GET", "/dashboard", &cookie),
            401,
        ),
    ] {
        let answer = connection.ask(request.as_bytes()).await?;
        if answer.status != status {
            bail!(
                "{}: {step} was answered by {}",
                server.peer.name(),
                answer.describe()
            );
        }
    }
    Ok(())
}

fn only(mut visitors: Vec<Visitor>) -> Result<Visitor> {
    match visitors.pop() {
        Some(visitor) => Ok(visitor),
        None => bail!("nobody came"),
    }
}
