//! The bytes of `raftpb` and `eraftpb`: by hand, there and back, and whatever else comes.

#[path = "common/raft.rs"]
mod common;

use common::{ADD, LEARN, REMOVE, change, group_state, snapshot};
use proptest::prelude::*;
use quorate::raft::wire::{self, Dialect};
use quorate::raft::{
    ConfChange, ConfChangeKind, ConfChangeSingle, ConfChangeTransition, ConfChangeV2, ConfState, Entry, EntryKind,
    HardState, Message, MessageKind, Snapshot, SnapshotMetadata,
};

fn hex(text: &str) -> Vec<u8> {
    let digits = text.split_whitespace();
    digits.map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

// ---- known bytes: a tag is the field's number times 8, and 2 more where bytes follow

#[test]
fn an_append_by_hand() {
    let message = Message {
        to: 2,
        from: 1,
        term: 5,
        log_term: 4,
        index: 300,
        entries: vec![Entry {
            term: 5,
            index: 301,
            kind: EntryKind::Normal,
            data: b"x"[..].into(),
        }],
        commit: 299,
        ..Message::new(MessageKind::App)
    };
    let start = "08 03  10 02  18 01  20 05  28 04  30 ac 02 \
                 3a 0a  08 00  10 05  18 ad 02  22 01 78 \
                 40 ab 02  50 00  58 00";
    let etcd = hex(&format!("{start} 68 00"));
    assert_eq!(wire::encode_message(&message, Dialect::Etcd), etcd);
    assert_eq!(wire::decode_message(&etcd, Dialect::Etcd), Ok(message.clone()));
    let raft_rs = hex(&format!("{start} 68 00  78 00  80 01 00"));
    assert_eq!(wire::encode_message(&message, Dialect::RaftRs), raft_rs);
    assert_eq!(wire::decode_message(&raft_rs, Dialect::RaftRs), Ok(message));
}

#[test]
fn a_snapshot_by_hand() {
    let state = ConfState {
        voters: vec![1, 2],
        learners: vec![3],
        voters_outgoing: vec![1],
        learners_next: vec![4],
        auto_leave: true,
    };
    let message = Message {
        to: 2,
        from: 1,
        term: 1,
        snapshot: Some(Box::new(Snapshot {
            data: b"ab"[..].into(),
            ..snapshot(9, 1, state)
        })),
        ..Message::new(MessageKind::Snap)
    };
    let bytes = hex("08 07  10 02  18 01  20 01  28 00  30 00  40 00 \
                     4a 18  0a 02 61 62  12 12  0a 0c  08 01 08 02 10 03 18 01 20 04 28 01  10 09  18 01 \
                     50 00  58 00  68 00");
    assert_eq!(wire::encode_message(&message, Dialect::Etcd), bytes);
    assert_eq!(wire::decode_message(&bytes, Dialect::Etcd), Ok(message.clone()));
    // Voters may come packed, as proto3 writes them.
    let packed = hex("08 07  10 02  18 01  20 01 \
                      4a 18  0a 02 61 62  12 12  0a 0c  0a 02 01 02 10 03 18 01 20 04 28 01  10 09  18 01");
    assert_eq!(wire::decode_message(&packed, Dialect::RaftRs), Ok(message));
    // One that is empty is as good as none.
    let empty = hex("08 03  4a 04  12 02  10 00");
    assert_eq!(wire::decode_message(&empty, Dialect::Etcd).unwrap().snapshot, None);
}

#[test]
fn the_dialects_part_at_the_last_fields() {
    let bytes = hex("08 06  68 07  78 09  80 01 ff ff ff ff ff ff ff ff ff 01");
    let etcd = wire::decode_message(&bytes, Dialect::Etcd).unwrap();
    assert_eq!(
        (etcd.vote, etcd.request_snapshot, etcd.commit_term, etcd.priority),
        (7, 0, 0, 0)
    );
    let raft_rs = wire::decode_message(&bytes, Dialect::RaftRs).unwrap();
    assert_eq!(
        (
            raft_rs.vote,
            raft_rs.request_snapshot,
            raft_rs.commit_term,
            raft_rs.priority
        ),
        (0, 7, 9, -1)
    );
    // Where older members of raft-rs had their priority.
    assert_eq!(
        wire::decode_message(&hex("08 05 70 03"), Dialect::RaftRs)
            .unwrap()
            .priority,
        3
    );
}

#[test]
fn changes_of_membership_by_hand() {
    let one = ConfChange {
        kind: ConfChangeKind::RemoveNode,
        node_id: 3,
        context: b"c".to_vec(),
        id: 7,
    };
    let bytes = hex("08 07  10 01  18 03  22 01 63");
    assert_eq!(wire::encode_change_v1(&one), bytes);
    assert_eq!(wire::decode_change_v1(&bytes), Ok(one));
    let many = ConfChangeV2 {
        transition: ConfChangeTransition::JointExplicit,
        ..change(&[(ADD, 1), (LEARN, 300), (REMOVE, 2)])
    };
    let bytes = hex("08 02  12 04 08 00 10 01  12 05 08 03 10 ac 02  12 04 08 01 10 02");
    assert_eq!(wire::encode_change_v2(&many), bytes);
    assert_eq!(wire::decode_change_v2(&bytes), Ok(many));
    // To leave a joint configuration takes no bytes, so that no limit can refuse it.
    assert_eq!(wire::encode_change_v2(&ConfChangeV2::leave_joint()), []);
    assert!(wire::decode_change_v2(&[]).unwrap().is_leave_joint());
    assert_eq!(
        wire::encode_hard_state(&common::hard(1, 2, 300)),
        hex("08 01  10 02  18 ac 02")
    );
}

#[test]
fn bytes_that_are_wrong_say_where() {
    let wrong = |text: &str, offset| {
        let error = wire::decode_message(&hex(text), Dialect::Etcd).unwrap_err();
        assert_eq!(
            (error.code(), error.offset),
            ("invalid_wire", offset),
            "{text}: {error}"
        );
    };
    wrong("08", 1);
    wrong("08 80", 2);
    wrong("20 ff ff ff ff ff ff ff ff ff 02", 10);
    wrong("08 63", 2);
    wrong("62 05 61", 2);
    wrong("62 ff ff ff ff ff ff ff ff ff 01 61", 11);
    // A group, which protocol buffers had long ago.
    wrong("0b", 1);
}

#[test]
fn what_is_not_known_is_passed_over_and_the_last_of_a_field_counts() {
    let bytes = hex("f8 07 01  fa 07 02 61 62  fd 07 01 02 03 04  f9 07 01 02 03 04 05 06 07 08  08 08  20 01  20 02");
    let message = wire::decode_message(&bytes, Dialect::Etcd).unwrap();
    assert_eq!((message.kind, message.term), (MessageKind::Heartbeat, 2));
}

// ---- there and back

fn entry() -> impl Strategy<Value = Entry> {
    let data = prop::collection::vec(any::<u8>(), 0..40);
    (0u64..3, any::<u64>(), any::<u64>(), data).prop_map(|(kind, term, index, data)| Entry {
        term,
        index,
        kind: EntryKind::from_number(kind).unwrap(),
        data: data.into(),
    })
}

fn state() -> impl Strategy<Value = ConfState> {
    let ids = || prop::collection::vec(any::<u64>(), 0..4);
    (ids(), ids(), ids(), ids(), any::<bool>()).prop_map(
        |(voters, learners, voters_outgoing, learners_next, auto_leave)| ConfState {
            voters,
            learners,
            voters_outgoing,
            learners_next,
            auto_leave,
        },
    )
}

fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    let data = prop::collection::vec(any::<u8>(), 0..40);
    (data, 1u64.., any::<u64>(), state()).prop_map(|(data, index, term, conf_state)| Snapshot {
        data: data.into(),
        metadata: SnapshotMetadata {
            conf_state,
            index,
            term,
        },
    })
}

