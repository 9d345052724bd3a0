//! From keys to slots: the tag rule and the modulo of the server's `keyHashSlot`, one key or many at a time.

use alloc::vec::Vec;

use super::crc16::{self, Kernel};

/// How many hash slots a cluster has. Slots are numbered from 0.
pub const SLOTS: u16 = 16384;

/// The bytes of `key` that are hashed: its tag if it has one, else all of it.
///
/// The tag is what stands between the first `{` and the first `}` after it. Only that pair counts: if it is missing or
/// encloses nothing, the whole key is hashed, even if another pair follows.
///
/// ```
/// use quorate::cluster::hash_tag;
///
/// assert_eq!(hash_tag(b"{user1000}.following"), b"user1000");
/// assert_eq!(hash_tag(b"foo{{bar}}zap"), b"{bar");
/// assert_eq!(hash_tag(b"foo{}{bar}"), b"foo{}{bar}");
/// ```
#[inline]
pub const fn hash_tag(key: &[u8]) -> &[u8] {
    match position(key, b'{') {
        None => key,
        Some(open) => {
            let (_, after) = key.split_at(open + 1);
            match position(after, b'}') {
                None | Some(0) => key,
                Some(close) => after.split_at(close).0,
            }
        }
    }
}

/// The slot of `key`, below [`SLOTS`]: what the server's `CLUSTER KEYSLOT` answers. Linear in the key's length.
///
/// ```
/// assert_eq!(quorate::cluster::key_slot(b"foo{bar}"), quorate::cluster::key_slot(b"bar"));
/// ```
#[inline]
pub fn key_slot(key: &[u8]) -> u16 {
    Kernel::best().key_checksum(key) % SLOTS
}

/// [`key_slot`], for keys that are known when the program is compiled. At run time the plain one is faster.
///
/// ```
/// const JOBS: u16 = quorate::cluster::key_slot_const(b"{jobs}:ready");
/// assert_eq!(JOBS, quorate::cluster::key_slot(b"jobs"));
/// ```
pub const fn key_slot_const(key: &[u8]) -> u16 {
    crc16::checksum_const(hash_tag(key)) % SLOTS
}

/// The slot of each key, in the order of the keys. Several times as fast as one call a key.
///
/// ```
/// assert_eq!(quorate::cluster::key_slots(&["foo", "bar"]), [12182, 5061]);
/// ```
pub fn key_slots<K: AsRef<[u8]>>(keys: &[K]) -> Vec<u16> {
    let mut slots = alloc::vec![0; keys.len()];
    fill(keys, &mut slots);
    slots
}

/// [`key_slots`] into a buffer of the caller's: `out[i]` becomes the slot of `keys[i]`; what `out` has beyond is left alone.
///
/// # Errors
/// [`SlotsError::BufferTooSmall`] if `out` has fewer places than there are keys; nothing is written then.
///
/// ```
/// let mut slots = [0; 2];
/// quorate::cluster::key_slots_into(&["foo", "bar"], &mut slots)?;
/// assert_eq!(slots, [12182, 5061]);
/// # Ok::<(), quorate::cluster::SlotsError>(())
/// ```
pub fn key_slots_into<K: AsRef<[u8]>>(keys: &[K], out: &mut [u16]) -> Result<(), SlotsError> {
    let found = out.len();
    let out = out.get_mut(..keys.len()).ok_or(SlotsError::BufferTooSmall {
        needed: keys.len(),
        found,
    })?;
    fill(keys, out);
    Ok(())
}

fn fill<K: AsRef<[u8]>>(keys: &[K], out: &mut [u16]) {
    Kernel::best().key_checksums(keys, out);
    for slot in out {
        *slot %= SLOTS;
    }
}

/// Why [`key_slots_into`] refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SlotsError {
    /// There are more keys than places for their slots.
    #[error("the buffer must hold {needed} slots, found room for {found}")]
    BufferTooSmall {
        /// How many keys there are.
        needed: usize,
        /// How many slots the buffer holds.
        found: usize,
    },
}

impl SlotsError {
    /// A stable name, the same in every binding.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BufferTooSmall { .. } => "buffer_too_small",
        }
    }
}

/// Sorts keys by slot: which of `keys`, by index, belong to each slot that occurs.
///
/// This is the first step of every command that is split over a cluster: the server takes keys of one slot only. Linear in the
/// keys for many, `n log n` for few.
///
/// # Panics
/// If there are more than `u32::MAX` keys: the indices are 32 bits wide.
///
/// ```
/// let groups = quorate::cluster::group_by_slot(&["{a}1", "b", "{a}2"]);
/// assert_eq!(groups.iter().collect::<Vec<_>>(), [(3300, &[1][..]), (15495, &[0, 2])]);
/// assert_eq!(groups.get(15495), [0, 2]);
/// ```
pub fn group_by_slot<K: AsRef<[u8]>>(keys: &[K]) -> SlotGroups {
    assert!(
        u32::try_from(keys.len()).is_ok(),
        "at most u32::MAX keys can be grouped, found {}",
        keys.len()
    );
    SlotGroups::new(&key_slots(keys))
}

