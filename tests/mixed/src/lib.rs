//! Groups in which some members are ours and some are raft-rs's.
