//! Reads, flow control, limits, storage that works on its own, restarts, and what raft-rs has beyond etcd.

#[path = "common/raft.rs"]
mod common;

use common::*;
use quorate::raft::{
    Config, ConfigError, Dropped, Error, Message, MessageKind, Node, Output, Proposed, ReadOnly, Role, Stored, Trace,
};

fn with(change: impl FnOnce(&mut Config), stored: Stored) -> Node {
    let mut config = config(1);
    change(&mut config);
    Node::new(config, stored).unwrap()
}

fn leading(count: u64, change: impl FnOnce(&mut Config)) -> Node {
    let mut node = with(change, empty_log(count));
    lead_and_commit(&mut node);
    node
}

fn data(messages: &[Message]) -> Vec<(u64, Vec<u64>)> {
    let appends = messages.iter().filter(|message| message.kind == MessageKind::App);
    appends
        .map(|message| (message.to, message.entries.iter().map(|entry| entry.index).collect()))
        .collect()
}

// ---- reads

#[test]
fn a_read_on_a_follower_is_answered_through_the_leader() {
    for read_only in [ReadOnly::Safe, ReadOnly::LeaseBased] {
        let mut group = Group::with(3, |config| {
            config.check_quorum = true;
            config.read_only = read_only;
        });
        group.campaign(1);
        group.propose(1, "a");
        for id in [1, 2, 3] {
            group.node(id).read_index(format!("read {id}").into_bytes()).unwrap();
            group.settle();
            let answers: Vec<_> = group.reads[&id]
                .iter()
                .map(|(index, name)| (*index, name.to_vec()))
                .collect();
            assert_eq!(answers, [(2, format!("read {id}").into_bytes())], "{read_only:?}");
        }
    }
}

#[test]
fn a_leader_that_is_cut_off_answers_no_read() {
    let mut group = Group::new(3);
    group.campaign(1);
    group.isolate(1);
    group.node(1).read_index(&b"stale"[..]).unwrap();
    group.settle();
    group.campaign(2);
    group.propose(2, "newer");
    assert_eq!(group.reads[&1], []);
    // When it hears of the other it says that the read is lost.
    group.heal();
    let heartbeat = Message {
        from: 2,
        term: group.status(2).hard_state.term,
        ..Message::to(MessageKind::Heartbeat, 1)
    };
    group.node(1).step(heartbeat).unwrap();
    let lost = work(group.node(1)).lost_reads;
    assert_eq!(lost.iter().map(|name| name.to_vec()).collect::<Vec<_>>(), [b"stale"]);
}

#[test]
fn a_lease_answers_at_once_and_nobody_leads_no_read() {
    let mut node = leading(3, |config| {
        config.check_quorum = true;
        config.read_only = ReadOnly::LeaseBased;
    });
    node.read_index(&b"now"[..]).unwrap();
    let done = work(&mut node);
    assert_eq!((done.reads.len(), done.sent.len()), (1, 0));
    let mut node = node_with(empty_log(3));
    assert_eq!(node.read_index(&b"x"[..]), Err(Error::ReadDropped));
}

// ---- flow control and limits

#[test]
fn messages_on_their_way_are_bounded_in_number() {
    let mut node = leading(2, |config| config.max_inflight_msgs = 2);
    for _ in 0..4 {
        node.propose(&b"x"[..]).unwrap();
    }
    assert_eq!(data(&work(&mut node).sent), [(2, vec![2]), (2, vec![3])]);
    assert!(progress(&node, 2).is_window_full());
    // Each answer makes room: all that waits is sent in one message, if it fits.
    node.step(ack(2, 1, 2)).unwrap();
    assert_eq!(data(&work(&mut node).sent), [(2, vec![4, 5])]);
    // A heartbeat's answer says that the member lives: an empty message finds out what it lacks.
    node.step(message(MessageKind::HeartbeatResp, 2, 1)).unwrap();
    assert_eq!(data(&work(&mut node).sent), [(2, vec![])]);
}

#[test]
fn messages_on_their_way_are_bounded_in_bytes_and_one_may_cross_the_bound() {
    let mut node = leading(2, |config| {
        config.max_size_per_msg = 0;
        config.max_inflight_bytes = 10;
    });
    for _ in 0..5 {
        node.propose(&b"0123"[..]).unwrap();
    }
    assert_eq!(data(&work(&mut node).sent), [(2, vec![2]), (2, vec![3]), (2, vec![4])]);
    node.step(ack(2, 1, 2)).unwrap();
    assert_eq!(
        data(&work(&mut node).sent)
            .iter()
            .filter(|(_, entries)| !entries.is_empty())
            .count(),
        1
    );
}

