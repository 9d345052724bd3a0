//! Discovery: how a client of Redis finds the primary and its replicas through sentinels, and learns that they changed.
//!
//! # Contract
//!
//! A [`Discovery`] is a plain value that opens no connection. Time comes in as milliseconds of a clock that never goes back. Tell it
//! what happened with its input methods; after each, drain [`Discovery::poll`] until it returns `None`, and do what the outputs
//! say, in order. Call [`Discovery::tick`] at [`Discovery::next_tick_ms`].
//!
//! Ask with [`Discovery::request`] before *every* connection, also one that replaces a broken one: addresses are never remembered.
//! The answer, [`Output::Resolved`], is a connection that stands, to a server that has said itself that it is what was asked for. It
//! is the caller's from then on; say [`Discovery::disconnected`] when it ends, [`Discovery::refused`] when a command over it is
//! answered with an error, and close it at [`Output::Invalidate`].
//!
//! ```
//! use quorate::resp::Value;
//! use quorate::sentinel::Address;
//! use quorate::sentinel::discovery::{Config, Discovery, Output, ReadPreference};
//!
//! let config = Config { listeners: 0, ..Config::new("mymaster", &[Address::new("10.0.0.9", 26379)]) };
//! let mut discovery = Discovery::new(config)?;                                    // 1. make it
//! discovery.request(ReadPreference::Primary, 0)?;                                 // 2. tell it what happened
//! let mut log = Vec::new();
//! while let Some(output) = discovery.poll() {                                     // 3. do what it says
//!     match output {
//!         Output::Connect { link, address, .. } => {
//!             log.push(address.to_string());
//!             discovery.connected(link, 0)?;
//!         }
//!         Output::Send { link, argv } => {                                        // here, in place of servers
//!             let bulk = |text: &str| Value::BulkString(text.into());
//!             let reply = match &*argv[0] {
//!                 b"ROLE" => vec![bulk("master"), Value::Integer(0), Value::Array(vec![].into())],
//!                 _ if &*argv[1] == b"GET-MASTER-ADDR-BY-NAME" => vec![bulk("10.0.0.1"), bulk("6379")],
//!                 _ => vec![],                                                    // SENTINEL SENTINELS: it knows no others
//!             };
//!             discovery.reply(link, &Value::Array(reply.into()), 0)?;
//!         }
//!         Output::Resolved { address, .. } => log.push(format!("primary at {address}")),
//!         _ => {}
//!     }
//! }
//! assert_eq!(log, ["10.0.0.9:26379", "10.0.0.1:6379", "primary at 10.0.0.1:6379"]);
//! # Ok::<(), quorate::sentinel::discovery::Error>(())
//! ```
//!
//! # The rules
//!
//! They are those of the guidelines for Sentinel clients of Redis' documentation. Sentinels are asked in order, each with a short
//! timeout; who answers is asked first the next time. One that does not know the name is passed over. The server that is named must
//! say with `ROLE` what it is, or everything begins anew after a while. When the primary is another one, connections to the old one
//! are given up ([`Output::Invalidate`]), and no others. `+switch-master` only makes it look sooner: what a sentinel publishes
//! is never believed unasked, for one that was cut off tells of old changes.
//!
//! # What it does not do
//!
//! It keeps no pool. A subscription from which nothing comes is not told from a quiet one; that is why nothing relies on it.

mod answers;
mod choice;
mod config;
mod error;
mod listen;
mod machine;
mod output;
mod round;

pub use choice::ReadPreference;
pub use config::{Config, Stale};
pub use error::{Error, Failure};
pub use listen::CHANNELS;
pub use machine::Discovery;
pub use output::{InvalidReason, NodeRole, Output, Purpose, RequestId, Skipped, Trace};
