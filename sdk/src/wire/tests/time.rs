//! Points in time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::*;

#[test]
fn seconds_become_system_time_and_back() {
    for seconds in [0, 1, 1_477_656_521, 253_402_300_799, -1, -2_208_988_800] {
        let time = Timestamp::new(seconds);
        let system = time.to_system_time().unwrap();
        assert_eq!(Timestamp::from(system), time);
        assert_eq!(Timestamp::from(seconds), time);
        assert_eq!(time.get(), seconds);
    }
    assert_eq!(Timestamp::new(5).to_system_time(), Some(UNIX_EPOCH + Duration::from_secs(5)));
    assert_eq!(Timestamp::new(-5).to_system_time(), Some(UNIX_EPOCH - Duration::from_secs(5)));
}

#[test]
fn milliseconds_become_system_time_and_back() {
    for millis in [0, 1, 1_477_656_521_123, -1, -2_208_988_800_001] {
        let time = TimestampMs::new(millis);
        assert_eq!(TimestampMs::from(time.to_system_time().unwrap()), time);
    }
    assert_eq!(TimestampMs::new(1500).to_system_time(), Some(UNIX_EPOCH + Duration::from_millis(1500)));
}

#[test]
fn what_is_finer_than_the_unit_is_dropped() {
    let time = UNIX_EPOCH + Duration::from_micros(1_999_999);
    assert_eq!(Timestamp::from(time).get(), 1);
    assert_eq!(TimestampMs::from(time).get(), 1999);
    let before = UNIX_EPOCH - Duration::from_micros(1_999_999);
    assert_eq!(Timestamp::from(before).get(), -1);
    assert_eq!(TimestampMs::from(before).get(), -1999);
}

#[test]
fn no_conversion_panics() {
    for value in [i64::MIN, i64::MIN + 1, i64::MAX] {
        // Whether the system can express it is the system's affair.
        if let Some(time) = Timestamp::new(value).to_system_time() {
            assert_eq!(Timestamp::from(time).get(), value);
        }
        if let Some(time) = TimestampMs::new(value).to_system_time() {
            assert_eq!(TimestampMs::from(time).get(), value);
        }
    }
}

#[test]
fn negative_times_are_read() {
    assert_eq!(taken::<Timestamp>("-86400"), Timestamp::new(-86_400));
    assert_eq!(taken::<TimestampMs>("\"-1\""), TimestampMs::new(-1));
}

#[test]
fn times_are_written_as_numbers() {
    assert_eq!(serde_json::to_string(&Timestamp::new(-5)).unwrap(), "-5");
    assert_eq!(serde_json::to_string(&TimestampMs::new(1_477_656_521_123)).unwrap(), "1477656521123");
    assert_eq!(Timestamp::new(7).to_string(), "7");
    assert!(Timestamp::new(1) < Timestamp::new(2));
    assert!(Timestamp::from(SystemTime::now()) > Timestamp::new(1_600_000_000));
}
