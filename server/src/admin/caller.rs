//! Who calls, and what they may do.
//!
//! Over the Unix socket that is known from the kernel: the server's own user, root and, where one is named, a group may
//! do everything. Over TCP a bearer token says it: it reads or writes sessions, and never touches accounts and tokens.
//! A session's cookie is no credential here.

use std::net::IpAddr;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use sessctl_api::{AuditRecord, AuditResult, Filter, Scope, Secret, audit::actions, codes};

use super::state::AdminState;
use crate::{
    error::{AppError, internal},
    logged::shown,
    peer::{Peer, is_member, own_uid, user_name},
};

/// Somebody who was let in.
#[derive(Debug, Clone)]
pub(super) enum Caller {
    /// A user of this machine, over the Unix socket.
    Operator { uid: u32 },
    /// Whoever has a token, over TCP.
    Bearer {
        name: String,
        scope: Scope,
        /// Kept for what lasts: it ends with the token.
        secret: Secret,
        ip: IpAddr,
    },
}

/// Proof, in a handler's signature, that the caller may look at sessions.
#[derive(Debug)]
pub(super) struct Reader(pub(super) Caller);

/// Proof that the caller may end sessions.
#[derive(Debug)]
pub(super) struct Writer(pub(super) Caller);

/// Proof that the caller may change accounts and tokens: an operator of this machine.
#[derive(Debug)]
pub(super) struct Operator(pub(super) Caller);

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    Read,
    Write,
    Operate,
}

impl Caller {
    /// The caller's name, for logs and for whoever's session it ends.
    pub(super) fn actor(&self) -> String {
        match self {
            Self::Operator { uid } => user_name(*uid),
            Self::Bearer { name, .. } => format!("token:{name}"),
        }
    }

    /// From where, for the audit log.
    pub(super) fn from(&self) -> String {
        match self {
            Self::Operator { .. } => UNIX.to_owned(),
            Self::Bearer { ip, .. } => ip.to_string(),
        }
    }

    /// Whether the caller would be let in again now.
    pub(super) fn still_holds(&self, state: &AdminState) -> bool {
        match self {
            Self::Operator { .. } => true,
            Self::Bearer { secret, .. } => state.sessions.token(secret).is_some(),
        }
    }

    /// Refuses whoever would not be let in again: between the head of a request and the end of its body a token may be
    /// taken away.
    pub(super) fn check_still(&self, state: &AdminState) -> Result<(), AppError> {
        match self.still_holds(state) {
            true => Ok(()),
            false => Err(bad_token()),
        }
    }

    /// Refuses to show what sessions hold to whoever may only look.
    pub(super) fn check_data(&self) -> Result<(), AppError> {
        self.check_data_for("see what sessions hold")
    }

    /// Refuses to search by what sessions hold as well: a filter that says whether a guess is right tells it, a character
    /// at a time.
    pub(super) fn check_filter(&self, filter: &Filter) -> Result<(), AppError> {
        match filter.needs_data() {
            true => self.check_data_for("search by data.KEY, which would tell what sessions hold"),
            false => Ok(()),
        }
    }

    fn check_data_for(&self, what: &str) -> Result<(), AppError> {
        if self.may(Right::Write) {
            return Ok(());
        }
        let text = format!(
            "This token may not {what}: it takes one with the scope write, or the admin socket"
        );
        Err(AppError::new(StatusCode::FORBIDDEN, codes::FORBIDDEN, text))
    }

    fn may(&self, right: Right) -> bool {
        match self {
            Self::Operator { .. } => true,
            Self::Bearer { scope, .. } => match right {
                Right::Read => true,
                Right::Write => *scope == Scope::Write,
                Right::Operate => false,
            },
        }
    }
}

/// What the audit log says instead of an address.
const UNIX: &str = "unix";

/// A refusal at the door.
#[derive(Debug)]
pub(super) struct TurnedAway(AppError);

