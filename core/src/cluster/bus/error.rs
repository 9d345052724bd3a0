//! Why bytes are no message.

/// Why bytes are no message of the cluster bus.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum BusError {
    /// The message does not begin with `RCmb`. A server closes the connection.
    #[error("expected the signature RCmb at byte 0, found {0:02x?}")]
    Signature([u8; 4]),
    /// The message says that it is shorter than its header. A server closes the connection.
    #[error("expected a length of at least 2256 at byte 4, found {0}")]
    Length(u32),
    /// The message is longer than the decoder allows.
    #[error("the message of {length} bytes is longer than the limit of {limit}")]
    TooLong {
        /// What it says.
        length: u32,
        /// What is allowed.
        limit: u32,
    },
    /// Fewer bytes than the message says, or more.
    #[error("expected {expected} bytes, found {found}")]
    Truncated {
        /// What the message says.
        expected: u64,
        /// What there is.
        found: u64,
    },
    /// Another version than 1. A server passes the message over.
    #[error("expected version 1 at byte 8, found {0}")]
    Version(u16),
    /// No kind of message that is known. A server passes it over.
    #[error("expected a type of message from 0 to 10 at byte 12, found {0}")]
    Kind(u16),
    /// The length is not the one that the message's parts add up to. A server passes it over.
    #[error("the parts of the message are {expected} bytes, its length is {found}")]
    Parts {
        /// What the parts add up to.
        expected: u64,
        /// What the message says.
        found: u64,
    },
    /// An extension is shorter than its own header, or its length is no multiple of eight. A server passes the message over.
    #[error("expected an extension's length as a multiple of 8 from 8 on, found {0}")]
    Extension(u32),
}

impl BusError {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Signature(_) => "bad_signature",
            Self::Length(_) => "bad_length",
            Self::TooLong { .. } => "message_too_long",
            Self::Truncated { .. } => "truncated",
            Self::Version(_) => "unsupported_version",
            Self::Kind(_) => "unknown_kind",
            Self::Parts { .. } => "length_mismatch",
            Self::Extension(_) => "bad_extension",
        }
    }

    /// Whether nothing that follows on the connection can be read either, so that it has to be closed.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Signature(_) | Self::Length(_) | Self::TooLong { .. })
    }
}