/// A message with all fields that the dialect has.
fn any_message(dialect: Dialect) -> impl Strategy<Value = Message> {
    let numbers = prop::array::uniform9(prop_oneof![0u64..300, any::<u64>()]);
    let parts = (
        prop::collection::vec(entry(), 0..4),
        prop::option::of(any_snapshot()),
        prop::collection::vec(any::<u8>(), 0..20),
    );
    (0u64..24, numbers, parts, any::<bool>(), any::<i64>()).prop_map(
        move |(kind, numbers, (entries, snapshot, context), reject, priority)| {
            let [to, from, term, log_term, index, commit, reject_hint, ninth, tenth] = numbers;
            let mut message = Message {
                to,
                from,
                term,
                log_term,
                index,
                entries,
                commit,
                snapshot: snapshot.map(Box::new),
                reject,
                reject_hint,
                context,
                ..Message::new(MessageKind::from_number(kind).unwrap())
            };
            match dialect {
                Dialect::Etcd => message.vote = ninth,
                Dialect::RaftRs => {
                    (message.request_snapshot, message.commit_term, message.priority) = (ninth, tenth, priority);
                }
            }
            message
        },
    )
}

fn any_change() -> impl Strategy<Value = ConfChangeV2> {
    let single = (0u64..4, any::<u64>()).prop_map(|(kind, node_id)| ConfChangeSingle {
        kind: ConfChangeKind::from_number(kind).unwrap(),
        node_id,
    });
    let context = prop::collection::vec(any::<u8>(), 0..8);
    (0u64..3, prop::collection::vec(single, 0..5), context).prop_map(|(transition, changes, context)| ConfChangeV2 {
        transition: ConfChangeTransition::from_number(transition).unwrap(),
        changes,
        context,
    })
}

