//! Virtual time: whole microseconds since the world began.

use alloc::format;
use alloc::string::String;

/// Microseconds since the world began, or a number of them.
pub type Time = u64;

/// A millisecond.
pub const MILLISECOND: Time = 1_000;

/// A second.
pub const SECOND: Time = 1_000_000;

/// Reads a time with its unit: `150ms`, `2s`, `30us`.
pub fn parse_time(text: &str) -> Option<Time> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let scale = match unit {
        "us" => 1,
        "ms" => MILLISECOND,
        "s" => SECOND,
        _ => return None,
    };
    number.parse::<Time>().ok()?.checked_mul(scale)
}

/// Writes a time with the largest unit that is exact.
pub fn print_time(time: Time) -> String {
    if time.is_multiple_of(SECOND) {
        format!("{}s", time / SECOND)
    } else if time.is_multiple_of(MILLISECOND) {
        format!("{}ms", time / MILLISECOND)
    } else {
        format!("{time}us")
    }
}
