//! What a peer may make a decoder hold.

/// Bounds on one reply. `None` switches a bound off, as far as the machine goes: an address space of 32 bits holds no string or
/// reply above 1 GiB.
///
/// The defaults let through every reply that a real server sends, and bound what a hostile one can cost: nothing is ever
/// reserved by an announced number, so memory follows the bytes that really came, up to [`max_reply`](Self::max_reply).
///
/// ```
/// use quorate::resp::Limits;
///
/// let limits = Limits { max_bulk: Some(1 << 20), ..Limits::default() };
/// assert_eq!(limits.max_depth, Some(1024));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
pub struct Limits {
    /// The most aggregates (attributes included) that may be open at once. Default 1,024, as hiredis has it.
    pub max_depth: Option<u32>,
    /// The longest bulk string, bulk error, verbatim string or streamed string, in bytes. Default 512 MiB, the server's own
    /// `proto-max-bulk-len`.
    pub max_bulk: Option<u64>,
    /// The longest line, in bytes between the type byte and the CR LF: headers, simple strings, simple errors, numbers.
    /// Default 64 KiB, the server's own bound.
    pub max_line: Option<u64>,
    /// The most values in one reply at all depths, counted as they are announced (a map of `n` pairs counts `2n`, an attribute
    /// likewise, or 1 if it is empty) or, in
    /// streams, as they come. Default 2^27. Without it 2^30 is still the most, for the tape's indices are 32 bits wide.
    pub max_elements: Option<u64>,
    /// The most bytes in one reply, its attributes included. Default 1 GiB.
    pub max_reply: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_depth: Some(1024),
            max_bulk: Some(512 << 20),
            max_line: Some(64 << 10),
            max_elements: Some(1 << 27),
            max_reply: Some(1 << 30),
        }
    }
}

impl Limits {
    /// Every bound off, for input that is trusted or already bounded elsewhere.
    pub fn off() -> Self {
        Self {
            max_depth: None,
            max_bulk: None,
            max_line: None,
            max_elements: None,
            max_reply: None,
        }
    }
}