#[test]
fn a_message_is_bounded_in_size() {
    // An entry of 10 bytes takes 10 and a few more.
    for (max_size, expected) in [
        (0, vec![1, 1, 1, 1]),
        (30, vec![1, 1, 1, 1]),
        (40, vec![2, 2]),
        (1 << 20, vec![4]),
    ] {
        let mut node = leading(2, |config| config.max_size_per_msg = max_size);
        node.report_unreachable(2).unwrap();
        for _ in 0..4 {
            node.propose(&b"0123456789"[..]).unwrap();
        }
        assert_eq!(work(&mut node).sent.len(), 1);
        let mut sizes = Vec::new();
        let mut reached = 1;
        while reached < 5 {
            node.step(message(MessageKind::HeartbeatResp, 2, 1)).unwrap();
            node.step(ack(2, 1, reached)).unwrap();
            let sent = data(&work(&mut node).sent);
            for (_, entries) in sent.into_iter().filter(|(_, entries)| !entries.is_empty()) {
                // The first was sent as a probe, twice.
                if entries[0] > reached {
                    sizes.push(entries.len());
                    reached = entries[entries.len() - 1];
                }
            }
        }
        assert_eq!(sizes, expected, "{max_size}");
    }
}

#[test]
fn what_is_appended_in_one_go_leaves_in_one_message() {
    for coalesce in [false, true] {
        let mut node = leading(3, |config| config.coalesce_appends = coalesce);
        for _ in 0..5 {
            node.propose(&b"x"[..]).unwrap();
        }
        let sent = data(&work(&mut node).sent);
        if coalesce {
            assert_eq!(sent, [(2, vec![2, 3, 4, 5, 6]), (3, vec![2, 3, 4, 5, 6])]);
        } else {
            assert_eq!(sent.len(), 10);
        }
        // Either way both members get all of it, and the same is committed.
        node.step(ack(2, 1, 6)).unwrap();
        assert_eq!(work(&mut node).applied.len(), 5);
    }
    // A group that coalesces does all that another does.
    let mut group = Group::with(3, |config| config.coalesce_appends = true);
    group.campaign(1);
    group.propose(2, "a");
    group.isolate(3);
    group.propose(1, "b");
    group.heal();
    group.tick(1, 1);
    for id in [1, 2, 3] {
        assert_eq!(group.commands(id), ["a", "b"]);
    }
}

#[test]
fn what_is_being_applied_is_bounded() {
    let mut node = with(
        |config| config.max_committed_size = 1,
        stored(3, hard(1, 0, 4), &[1, 1, 1, 1]),
    );
    let mut applied = Vec::new();
    while let Some(output) = node.poll() {
        if let Output::Apply(entries) = output {
            assert_eq!(entries.len(), 1);
            // Nothing more comes before this is done.
            assert!(!std::iter::from_fn(|| node.poll()).any(|output| matches!(output, Output::Apply(_))));
            apply(&mut node, &entries);
            applied.push(entries[0].index);
        }
    }
    assert_eq!(applied, [1, 2, 3, 4]);
}

// ---- storage

#[test]
fn storage_may_be_many_writes_behind() {
    let mut node = leading(3, |_| {});
    let mut tickets = Vec::new();
    for _ in 0..3 {
        node.propose(&b"x"[..]).unwrap();
        while let Some(output) = node.poll() {
            if let Output::Persist { ticket, entries, .. } = output {
                assert_eq!(entries.len(), 1);
                tickets.push(ticket);
            }
        }
    }
    // Others have all of it: it is committed, but applied here only as far as it is durable here.
    for peer in [2, 3] {
        node.step(ack(peer, 1, 4)).unwrap();
    }
    assert_eq!(node.status().log.committed, 4);
    let apply_of = |node: &mut Node| {
        let outputs: Vec<Output> = std::iter::from_fn(|| node.poll()).collect();
        outputs.into_iter().find_map(|output| match output {
            Output::Apply(entries) => Some(entries.iter().map(|entry| entry.index).collect::<Vec<_>>()),
            _ => None,
        })
    };
    assert_eq!(apply_of(&mut node), None);
    // One answer stands for all before it.
    node.persisted(tickets[1]).unwrap();
    assert_eq!(node.persisted(tickets[0]), Err(Error::UnknownTicket(tickets[0])));
    assert_eq!(apply_of(&mut node), Some(vec![2, 3]));
    // The state machine is behind, too.
    node.persisted(tickets[2]).unwrap();
    assert_eq!(apply_of(&mut node), Some(vec![4]));
    assert_eq!(node.status().log.applied, 1);
    assert_eq!(
        node.applied(5),
        Err(Error::NotApplying {
            index: 5,
            from: 1,
            to: 4
        })
    );
    node.applied(2).unwrap();
    node.applied(4).unwrap();
    assert_eq!(
        node.applied(3),
        Err(Error::NotApplying {
            index: 3,
            from: 4,
            to: 4
        })
    );
    assert_eq!(
        node.persisted(tickets[2] + 9),
        Err(Error::UnknownTicket(tickets[2] + 9))
    );
}