/// Keys by slot, as [`group_by_slot`] found them. Groups come in the order of their slots; the indices in a group are in the
/// order of the keys; no group is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SlotGroups {
    /// The slots that occur, ascending.
    slots: Vec<u16>,
    /// Where each slot's indices end in `indices`; they begin where the one's before end.
    ends: Vec<u32>,
    indices: Vec<u32>,
}

impl SlotGroups {
    /// Below so many keys, sorting them costs less than a counter for each of the 16384 slots.
    const FEW: usize = 1024;

    /// The slots are fewer than 2^32.
    fn new(slots: &[u16]) -> Self {
        if slots.len() < Self::FEW {
            Self::by_sorting(slots)
        } else {
            Self::by_counting(slots)
        }
    }

    fn by_sorting(slots: &[u16]) -> Self {
        // The index in the low half keeps the keys of a slot in their order.
        let mut pairs: Vec<u64> = (0u64..)
            .zip(slots)
            .map(|(index, &slot)| u64::from(slot) << 32 | index)
            .collect();
        pairs.sort_unstable();
        let mut groups = Self {
            indices: Vec::with_capacity(pairs.len()),
            ..Self::default()
        };
        for group in pairs.chunk_by(|a, b| a >> 32 == b >> 32) {
            groups.indices.extend(group.iter().map(|&pair| pair as u32));
            groups.slots.push((group[0] >> 32) as u16);
            groups.ends.push(groups.indices.len() as u32);
        }
        groups
    }

    fn by_counting(slots: &[u16]) -> Self {
        let mut next = alloc::vec![0u32; usize::from(SLOTS)];
        for &slot in slots {
            next[usize::from(slot)] += 1;
        }
        let mut groups = Self::default();
        let mut end = 0;
        for (slot, count) in (0..).zip(&mut next) {
            // From the number of keys in a slot to where its first goes.
            let begin = end;
            end += *count;
            *count = begin;
            if end != begin {
                groups.slots.push(slot);
                groups.ends.push(end);
            }
        }
        groups.indices = alloc::vec![0; slots.len()];
        for (index, &slot) in (0..).zip(slots) {
            let next = &mut next[usize::from(slot)];
            groups.indices[*next as usize] = index;
            *next += 1;
        }
        groups
    }

    /// How many different slots there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there was no key at all.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The indices of the keys in `slot`; none if no key is in it.
    pub fn get(&self, slot: u16) -> &[u32] {
        self.slots.binary_search(&slot).map_or(&[], |group| self.group(group))
    }

    /// Each slot with the indices of its keys.
    pub fn iter(&self) -> SlotGroupsIter<'_> {
        SlotGroupsIter { groups: self, next: 0 }
    }

    fn group(&self, group: usize) -> &[u32] {
        let begin = if group == 0 { 0 } else { self.ends[group - 1] };
        &self.indices[begin as usize..self.ends[group] as usize]
    }
}

impl<'a> IntoIterator for &'a SlotGroups {
    type Item = (u16, &'a [u32]);
    type IntoIter = SlotGroupsIter<'a>;

    fn into_iter(self) -> SlotGroupsIter<'a> {
        self.iter()
    }
}

/// The groups of a [`SlotGroups`], in the order of their slots.
#[derive(Clone, Debug)]
pub struct SlotGroupsIter<'a> {
    groups: &'a SlotGroups,
    next: usize,
}

