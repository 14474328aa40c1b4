//! One server and one jar: sends requests and follows the redirects that stay on the server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, Method, Response, header};
use url::Url;

use super::{
    ask::{Ask, Reached, Who, redirect_target, retry_after, set_cookies},
    paths::SitePaths,
    trace::{Step, Trace},
};
use crate::{Error, Jar, address, wire};

/// Asks for plain text first: the tutorial's words, and sessctl's, are for people at a terminal.
pub(crate) const ACCEPT_PAGE: &str =
    "text/plain, application/json;q=0.9, text/html;q=0.8, */*;q=0.5";
/// Asks for pages as browsers do, for what is on them for browsers: forms.
pub(crate) const ACCEPT_HTML: &str = "text/html, application/xhtml+xml, */*;q=0.1";
pub(crate) const ACCEPT_JSON: &str = "application/json";

/// More redirects than any login needs.
pub(crate) const MAX_HOPS: usize = 10;

/// One server, one jar.
#[derive(Debug)]
pub struct Site {
    pub(super) base: Url,
    pub(super) paths: SitePaths,
    pub(super) jar: Arc<Jar>,
    /// Whether sign-ins ask to be remembered.
    pub(super) remember: bool,
    trace: Option<Trace>,
    /// Counts what is sent.
    sent: Option<Arc<AtomicUsize>>,
    timeout: Duration,
    client: Client,
    /// Without the jar: for pages as strangers see them.
    stranger: Client,
}

impl Site {
    /// Prepares to talk to a server; nothing is sent. `timeout` is for each request as a whole.
    pub fn new(
        base: Url,
        paths: SitePaths,
        jar: Arc<Jar>,
        timeout: Duration,
        user_agent: &str,
    ) -> Result<Self, Error> {
        address::check_server(&base)
            .map_err(|why| Error::BadInput(format!("server address: {why}")))?;
        if !jar.origin().covers(&base) {
            return Err(Error::Jar(format!(
                "the cookie jar {} is for {}, not for {base}",
                jar.path().display(),
                jar.origin()
            )));
        }
        let https = base.scheme() == "https";
        let new = || {
            wire::builder(https, user_agent)
                .timeout(timeout)
                .connect_timeout(timeout)
        };
        Ok(Self {
            client: wire::build(new().cookie_provider(Arc::clone(&jar)))?,
            stranger: wire::build(new())?,
            base,
            paths,
            jar,
            remember: false,
            trace: None,
            sent: None,
            timeout,
        })
    }

    /// Asks at sign-in to be remembered, as a ticked box of that name does: `remember=on`.
    #[must_use]
    pub fn remembering(self) -> Self {
        Self {
            remember: true,
            ..self
        }
    }

    /// Keeps each step for [`Site::steps`].
    #[must_use]
    pub fn tracing(self) -> Self {
        Self {
            trace: Some(Trace::default()),
            ..self
        }
    }

    /// Counts each request there too.
    #[must_use]
    pub(crate) fn counting(self, sent: Arc<AtomicUsize>) -> Self {
        Self {
            sent: Some(sent),
            ..self
        }
    }

    /// What was asked and answered since the last call, if it is kept.
    pub fn steps(&self) -> Vec<Step> {
        self.trace.as_ref().map(Trace::take).unwrap_or_default()
    }

    /// The server's address, parsed.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The server's address as people write it: without a slash at the end.
    pub fn address(&self) -> &str {
        address::written(&self.base)
    }

    /// The jar it was made with.
    pub fn jar(&self) -> &Arc<Jar> {
        &self.jar
    }

    pub(crate) async fn get_page(
        &self,
        method: Method,
        url: Url,
        who: Who<'_>,
    ) -> Result<Reached, Error> {
        self.reach(Ask::new(method, url, ACCEPT_PAGE, who)).await
    }

