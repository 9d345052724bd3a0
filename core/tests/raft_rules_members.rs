//! The rules of `docs/raft.md` about storage, membership, reads and transfers, as `raft_rules.rs` has the others.

#[path = "common/raft.rs"]
mod common;

use common::*;
use quorate::raft::{
    ConfChangeTransition, ConfChangeV2, ConfState, Dropped, EntryKind, Error, Members, MembershipError, Message,
    MessageKind, Node, NodeId, Output, ReadyNode, Role, Stored, Trace,
};

// ---- how a group begins

/// Three members of a new group, and what they have done when the first leads.
fn new_group() -> Group {
    let founded = |id| Node::new(config(id), Stored::group(&voters(3))).unwrap();
    let mut group = Group::of(voters(3).into_iter().map(founded));
    group.campaign(1);
    group
}

#[test]
fn a_group_begins_with_a_snapshot_that_names_its_voters() {
    let stored = Stored::group(&voters(3));
    assert_eq!(stored.conf_state, group_state(&voters(3), &[]));
    assert_eq!(stored.snapshot.metadata.conf_state, stored.conf_state);
    assert!(stored.snapshot.data.is_empty());
    let mut node = node_with(stored);
    assert_eq!(node.hard_state(), hard(1, 0, 1));
    assert_eq!((node.last().index, node.last().term), (1, 1));
    assert_eq!(work(&mut node).written.len(), 0, "all of it is durable");

    let mut group = new_group();
    group.propose(1, "x");
    let applied: Vec<_> = group.applied[&3]
        .iter()
        .map(|entry| (entry.term, entry.index))
        .collect();
    assert_eq!(applied, [(2, 2), (2, 3)]);
}

/// The group's first snapshot does not name it, so the leader asks for one that does.
#[test]
fn a_member_that_joins_starts_from_nothing() {
    let mut group = new_group();
    group.propose(1, "before");
    group.nodes.insert(4, Node::new(config(4), Stored::default()).unwrap());
    // Alone it does nothing, however long it waits.
    group.tick(4, 10 * ELECTION);
    assert_eq!(group.status(4).hard_state, hard(0, 0, 0));

    let leader = group.node(1);
    leader.propose_conf_change(&change(&[(ADD, 4)])).unwrap();
    group.settle();
    group.tick(1, 2);
    assert!(group.status(4).config.incoming.is_empty());
    // The test's members drop what is asked of them.
    let (at, everyone) = (group.status(1).log.applied, group_state(&voters(4), &[]));
    assert_eq!(group.status(1).config.conf_state(), everyone);
    group.node(1).snapshot_taken(snapshot(at, 2, everyone)).unwrap();
    group.tick(1, 2);
    assert_eq!(group.status(4).config, group.status(1).config);
    assert_eq!(group.status(4).log.applied, at);

    // It counts from then on.
    group.isolate(2);
    group.isolate(3);
    group.propose(1, "waits");
    assert_eq!(group.commands(1), ["before"]);
    group.cut.retain(|way| *way != (1, 2) && *way != (2, 1));
    group.tick(1, 2);
    assert_eq!(group.commands(1), ["before", "waits"]);
    assert_eq!(group.commands(4), ["waits"]);
}

#[test]
fn a_leader_asks_for_a_snapshot_that_names_who_joins() {
    let mut node = node_with(Stored::group(&voters(1)));
    lead(&mut node);
    node.propose_conf_change(&change(&[(LEARN, 2)])).unwrap();
    let mut fetches = work(&mut node).fetches;
    node.step(Message {
        reject: true,
        ..ack(2, 2, 2)
    })
    .unwrap();
    fetches.extend(work(&mut node).fetches);
    assert_eq!(fetches, [(2, 0, 2)]);
    let taken = snapshot(3, 2, group_state(&[1], &[2]));
    node.snapshot_taken(taken.clone()).unwrap();
    node.step(message(MessageKind::HeartbeatResp, 2, 2)).unwrap();
    let sent = work(&mut node).sent;
    assert_eq!(sent[0].snapshot.as_deref(), Some(&taken));
}

/// Without that snapshot a member that joins must be told who was there first, as every other was.
#[test]
fn a_group_may_begin_with_an_empty_log() {
    let mut group = Group::new(3);
    group.campaign(1);
    group.nodes.insert(4, Node::new(config(4), empty_log(3)).unwrap());
    group.node(1).propose_conf_change(&change(&[(ADD, 4)])).unwrap();
    group.settle();
    group.tick(1, 2);
    assert_eq!(group.status(4).config, group.status(1).config);
    assert_eq!(group.status(4).log.applied, 2);
}

