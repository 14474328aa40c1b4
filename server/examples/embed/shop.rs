//! The application: handlers that know tower-sessions and nothing of sessctl, and the wiring below them.

use std::net::SocketAddr;

use axum::{
    Router, ServiceExt,
    extract::{Path, Request},
    http::StatusCode,
    routing::post,
};
use sessctl_server::{AdminListener, Audit, Cookie, GateLayer, serve_admin};
use sessctl_store::{Sessions, StoreError, USER_KEY};
use tokio::net::TcpListener;
use tower::Layer as _;
use tower_sessions::{Session, SessionManagerLayer, session::Error};

/// Signs somebody in. A session from before ends, so that nobody who knew its id is signed in too. (`cycle_id` would
/// do as well: it gives a new id and also a new handle, as it ends one session and begins another.)
async fn sign_in(session: Session, Path(user): Path<String>) -> Result<String, StatusCode> {
    session.flush().await.map_err(out_of_order)?;
    session
        .insert(USER_KEY, &user)
        .await
        .map_err(out_of_order)?;
    Ok(format!("Hello, {user}\n"))
}

/// Puts one more into the cart.
async fn buy(session: Session) -> Result<String, StatusCode> {
    let user: Option<String> = session.get(USER_KEY).await.map_err(out_of_order)?;
    let user = user.ok_or(StatusCode::UNAUTHORIZED)?;
    let had: u32 = session
        .get("cart")
        .await
        .map_err(out_of_order)?
        .unwrap_or(0);
    session
        .insert("cart", had + 1)
        .await
        .map_err(out_of_order)?;
    Ok(format!("{user} has {} in the cart\n", had + 1))
}

async fn sign_out(session: Session) -> Result<&'static str, StatusCode> {
    session.flush().await.map_err(out_of_order)?;
    Ok("Bye\n")
}

fn out_of_order(_: Error) -> StatusCode {
    StatusCode::SERVICE_UNAVAILABLE
}

/// Serves the application until it is to stop, and its admin socket for as long.
pub(crate) async fn serve(
    listener: TcpListener,
    admin: AdminListener,
    sessions: Sessions,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StoreError> {
    let cookie = Cookie::default();
    let pages = Router::new()
        .route("/in/{user}", post(sign_in))
        .route("/buy", post(buy))
        .route("/out", post(sign_out))
        .layer(SessionManagerLayer::new(sessions.clone()).with_name(cookie.name().to_owned()));
    let gated = GateLayer::new(sessions.clone(), cookie.clone()).layer(pages);
    let service = ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(gated);
    let application = async {
        // An error of axum's server would end it; it reports none.
        let _ = axum::serve(listener, service)
            .with_graceful_shutdown(stop)
            .await;
    };
    serve_admin(admin, sessions, cookie, Audit::default(), application).await
}