#[test]
fn a_node_that_starts_again_is_who_it_was() {
    let mut node = node_with(Stored {
        applied: 2,
        ..stored(3, hard(7, 3, 3), &[1, 5, 5, 7])
    });
    let status = node.status();
    assert_eq!(
        (status.role, status.lead, status.hard_state),
        (Role::Follower, 0, hard(7, 3, 3))
    );
    assert_eq!((status.last.index, status.last.term), (4, 7));
    // What is committed and was not applied is; nothing is written anew.
    let done = work(&mut node);
    assert_eq!(done.applied.iter().map(|entry| entry.index).collect::<Vec<_>>(), [3]);
    assert_eq!((done.written.len(), done.sent.len()), (0, 0));
    // Its vote of this term is given.
    node.step(request(MessageKind::Vote, 2, 7, (7, 9))).unwrap();
    node.step(request(MessageKind::Vote, 3, 7, (7, 9))).unwrap();
    let answers: Vec<_> = work(&mut node).sent.iter().map(|m| (m.to, m.reject)).collect();
    assert_eq!(answers, [(2, true), (3, false)]);

    // Behind a snapshot.
    let mut node = node_with(Stored {
        hard_state: hard(3, 0, 9),
        entries: entries(9, &[3]),
        ..Stored::snapshot(snapshot(8, 2, group_state(&voters(3), &[])))
    });
    assert_eq!(node.status().first_index, 9);
    assert_eq!(work(&mut node).applied.len(), 1);
    assert_eq!((node.term_at(8), node.term_at(7)), (Some(2), None));
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let code = |stored: Stored| Node::new(config(1), stored).map(drop).map_err(|error| error.code());
    let refused = Err("invalid_stored");
    assert_eq!(code(stored(3, hard(1, 0, 5), &[1, 1])), refused);
    assert_eq!(
        code(Stored {
            applied: 2,
            ..stored(3, hard(1, 0, 1), &[1, 1])
        }),
        refused
    );
    let mut gap = stored(3, hard(1, 0, 0), &[1, 1]);
    gap.entries.remove(0);
    assert_eq!(code(gap), refused);

    let wrong = |change: fn(&mut Config), expected: ConfigError| {
        let mut config = config(1);
        change(&mut config);
        assert_eq!(config.validate(), Err(expected));
        let refused = Node::new(config, empty_log(1)).map(drop);
        assert_eq!(refused, Err(Error::Config(expected)));
    };
    wrong(|config| config.id = 0, ConfigError::Id);
    wrong(|config| config.id = quorate::raft::APPLY_THREAD, ConfigError::Id);
    wrong(|config| config.heartbeat_tick = 0, ConfigError::HeartbeatTick);
    wrong(|config| config.election_tick = 1, ConfigError::ElectionTick);
    wrong(|config| config.max_inflight_msgs = 0, ConfigError::MaxInflightMsgs);
    wrong(|config| config.max_inflight_bytes = 9, ConfigError::MaxInflightBytes);
    wrong(
        |config| config.read_only = ReadOnly::LeaseBased,
        ConfigError::LeaseWithoutCheckQuorum,
    );
}

#[test]
fn a_log_is_compacted_as_far_as_it_is_applied_and_durable() {
    let mut node = leader_of(3, 4);
    node.propose(&b"x"[..]).unwrap();
    work(&mut node);
    assert_eq!(node.compact(5), Err(Error::NotCompactable(5)));
    assert_eq!(
        node.snapshot_taken(snapshot(5, 1, group_state(&voters(3), &[]))),
        Err(Error::UselessSnapshot(5))
    );
    node.compact(3).unwrap();
    assert_eq!(
        (node.status().first_index, node.term_at(3), node.term_at(2)),
        (4, Some(1), None)
    );
    assert_eq!(node.compact(2), Err(Error::NotCompactable(2)));
    assert_eq!(node.entries(1, 9).len(), 0);
    assert_eq!(node.entries(4, 9).len(), 2);
}

