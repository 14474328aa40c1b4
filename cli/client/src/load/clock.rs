//! Waking up at a moment, to some microseconds, and what a thread's work took. The benchmark measures with these too.
//!
//! The runtime's own timers go by whole milliseconds, which is longer than most requests take; Linux has timer
//! descriptors that are as exact as its clock.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

#[cfg(target_os = "linux")]
mod descriptor {
    use std::{io, os::fd::OwnedFd, time::Duration};

    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use tokio::{io::unix::AsyncFd, time::Instant};

    /// A timer that can be set again and again.
    #[derive(Debug)]
    pub struct Alarm(AsyncFd<OwnedFd>);

    impl Alarm {
        #[expect(
            deprecated,
            reason = "its successor is unsafe; what that asks for, a descriptor that stays open, an OwnedFd promises"
        )]
        /// Makes one, if the system has one left.
        pub fn new() -> io::Result<Self> {
            let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
            let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
            Ok(Self(AsyncFd::new(timer)?))
        }

        /// Waits for a moment; one that has passed is not waited for.
        pub async fn wait_until(&self, moment: Instant) -> io::Result<()> {
            let left = moment.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            let once = Itimerspec {
                it_interval: timespec(Duration::ZERO),
                it_value: timespec(left),
            };
            timerfd_settime(self.0.get_ref(), TimerfdTimerFlags::empty(), &once)?;
            loop {
                let mut ready = self.0.readable().await?;
                let fired = ready.try_io(|timer| {
                    // How often it fired, which is once.
                    let mut count = [0; 8];
                    Ok(rustix::io::read(timer.get_ref(), &mut count)?)
                });
                if let Ok(result) = fired {
                    return result.map(drop);
                }
            }
        }
    }

    fn timespec(span: Duration) -> Timespec {
        Timespec {
            tv_sec: span.as_secs().cast_signed(),
            tv_nsec: span.subsec_nanos().into(),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod descriptor {
    use std::io;

    use tokio::time::{Instant, sleep_until};

    /// The runtime's timers are what there is.
    #[derive(Debug)]
    pub struct Alarm;

    impl Alarm {
        /// Makes one, if the system has one left.
        pub fn new() -> io::Result<Self> {
            Ok(Self)
        }

        /// Waits for a moment, to a millisecond.
        pub async fn wait_until(&self, moment: Instant) -> io::Result<()> {
            sleep_until(moment).await;
            Ok(())
        }
    }
}

pub use descriptor::Alarm;

/// Processor time that the calling thread used up to now.
pub fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    async fn it_never_rings_early_and_can_be_set_again() {
        let alarm = Alarm::new().unwrap();
        for _ in 0..3 {
            let moment = Instant::now() + Duration::from_micros(300);
            alarm.wait_until(moment).await.unwrap();
            assert!(Instant::now() >= moment);
        }
        alarm.wait_until(Instant::now()).await.unwrap();
    }
}