    /// Sends a request and follows redirects on this server.
    pub(crate) async fn reach(&self, mut ask: Ask<'_>) -> Result<Reached, Error> {
        let (mut hops, mut cookies) = (Vec::new(), Vec::new());
        loop {
            let response = self.send(&ask).await?;
            cookies.extend(set_cookies(&response));
            let status = response.status().as_u16();
            let target = redirect_target(&ask.url, &response).filter(|_| ask.follows);
            let left = match target {
                Some(next) if self.jar.origin().covers(&next) => {
                    if hops.len() == MAX_HOPS {
                        return Err(Error::Answer(format!(
                            "{} redirects more than {MAX_HOPS} times",
                            self.base
                        )));
                    }
                    // As browsers do: 303 always, 301 and 302 after a POST; 307 and 308 repeat the request.
                    let to_get =
                        status == 303 || matches!(status, 301 | 302) && ask.method == Method::POST;
                    if to_get {
                        ask.method = Method::GET;
                        ask.body = None;
                    }
                    ask.url = next.clone();
                    hops.push(next);
                    continue;
                }
                other => other,
            };
            let reached = self.read(response, ask.url, hops, left).await?;
            return Ok(Reached {
                set_cookies: cookies,
                ..reached
            });
        }
    }

    /// Sends a request and takes the answer to it, a redirect too.
    pub(crate) async fn ask_once(&self, ask: Ask<'_>) -> Result<Reached, Error> {
        let response = self.send(&ask).await?;
        self.read(response, ask.url, Vec::new(), None).await
    }

    async fn read(
        &self,
        response: Response,
        url: Url,
        hops: Vec<Url>,
        left: Option<Url>,
    ) -> Result<Reached, Error> {
        let status = response.status().as_u16();
        let content_type = wire::content_type(&response);
        let retry_after = retry_after(&response);
        let headers = response.headers().clone();
        let body = wire::read_body(response)
            .await
            .map_err(|error| match error {
                wire::BodyError::TooLarge => Error::Answer(format!(
                    "{url} answered with more than 16 MiB, which sessctl does not read"
                )),
                wire::BodyError::Broken(error) => {
                    wire::unreachable(&self.base, self.timeout, error)
                }
            })?;
        Ok(Reached {
            status,
            content_type,
            headers,
            set_cookies: Vec::new(),
            body,
            url,
            hops,
            left,
            retry_after,
        })
    }

    /// Sends one request and follows nothing.
    pub(super) async fn send(&self, ask: &Ask<'_>) -> Result<Response, Error> {
        let client = match ask.who {
            Who::Jar => &self.client,
            Who::Stranger | Who::Holder(_) => &self.stranger,
        };
        let mut request = client
            .request(ask.method.clone(), ask.url.clone())
            .header(header::ACCEPT, ask.accept);
        if let Who::Holder(cookies) = ask.who {
            request = request.header(header::COOKIE, cookies.value());
        }
        if let Some(body) = &ask.body {
            request = body.add_to(request);
        }
        if let Some(sent) = &self.sent {
            sent.fetch_add(1, Ordering::Relaxed);
        }
        let response = request
            .headers(ask.headers.clone())
            .send()
            .await
            .map_err(|error| wire::unreachable(&self.base, self.timeout, error))?;
        if let Some(trace) = &self.trace {
            trace.note(ask, &response);
        }
        Ok(response)
    }

    /// The refusal that a 503 is.
    pub(super) fn unavailable(&self, reached: &Reached) -> Error {
        let message = wire::said(reached.content_type.as_deref(), &reached.body);
        Error::Unreachable {
            what: wire::cannot_serve(self.address(), message.as_deref()),
            source: None,
        }
    }

    /// The address of a path on this server, below the path of the server's own address.
    pub fn url(&self, path: &str) -> Result<Url, Error> {
        if path.contains("://") && Url::parse(path).is_ok() || path.starts_with("//") {
            return Err(Error::BadInput(format!(
                "{:?} is an address, not a path; name the server with --server",
                sessctl_api::text::clean(path)
            )));
        }
        let path = path.split('#').next().unwrap_or_default();
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let mut url = self.base.clone();
        let prefix = self.base.path().trim_end_matches('/');
        url.set_path(&format!("{prefix}/{}", path.trim_start_matches('/')));
        url.set_query(query);
        Ok(url)
    }

    /// The path of an address below the path of the server's own, so that [`Site::url`] leads back to it; `None` for what
    /// is not below it.
    pub(super) fn path_below(&self, url: &Url) -> Option<String> {
        let prefix = self.base.path().trim_end_matches('/');
        let path = url.path().strip_prefix(prefix)?;
        path.starts_with('/').then(|| path.to_owned())
    }
}
