//! Slot hashing for C.

use core::ffi::c_char;

use quorate::cluster::{group_by_slot, hash_tag, key_slot, key_slots_into, tag_for_slot};

use crate::boundary;
use crate::bytes::{checked, quorate_bytes, room, slice};
use crate::error::*;
use crate::handle::put;

/// How many slots a cluster has. They are numbered from 0.
pub const QUORATE_CLUSTER_SLOTS: u32 = 16384;

/// Room for every tag of quorate_cluster_tag_for_slot, with its NUL.
pub const QUORATE_CLUSTER_TAG_SIZE: usize = 4;

/// The keys of one slot, as quorate_cluster_group_by_slot finds them.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct quorate_cluster_group {
    /// Where the group starts in `order`.
    pub first: usize,
    /// How many keys it has: 1 or more.
    pub count: usize,
    /// The slot.
    pub slot: u16,
}

/// The part of a key that is hashed: what stands between the first `{` and the first `}` after it, if that is not empty; else
/// the whole key. `tag` becomes a view into the key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_cluster_hash_tag(
    key: *const u8,
    len: usize,
    tag: *mut quorate_bytes,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let key = unsafe { slice(key, len) }?;
        // SAFETY: the caller's contract.
        unsafe { put(tag, quorate_bytes::of(hash_tag(key))) }?;
        Ok(QUORATE_OK)
    })
}

/// The slot of a key, 0 to 16,383; an error status, which is negative, on misuse.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_cluster_key_slot(key: *const u8, len: usize) -> i32 {
    // SAFETY: the caller's contract, as the header says it.
    boundary::guard(|| match unsafe { slice(key, len) } {
        Ok(key) => i32::from(key_slot(key)),
        Err(status) => status as i32,
    })
}

/// The slots of `count` keys at once, to `slots`, which has room for as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_cluster_key_slots(
    keys: *const quorate_bytes,
    count: usize,
    slots: *mut u16,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let keys = unsafe { checked(keys, count) }?;
        // SAFETY: the caller's contract.
        let slots = unsafe { room(slots, count) }?;
        slots.fill(core::mem::MaybeUninit::new(0));
        // SAFETY: initialised by the line before.
        let slots = unsafe { &mut *(core::ptr::from_mut(slots) as *mut [u16]) };
        key_slots_into(keys, slots).map_err(|error| quorate_status::of_code(error.code()))?;
        Ok(QUORATE_OK)
    })
}

/// Groups `count` keys by slot. `order` has room for `count` numbers and becomes the keys' indices, group after group: groups in
/// the order of their slots, keys of one slot in the order given. `groups` has room for `cap` groups, of which the smaller of
/// `count` and 16,384 are always enough; `group_count` becomes their number, also with QUORATE_ERR_BUFFER_TOO_SMALL, which
/// writes nothing else.
///
/// QUORATE_ERR_INVALID_ARGUMENT for 2^32 keys or more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_cluster_group_by_slot(
    keys: *const quorate_bytes,
    count: usize,
    order: *mut u32,
    groups: *mut quorate_cluster_group,
    cap: usize,
    group_count: *mut usize,
) -> quorate_status {
    boundary::status(|| {
        // SAFETY: the caller's contract, as the header says it.
        let keys = unsafe { checked(keys, count) }?;
        if u32::try_from(count).is_err() {
            return Err(QUORATE_ERR_INVALID_ARGUMENT);
        }
        if group_count.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        // SAFETY: the caller's contract, for both.
        let (order, places) = unsafe { (room(order, count)?, room(groups, cap)?) };
        let found = group_by_slot(keys);
        let all = found.iter().count();
        // SAFETY: the caller's contract.
        unsafe { put(group_count, all) }?;
        if all > cap {
            return Err(QUORATE_ERR_BUFFER_TOO_SMALL);
        }
        let mut first = 0;
        for ((slot, indices), place) in found.iter().zip(places) {
            for (to, &index) in order[first..].iter_mut().zip(indices) {
                to.write(index);
            }
            place.write(quorate_cluster_group {
                first,
                count: indices.len(),
                slot,
            });
            first += indices.len();
        }
        Ok(QUORATE_OK)
    })
}

/// The shortest text of digits and letters that hashes to `slot`, as a hash tag for a key that must live there; the first in the
/// order 0-9, A-Z, a-z if there are several. Written to `buf`, ended by NUL: QUORATE_CLUSTER_TAG_SIZE bytes are always enough.
///
/// QUORATE_ERR_UNKNOWN_SLOT from 16,384 on, QUORATE_ERR_BUFFER_TOO_SMALL if it does not fit, and then nothing is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn quorate_cluster_tag_for_slot(slot: u32, buf: *mut c_char, cap: usize) -> quorate_status {
    boundary::status(|| {
        let slot = u16::try_from(slot).map_err(|_| QUORATE_ERR_UNKNOWN_SLOT)?;
        let tag = tag_for_slot(slot).map_err(|error| quorate_status::of_code(error.code()))?;
        if buf.is_null() {
            return Err(QUORATE_ERR_NULL);
        }
        if tag.len() >= cap {
            return Err(QUORATE_ERR_BUFFER_TOO_SMALL);
        }
        // SAFETY: the caller's contract.
        let places = unsafe { room(buf, tag.len() + 1) }?;
        for (to, from) in places.iter_mut().zip(tag.bytes().chain([0])) {
            to.write(from as c_char);
        }
        Ok(QUORATE_OK)
    })
}
