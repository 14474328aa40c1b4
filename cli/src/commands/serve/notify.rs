//! Telling the service manager how it goes (systemd's Type=notify). Where there is none, nothing is told.

use sd_notify::NotifyState;

/// What the service manager wants to know.
#[derive(Debug, Clone, Copy)]
pub(super) enum Told {
    /// The server answers.
    Ready,
    /// It reads its certificate anew.
    Reloading,
    /// It ends.
    Stopping,
}

/// Tells it. Whoever does not listen changes nothing for the sessions.
pub(super) fn tell(told: Told) {
    let sent = match told {
        Told::Ready => sd_notify::notify(&[NotifyState::Ready]),
        Told::Reloading => NotifyState::monotonic_usec_now()
            .and_then(|now| sd_notify::notify(&[NotifyState::Reloading, now])),
        Told::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
    };
    if let Err(error) = sent {
        tracing::warn!(%error, "the service manager cannot be told how it goes");
    }
}
