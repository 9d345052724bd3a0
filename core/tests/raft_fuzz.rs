//! Whatever a node is told, in whatever order: it answers, or refuses and stays as it was, and never panics.

#[path = "common/raft.rs"]
mod common;

use common::{change, group_state};
use proptest::prelude::*;
use quorate::raft::{
    APPEND_THREAD, APPLY_THREAD, ConfChangeKind, ConfChangeSingle, ConfChangeTransition, ConfChangeV2, ConfState,
    Config, Entry, EntryKind, Error, HardState, Message, MessageKind, Node, NodeId, Output, ReadOnly, ReadyNode, Role,
    Snapshot, SnapshotMetadata, Stored, wire,
};

/// Mostly small, so that numbers meet each other; now and then at an end.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        20 => 0u64..12,
        1 => Just(u64::MAX),
        1 => Just(u64::MAX - 1),
        1 => Just(1 << 63),
        1 => any::<u64>(),
    ]
}

fn id() -> impl Strategy<Value = NodeId> {
    prop_oneof![20 => 0u64..6, 1 => Just(APPEND_THREAD), 1 => Just(APPLY_THREAD)]
}

fn kind() -> impl Strategy<Value = MessageKind> {
    (0u64..24).prop_map(|number| MessageKind::from_number(number).unwrap())
}

fn single() -> impl Strategy<Value = ConfChangeSingle> {
    (0u64..4, id()).prop_map(|(kind, node_id)| ConfChangeSingle {
        kind: ConfChangeKind::from_number(kind).unwrap(),
        node_id,
    })
}

fn conf_change() -> impl Strategy<Value = ConfChangeV2> {
    (0u64..3, prop::collection::vec(single(), 0..4)).prop_map(|(transition, changes)| ConfChangeV2 {
        transition: ConfChangeTransition::from_number(transition).unwrap(),
        changes,
        context: Vec::new(),
    })
}

fn payload() -> impl Strategy<Value = (EntryKind, Vec<u8>)> {
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..8).prop_map(|data| (EntryKind::Normal, data)),
        1 => conf_change().prop_map(|change| (EntryKind::ConfChangeV2, wire::encode_change_v2(&change))),
        // A change that cannot be read.
        1 => prop::collection::vec(any::<u8>(), 0..8).prop_map(|data| (EntryKind::ConfChange, data)),
    ]
}

/// Entries one after the other from `first` on, or anywhere.
fn entries(first: u64) -> impl Strategy<Value = Vec<Entry>> {
    let entry = (number(), prop::option::weighted(0.05, number()), payload());
    let entry = entry.prop_map(|(term, elsewhere, (kind, data))| Entry {
        term,
        index: elsewhere.unwrap_or(0),
        kind,
        data: data.into(),
    });
    prop::collection::vec(entry, 0..5).prop_map(move |mut entries| {
        for (place, entry) in (0u64..).zip(&mut entries) {
            if entry.index == 0 {
                entry.index = first.wrapping_add(place);
            }
        }
        entries
    })
}

