//! What is due, in a total order: by time, then by when it was put there.

use alloc::collections::BTreeMap;

use crate::time::Time;

/// Something that will happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// A machine's clock ticks.
    Tick { node: u64, life: u64 },
    /// A message arrives, if it is still on its way and due then.
    Deliver { flight: u64 },
    /// A machine's oldest write is durable.
    Durable { node: u64, life: u64 },
    /// A machine learns whether a large message arrived.
    Report { node: u64, peer: u64, ok: bool },
    /// A client has waited long enough. Only its latest token counts.
    Wake { client: u64, token: u64 },
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    next: u64,
    due: BTreeMap<(Time, u64), Due>,
}

impl Queue {
    pub(crate) fn push(&mut self, at: Time, due: Due) {
        self.due.insert((at, self.next), due);
        self.next += 1;
    }

    pub(crate) fn next_time(&self) -> Option<Time> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    /// All that is due, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Time, Due)> {
        self.due.iter().map(|((at, _), due)| (*at, *due))
    }

    /// What is due first, if it is due by then.
    pub(crate) fn pop_by(&mut self, by: Time) -> Option<(Time, Due)> {
        let entry = self.due.first_entry()?;
        let at = entry.key().0;
        (at <= by).then(|| (at, entry.remove()))
    }
}
