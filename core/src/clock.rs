//! The server's clock: [`ServerClock`]. The clock of the device may be wrong, and may be set while the app runs.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock that can be read without its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// That of the device.
    Local,
    /// That of a server: its Unix time minus [`boot_time_ms`], in milliseconds.
    Server { offset: i64 },
}

impl Clock {
    /// The current time.
    pub fn now(self) -> SystemTime {
        match self {
            Clock::Local => SystemTime::now(),
            Clock::Server { offset } => {
                let now = offset + boot_time_ms();
                UNIX_EPOCH + Duration::from_millis(u64::try_from(now).unwrap_or(0))
            }
        }
    }
}

/// The clock of a client's server, by the newest response with a date. Its error is at most the round trip of that
/// response or 1 s, whichever is longer, as long as neither clock is set or drifts.
///
/// It is one atomic number: the child of a fork needs no lock for it.
pub(crate) struct ServerClock {
    /// As in [`Clock::Server`], or [`UNKNOWN`].
    offset: AtomicI64,
}

/// No offset of a date after 1970.
const UNKNOWN: i64 = i64::MIN;

impl Default for ServerClock {
    /// A clock that is not known yet.
    fn default() -> Self {
        ServerClock {
            offset: AtomicI64::new(UNKNOWN),
        }
    }
}

impl ServerClock {
    /// Sets the clock by a response of this date, in Unix seconds. `sent` and `received` are the [`boot_time_ms`] of its
    /// request and its end.
    pub fn observe(&self, date: i64, sent: i64, received: i64) {
        // The server read its clock at some moment in between, and rounded it down to a second. The middle of each range
        // is at most half a round trip and half a second wrong.
        let time = date * 1000 + 500;
        let moment = sent + (received - sent) / 2;
        self.offset.store(time - moment, Ordering::Relaxed);
    }

    /// The server's clock as far as it is known now, otherwise the local one.
    pub fn get(&self) -> Clock {
        match self.offset.load(Ordering::Relaxed) {
            UNKNOWN => Clock::Local,
            offset => Clock::Server { offset },
        }
    }
}

/// The time since some moment of the past, in milliseconds. It includes the time that the system is suspended, and is
/// not changed by setting the device's clock.
pub(crate) fn boot_time_ms() -> i64 {
    system::boot_time_ms()
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
mod system {
    #![allow(
        unsafe_code,
        reason = "clock_gettime of libc has no safe wrapper that a test can interpose"
    )]

    #[cfg(not(target_vendor = "apple"))]
    use libc::CLOCK_BOOTTIME as CLOCK;
    // On Apple systems it includes the time asleep.
    #[cfg(target_vendor = "apple")]
    use libc::CLOCK_MONOTONIC_RAW as CLOCK;

    #[allow(clippy::useless_conversion, reason = "32 bits on some systems")]
    pub(super) fn boot_time_ms() -> i64 {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: it writes a `timespec`. It cannot fail: every supported system has this clock.
        unsafe { libc::clock_gettime(CLOCK, &mut time) };
        i64::from(time.tv_sec) * 1000 + i64::from(time.tv_nsec) / 1_000_000
    }
}

#[cfg(windows)]
mod system {
    #![allow(unsafe_code, reason = "GetTickCount64 has no safe wrapper")]

    use windows_sys::Win32::System::SystemInformation::GetTickCount64;

    pub(super) fn boot_time_ms() -> i64 {
        // SAFETY: it only reads, and cannot fail.
        let time = unsafe { GetTickCount64() };
        i64::try_from(time).unwrap_or(i64::MAX)
    }
}

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    windows
)))]
mod system {
    use std::sync::OnceLock;
    use std::time::Instant;

    pub(super) fn boot_time_ms() -> i64 {
        static START: OnceLock<Instant> = OnceLock::new();
        let passed = START.get_or_init(Instant::now).elapsed();
        i64::try_from(passed.as_millis()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-26.
    const DATE: i64 = 1_795_651_200;

    #[test]
    fn clock_is_local_until_the_server_sends_a_date() {
        let clock = ServerClock::default();
        assert_eq!(clock.get(), Clock::Local);
        let (before, now) = (SystemTime::now(), clock.get().now());
        assert!(before <= now && now <= SystemTime::now());
        clock.observe(DATE, 0, 0);
        assert_ne!(clock.get(), Clock::Local);
    }

    #[test]
    fn offset_is_from_the_middle_of_the_round_trip_to_that_of_the_second() {
        let clock = ServerClock::default();
        for (date, sent, received, offset) in [
            (DATE, 0, 0, DATE * 1000 + 500),
            (DATE, 1_000, 1_000, DATE * 1000 - 500),
            (DATE, 1_000, 1_200, DATE * 1000 - 600),
            (DATE, 7_000, 17_000, DATE * 1000 - 11_500),
            // Up for 300 years; the last date that HTTP has.
            (
                DATE,
                9_467_000_000_000,
                9_467_000_000_000,
                DATE * 1000 - 9_466_999_999_500,
            ),
            (253_402_300_799, 0, 0, 253_402_300_799_500),
        ] {
            clock.observe(date, sent, received);
            assert_eq!(clock.get(), Clock::Server { offset });
        }
    }

    #[test]
    fn newest_date_is_used() {
        let clock = ServerClock::default();
        clock.observe(DATE, 0, 0);
        let earlier = clock.get();
        clock.observe(DATE - 3600, 0, 0);
        let passed = earlier.now().duration_since(clock.get().now());
        assert_eq!(passed.expect("an hour").as_secs().div_ceil(3600), 1);
    }

    #[test]
    fn server_time_is_the_offset_from_the_boot_time() {
        let boot_time = boot_time_ms();
        let clock = ServerClock::default();
        clock.observe(DATE, boot_time, boot_time);
        let now = clock.get().now();
        let later = boot_time_ms();
        let passed = u64::try_from(later - boot_time).expect("it does not go back");
        let at = |passed| UNIX_EPOCH + Duration::from_millis(1_795_651_200_500 + passed);
        assert!(at(0) <= now && now <= at(passed));
    }
}