fn conf_state() -> impl Strategy<Value = ConfState> {
    let ids = || prop::collection::vec(id(), 0..4);
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

fn snapshot() -> impl Strategy<Value = Snapshot> {
    let state = prop_oneof![3 => Just(group_state(&[1, 2, 3], &[4])), 1 => conf_state()];
    (number(), number(), state).prop_map(|(index, term, conf_state)| Snapshot {
        data: b"state"[..].into(),
        metadata: SnapshotMetadata {
            conf_state,
            index,
            term,
        },
    })
}

fn message() -> impl Strategy<Value = Message> {
    let numbers = (number(), number(), number(), number(), number(), number());
    (
        (kind(), id(), prop_oneof![9 => Just(1), 1 => id()], numbers),
        (
            any::<bool>(),
            prop::option::weighted(0.3, snapshot()),
            number(),
            any::<i64>(),
            any::<bool>(),
        ),
    )
        .prop_flat_map(
            |((kind, from, to, numbers), (reject, snapshot, context, priority, named))| {
                let (term, log_term, index, commit, hint, other) = numbers;
                let context = if named {
                    b"CampaignTransfer".to_vec()
                } else {
                    context.to_le_bytes().to_vec()
                };
                entries(index.wrapping_add(1)).prop_map(move |entries| Message {
                    from,
                    to,
                    term,
                    log_term,
                    index,
                    entries,
                    commit,
                    commit_term: log_term,
                    snapshot: snapshot.clone().map(Box::new),
                    reject,
                    reject_hint: hint,
                    context: context.clone(),
                    priority,
                    request_snapshot: if reject { other } else { 0 },
                    ..Message::new(kind)
                })
            },
        )
}

#[derive(Clone, Debug)]
enum Input {
    Tick(u64),
    Step(Box<Message>),
    /// As `Step`, of the term that the node is in.
    StepNow(Box<Message>),
    /// Stands, writes, and has the vote of 2.
    Elect,
    /// Everything up to that far before the last entry is acknowledged.
    Acknowledge(NodeId, u64),
    Campaign,
    Propose(Vec<u8>),
    Change(ConfChangeV2),
    ApplyChange(ConfChangeV2),
    Read(u64),
    Transfer(NodeId),
    Forget,
    Unreachable(NodeId),
    SnapshotSent(NodeId, bool),
    SnapshotTaken(Box<Snapshot>),
    Compact(u64),
    Fetched(NodeId, Vec<Entry>),
    RequestSnapshot,
    Groups(NodeId, u64),
    /// Takes up to so many outputs, and keeps what they ask for.
    Poll(usize),
    /// Answers a ticket that is that far behind the last, or was never given.
    Persisted(u64),
    /// Answers that entries are applied, that far behind the last that was handed out.
    Applied(u64),
    Index(u64),
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        6 => (1u64..12).prop_map(Input::Tick),
        15 => message().prop_map(|message| Input::Step(Box::new(message))),
        20 => message().prop_map(|message| Input::StepNow(Box::new(message))),
        4 => Just(Input::Elect),
        8 => (2u64..5, 0u64..4).prop_map(|(peer, behind)| Input::Acknowledge(peer, behind)),
        4 => Just(Input::Campaign),
        4 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Input::Propose),
        2 => conf_change().prop_map(Input::Change),
        1 => conf_change().prop_map(Input::ApplyChange),
        2 => number().prop_map(Input::Read),
        2 => id().prop_map(Input::Transfer),
        1 => Just(Input::Forget),
        1 => id().prop_map(Input::Unreachable),
        1 => (id(), any::<bool>()).prop_map(|(peer, ok)| Input::SnapshotSent(peer, ok)),
        2 => snapshot().prop_map(|snapshot| Input::SnapshotTaken(Box::new(snapshot))),
        2 => number().prop_map(Input::Compact),
        1 => (id(), number().prop_flat_map(entries)).prop_map(|(peer, entries)| Input::Fetched(peer, entries)),
        1 => Just(Input::RequestSnapshot),
        1 => (id(), number()).prop_map(|(id, group)| Input::Groups(id, group)),
        10 => (0usize..20).prop_map(Input::Poll),
        8 => (0u64..4).prop_map(Input::Persisted),
        4 => (0u64..3).prop_map(Input::Applied),
        1 => number().prop_map(Input::Index),
    ]
}

