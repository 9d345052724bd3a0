//! A node's state as bytes, and its hash: the same everywhere, all of it, and nothing else.

#[path = "common/raft.rs"]
mod common;

use common::*;
use quorate::raft::{Config, Error, Message, MessageKind, Node, ReadyNode, Stored};

/// A state of a node that leads, with something of everything in it.
fn busy() -> Node {
    let mut node = Node::new(config(1), Stored::group(&voters(3))).unwrap();
    lead_and_commit(&mut node);
    node.propose(&b"x = 1"[..]).unwrap();
    node.read_index(&b"r"[..]).unwrap();
    node.propose_conf_change(&change(&[(ADD, 4), (REMOVE, 2)])).unwrap();
    node.poll();
    node.step(message(MessageKind::HeartbeatResp, 2, 2)).unwrap();
    node.report_unreachable(3).unwrap();
    node
}

/// Recorded once. The same numbers are in the tests of every language.
#[test]
fn hashes_stay_what_they_are() {
    let mut node = Node::new(Config::new(1, 42), Stored::group(&voters(3))).unwrap();
    let mut hashes = vec![node.state_hash()];
    node.campaign().unwrap();
    hashes.push(node.state_hash());
    work(&mut node);
    hashes.push(node.state_hash());
    hashes.push(busy().state_hash());
    let hashes: Vec<String> = hashes.iter().map(|hash| format!("{hash:016x}")).collect();
    assert_eq!(
        hashes,
        [
            "a2a44c872f674f95",
            "406c127f1e52788e",
            "bb2146de31ee3f66",
            "635aed0c37ba0e7e"
        ]
    );
}

#[test]
fn a_state_is_the_node() {
    let mut node = busy();
    let mut again = Node::from_state(&node.state()).unwrap();
    assert_eq!(again, node);
    assert_eq!(again.state_hash(), node.state_hash());
    for node in [&mut node, &mut again] {
        node.step(ack(3, 2, 4)).unwrap();
    }
    let (done, done_again) = (work(&mut node), work(&mut again));
    assert!(done.sent.len() > 2 && !done.applied.is_empty() && !done.traces.is_empty());
    assert_eq!(format!("{done:?}"), format!("{done_again:?}"));
    assert_eq!(again.state(), node.state());

    let mut ready = ReadyNode::new(config(1), Stored::group(&voters(1)), false).unwrap();
    ready.campaign().unwrap();
    ready.ready();
    let mut again = ReadyNode::from_state(&ready.state()).unwrap();
    assert_eq!(again.state_hash(), ready.state_hash());
    ready.advance().unwrap();
    assert_ne!(again.state_hash(), ready.state_hash());
    again.advance().unwrap();
    assert_eq!(again, ready);
}

/// Wherever a bit changes, it is seen; and where the hash at the end is made to fit, the state is another or none.
#[test]
fn a_changed_bit_is_found() {
    let node = busy();
    let state = node.state();
    let mut others = 0;
    for bit in 0..state.len() * 8 {
        let mut changed = state.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let error = Node::from_state(&changed).unwrap_err();
        assert_eq!(error.code(), "invalid_state", "bit {bit}");

        let body = changed.len() - 8;
        if bit / 8 < body {
            let hash = fnv(&changed[..body]);
            changed[body..].copy_from_slice(&hash.to_le_bytes());
            if let Ok(other) = Node::from_state(&changed) {
                assert_ne!(other, node, "bit {bit}");
                assert_ne!(other.state_hash(), node.state_hash(), "bit {bit}");
                others += 1;
            }
        }
    }
    assert!(
        others > state.len(),
        "most of it is numbers that may be others: {others}"
    );
}

#[test]
fn what_is_no_state_says_where() {
    let state = busy().state();
    let refusal = |bytes: &[u8]| match Node::from_state(bytes) {
        Err(Error::State { offset, expected }) => (offset, expected),
        other => panic!("{other:?}"),
    };
    let text = Node::from_state(&[]).unwrap_err().to_string();
    assert_eq!(text, "a saved state: at byte 0: expected the state of such a node");
    assert_eq!(refusal(&[&[b'N', 9], &state[2..]].concat()).0, 1);
    assert_eq!(
        refusal(&state[..state.len() - 1]).1,
        "the hash of what stands before it"
    );
    let ready = ReadyNode::new(config(1), Stored::group(&voters(1)), false).unwrap();
    assert_eq!(refusal(&ready.state()), (0, "the state of such a node"));
    let mut longer = state[..state.len() - 8].to_vec();
    longer.push(0);
    let hash = fnv(&longer);
    longer.extend(hash.to_le_bytes());
    assert_eq!(refusal(&longer), (longer.len() - 9, "the end"));
}

/// Errors name messages as `raftpb` does, in every language.
#[test]
fn errors_say_the_names_of_the_wire() {
    let text = |kind, term| {
        let error = node(3).step(message(kind, 2, term)).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        text(MessageKind::CheckQuorum, 1),
        "a message of kind MsgCheckQuorum never comes from another member"
    );
    assert_eq!(
        text(MessageKind::AppResp, 0),
        "a message of kind MsgAppResp is not well formed: it has no term"
    );
}

/// Messages that hold messages, without end.
#[test]
fn a_state_is_read_only_so_deep() {
    let mut nested = Message::new(MessageKind::StorageAppend);
    for _ in 0..100 {
        nested = Message {
            responses: vec![nested],
            ..Message::new(MessageKind::StorageAppend)
        };
    }
    let mut node = node(3);
    node.step(message(MessageKind::Heartbeat, 2, 1)).unwrap();
    node.step(Message {
        responses: vec![nested],
        ..Message::new(MessageKind::TransferLeader)
    })
    .unwrap();
    assert!(Node::from_state(&node.state()).is_err());
}

#[cfg(feature = "serde")]
#[test]
fn serde_keeps_a_node() {
    let node = busy();
    let text = serde_json::to_string(&node).unwrap();
    assert_eq!(text.len(), 2 + 2 * node.state().len());
    assert_eq!(serde_json::from_str::<Node>(&text).unwrap(), node);
    let bytes = serde_json::to_string(&node.state()).unwrap();
    for wrong in ["\"4e0\"", "\"4e0x\"", "\"\"", "7", &bytes] {
        assert!(serde_json::from_str::<Node>(wrong).is_err(), "{wrong}");
    }
    let ready = ReadyNode::new(config(1), Stored::group(&voters(1)), true).unwrap();
    let text = serde_json::to_string(&ready).unwrap();
    assert_eq!(serde_json::from_str::<ReadyNode>(&text).unwrap(), ready);
    assert!(serde_json::from_str::<Node>(&text).is_err());
}
