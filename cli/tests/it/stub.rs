//! Small servers that are not ours, for what ours never does. They count what is posted to them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use serde_json::json;
use tokio::net::TcpListener;

/// A server for as long as the test's runtime lives.
pub(crate) struct Stub {
    pub(crate) url: String,
    posts: Arc<AtomicUsize>,
}

impl Stub {
    pub(crate) async fn serve(router: Router) -> Self {
        let posts = Arc::new(AtomicUsize::new(0));
        let router = router.layer(middleware::from_fn_with_state(Arc::clone(&posts), count));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, posts }
    }

    /// How many requests would have changed something.
    pub(crate) fn posts(&self) -> usize {
        self.posts.load(Ordering::SeqCst)
    }
}

async fn count(State(posts): State<Arc<AtomicUsize>>, request: Request, next: Next) -> Response {
    if request.method() == Method::POST {
        posts.fetch_add(1, Ordering::SeqCst);
    }
    next.run(request).await
}

/// A server like ours, with accounts: `right` is everybody's password.
pub(crate) fn with_accounts() -> Router {
    let session = async || {
        let body = json!({"code": "not_signed_in", "message": "Please log in", "auth": "users"});
        (StatusCode::UNAUTHORIZED, Json(body))
    };
    let login = async |body: String| match body.contains("password=right") {
        true => ([(header::SET_COOKIE, "sid=in; Path=/")], "welcome").into_response(),
        false => (StatusCode::UNAUTHORIZED, "Wrong user name or password").into_response(),
    };
    let dashboard = async |headers: axum::http::HeaderMap| match headers.get(header::COOKIE) {
        Some(_) => (StatusCode::OK, "Hello"),
        None => (StatusCode::UNAUTHORIZED, "Please log in"),
    };
    Router::new()
        .route("/session", get(session))
        .route("/login", post(login))
        .route("/dashboard", get(dashboard))
}

/// A server that answers everything with one status.
pub(crate) fn always(status: StatusCode) -> Router {
    Router::new().fallback(async move || status)
}