/// What a snapshot covers is committed, whether or not the hard state that came with it reached the disk.
#[test]
fn a_crash_between_a_snapshot_and_its_hard_state_is_no_loss() {
    let snapshot = snapshot(8, 3, group_state(&voters(3), &[]));
    let torn = |hard_state, terms| Stored {
        hard_state,
        entries: entries(9, terms),
        ..Stored::snapshot(snapshot.clone())
    };
    let mut node = node_with(torn(hard(2, 3, 5), &[3]));
    assert_eq!(node.hard_state(), hard(2, 3, 8));
    node.step(append(2, 3, (3, 9), vec![], 9)).unwrap();
    assert_eq!(work(&mut node).applied.len(), 1);
    // What lies beyond the log cannot be made up for.
    let lost = Node::new(config(1), torn(hard(3, 0, 10), &[3]));
    assert_eq!(lost.map(drop).map_err(|error| error.code()), Err("invalid_stored"));
}

// ---- storage

/// What a node hands out, without answering any of it.
fn handed_out(node: &mut Node) -> Vec<Output> {
    let mut outputs = Vec::new();
    node.drain(&mut outputs);
    outputs.retain(|output| !matches!(output, Output::Trace(_)));
    outputs
}

fn tickets(outputs: &[Output]) -> Vec<u64> {
    let tickets = outputs.iter().filter_map(|output| match output {
        Output::Persist { ticket, .. } => Some(*ticket),
        _ => None,
    });
    tickets.collect()
}

#[test]
fn rule_20_what_the_storage_says_of_an_earlier_term_is_ignored() {
    let mut node = node_with(stored(3, hard(1, 0, 1), &[1]));
    work(&mut node);
    // An entry of term 1 is being written when one of term 2 takes its place, and then the first one's like again.
    node.step(append(2, 1, (1, 1), entries(2, &[1]), 1)).unwrap();
    let first = tickets(&handed_out(&mut node));
    node.step(append(3, 2, (1, 1), entries(2, &[2]), 1)).unwrap();
    let second = tickets(&handed_out(&mut node));
    assert_eq!((first.len(), second.len()), (1, 1));
    node.persisted(first[0]).unwrap();
    assert_eq!(node.status().log.stable_end, 2);
    // It may be committed, but what is written is not it.
    node.step(append(3, 2, (2, 2), vec![], 2)).unwrap();
    assert!(
        !handed_out(&mut node)
            .iter()
            .any(|output| matches!(output, Output::Apply(_)))
    );
    node.persisted(second[0]).unwrap();
    assert_eq!(node.status().log.stable_end, 3);
    assert_eq!(work(&mut node).applied.len(), 1);

    // The answer of an earlier term to a snapshot counts: what it holds is committed.
    let mut node = node_with(empty_log(3));
    node.step(with_snapshot(2, 1, snapshot(5, 1, group_state(&voters(3), &[]))))
        .unwrap();
    let ticket = tickets(&handed_out(&mut node));
    node.step(message(MessageKind::Heartbeat, 3, 2)).unwrap();
    node.persisted(ticket[0]).unwrap();
    assert_eq!((node.status().hard_state.term, node.status().log.applied), (2, 5));
}

#[test]
fn rule_21_only_storage_that_waits_may_apply_what_is_not_durable() {
    let ready = |asynchronous| {
        let mut node = ReadyNode::new(config(1), stored(3, hard(1, 0, 0), &[]), asynchronous).unwrap();
        node.step(append(2, 1, (0, 0), entries(1, &[1]), 1)).unwrap();
        node.ready().committed_entries.len()
    };
    assert_eq!(ready(false), 1);
    assert_eq!(ready(true), 0);
    let mut node = node_with(stored(3, hard(1, 0, 0), &[]));
    node.step(append(2, 1, (0, 0), entries(1, &[1]), 1)).unwrap();
    let outputs = handed_out(&mut node);
    assert_eq!((outputs.len(), node.status().log.committed), (2, 1), "{outputs:?}");
    node.persisted(tickets(&outputs)[0]).unwrap();
    assert_eq!(work(&mut node).applied.len(), 1);
}