// ---- proposals and leaders

#[test]
fn a_proposal_goes_to_the_leader_or_says_why_not() {
    let mut group = Group::new(3);
    assert_eq!(
        group.node(1).propose(&b"x"[..]),
        Err(Error::ProposalDropped(Dropped::NoLeader))
    );
    group.campaign(2);
    assert_eq!(group.node(1).propose(&b"x"[..]), Ok(Proposed::Forwarded(2)));
    let at = group.node(2).propose(&b"y"[..]).unwrap();
    assert!(
        matches!(at, Proposed::At(place) if (place.term, place.index) == (1, 2)),
        "{at:?}"
    );
    group.settle();
    assert_eq!(group.commands(3), ["y", "x"]);
    assert_eq!(
        group.node(1).propose_batch(Vec::<Vec<u8>>::new()),
        Err(Error::ProposalDropped(Dropped::Empty))
    );

    let mut group = Group::with(3, |config| config.disable_proposal_forwarding = true);
    group.campaign(2);
    let refused = Error::ProposalDropped(Dropped::NotForwarded { lead: 2 });
    assert_eq!(group.node(1).propose(&b"x"[..]), Err(refused));
}

#[test]
fn a_follower_that_forgets_its_leader_may_vote_at_once() {
    let mut group = Group::with(3, |config| config.check_quorum = true);
    group.campaign(1);
    group.isolate(1);
    group.campaign(2);
    assert_eq!(group.leader(), Some(1), "3 is loyal as long as the lease goes");
    group.node(3).forget_leader().unwrap();
    assert_eq!(group.status(3).lead, 0);
    group.campaign(2);
    assert_eq!(group.leader(), Some(2));
    // Where reads rely on the lease it is not forgotten.
    let mut group = Group::with(2, |config| {
        config.check_quorum = true;
        config.read_only = ReadOnly::LeaseBased;
    });
    group.campaign(1);
    group.node(2).forget_leader().unwrap();
    assert_eq!(group.status(2).lead, 1);
}

// ---- what raft-rs has beyond etcd

#[test]
fn a_follower_may_ask_for_a_snapshot() {
    let mut group = Group::new(3);
    assert!(group.node(3).request_snapshot().is_err());
    group.campaign(1);
    group.propose(1, "a");
    group.propose(1, "b");
    // There is none yet: the request is made again with each heartbeat.
    group.node(3).request_snapshot().unwrap();
    group.settle();
    assert_eq!(group.status(3).log.committed, 3);
    let state = group_state(&voters(3), &[]);
    group.node(1).snapshot_taken(snapshot(3, 1, state)).unwrap();
    group.node(1).tick().unwrap();
    let heartbeats = work(group.node(1)).sent;
    let to_3 = heartbeats.into_iter().find(|message| message.to == 3).unwrap();
    group.node(3).step(to_3).unwrap();
    let request = work(group.node(3))
        .sent
        .into_iter()
        .find(|message| message.request_snapshot != 0)
        .unwrap();
    group.node(1).step(request).unwrap();
    let sent = work(group.node(1)).sent;
    assert_eq!(sent[0].kind, MessageKind::Snap);
    group.node(3).step(sent[0].clone()).unwrap();
    // It replaces what was here, though nothing in it is new.
    let done = work(group.node(3));
    assert_eq!(done.snapshots.len(), 1);
    group.node(1).step(done.sent[0].clone()).unwrap();
    assert_eq!(group.status(3).first_index, 4);
    group.propose(1, "c");
    assert_eq!(group.commands(3), ["a", "b", "c"]);
}

#[test]
fn a_voter_refuses_a_lower_priority_unless_the_log_is_longer() {
    let granted = |priority, candidate| {
        let mut node = with(|config| config.priority = 5, stored(3, hard(1, 0, 0), &[1, 1]));
        let asked = Message {
            priority,
            ..request(MessageKind::Vote, 2, 2, candidate)
        };
        node.step(asked).unwrap();
        !work(&mut node).sent[0].reject
    };
    assert!(!granted(4, (1, 2)));
    assert!(granted(5, (1, 2)));
    assert!(granted(4, (1, 3)));
    assert!(!granted(9, (1, 1)));
    // Without a longer one its term alone does not help.
    assert!(!granted(4, (2, 2)));
    let mut node = with(|config| config.priority = 5, empty_log(3));
    node.campaign().unwrap();
    assert!(work(&mut node).sent.iter().all(|message| message.priority == 5));
}