fn config() -> impl Strategy<Value = Config> {
    let flags = || prop::array::uniform8(any::<bool>());
    (flags(), any::<bool>(), any::<u64>(), 1usize..4, 0u64..40).prop_map(|(flags, lease, seed, inflight, bytes)| {
        let [
            pre_vote,
            check_quorum,
            forward,
            validate,
            step_down,
            coalesce,
            by_vote,
            groups,
        ] = flags;
        Config {
            election_tick: 3,
            pre_vote,
            check_quorum: check_quorum || lease,
            read_only: if lease { ReadOnly::LeaseBased } else { ReadOnly::Safe },
            disable_proposal_forwarding: forward,
            disable_conf_change_validation: validate,
            step_down_on_removal: step_down,
            max_size_per_msg: bytes,
            max_inflight_msgs: inflight,
            max_inflight_bytes: if bytes > 20 { bytes } else { 0 },
            max_uncommitted_size: bytes,
            max_committed_size: bytes / 2,
            coalesce_appends: coalesce,
            commit_by_vote: by_vote,
            group_commit: groups,
            trace: true,
            ..Config::new(1, seed)
        }
    })
}

fn stored() -> impl Strategy<Value = Stored> {
    let terms = prop::collection::vec(1u64..4, 0..6);
    (
        terms,
        0u64..6,
        prop_oneof![
            Just(group_state(&[1, 2, 3], &[4])),
            Just(group_state(&[1], &[])),
            conf_state()
        ],
    )
        .prop_map(|(mut terms, commit, conf_state)| {
            terms.sort_unstable();
            let term = terms.last().copied().unwrap_or(0);
            Stored {
                hard_state: HardState {
                    term,
                    vote: 0,
                    commit: commit.min(terms.len() as u64),
                },
                entries: common::entries(1, &terms),
                conf_state,
                ..Stored::default()
            }
        })
}

#[derive(Clone, Debug)]
enum Forgery {
    Flip(u8),
    Set(Vec<u8>),
    Cut,
}

fn forgery() -> impl Strategy<Value = Forgery> {
    let varint = any::<u64>().prop_map(|number| {
        let mut bytes: Vec<u8> = (0..10)
            .map(|place| (number.unbounded_shr(7 * place) as u8) | 0x80)
            .collect();
        let last = bytes.iter().rposition(|byte| byte & 0x7f != 0).unwrap_or(0);
        bytes.truncate(last + 1);
        bytes[last] &= 0x7f;
        bytes
    });
    prop_oneof![
        8 => (0u8..8).prop_map(Forgery::Flip),
        8 => (0u8..128).prop_map(|byte| Forgery::Set(vec![byte])),
        4 => varint.prop_map(Forgery::Set),
        2 => prop::collection::vec(any::<u8>(), 0..4).prop_map(Forgery::Set),
        1 => Just(Forgery::Cut),
    ]
}

/// What was handed out and not answered.
#[derive(Default)]
struct Pending {
    last_ticket: u64,
    applying: u64,
}

impl Pending {
    fn see(&mut self, output: &Output) {
        match output {
            Output::Persist { ticket, .. } => self.last_ticket = *ticket,
            Output::Apply(entries) => self.applying = entries[entries.len() - 1].index,
            _ => {}
        }
    }
}