#[test]
fn rule_22_a_single_voter_commits_what_is_durable() {
    let mut node = node(1);
    lead(&mut node);
    node.propose(&b"x"[..]).unwrap();
    let ticket = tickets(&handed_out(&mut node));
    assert_eq!(node.status().log.committed, 1);
    node.persisted(ticket[0]).unwrap();
    assert_eq!(node.status().log.committed, 2);
}

#[test]
fn rule_23_only_a_commit_index_may_be_lost() {
    let mut node = node_with(stored(3, hard(1, 0, 0), &[]));
    let persist = |node: &mut Node| {
        let outputs = handed_out(node);
        for ticket in tickets(&outputs) {
            node.persisted(ticket).unwrap();
        }
        work(node);
        outputs.into_iter().find_map(|output| match output {
            Output::Persist {
                hard_state, must_sync, ..
            } => Some((hard_state, must_sync)),
            _ => None,
        })
    };
    // Entries alone: the hard state is as it was.
    node.step(append(2, 1, (0, 0), entries(1, &[1]), 0)).unwrap();
    assert_eq!(persist(&mut node), Some((None, true)));
    // The commit index alone.
    node.step(append(2, 1, (1, 1), vec![], 1)).unwrap();
    assert_eq!(persist(&mut node), Some((Some(hard(1, 0, 1)), false)));
    // A term, and a vote.
    node.step(message(MessageKind::Heartbeat, 3, 2)).unwrap();
    assert_eq!(persist(&mut node), Some((Some(hard(2, 0, 1)), true)));
    node.step(request(MessageKind::Vote, 2, 3, (1, 1))).unwrap();
    assert_eq!(persist(&mut node), Some((Some(hard(3, 2, 1)), true)));
    // Nothing.
    node.step(message(MessageKind::Heartbeat, 2, 3)).unwrap();
    assert_eq!(persist(&mut node), None);
}

// ---- membership

/// What stands in a leader's log for a change that is proposed.
fn proposed(node: &mut Node, change: &ConfChangeV2) -> EntryKind {
    node.propose_conf_change(change).unwrap();
    let last = node.status().last.index;
    node.entries(last, last + 1)[0].kind
}

/// Everything in the leader's log is acknowledged by the members that are named.
fn acknowledge(node: &mut Node, peers: &[NodeId]) -> Work {
    let (term, last) = (node.status().hard_state.term, node.status().last.index);
    for &peer in peers {
        node.step(ack(peer, term, last)).unwrap();
    }
    work(node)
}

#[test]
fn rule_24_one_change_at_a_time() {
    let mut node = leader_of(3, 1);
    assert_eq!(proposed(&mut node, &change(&[(ADD, 4)])), EntryKind::ConfChangeV2);
    // The index is used up all the same.
    assert_eq!(proposed(&mut node, &change(&[(ADD, 5)])), EntryKind::Normal);
    assert_eq!(node.status().last.index, 3);
    let refused = work(&mut node).traces;
    assert!(
        refused
            .iter()
            .any(|trace| matches!(trace, Trace::ConfChangeIgnored { .. }))
    );
    acknowledge(&mut node, &[2, 3]);
    assert_eq!(node.membership().to_string(), "voters=(1 2 3 4)");
    // Outside of a joint configuration there is none to leave, and inside nothing else to do.
    assert_eq!(proposed(&mut node, &ConfChangeV2::leave_joint()), EntryKind::Normal);
    let explicit = ConfChangeV2 {
        transition: ConfChangeTransition::JointExplicit,
        ..change(&[(REMOVE, 4)])
    };
    assert_eq!(proposed(&mut node, &explicit), EntryKind::ConfChangeV2);
    work(&mut node);
    acknowledge(&mut node, &[2, 3, 4]);
    assert_eq!(node.membership().to_string(), "voters=(1 2 3)&&(1 2 3 4)");
    assert_eq!(proposed(&mut node, &change(&[(ADD, 5)])), EntryKind::Normal);
    assert_eq!(
        proposed(&mut node, &ConfChangeV2::leave_joint()),
        EntryKind::ConfChangeV2
    );

    // A new leader does not know what is in its log: nothing changes before all of that is applied.
    let mut node = node_with(stored(3, hard(1, 0, 0), &[1]));
    lead(&mut node);
    assert_eq!(proposed(&mut node, &change(&[(ADD, 4)])), EntryKind::Normal);
    acknowledge(&mut node, &[2, 3]);
    assert_eq!(proposed(&mut node, &change(&[(ADD, 4)])), EntryKind::ConfChangeV2);

    // Somebody above may know better.
    let mut config = config(1);
    config.disable_conf_change_validation = true;
    let mut node = Node::new(config, empty_log(3)).unwrap();
    lead_and_commit(&mut node);
    for _ in 0..2 {
        assert_eq!(proposed(&mut node, &change(&[(ADD, 4)])), EntryKind::ConfChangeV2);
    }
}