#[test]
fn a_commit_waits_for_a_second_group() {
    let mut node = leading(3, |config| config.group_commit = true);
    node.assign_commit_groups(&[(1, 1), (2, 1), (3, 2)]);
    node.propose(&b"x"[..]).unwrap();
    work(&mut node);
    node.step(ack(2, 1, 2)).unwrap();
    assert_eq!(node.status().log.committed, 1);
    node.step(ack(3, 1, 2)).unwrap();
    assert_eq!(node.status().log.committed, 2);
    // A change of the groups may be all that it waits for.
    work(&mut node);
    node.propose(&b"x"[..]).unwrap();
    work(&mut node);
    node.step(ack(2, 1, 3)).unwrap();
    assert_eq!(node.status().log.committed, 2);
    node.assign_commit_groups(&[(2, 2)]);
    assert_eq!(node.status().log.committed, 3);
    assert!(work(&mut node).sent.iter().all(|message| message.commit == 3));
}

#[test]
fn votes_may_say_what_is_committed() {
    let make = |commit_by_vote| {
        with(
            |config| config.commit_by_vote = commit_by_vote,
            stored(3, hard(1, 0, 1), &[1, 1, 1]),
        )
    };
    // The request of a candidate that knows more.
    let asked = Message {
        commit: 3,
        commit_term: 1,
        ..request(MessageKind::Vote, 2, 2, (1, 3))
    };
    for (commit_by_vote, committed) in [(false, 1), (true, 3)] {
        let mut node = make(commit_by_vote);
        node.step(asked.clone()).unwrap();
        assert_eq!(node.status().log.committed, committed);
    }
    // An entry of another term is another entry.
    let mut node = make(true);
    node.step(Message {
        commit_term: 2,
        ..asked.clone()
    })
    .unwrap();
    assert_eq!(node.status().log.committed, 1);
    // A refusal says it too, and so do our own requests and refusals.
    let mut node = make(true);
    node.campaign().unwrap();
    let requests = work(&mut node).sent;
    assert!(
        requests
            .iter()
            .all(|message| (message.commit, message.commit_term) == (1, 1))
    );
    let refusal = Message {
        reject: true,
        commit: 2,
        commit_term: 1,
        ..message(MessageKind::VoteResp, 2, 2)
    };
    node.step(refusal).unwrap();
    assert_eq!(node.status().log.committed, 2);
    node.step(request(MessageKind::Vote, 3, 2, (1, 3))).unwrap();
    let answer = work(&mut node).sent;
    assert_eq!(
        (answer[0].reject, answer[0].commit, answer[0].commit_term),
        (true, 2, 1)
    );
    // A candidate that learns of a change of membership may have asked the wrong ones.
    let mut log = stored(3, hard(1, 0, 1), &[1, 1]);
    let added = quorate::raft::wire::encode_change_v2(&change(&[(ADD, 4)]));
    log.entries[1].kind = quorate::raft::EntryKind::ConfChangeV2;
    log.entries[1].data = added.into();
    let mut node = with(|config| config.commit_by_vote = true, log);
    node.campaign().unwrap();
    work(&mut node);
    let refusal = Message {
        reject: true,
        commit: 2,
        commit_term: 1,
        ..message(MessageKind::VoteResp, 2, 2)
    };
    node.step(refusal).unwrap();
    assert_eq!((node.status().role, node.status().hard_state.term), (Role::Follower, 2));
}

