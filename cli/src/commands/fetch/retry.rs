//! Asking again where no answer came, or one that says to try later.

use std::time::Duration;

use http::Method;
use rand::Rng as _;
use sessctl_client::{Error, Fetched, Fingerprint, Request, Site};

use crate::exit::{Code, Failure};

/// The first pause; each further one is twice as long, up to the last. Up to a half of it is left to chance, so that
/// many who were refused together do not come back together.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LAST_PAUSE: Duration = Duration::from_secs(10);
/// The longest that a server's own wish is waited for.
const LONGEST_WISH: Duration = Duration::from_secs(60);

/// Refuses what may not be sent twice: of a POST without an answer nobody knows whether it was done.
pub(super) fn check(method: &Method, times: u32) -> Result<(), Failure> {
    // RFC 9110, section 9.2.2.
    if times == 0 || method.is_idempotent() {
        return Ok(());
    }
    let what = format!(
        "--retry: a {method} that got no answer may have been done, and would be done twice"
    );
    Err(Failure::new(Code::USAGE, what).hint("wait for the server first: sessctl wait"))
}

/// Sends a request, again where that may help.
pub(super) async fn ask(
    site: &Site,
    request: &Request,
    anonymous: Option<&Fingerprint>,
    times: u32,
) -> Result<Fetched, Error> {
    for tried in 0..times {
        let answer = site.request(request, anonymous).await;
        let wish = match &answer {
            Ok(page) if matches!(page.status, 429 | 502 | 503 | 504) => page.retry_after,
            Err(Error::Unreachable { .. }) => None,
            _ => return answer,
        };
        if wish.is_some_and(|wish| wish > LONGEST_WISH) {
            return answer;
        }
        let pause = FIRST_PAUSE
            .saturating_mul(1 << tried.min(16))
            .min(LAST_PAUSE);
        let pause = pause.mul_f64(rand::rng().random_range(0.5..=1.0));
        tokio::time::sleep(wish.unwrap_or(pause)).await;
    }
    site.request(request, anonymous).await
}