#[test]
fn rule_25_the_leader_leaves_a_joint_configuration_by_itself() {
    let mut node = leader_of(3, 1);
    assert_eq!(
        proposed(&mut node, &change(&[(LEARN, 2), (LEARN, 3)])),
        EntryKind::ConfChangeV2
    );
    work(&mut node);
    node.step(ack(2, 1, 2)).unwrap();
    // A transfer is under way when the entry is applied, so leaving is refused like any proposal.
    node.transfer_leader(3).unwrap();
    let done = work(&mut node);
    assert!(
        done.traces
            .iter()
            .any(|trace| matches!(trace, Trace::AutoLeaveDropped { .. }))
    );
    assert_eq!(
        node.membership().to_string(),
        "voters=(1)&&(1 2 3) learners_next=(2 3) autoleave"
    );
    assert_eq!(node.status().last.index, 2);
    // The transfer ends, and the next entry that is applied is the next occasion.
    for _ in 0..ELECTION {
        node.tick().unwrap();
    }
    node.propose(&b"x"[..]).unwrap();
    work(&mut node);
    acknowledge(&mut node, &[2]);
    assert_eq!(node.status().last.index, 4);
    acknowledge(&mut node, &[2]);
    assert_eq!(node.membership().to_string(), "voters=(1) learners=(2 3)");
}

#[test]
fn rule_26_a_new_member_is_active_and_probed_from_the_end() {
    let mut config = config(1);
    config.check_quorum = true;
    let mut node = Node::new(config, empty_log(1)).unwrap();
    lead(&mut node);
    for _ in 0..4 {
        node.propose(&b"x"[..]).unwrap();
        work(&mut node);
    }
    assert_eq!(proposed(&mut node, &change(&[(ADD, 2)])), EntryKind::ConfChangeV2);
    work(&mut node);
    let added = progress(&node, 2);
    assert_eq!((added.matched, added.next, added.recent_active), (0, 6, true));
    // So the leader does not step down before it could answer.
    for _ in 0..ELECTION {
        node.tick().unwrap();
    }
    assert_eq!(node.status().role, Role::Leader);
    for _ in 0..ELECTION {
        node.tick().unwrap();
    }
    assert_eq!(node.status().role, Role::Follower);
}

#[test]
fn rule_27_what_a_new_membership_changes_at_once() {
    // A smaller quorum has what the larger had not.
    let mut node = leader_of(3, 1);
    node.propose_conf_change(&change(&[(REMOVE, 3)])).unwrap();
    node.propose(&b"x"[..]).unwrap();
    work(&mut node);
    node.step(ack(2, 1, 2)).unwrap();
    let done = work(&mut node);
    assert_eq!(node.status().log.committed, 2, "{done:?}");
    assert_eq!(node.membership().voters().as_slice(), [1, 2]);
    let mut node = leader_of(4, 1);
    node.propose_conf_change(&change(&[(REMOVE, 4)])).unwrap();
    node.propose(&b"x"[..]).unwrap();
    work(&mut node);
    node.step(ack(2, 1, 3)).unwrap();
    assert_eq!(node.status().log.committed, 1);
    // Of four voters three have the first entry, and of the three that are left two have the second.
    node.step(ack(3, 1, 2)).unwrap();
    work(&mut node);
    assert_eq!(node.status().log.committed, 3);

    // A new member is sent something at once.
    let mut node = leader_of(1, 1);
    node.propose_conf_change(&change(&[(LEARN, 2)])).unwrap();
    assert_eq!(work(&mut node).kinds(), [(2, MessageKind::App)]);

    // A transfer to a member that is removed ends.
    let mut node = leader_of(3, 1);
    node.propose_conf_change(&change(&[(REMOVE, 3)])).unwrap();
    work(&mut node);
    node.transfer_leader(3).unwrap();
    acknowledge(&mut node, &[2]);
    assert_eq!(node.status().transferee, 0);

    // A leader that is removed leads on, takes nothing new and does not count; or it follows, if it is told to.
    for step_down in [false, true] {
        let mut config = config(1);
        config.step_down_on_removal = step_down;
        let mut node = Node::new(config, empty_log(3)).unwrap();
        lead_and_commit(&mut node);
        node.propose_conf_change(&change(&[(REMOVE, 1)])).unwrap();
        node.propose(&b"pipelined"[..]).unwrap();
        work(&mut node);
        node.step(ack(2, 1, 2)).unwrap();
        work(&mut node);
        assert_eq!(node.status().log.committed, 2);
        if step_down {
            assert_eq!((node.status().role, node.status().hard_state.term), (Role::Follower, 1));
            continue;
        }
        node.step(ack(2, 1, 3)).unwrap();
        assert_eq!((node.status().role, node.status().log.committed), (Role::Leader, 2));
        node.step(ack(3, 1, 3)).unwrap();
        assert_eq!(node.status().log.committed, 3);
        let refused = node.propose(&b"x"[..]);
        assert_eq!(refused, Err(Error::ProposalDropped(Dropped::Removed)));
    }
}

