//! The current time, as a number and in BosBase's format.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn since_epoch() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Returns the seconds since 1970.
pub fn seconds() -> i64 {
    since_epoch().as_secs() as i64
}

/// Returns the milliseconds since 1970.
pub fn milliseconds() -> u64 {
    since_epoch().as_millis() as u64
}

/// Returns the time `seconds` ago, in milliseconds since 1970.
pub fn milliseconds_ago(seconds: i64) -> i64 {
    let now = i64::try_from(milliseconds()).unwrap_or(i64::MAX);
    now.saturating_sub(seconds.saturating_mul(1000))
}

/// Returns the current time, formatted like `2026-11-24 03:48:41.390Z`.
pub fn timestamp() -> String {
    format(milliseconds())
}

fn format(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let (year, month, day) = date((seconds / 86_400) as i64);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}.{:03}Z",
        seconds / 3600 % 24,
        seconds / 60 % 60,
        seconds % 60,
        milliseconds % 1000,
    )
}

/// Converts days since 1970-01-01 to year, month and day.
///
/// Counts years from March, so that the leap day is the last day of its year.
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn timestamps_have_bosbases_format() {
        assert_eq!(format(0), "1970-01-01 00:00:00.000Z");
        assert_eq!(format(951_782_400_000), "2000-02-29 00:00:00.000Z");
        assert_eq!(format(1_795_491_321_390), "2026-11-24 03:35:21.390Z");
        assert_eq!(format(4_107_542_399_999), "2100-02-28 23:59:59.999Z");
        assert_eq!(format(4_107_542_400_000), "2100-03-01 00:00:00.000Z");
    }
}
