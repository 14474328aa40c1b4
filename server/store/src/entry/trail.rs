//! Where a session was used from, besides where it is used from now.

use std::net::IpAddr;

/// Distinct addresses that are remembered of one session: a stolen cookie shows as several.
pub(super) const ADDRESSES: usize = 10;

/// The addresses before the latest one, and which of all is the login's.
///
/// Made small for the many who have two for ever, such as one at home and one on the way.
#[derive(Debug, Default)]
pub(super) enum Trail {
    /// There was but one, if any.
    #[default]
    None,
    /// One other, which the login came from, or else the latest did.
    One { other: IpAddr, is_login: bool },
    /// Several others, or a login's that was forgotten among them.
    Many(Box<Many>),
}

#[derive(Debug)]
pub(super) struct Many {
    /// Latest first.
    others: Vec<IpAddr>,
    login: IpAddr,
}

impl Trail {
    /// What a session's addresses, latest first, leave for a trail.
    pub(super) fn new(addresses: &[IpAddr], login: Option<IpAddr>) -> Self {
        let Some((latest, others)) = addresses.split_first() else {
            return Self::None;
        };
        let login = login.unwrap_or(*latest);
        match *others {
            [] if login == *latest => Self::None,
            // What is known of it comes from a time when only these two were kept.
            [] => Self::One {
                other: login,
                is_login: true,
            },
            [other] if [other, *latest].contains(&login) => Self::One {
                other,
                is_login: other == login,
            },
            _ => Self::Many(Box::new(Many {
                others: others.to_vec(),
                login,
            })),
        }
    }

    /// The same once a request came from another address than the latest.
    pub(super) fn moved(&self, latest: Option<IpAddr>, to: IpAddr) -> Self {
        let before = self.all(latest);
        let rest = before.into_iter().filter(|known| *known != to);
        let addresses: Vec<_> = std::iter::once(to).chain(rest).take(ADDRESSES).collect();
        Self::new(&addresses, self.login(latest))
    }

    /// The address at login.
    pub(super) fn login(&self, latest: Option<IpAddr>) -> Option<IpAddr> {
        match self {
            Self::One {
                other,
                is_login: true,
            } => Some(*other),
            Self::None | Self::One { .. } => latest,
            Self::Many(many) => Some(many.login),
        }
    }

    /// All distinct addresses, latest first.
    pub(super) fn all(&self, latest: Option<IpAddr>) -> Vec<IpAddr> {
        latest
            .into_iter()
            .chain(self.others().iter().copied())
            .collect()
    }

    /// Those besides the latest, latest first.
    pub(super) fn others(&self) -> &[IpAddr] {
        match self {
            Self::None => &[],
            Self::One { other, .. } => std::slice::from_ref(other),
            Self::Many(many) => &many.others,
        }
    }
}