#[test]
fn rule_28_a_simple_change_moves_one_voter() {
    let single = |kind, node_id| change(&[(kind, node_id)]).changes[0];
    let three = Members::new(1, 0)
        .simple(&[single(ADD, 1)], 1)
        .and_then(|members| members.simple(&[single(ADD, 2)], 1))
        .and_then(|members| members.simple(&[single(ADD, 3)], 1))
        .unwrap();
    let simple = |changes: &[_]| three.simple(changes, 1).map(|members| members.config().to_string());
    assert_eq!(
        simple(&[single(ADD, 4), single(REMOVE, 3)]),
        Err(MembershipError::TooManyChanged)
    );
    assert_eq!(
        simple(&[single(REMOVE, 2), single(REMOVE, 3)]),
        Err(MembershipError::TooManyChanged)
    );
    // Learners are no voters, and a change that comes to nothing is none.
    assert_eq!(
        simple(&[single(ADD, 4), single(LEARN, 5), single(LEARN, 6)]).unwrap(),
        "voters=(1 2 3 4) learners=(5 6)"
    );
    assert_eq!(simple(&[single(REMOVE, 3), single(ADD, 3)]).unwrap(), "voters=(1 2 3)");
    // Nobody is called 0.
    assert_eq!(simple(&[single(ADD, 0), single(REMOVE, 0)]).unwrap(), "voters=(1 2 3)");
    let all = [single(REMOVE, 1), single(REMOVE, 2), single(REMOVE, 3)];
    assert_eq!(simple(&all), Err(MembershipError::RemovedAllVoters));
    assert_eq!(three.enter_joint(true, &all, 1), Err(MembershipError::RemovedAllVoters));

    // A node refuses to apply such a change, and nothing has changed.
    let mut node = node(3);
    let refused = node.apply_conf_change(&change(&all.map(|single| (single.kind, single.node_id))));
    assert_eq!(refused, Err(Error::Membership(MembershipError::RemovedAllVoters)));
    assert_eq!(node.membership().to_string(), "voters=(1 2 3)");
    // The state of the members that it answers with is what a snapshot keeps.
    let state = node
        .apply_conf_change(&change(&[(ADD, 4), (LEARN, 2), (LEARN, 5)]))
        .unwrap();
    let joint = ConfState {
        voters: vec![1, 3, 4],
        learners: vec![5],
        voters_outgoing: vec![1, 2, 3],
        learners_next: vec![2],
        auto_leave: true,
    };
    assert_eq!(state, joint);
    let restarted = Node::new(
        config(1),
        Stored {
            conf_state: joint,
            ..Stored::default()
        },
    )
    .unwrap();
    assert_eq!(restarted.membership(), node.membership());
}