#[test]
fn entries_from_outside_the_window_are_fetched() {
    let mut node = leader_of(3, 6);
    let all = node.entries(1, 7);
    node.compact(5).unwrap();
    // 2 has lost what it had; what it needs is no longer here, and there is no snapshot.
    node.report_unreachable(2).unwrap();
    let lost = Message {
        index: 6,
        reject: true,
        reject_hint: 1,
        log_term: 1,
        ..message(MessageKind::AppResp, 2, 1)
    };
    node.step(lost.clone()).unwrap();
    work(&mut node);
    // The leader knows that 2 had more, and asks from there on.
    assert_eq!(progress(&node, 2).next, 7);

    // A new leader does not know.
    let mut node = node_with(stored(3, hard(1, 0, 6), &[1, 1, 1, 1, 1, 1]));
    work(&mut node);
    node.compact(5).unwrap();
    lead(&mut node);
    node.step(Message { term: 2, ..lost }).unwrap();
    let done = work(&mut node);
    assert_eq!(done.fetches, [(2, 1, 6)]);
    assert!(done.traces.contains(&Trace::SnapshotUnavailable { to: 2 }));
    // Something else, or out of order, is of no use.
    node.entries_fetched(2, all[2..5].to_vec()).unwrap();
    node.entries_fetched(3, all[..5].to_vec()).unwrap();
    assert_eq!(work(&mut node).sent, []);
    let gap = node.entries_fetched(2, vec![all[0].clone(), all[3].clone()]);
    assert_eq!(gap.map_err(|error| error.code()), Err("invalid_message"));
    // From the one whose term is needed on.
    node.entries_fetched(2, all[..4].to_vec()).unwrap();
    let sent = work(&mut node).sent;
    assert_eq!(data(&sent), [(2, vec![2, 3, 4])]);
    assert_eq!((sent[0].index, sent[0].log_term, sent[0].commit), (1, 1, 6));
    // It has them, and needs the rest.
    node.step(ack(2, 2, 4)).unwrap();
    assert_eq!(work(&mut node).fetches, [(2, 4, 6)]);
    node.entries_fetched(2, all[3..].to_vec()).unwrap();
    assert_eq!(data(&work(&mut node).sent), [(2, vec![5])]);
    node.step(ack(2, 2, 5)).unwrap();
    assert_eq!(data(&work(&mut node).sent), [(2, vec![6, 7])]);
    node.step(ack(2, 2, 7)).unwrap();
    assert_eq!(node.status().log.committed, 7);
}

// ---- messages that cannot be

#[test]
fn impossible_messages_are_refused_and_change_nothing() {
    let refuses = |node: &mut Node, message: Message, code| {
        work(node);
        let before = (node.status(), node.state_hash());
        assert_eq!(
            node.step(message.clone()).map_err(|error| error.code()),
            Err(code),
            "{message:?}"
        );
        assert_eq!((node.status(), node.state_hash()), before);
    };
    let mut node = leading(3, |_| {});
    for kind in [
        MessageKind::Hup,
        MessageKind::Beat,
        MessageKind::CheckQuorum,
        MessageKind::StorageAppendResp,
    ] {
        refuses(&mut node, message(kind, 2, 1), "local_message");
    }
    for kind in [MessageKind::AppResp, MessageKind::VoteResp, MessageKind::HeartbeatResp] {
        refuses(&mut node, message(kind, 9, 1), "unknown_peer");
    }
    // A vote or an acknowledgement for no term would count for any.
    for kind in [
        MessageKind::AppResp,
        MessageKind::Vote,
        MessageKind::VoteResp,
        MessageKind::App,
    ] {
        refuses(&mut node, message(kind, 2, 0), "invalid_message");
    }
    refuses(&mut node, ack(2, 1, 99), "invalid_message");
    refuses(
        &mut node,
        message(MessageKind::Heartbeat, 2, u64::MAX),
        "invalid_message",
    );
    refuses(
        &mut node,
        append(2, 9, (1, u64::MAX), entries(1, &[1]), 0),
        "invalid_message",
    );
    let mut follower = node_with(stored(3, hard(1, 0, 0), &[]));
    follower.step(message(MessageKind::Heartbeat, 2, 1)).unwrap();
    refuses(
        &mut follower,
        append(2, 1, (0, 0), entries(7, &[1]), 0),
        "invalid_message",
    );
    refuses(&mut follower, message(MessageKind::Snap, 2, 1), "invalid_message");
    let far = snapshot(u64::MAX, 1, group_state(&voters(3), &[]));
    refuses(&mut follower, with_snapshot(2, 1, far), "invalid_message");
}

#[test]
fn the_same_inputs_give_the_same_state() {
    let run = |seed| {
        let mut node = with(|config| config.seed = seed, empty_log(3));
        let mut hashes = Vec::new();
        for _ in 0..30 {
            node.tick().unwrap();
            work(&mut node);
            hashes.push(node.state_hash());
        }
        hashes
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    let node = leading(3, |_| {});
    assert_eq!(node.clone().state_hash(), node.state_hash());
}
