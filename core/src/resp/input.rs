//! The bytes that were fed and are still needed.

use alloc::vec::Vec;

use super::error::CommitError;

/// A growing buffer of which a window is in use. Consuming only moves the window. What is before it is dropped when little
/// must be moved for that, or when room is needed and no more must be moved than is dropped: so each byte moves once at the
/// most on average, and the part of the buffer in use stays small enough to stay in a cache.
#[derive(Clone, Debug, Default)]
pub(super) struct Input {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The absolute offset of the window's first byte.
    pub(super) base: u64,
    /// How many bytes of the tail the caller may commit.
    reserved: usize,
    /// How far the buffer was used since it last was empty, and how often in a row that was little.
    used: usize,
    idle: u8,
}

/// A buffer no larger than this is always kept.
const KEEP: usize = 64 << 10;
/// So often in a row must a buffer turn out four times too large before it is dropped.
const PATIENCE: u8 = 32;

impl Input {
    #[inline]
    pub(super) fn window(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.reserved = 0;
        self.make_room(bytes.len());
        let end = self.end + bytes.len();
        // What the buffer holds beyond the window's end is left over from before: it is overwritten, then appended to.
        let (over, append) = bytes.split_at(bytes.len().min(self.buffer.len() - self.end));
        self.buffer[self.end..self.end + over.len()].copy_from_slice(over);
        self.buffer.extend_from_slice(append);
        self.end = end;
    }

    pub(super) fn tail(&mut self, len: usize) -> &mut [u8] {
        self.make_room(len);
        let end = self.end + len;
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        self.reserved = self.buffer.len() - self.end;
        &mut self.buffer[self.end..]
    }

    /// Takes `taken` of the `len` bytes that were written to the tail.
    pub(super) fn commit(&mut self, len: usize, taken: usize) -> Result<(), CommitError> {
        if len > self.reserved {
            return Err(CommitError {
                committed: len,
                reserved: self.reserved,
            });
        }
        self.reserved -= len;
        self.end += taken;
        Ok(())
    }

    #[inline]
    pub(super) fn consume(&mut self, bytes: usize) {
        self.start += bytes;
        self.base += bytes as u64;
    }

    /// Drops everything; the buffer is kept.
    pub(super) fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
        self.reserved = 0;
    }

    fn make_room(&mut self, len: usize) {
        self.used = self.used.max(self.end);
        let live = self.end - self.start;
        if live == 0 {
            self.rest(len);
        } else if self.start / 8 >= live || (self.start >= live && self.buffer.capacity() - self.end < len) {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
    }

    /// The window is empty: it starts at the front again, and a buffer that was too large for long is dropped.
    fn rest(&mut self, len: usize) {
        let capacity = self.buffer.capacity();
        let much = capacity > KEEP && self.used.max(len) < capacity / 4;
        self.idle = if much { self.idle + 1 } else { 0 };
        if self.idle >= PATIENCE {
            self.buffer = Vec::new();
            self.idle = 0;
        }
        self.start = 0;
        self.end = 0;
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_consumed_goes_and_what_is_not_stays() {
        let mut input = Input::default();
        let mut model: Vec<u8> = Vec::new();
        let mut next = 0u8;
        for step in 0..2_000usize {
            let piece: Vec<u8> = (0..step % 37).map(|i| next.wrapping_add(i as u8)).collect();
            next = next.wrapping_add(11);
            if step % 3 == 0 {
                input.tail(piece.len() + 5)[..piece.len()].copy_from_slice(&piece);
                input.commit(piece.len(), piece.len()).unwrap();
            } else {
                input.push(&piece);
            }
            model.extend(&piece);
            let gone = (step * 7 % 41).min(model.len());
            input.consume(gone);
            model.drain(..gone);
            assert_eq!(input.window(), model);
        }
    }

    #[test]
    fn a_large_buffer_is_dropped_once_it_was_idle_for_long() {
        let mut input = Input::default();
        input.push(&alloc::vec![0; 1 << 20]);
        input.consume(1 << 20);
        for _ in 0..=PATIENCE {
            assert!(input.buffer.capacity() >= 1 << 20);
            input.push(b"+OK\r\n");
            input.consume(5);
        }
        input.push(b"+OK\r\n");
        assert!(input.buffer.capacity() < KEEP);
    }

    #[test]
    fn no_more_is_committed_than_was_reserved() {
        let mut input = Input::default();
        let reserved = input.tail(3).len();
        let refused = CommitError {
            committed: reserved + 1,
            reserved,
        };
        assert_eq!(input.commit(reserved + 1, reserved + 1), Err(refused));
        input.commit(2, 2).unwrap();
        assert_eq!(input.window(), [0, 0]);
        input.push(b"x");
        assert_eq!(
            input.commit(1, 1),
            Err(CommitError {
                committed: 1,
                reserved: 0
            })
        );
    }
}