#[test]
fn rule_29_both_halves_decide() {
    let joint = |voters: &[NodeId], outgoing: &[NodeId]| ConfState {
        voters: voters.to_vec(),
        voters_outgoing: outgoing.to_vec(),
        ..ConfState::default()
    };
    let make = || {
        let stored = Stored {
            conf_state: joint(&[1, 4, 5], &[1, 2, 3]),
            ..Stored::default()
        };
        node_with(stored)
    };
    // A vote of both is won, of one is open, and lost when one is lost.
    let mut node = make();
    node.campaign().unwrap();
    work(&mut node);
    node.step(message(MessageKind::VoteResp, 2, 1)).unwrap();
    node.step(message(MessageKind::VoteResp, 3, 1)).unwrap();
    assert_eq!(node.status().role, Role::Candidate);
    let mut lost = node.clone();
    for from in [4, 5] {
        let refusal = Message {
            reject: true,
            ..message(MessageKind::VoteResp, from, 1)
        };
        lost.step(refusal).unwrap();
    }
    assert_eq!(lost.status().role, Role::Follower);
    node.step(message(MessageKind::VoteResp, 4, 1)).unwrap();
    assert_eq!(node.status().role, Role::Leader);
    // And so is what is committed.
    work(&mut node);
    node.step(ack(4, 1, 1)).unwrap();
    node.step(ack(5, 1, 1)).unwrap();
    assert_eq!(node.status().log.committed, 0);
    node.step(ack(3, 1, 1)).unwrap();
    assert_eq!(node.status().log.committed, 1);
}

// ---- reads and transfers

fn heartbeat_answer(from: NodeId, term: u64, request: &Message) -> Message {
    Message {
        context: request.context.clone(),
        ..message(MessageKind::HeartbeatResp, from, term)
    }
}

#[test]
fn rule_30_a_read_waits_for_a_quorum_that_was_asked_after_it() {
    let mut node = leader_of(3, 2);
    // Two reads of the same name. A late answer to the first round says nothing of the second.
    node.read_index(&b"same"[..]).unwrap();
    let first = work(&mut node);
    assert_eq!(
        first.kinds(),
        [(2, MessageKind::Heartbeat), (3, MessageKind::Heartbeat)]
    );
    assert_eq!(first.reads, []);
    node.propose(&b"x"[..]).unwrap();
    work(&mut node);
    acknowledge(&mut node, &[2, 3]);
    node.read_index(&b"same"[..]).unwrap();
    let second = work(&mut node);
    node.step(heartbeat_answer(2, 1, &first.sent[0])).unwrap();
    let reads = work(&mut node).reads;
    assert_eq!(reads.len(), 1);
    assert_eq!((reads[0].0, &*reads[0].1), (2, &b"same"[..]));
    // The same member again adds nothing; the answer to the second round does, and repeating the first does not.
    node.step(heartbeat_answer(3, 1, &first.sent[0])).unwrap();
    assert_eq!(work(&mut node).reads, []);
    node.step(heartbeat_answer(3, 1, &second.sent[0])).unwrap();
    assert_eq!(work(&mut node).reads.iter().map(|read| read.0).collect::<Vec<_>>(), [3]);

    // An answer to a later round answers those before it.
    node.read_index(&b"a"[..]).unwrap();
    node.read_index(&b"b"[..]).unwrap();
    let asked = work(&mut node);
    node.step(heartbeat_answer(2, 1, &asked.sent[asked.sent.len() - 1]))
        .unwrap();
    let names: Vec<_> = work(&mut node).reads.into_iter().map(|read| read.1.to_vec()).collect();
    assert_eq!(names, [b"a", b"b"]);

    // Before the first commit of its term a leader does not know what is committed, and reads wait.
    let mut node = node_with(stored(3, hard(1, 0, 1), &[1, 1]));
    lead(&mut node);
    node.read_index(&b"early"[..]).unwrap();
    assert_eq!(work(&mut node).sent(MessageKind::Heartbeat).len(), 0);
    let done = acknowledge(&mut node, &[2]);
    let asked = done.sent(MessageKind::Heartbeat);
    assert_eq!(asked.len(), 2);
    node.step(heartbeat_answer(2, 2, asked[0])).unwrap();
    assert_eq!(work(&mut node).reads.iter().map(|read| read.0).collect::<Vec<_>>(), [3]);
}

#[test]
fn rule_31_alone_too_a_leader_commits_before_it_answers() {
    // The last entry may have been acknowledged, and its commit index was not written.
    let mut node = node_with(stored(1, hard(1, 0, 1), &[1, 1]));
    node.campaign().unwrap();
    let vote = tickets(&handed_out(&mut node));
    node.persisted(vote[0]).unwrap();
    node.read_index(&b"read"[..]).unwrap();
    let outputs = handed_out(&mut node);
    assert!(!outputs.iter().any(|output| matches!(output, Output::ReadReady { .. })));
    node.persisted(tickets(&outputs)[0]).unwrap();
    assert_eq!(work(&mut node).reads.iter().map(|read| read.0).collect::<Vec<_>>(), [3]);
    node.read_index(&b"read"[..]).unwrap();
    assert_eq!(work(&mut node).reads.len(), 1);
}