fn tell(node: &mut Node, pending: &mut Pending, input: Input) -> Result<(), Error> {
    match input {
        Input::Tick(ticks) => return (0..ticks).try_for_each(|_| node.tick()),
        Input::Step(message) => return node.step(*message),
        Input::StepNow(mut message) => {
            message.term = node.status().hard_state.term;
            return node.step(*message);
        }
        Input::Elect => {
            node.campaign()?;
            while let Some(output) = node.poll() {
                pending.see(&output);
                if let Output::Persist { ticket, .. } = output {
                    node.persisted(ticket)?;
                }
            }
            let term = node.status().hard_state.term;
            let promise = node.step(common::message(MessageKind::PreVoteResp, 2, term + 1));
            let vote = node.step(common::message(MessageKind::VoteResp, 2, term));
            return promise.and(vote);
        }
        Input::Acknowledge(peer, behind) => {
            let status = node.status();
            let index = status.last.index.saturating_sub(behind);
            return node.step(common::ack(peer, status.hard_state.term, index));
        }
        Input::Campaign => return node.campaign(),
        Input::Propose(data) => return node.propose(data).map(drop),
        Input::Change(change) => return node.propose_conf_change(&change).map(drop),
        Input::ApplyChange(change) => return node.apply_conf_change(&change).map(drop),
        Input::Read(token) => return node.read_index(token.to_le_bytes().to_vec()),
        Input::Transfer(to) => return node.transfer_leader(to),
        Input::Forget => return node.forget_leader(),
        Input::Unreachable(peer) => return node.report_unreachable(peer),
        Input::SnapshotSent(peer, ok) => return node.report_snapshot(peer, ok),
        Input::SnapshotTaken(snapshot) => return node.snapshot_taken(*snapshot),
        Input::Compact(index) => return node.compact(index),
        Input::Fetched(peer, entries) => return node.entries_fetched(peer, entries),
        Input::RequestSnapshot => return node.request_snapshot(),
        Input::Groups(id, group) => node.assign_commit_groups(&[(id, group)]),
        Input::Poll(count) => {
            for output in std::iter::from_fn(|| node.poll()).take(count) {
                pending.see(&output);
            }
        }
        Input::Persisted(behind) => return node.persisted((pending.last_ticket + 1).saturating_sub(behind)),
        Input::Applied(behind) => {
            let index = pending.applying.saturating_sub(behind);
            for entry in node.entries(node.status().log.applied + 1, index + 1) {
                if let Ok(Some(change)) = entry.conf_change() {
                    let _ = node.apply_conf_change(&change);
                }
            }
            return node.applied(index);
        }
        Input::Index(index) => {
            let _ = (node.entries(index, u64::MAX), node.term_at(index), node.status());
        }
    }
    Ok(())
}