proptest! {
    #[test]
    fn messages_come_back_as_they_went(etcd in any_message(Dialect::Etcd), raft_rs in any_message(Dialect::RaftRs)) {
        for (message, dialect) in [(etcd, Dialect::Etcd), (raft_rs, Dialect::RaftRs)] {
            let bytes = wire::encode_message(&message, dialect);
            prop_assert_eq!(wire::decode_message(&bytes, dialect), Ok(message));
        }
    }

    #[test]
    fn what_is_stored_comes_back_as_it_went(
        entry in entry(),
        (term, vote, commit) in any::<(u64, u64, u64)>(),
        snapshot in any_snapshot(),
        change in any_change(),
        (id, kind, node_id) in (any::<u64>(), 0u64..4, any::<u64>()),
    ) {
        prop_assert_eq!(wire::decode_entry(&wire::encode_entry(&entry)), Ok(entry));
        let state = HardState { term, vote, commit };
        prop_assert_eq!(wire::decode_hard_state(&wire::encode_hard_state(&state)), Ok(state));
        prop_assert_eq!(wire::decode_snapshot(&wire::encode_snapshot(&snapshot)), Ok(snapshot));
        prop_assert_eq!(wire::decode_change_v2(&wire::encode_change_v2(&change)), Ok(change));
        let kind = ConfChangeKind::from_number(kind).unwrap();
        let one = ConfChange { kind, node_id, context: Vec::new(), id };
        prop_assert_eq!(wire::decode_change_v1(&wire::encode_change_v1(&one)), Ok(one));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        reads_anything(&bytes);
    }

    /// Almost right goes deeper than any bytes.
    #[test]
    fn no_damage_makes_it_panic(
        message in any_message(Dialect::RaftRs),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = wire::encode_message(&message, Dialect::RaftRs);
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        reads_anything(&bytes);
        reads_anything(&bytes[..cut.index(bytes.len())]);
    }
}

fn reads_anything(bytes: &[u8]) {
    for dialect in [Dialect::Etcd, Dialect::RaftRs] {
        if let Ok(message) = wire::decode_message(bytes, dialect) {
            // What can be read can be written, and is the same then.
            let again = wire::encode_message(&message, dialect);
            assert_eq!(wire::decode_message(&again, dialect), Ok(message));
        }
    }
    let _ = wire::decode_entry(bytes).map(|entry| entry.conf_change());
    let _ = wire::decode_hard_state(bytes);
    let _ = wire::decode_snapshot(bytes);
    let _ = wire::decode_change_v1(bytes);
    let _ = wire::decode_change_v2(bytes);
}

#[test]
fn a_state_of_members_that_a_snapshot_keeps_is_whole() {
    let whole = snapshot(3, 1, group_state(&[1, 2], &[3]));
    assert_eq!(wire::decode_snapshot(&wire::encode_snapshot(&whole)), Ok(whole));
}