impl IntoResponse for TurnedAway {
    fn into_response(self) -> Response {
        let wants_token = self.0.status == StatusCode::UNAUTHORIZED;
        let mut response = self.0.into_response();
        if wants_token {
            let challenge = HeaderValue::from_static("Bearer realm=\"sessctl admin\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

macro_rules! lets_in {
    ($($proof:ident: $right:ident),*) => {$(
        impl FromRequestParts<AdminState> for $proof {
            type Rejection = TurnedAway;

            async fn from_request_parts(
                parts: &mut Parts,
                state: &AdminState,
            ) -> Result<Self, TurnedAway> {
                admit(parts, state, Right::$right).await.map(Self)
            }
        }
    )*};
}

lets_in!(Reader: Read, Writer: Write, Operator: Operate);

async fn admit(parts: &Parts, state: &AdminState, right: Right) -> Result<Caller, TurnedAway> {
    let peer = parts.extensions.get::<Peer>().copied();
    let found = match peer {
        Some(Peer::Unix { uid, gid }) => operator(uid, gid, state).await,
        Some(peer) => bearer(&parts.headers, peer.ip(), state),
        None => Err(internal()),
    };
    let (caller, refusal) = match found {
        Ok(caller) if caller.may(right) => return Ok(caller),
        Ok(caller) => (Some(caller), out_of_scope(right)),
        Err(refusal) => (None, refusal),
    };
    let actor = match (&caller, peer) {
        (Some(caller), _) => Some(caller.actor()),
        (None, Some(Peer::Unix { uid, .. })) => Some(user_name(uid)),
        _ => None,
    };
    let path = shown(parts.uri.path());
    state.audit.note(AuditRecord {
        actor,
        from: peer.map(|peer| peer.ip().map_or(UNIX.to_owned(), |ip| ip.to_string())),
        why: Some(format!("{}: {} {path}", refusal.code(), parts.method)),
        ..AuditRecord::new(state.now(), actions::ADMIN, AuditResult::Refused)
    });
    Err(TurnedAway(refusal))
}

async fn operator(uid: u32, gid: u32, state: &AdminState) -> Result<Caller, AppError> {
    if uid == 0 || uid == own_uid() {
        return Ok(Caller::Operator { uid });
    }
    if let Some(group) = state.group {
        // Not on this thread: to know its groups, the machine may ask another.
        let asked = tokio::task::spawn_blocking(move || is_member(uid, gid, group.0));
        if asked.await.unwrap_or(false) {
            return Ok(Caller::Operator { uid });
        }
    }
    let text = match state.group {
        None => "Only root and the user that the server runs as may use the admin socket",
        Some(_) => {
            "Only root, the user that the server runs as and the members of its admin group may use the admin socket"
        }
    };
    Err(AppError::new(StatusCode::FORBIDDEN, codes::FORBIDDEN, text))
}

fn bearer(headers: &HeaderMap, ip: Option<IpAddr>, state: &AdminState) -> Result<Caller, AppError> {
    // Programs send none of these. A page that was led here by a name of its own would, and has no business here.
    const OF_BROWSERS: [HeaderName; 2] =
        [header::ORIGIN, HeaderName::from_static("sec-fetch-site")];
    if OF_BROWSERS.iter().any(|name| headers.contains_key(name)) {
        let text = "Browsers may not use the admin API";
        return Err(AppError::new(
            StatusCode::FORBIDDEN,
            codes::CROSS_SITE,
            text,
        ));
    }
    let ip = ip.ok_or_else(internal)?;
    let secret = presented(headers).ok_or_else(bad_token)?;
    let token = state.sessions.token(&secret).ok_or_else(bad_token)?;
    Ok(Caller::Bearer {
        name: token.name,
        scope: token.scope,
        secret,
        ip,
    })
}

fn bad_token() -> AppError {
    let text = "The admin API over TCP wants the header Authorization: Bearer TOKEN, with a token that has not expired; make one with: sessctl token add NAME";
    AppError::new(StatusCode::UNAUTHORIZED, codes::BAD_TOKEN, text)
}

/// The token of a request that has just one.
fn presented(headers: &HeaderMap) -> Option<Secret> {
    /// Ours are a fifth of it.
    const LONGEST: usize = 256;
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (sent.next(), sent.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let is_bearer = scheme.eq_ignore_ascii_case("bearer") && token.len() <= LONGEST;
    is_bearer.then(|| Secret::new(token))
}

fn out_of_scope(right: Right) -> AppError {
    let text = match right {
        Right::Operate => {
            "Accounts and tokens are for operators of the server's own machine, over its admin socket"
        }
        Right::Read | Right::Write => "This token may only look: it takes one with the scope write",
    };
    AppError::new(StatusCode::FORBIDDEN, codes::FORBIDDEN, text)
}