fn check(node: &Node) {
    let status = node.status();
    let log = status.log;
    assert!(log.applied <= log.applying && log.applying <= log.committed, "{log:?}");
    assert!(log.committed <= status.last.index, "{status:?}");
    assert!(
        log.persisting_end <= status.last.index + 1 && log.stable_end <= log.persisting_end,
        "{log:?}"
    );
    assert!(status.first_index <= status.last.index + 1);
    if status.role == Role::Leader {
        assert_eq!(status.lead, status.id);
        for (id, progress) in &status.progress {
            assert!(progress.matched < progress.next, "{id}: {progress}");
            assert!(progress.next <= status.last.index + 1, "{id}: {progress}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_node_never_panics(config in config(), stored in stored(), inputs in prop::collection::vec(input(), 0..120)) {
        let Ok(mut node) = Node::new(config, stored) else { return Ok(()) };
        let mut pending = Pending::default();
        let mut before = node.status();
        for (place, input) in inputs.into_iter().enumerate() {
            let fenced = before.fenced.is_some();
            let result = tell(&mut node, &mut pending, input.clone());
            check(&node);
            let status = node.status();
            if place % 4 == 0 {
                let state = node.state();
                let again = Node::from_state(&state);
                prop_assert_eq!(again.as_ref(), Ok(&node), "a state that a node is in is one that it can be in");
                prop_assert_eq!(state.last_chunk(), Some(&node.state_hash().to_le_bytes()));
            }
            prop_assert!(status.hard_state.term >= before.hard_state.term);
            prop_assert!(status.log.committed >= before.log.committed);
            if status.hard_state.term == before.hard_state.term && before.hard_state.vote != 0 {
                prop_assert_eq!(status.hard_state.vote, before.hard_state.vote, "one vote a term");
            }
            if fenced {
                prop_assert!(!matches!(result, Err(ref error) if error.code() != "corrupt"), "{:?}", result);
            }
            before = status;
        }
    }

    /// Bytes that no node wrote, with the right hash at their end.
    #[test]
    fn a_forged_state_never_panics(
        config in config(),
        stored in stored(),
        before in prop::collection::vec(input(), 0..40),
        changes in prop::collection::vec((any::<prop::sample::Index>(), forgery()), 1..4),
        after in prop::collection::vec(input(), 0..40),
    ) {
        let Ok(mut node) = Node::new(config, stored) else { return Ok(()) };
        let mut pending = Pending::default();
        for input in before {
            let _ = tell(&mut node, &mut pending, input);
        }
        let state = node.state();
        let mut forged = state[..state.len() - 8].to_vec();
        for (place, change) in changes {
            let place = place.index(forged.len());
            match change {
                Forgery::Flip(bit) => forged[place] ^= 1 << bit,
                Forgery::Set(bytes) => forged.splice(place..=place, bytes).for_each(drop),
                Forgery::Cut => forged.truncate(place.max(1)),
            }
        }
        let hash = common::fnv(&forged);
        forged.extend(hash.to_le_bytes());
        let Ok(mut node) = Node::from_state(&forged) else { return Ok(()) };
        // There is one way to write a state, so another one is another state.
        prop_assert_eq!(node.state(), &*forged);
        prop_assert_eq!(node.state_hash(), hash);
        for input in after {
            let _ = tell(&mut node, &mut pending, input);
        }
        for output in std::iter::from_fn(|| node.poll()).take(100) {
            drop(output);
        }
        let _ = node.status();
    }

    #[test]
    fn a_ready_node_never_panics(
        config in config(),
        stored in stored(),
        asynchronous in any::<bool>(),
        inputs in prop::collection::vec((input(), 0u8..8), 0..100),
    ) {
        let Ok(mut node) = ReadyNode::new(config, stored, asynchronous) else { return Ok(()) };
        let mut responses: Vec<Message> = Vec::new();
        for (input, step) in inputs {
            let _ = match input {
                Input::Tick(ticks) => (0..ticks).try_for_each(|_| node.tick()),
                Input::Step(message) => node.step(*message),
                Input::StepNow(mut message) => {
                    message.term = node.status().hard_state.term;
                    node.step(*message)
                }
                Input::Elect => {
                    let term = node.status().hard_state.term;
                    node.step(common::message(MessageKind::VoteResp, 2, term))
                }
                Input::Acknowledge(peer, behind) => {
                    let status = node.status();
                    let index = status.last.index.saturating_sub(behind);
                    node.step(common::ack(peer, status.hard_state.term, index))
                }
                Input::Campaign => node.campaign(),
                Input::Propose(data) => node.propose(data),
                Input::Change(change) => node.propose_conf_change(&change),
                Input::ApplyChange(change) => node.apply_conf_change(&change).map(drop),
                Input::Read(token) => node.read_index(token.to_le_bytes().to_vec()),
                Input::Transfer(to) => node.transfer_leader(to),
                Input::Forget => node.forget_leader(),
                Input::Unreachable(peer) => node.report_unreachable(peer),
                Input::SnapshotSent(peer, ok) => node.report_snapshot(peer, ok),
                Input::SnapshotTaken(snapshot) => node.snapshot_taken(*snapshot),
                Input::Compact(index) => node.compact(index),
                _ => Ok(()),
            };
            if step == 0 {
                let again = ReadyNode::from_state(&node.state());
                prop_assert_eq!(again.as_ref(), Ok(&node));
            }
            if step < 4 && node.has_ready() {
                let ready = node.ready();
                for entry in &ready.committed_entries {
                    if let Ok(Some(change)) = entry.conf_change() {
                        let _ = node.apply_conf_change(&change);
                    }
                }
                responses.extend(ready.messages.into_iter().flat_map(|message| message.responses));
                let _ = node.advance();
            }
            if step > 5 && !responses.is_empty() {
                // A response may be for another, and may come back to the wrong one.
                let _ = node.step(responses.remove(0));
            }
        }
        prop_assert_eq!(change(&[]), ConfChangeV2::leave_joint());
    }
}