#[test]
fn rule_32_a_transfer_has_one_election_timeout() {
    let mut node = leader_of(4, 1);
    node.apply_conf_change(&change(&[(LEARN, 4)])).unwrap();
    // Neither a learner nor the leader itself nor a stranger.
    for to in [4, 1, 9] {
        node.transfer_leader(to).unwrap();
        assert_eq!(node.status().transferee, 0);
    }
    work(&mut node);
    for _ in 0..ELECTION / 2 {
        node.tick().unwrap();
    }
    work(&mut node);
    node.transfer_leader(2).unwrap();
    assert_eq!(node.status().election_elapsed, 0);
    assert_eq!(work(&mut node).kinds(), [(2, MessageKind::TimeoutNow)]);
    let refused = node.propose(&b"x"[..]);
    assert_eq!(refused, Err(Error::ProposalDropped(Dropped::Transferring { to: 2 })));
    // Asked for again, nothing; for another, that one.
    node.transfer_leader(2).unwrap();
    assert_eq!(work(&mut node).sent, []);
    node.transfer_leader(3).unwrap();
    assert_eq!(work(&mut node).kinds(), [(3, MessageKind::TimeoutNow)]);
    // Each acknowledgement of the whole log repeats the word.
    node.report_unreachable(3).unwrap();
    node.step(ack(3, 1, 1)).unwrap();
    assert_eq!(work(&mut node).kinds(), [(3, MessageKind::TimeoutNow)]);
    for _ in 0..ELECTION - 1 {
        node.tick().unwrap();
    }
    assert_eq!(node.status().transferee, 3);
    node.tick().unwrap();
    assert_eq!(node.status().transferee, 0);
    node.propose(&b"x"[..]).unwrap();
    // A member that is behind catches up first.
    work(&mut node);
    node.step(ack(2, 1, 2)).unwrap();
    work(&mut node);
    node.transfer_leader(3).unwrap();
    assert_eq!(work(&mut node).kinds(), [(3, MessageKind::App)]);
    node.step(ack(3, 1, 2)).unwrap();
    assert!(work(&mut node).kinds().contains(&(3, MessageKind::TimeoutNow)));
}

#[test]
fn rule_33_a_leader_that_a_quorum_does_not_answer_steps_down_at_its_term() {
    let mut config = config(1);
    config.check_quorum = true;
    let mut node = Node::new(config, empty_log(5)).unwrap();
    lead_and_commit(&mut node);
    let tick = |node: &mut Node, answering: &[NodeId]| {
        for _ in 0..ELECTION {
            node.tick().unwrap();
            work(node);
        }
        for &from in answering {
            if node.status().role == Role::Leader {
                node.step(message(MessageKind::HeartbeatResp, from, 1)).unwrap();
            }
        }
        node.status().role
    };
    // All have answered since it began. Then two do, which with itself are a majority; then one.
    assert_eq!(tick(&mut node, &[2, 3]), Role::Leader);
    assert_eq!(tick(&mut node, &[4]), Role::Leader);
    assert_eq!(tick(&mut node, &[]), Role::Follower);
    assert_eq!((node.status().hard_state.term, node.status().lead), (1, 0));
}

#[test]
fn rule_34_an_empty_proposal_is_never_refused() {
    let mut config = config(1);
    config.max_uncommitted_size = 4;
    let mut node = Node::new(config, empty_log(3)).unwrap();
    lead_and_commit(&mut node);
    // One that is too large is taken when there is no other.
    node.propose(&b"too large"[..]).unwrap();
    let refused = node.propose(&b"x"[..]);
    assert_eq!(refused, Err(Error::ProposalDropped(Dropped::UncommittedLimit)));
    node.propose(&b""[..]).unwrap();
    work(&mut node);
    // Committed is not enough: it counts until it is applied.
    acknowledge(&mut node, &[2]);
    for _ in 0..4 {
        node.propose(&b"x"[..]).unwrap();
    }
    assert!(node.propose(&b"x"[..]).is_err());
    // All or none of a batch.
    let mut node = leader_of(3, 1);
    let last = node.status().last.index;
    node.propose_batch(["a", "b"].map(str::as_bytes)).unwrap();
    assert_eq!(node.status().last.index, last + 2);
}