impl<'a> Iterator for SlotGroupsIter<'a> {
    type Item = (u16, &'a [u32]);

    fn next(&mut self) -> Option<Self::Item> {
        let slot = *self.groups.slots.get(self.next)?;
        self.next += 1;
        Some((slot, self.groups.group(self.next - 1)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.groups.len() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for SlotGroupsIter<'_> {}

/// Where `byte`, which is not zero, first stands in `bytes`; eight bytes a step.
///
/// Keys are short and constants are hashed too: a call into a vectorised search costs more than it saves, and is not `const`.
const fn position(bytes: &[u8], byte: u8) -> Option<usize> {
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        if let Some(at) = position_in_word(u64::from_le_bytes(*word), byte) {
            return Some(bytes.len() - rest.len() + at);
        }
        rest = after;
    }
    if rest.is_empty() {
        return None;
    }
    // What is left goes with what was seen before it, or with zeros after it.
    let (word, start) = match bytes.last_chunk::<8>() {
        Some(last) => (u64::from_le_bytes(*last), bytes.len() - 8),
        None => ((crc16::short(bytes) << (64 - 8 * bytes.len())).swap_bytes(), 0),
    };
    match position_in_word(word, byte) {
        Some(at) => Some(start + at),
        None => None,
    }
}

/// Which byte of `word`, counted from its low end, is the first to equal `byte`.
const fn position_in_word(word: u64, byte: u8) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    // Bytes that equal `byte` become zero, and of all the high bits that are set here, the lowest is that of a zero byte.
    let zeroes = word ^ (ONES * byte as u64);
    let found = zeroes.wrapping_sub(ONES) & !zeroes & (ONES << 7);
    if found == 0 {
        None
    } else {
        Some(found.trailing_zeros() as usize / 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    /// The rule as the server's `keyHashSlot` spells it out, a byte at a time.
    fn naive_tag(key: &[u8]) -> &[u8] {
        let Some(open) = key.iter().position(|&byte| byte == b'{') else {
            return key;
        };
        let Some(close) = (open + 1..key.len()).find(|&at| key[at] == b'}') else {
            return key;
        };
        if close == open + 1 { key } else { &key[open + 1..close] }
    }

    fn naive_slot(key: &[u8]) -> u16 {
        ::crc16::State::<::crc16::XMODEM>::calculate(naive_tag(key)) % SLOTS
    }

    /// Answers of a real server, `CLUSTER KEYSLOT` on 7.0.15.
    const SERVER: &[(&[u8], u16)] = &[
        (b"", 0),
        (b"123456789", 12739),
        (b"foo", 12182),
        (b"bar", 5061),
        (b"hello", 866),
        (b"x", 16287),
        (b"{x}", 16287),
        (b"{}", 15257),
        (b"{", 4092),
        (b"}", 12090),
        (b"}{", 12793),
        (b"{}{x}", 3257),
        (b"{}foo", 9500),
        (b"foo{}", 5542),
        (b"foo{}{bar}", 8363),
        (b"foo{", 7673),
        (b"foo{bar", 15278),
        (b"{{bar}}", 4015),
        (b"{bar", 4015),
        (b"foo{{bar}}zap", 4015),
        (b"foo{bar}{zap}", 5061),
        (b"foo{bar}zap", 5061),
        (b"}a{b}", 3300),
        (b"b", 3300),
        (b"{user1000}.following", 3443),
        (b"user1000", 3443),
        (b"\xff\xfe", 3374),
        (b"\0", 0),
        (b"\0\0", 0),
        (b"{\0}a", 0),
        (b"{\xff}", 7920),
        (b"\xff", 7920),
        (b"\xed\xa0\x80", 11926),
        (b"\xef\xbf\xbd", 13381),
        (&[b'a'; 16384], 2132),
        (
            &[0x53, 0x99, 0x86, 0x76, 0xe5, 0xd6, 0xf4, 0x4b, 0x8c, 0x25, 0xd7, 0xd7],
            5463,
        ),
    ];

    /// What client libraries expect in their own tests.
    const CLIENTS: &[(&str, u16)] = &[
        ("123465", 1492),
        ("foobar", 12325),
        ("abcdefghijklmnopqrstuvwxyz", 9132),
        ("gsdfhan$%^&*(sdgsdnhshcs", 15532),
        ("h8a9sd{foobar}}{asd}}", 12325),
        ("{foobar", 16235),
        ("foobar{}", 4435),
        ("éêe", 13690),
        ("àâa", 3872),
        ("漢字", 14191),
        ("汉字", 16196),
        ("호텔", 4350),
        ("\u{1F480}", 9284),
        ("\u{10000}", 11620),
        ("{}foobar", 14573),
        ("{}*\u{2}", 3932),
        ("{*}\u{2}", 1320),
        ("foo{123456789", 10378),
        ("foo}123456789", 6965),
        ("8xjx7vWrfPq54mKfFD3Y1CcjjofpnAcQ", 5458),
        ("51", 7186),
        ("1337", 4314),
    ];

    #[test]
    fn slots_are_those_of_the_server_and_its_clients() {
        let clients = CLIENTS.iter().map(|&(key, slot)| (key.as_bytes(), slot));
        for (key, slot) in SERVER.iter().copied().chain(clients) {
            assert_eq!(key_slot(key), slot, "{:?}", key.escape_ascii().to_string());
            assert_eq!(key_slot_const(key), slot, "{:?}", key.escape_ascii().to_string());
            assert_eq!(
                key_slots(&[key, b"other", key])[2],
                slot,
                "{:?}",
                key.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn only_the_first_pair_of_braces_counts() {
        for (key, tag) in [
            ("", ""),
            ("abc{}", "abc{}"),
            ("a{b}", "b"),
            ("{x}", "x"),
            ("{}{x}", "{}{x}"),
            ("a{bc", "a{bc"),
            ("}a{b}", "b"),
            ("{{bar}}", "{bar"),
            ("01234567{89abcdef}", "89abcdef"),
            ("0123456{}89abcdef", "0123456{}89abcdef"),
        ] {
            assert_eq!(hash_tag(key.as_bytes()), tag.as_bytes(), "{key}");
        }
    }

    #[test]
    fn every_string_of_braces_hashes_like_the_naive_rule() {
        // All strings of up to six of these, which holds every order of braces; and with a front that moves them over words.
        for len in 0..=if cfg!(miri) { 3 } else { 6 } {
            for number in 0..4usize.pow(len) {
                let key: Vec<u8> = (0..len)
                    .map(|digit| b"{}a\xfb"[number / 4usize.pow(digit) % 4])
                    .collect();
                for front in [0, 5, 8, 13, 61, 70] {
                    let key = [
                        &b"xxxxxxx-xxxxxxx-xxxxxxx-xxxxxxx-xxxxxxx-xxxxxxx-xxxxxxx-xxxxxxx-xxxxxxx-"[..front],
                        &key,
                    ]
                    .concat();
                    assert_eq!(hash_tag(&key), naive_tag(&key), "{:?}", key.escape_ascii().to_string());
                    for kernel in Kernel::available() {
                        let found = kernel.key_checksum(&key) % SLOTS;
                        assert_eq!(
                            found,
                            naive_slot(&key),
                            "{} {:?}",
                            kernel.name(),
                            key.escape_ascii().to_string()
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_buffer_that_is_too_small_is_left_alone() {
        let mut out = [7; 3];
        let error = key_slots_into(&["a", "b", "c", "d"], &mut out).unwrap_err();
        assert_eq!(error, SlotsError::BufferTooSmall { needed: 4, found: 3 });
        assert_eq!(error.code(), "buffer_too_small");
        assert_eq!(error.to_string(), "the buffer must hold 4 slots, found room for 3");
        assert_eq!(out, [7; 3]);
        key_slots_into(&["foo"], &mut out).unwrap();
        assert_eq!(out, [12182, 7, 7]);
        key_slots_into::<&str>(&[], &mut []).unwrap();
    }

    #[test]
    fn no_keys_make_no_groups() {
        let groups = group_by_slot::<&str>(&[]);
        assert!(groups.is_empty());
        assert_eq!(groups.iter().next(), None);
        assert_eq!(groups.get(0), []);
    }

    fn naive_groups(slots: &[u16]) -> Vec<(u16, Vec<u32>)> {
        let mut groups = alloc::collections::BTreeMap::<u16, Vec<u32>>::new();
        for (index, &slot) in slots.iter().enumerate() {
            groups.entry(slot).or_default().push(index as u32);
        }
        groups.into_iter().collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 256 }, ..ProptestConfig::default() })]

        /// Any keys, brace-heavy ones among them, hash like the naive rule: one by one, as constants and in a batch.
        #[test]
        fn any_keys_hash_like_the_naive_rule(
            keys in prop::collection::vec(
                prop::collection::vec(prop_oneof![4 => any::<u8>(), 1 => Just(b'{'), 1 => Just(b'}')], 0..200), 0..8)
        ) {
            let naive: Vec<u16> = keys.iter().map(|key| naive_slot(key)).collect();
            prop_assert_eq!(keys.iter().map(|key| key_slot(key)).collect::<Vec<_>>(), &naive[..]);
            prop_assert_eq!(keys.iter().map(|key| key_slot_const(key)).collect::<Vec<_>>(), &naive[..]);
            prop_assert_eq!(key_slots(&keys), &naive[..]);
            for kernel in Kernel::available() {
                let mut out = alloc::vec![0; keys.len()];
                kernel.key_checksums(&keys, &mut out);
                prop_assert_eq!(out.iter().map(|crc| crc % SLOTS).collect::<Vec<_>>(), &naive[..], "{}", kernel.name());
            }
        }

        /// Both ways to group give each key once, by slot and in order.
        #[test]
        fn groups_hold_each_key_once(slots in prop::collection::vec(prop_oneof![0..SLOTS, 0..8u16], 0..300)) {
            for groups in [SlotGroups::by_sorting(&slots), SlotGroups::by_counting(&slots)] {
                let found: Vec<_> = groups.iter().map(|(slot, indices)| (slot, indices.to_vec())).collect();
                prop_assert_eq!(&found, &naive_groups(&slots));
                prop_assert_eq!(groups.iter().len(), found.len());
                for (slot, indices) in &found {
                    prop_assert_eq!(groups.get(*slot), &indices[..]);
                }
            }
        }
    }
}
