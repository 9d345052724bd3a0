//! One test for each rule of Raft that is easily got wrong; `docs/raft.md` numbers them.

#[path = "common/raft.rs"]
mod common;

use common::*;
use quorate::raft::{Campaign, Message, MessageKind, Node, ProgressState, Role, Stored, Trace};

// ---- terms and votes

/// Figure 8: the leader of term 4 has an entry of term 2 on a majority, and that alone does not commit it.
#[test]
fn rule_01_only_entries_of_the_term_are_committed_by_counting() {
    let mut node = node_with(stored(5, hard(3, 0, 1), &[1, 2]));
    let work_of_leading = lead(&mut node);
    // A new leader begins with an entry of its own.
    assert_eq!(work_of_leading.written.len(), 1);
    assert_eq!(
        (work_of_leading.written[0].term, work_of_leading.written[0].index),
        (4, 3)
    );
    for from in [2, 3, 4, 5] {
        node.step(ack(from, 4, 2)).unwrap();
    }
    assert_eq!(node.status().log.committed, 1);
    node.step(ack(2, 4, 3)).unwrap();
    node.step(ack(3, 4, 3)).unwrap();
    assert_eq!(node.status().log.committed, 3);
}

#[test]
fn rule_02_promises_leave_once_they_are_durable() {
    // A vote that is given.
    let mut voter = node(3);
    voter.step(request(MessageKind::Vote, 2, 1, (0, 0))).unwrap();
    let (sent, ticket) = until_persist(&mut voter);
    assert_eq!((sent, voter.poll()), (vec![], None));
    // One that is refused meanwhile may rest on the first, so it waits too.
    voter.step(request(MessageKind::Vote, 3, 1, (0, 0))).unwrap();
    assert_eq!(work(&mut voter).sent, []);
    voter.persisted(ticket).unwrap();
    let answers: Vec<_> = work(&mut voter).sent.iter().map(|m| (m.to, m.reject)).collect();
    assert_eq!(answers, [(2, false), (3, true)]);

    // An acknowledgement.
    let mut follower = node(3);
    follower.step(append(2, 1, (0, 0), entries(1, &[1]), 0)).unwrap();
    let (sent, ticket) = until_persist(&mut follower);
    assert_eq!((sent, follower.poll()), (vec![], None));
    follower.persisted(ticket).unwrap();
    assert_eq!(work(&mut follower).kinds(), [(2, MessageKind::AppResp)]);

    // A candidate's own vote, and a leader's own acknowledgement: others may make a majority before.
    let mut leader = node(3);
    leader.campaign().unwrap();
    let (asked, vote) = until_persist(&mut leader);
    assert_eq!(asked.len(), 2);
    assert_eq!(leader.status().votes, []);
    leader.persisted(vote).unwrap();
    assert_eq!(leader.status().votes, [(1, true)]);
    leader.step(message(MessageKind::VoteResp, 2, 1)).unwrap();
    let (sent, entry) = until_persist(&mut leader);
    assert_eq!(sent.len(), 2);
    leader.step(ack(2, 1, 1)).unwrap();
    assert_eq!(leader.status().log.committed, 0);
    leader.step(ack(3, 1, 1)).unwrap();
    assert_eq!(leader.status().log.committed, 1);
    // It is not applied here before it is durable here.
    assert!(until_persist(&mut leader).0.iter().all(|message| message.commit == 1));
    assert_eq!(work(&mut leader).applied, []);
    leader.persisted(entry).unwrap();
    assert_eq!(work(&mut leader).applied.len(), 1);
}

#[test]
fn rule_03_who_may_have_a_vote() {
    let grants = |node: &mut Node, message: Message| {
        node.step(message).unwrap();
        let done = work(node);
        let [answer] = &done.sent[..] else { panic!("{done:?}") };
        !answer.reject
    };
    // The same candidate may ask again; another may not.
    let mut voter = node(3);
    assert!(grants(&mut voter, request(MessageKind::Vote, 2, 1, (0, 0))));
    assert!(grants(&mut voter, request(MessageKind::Vote, 2, 1, (0, 0))));
    assert!(!grants(&mut voter, request(MessageKind::Vote, 3, 1, (0, 0))));
    // Who knows the leader of the term has no vote left, though it was never given.
    let mut follower = node(3);
    follower.step(append(2, 1, (0, 0), vec![], 0)).unwrap();
    work(&mut follower);
    assert_eq!(follower.status().hard_state.vote, 0);
    assert!(!grants(&mut follower, request(MessageKind::Vote, 3, 1, (0, 0))));
    // A pre-vote of a later term is free, and changes nothing.
    for _ in 0..3 {
        follower.tick().unwrap();
    }
    let before = follower.status();
    assert!(grants(&mut follower, request(MessageKind::PreVote, 3, 2, (0, 0))));
    assert_eq!(follower.status(), before);
    assert!(grants(&mut follower, request(MessageKind::Vote, 3, 2, (0, 0))));
    assert_eq!(follower.status().hard_state, hard(2, 3, 0));
    // A real vote starts the time to the next election anew, also within a term; a refusal does not.
    let mut voter = node_with(stored(3, hard(1, 0, 0), &[]));
    for (from, elapsed) in [(2, 0), (3, 3)] {
        for _ in 0..3 {
            voter.tick().unwrap();
        }
        assert_eq!(
            grants(&mut voter, request(MessageKind::Vote, from, 1, (0, 0))),
            from == 2
        );
        assert_eq!(voter.status().election_elapsed, elapsed);
    }
}

#[test]
fn rule_04_a_grant_is_of_the_term_asked_about_and_a_refusal_of_the_own() {
    let answer = |stored: Stored, message: Message| {
        let mut node = node_with(stored);
        node.step(message).unwrap();
        let done = work(&mut node);
        (done.sent[0].kind, done.sent[0].term, done.sent[0].reject)
    };
    let log = || stored(3, hard(5, 0, 0), &[5]);
    assert_eq!(
        answer(log(), request(MessageKind::PreVote, 2, 8, (5, 1))),
        (MessageKind::PreVoteResp, 8, false)
    );
    assert_eq!(
        answer(log(), request(MessageKind::PreVote, 2, 8, (4, 9))),
        (MessageKind::PreVoteResp, 5, true)
    );
    assert_eq!(
        answer(log(), request(MessageKind::Vote, 2, 8, (4, 9))),
        (MessageKind::VoteResp, 8, true)
    );
}

#[test]
fn rule_05_candidates_are_ignored_while_the_leader_has_a_lease() {
    for kind in [MessageKind::Vote, MessageKind::PreVote] {
        let mut config = config(1);
        config.check_quorum = true;
        let mut node = Node::new(config, empty_log(3)).unwrap();
        node.step(append(2, 1, (0, 0), vec![], 0)).unwrap();
        work(&mut node);
        // It stands for election later than the lease ends.
        node.set_election_timeout(2 * ELECTION);
        for _ in 0..ELECTION - 1 {
            node.tick().unwrap();
        }
        let before = node.status();
        node.step(request(kind, 3, 9, (9, 9))).unwrap();
        let done = work(&mut node);
        assert_eq!(done.sent, []);
        assert_eq!(node.status(), before);
        assert!(
            done.traces
                .iter()
                .any(|trace| matches!(trace, Trace::VoteIgnoredInLease { remaining: 1, .. }))
        );
        // Unless the leader wants it.
        let mut transferred = node.clone();
        let wanted = Message {
            context: b"CampaignTransfer".to_vec(),
            ..request(kind, 3, 9, (9, 9))
        };
        transferred.step(wanted).unwrap();
        assert!(!work(&mut transferred).sent[0].reject);
        // Or the lease ends.
        node.tick().unwrap();
        node.step(request(kind, 3, 9, (9, 9))).unwrap();
        assert!(!work(&mut node).sent[0].reject);
    }
}

#[test]
fn rule_06_a_leader_of_an_earlier_term_is_told() {
    let answers = |check_quorum, pre_vote, message: Message| {
        let mut config = config(1);
        (config.check_quorum, config.pre_vote) = (check_quorum, pre_vote);
        let mut node = Node::new(config, stored(3, hard(5, 0, 0), &[])).unwrap();
        node.step(message).unwrap();
        let sent = work(&mut node).sent;
        sent.into_iter()
            .map(|m| (m.kind, m.term, m.index, m.reject))
            .collect::<Vec<_>>()
    };
    let heartbeat = || message(MessageKind::Heartbeat, 2, 4);
    let told = [(MessageKind::AppResp, 5, 0, false)];
    assert_eq!(answers(true, false, heartbeat()), told);
    assert_eq!(answers(false, true, append(2, 4, (0, 0), vec![], 0)), told);
    assert_eq!(answers(false, false, heartbeat()), []);
    // And so is a pre-candidate, whatever the settings are here.
    let refused = [(MessageKind::PreVoteResp, 5, 0, true)];
    assert_eq!(
        answers(false, false, request(MessageKind::PreVote, 2, 4, (9, 9))),
        refused
    );
}

fn pre_candidate(count: u64) -> Node {
    let mut config = config(1);
    config.pre_vote = true;
    let mut node = Node::new(config, stored(count, hard(1, 0, 0), &[])).unwrap();
    node.campaign().unwrap();
    work(&mut node);
    assert_eq!(
        (node.status().role, node.status().hard_state.term),
        (Role::PreCandidate, 1)
    );
    node
}

#[test]
fn rule_07_a_promise_for_a_later_term_does_not_begin_it() {
    let mut node = pre_candidate(5);
    node.step(message(MessageKind::PreVoteResp, 2, 2)).unwrap();
    assert_eq!(
        (node.status().role, node.status().hard_state.term),
        (Role::PreCandidate, 1)
    );
    // A refusal of a later term does.
    let refusal = Message {
        reject: true,
        ..message(MessageKind::PreVoteResp, 3, 7)
    };
    node.step(refusal).unwrap();
    assert_eq!((node.status().role, node.status().hard_state.term), (Role::Follower, 7));
}

#[test]
fn rule_08_votes_of_the_other_kind_do_not_count_and_the_first_answer_does() {
    let mut node = pre_candidate(3);
    // A vote of this term is no promise.
    node.step(message(MessageKind::VoteResp, 2, 1)).unwrap();
    assert_eq!(node.status().votes, [(1, true)]);
    node.step(message(MessageKind::PreVoteResp, 2, 2)).unwrap();
    work(&mut node);
    assert_eq!(
        (node.status().role, node.status().hard_state.term),
        (Role::Candidate, 2)
    );
    // A promise is no vote.
    node.step(message(MessageKind::PreVoteResp, 3, 2)).unwrap();
    assert_eq!(node.status().role, Role::Candidate);

    // Who refused cannot change its mind.
    let refuse = |from, term| Message {
        reject: true,
        ..message(MessageKind::VoteResp, from, term)
    };
    node.step(refuse(2, 2)).unwrap();
    node.step(message(MessageKind::VoteResp, 2, 2)).unwrap();
    assert_eq!(node.status().role, Role::Candidate);
    // A lost election ends at the own term.
    node.step(refuse(3, 2)).unwrap();
    assert_eq!((node.status().role, node.status().hard_state.term), (Role::Follower, 2));
    let mut node = pre_candidate(3);
    for from in [2, 3] {
        let refusal = Message {
            reject: true,
            ..message(MessageKind::PreVoteResp, from, 1)
        };
        node.step(refusal).unwrap();
    }
    assert_eq!((node.status().role, node.status().hard_state.term), (Role::Follower, 1));
}

#[test]
fn rule_09_a_learner_votes_and_does_not_stand() {
    let learner = Stored {
        conf_state: group_state(&[2, 3], &[1]),
        ..Stored::default()
    };
    let mut node = node_with(learner);
    // The candidate may know of a change that makes it a voter.
    node.step(request(MessageKind::Vote, 2, 1, (0, 0))).unwrap();
    assert!(!work(&mut node).sent[0].reject);
    node.campaign().unwrap();
    for _ in 0..3 * ELECTION {
        node.tick().unwrap();
    }
    assert_eq!((work(&mut node).sent.len(), node.status().role), (0, Role::Follower));

    // Neither stands who waits for a snapshot to be durable.
    let mut node = node_with(empty_log(3));
    node.step(with_snapshot(2, 1, snapshot(5, 1, group_state(&voters(3), &[]))))
        .unwrap();
    let (_, ticket) = until_persist(&mut node);
    node.campaign().unwrap();
    assert_eq!(node.status().role, Role::Follower);
    node.persisted(ticket).unwrap();
    node.campaign().unwrap();
    assert_eq!(node.status().role, Role::Candidate);
}

#[test]
fn rule_10_nobody_stands_before_a_committed_change_is_applied() {
    let mut node = node(3);
    let added = change_entry(1, 1, &change(&[(ADD, 4)]));
    node.step(append(2, 1, (0, 0), vec![added.clone()], 1)).unwrap();
    let (_, ticket) = until_persist(&mut node);
    node.persisted(ticket).unwrap();
    while node.poll().is_some() {}
    // Handed out, and not applied.
    node.campaign().unwrap();
    assert_eq!(node.status().role, Role::Follower);
    node.step(message(MessageKind::TimeoutNow, 2, 1)).unwrap();
    assert_eq!(node.status().role, Role::Follower);
    apply(&mut node, &[added]);
    node.step(message(MessageKind::TimeoutNow, 2, 1)).unwrap();
    assert_eq!(node.status().role, Role::Candidate);
    assert_eq!(work(&mut node).sent.len(), 3);
}

#[test]
fn rule_11_told_to_stand_a_follower_does_so_at_once() {
    let mut config = config(1);
    config.pre_vote = true;
    let mut node = Node::new(config, stored(3, hard(1, 0, 0), &[])).unwrap();
    node.step(message(MessageKind::TimeoutNow, 2, 1)).unwrap();
    let done = work(&mut node);
    assert_eq!(done.kinds(), [(2, MessageKind::Vote), (3, MessageKind::Vote)]);
    assert!(done.sent.iter().all(|message| message.context == b"CampaignTransfer"));
    let campaign = Campaign::Transfer;
    assert!(done.traces.contains(&Trace::ElectionStarted { term: 1, campaign }));
    // As a candidate it has done so already.
    node.step(message(MessageKind::TimeoutNow, 2, 2)).unwrap();
    assert_eq!((work(&mut node).sent.len(), node.status().hard_state.term), (0, 2));
}

#[test]
fn rule_12_what_belongs_to_a_term_ends_with_it() {
    let mut config = config(1);
    config.max_uncommitted_size = 10;
    let mut node = Node::new(config, empty_log(3)).unwrap();
    lead_and_commit(&mut node);
    node.propose(&b"0123456789"[..]).unwrap();
    work(&mut node);
    node.transfer_leader(2).unwrap();
    node.step(message(MessageKind::HeartbeatResp, 2, 1)).unwrap();
    // The same term: the vote stays, all else goes.
    node.set_election_timeout(1);
    node.step(append(2, 2, (0, 0), vec![], 0)).unwrap();
    let status = node.status();
    assert_eq!((status.hard_state.term, status.hard_state.vote), (2, 0));
    assert_eq!(
        (status.transferee, status.election_elapsed, status.votes.len()),
        (0, 0, 0)
    );
    assert!(status.election_timeout >= ELECTION);
    lead(&mut node);
    let last = node.status().last.index;
    for peer in [2, 3] {
        let progress = progress(&node, peer);
        assert_eq!(
            (progress.matched, progress.next, progress.recent_active),
            (0, last, false)
        );
        assert_eq!(progress.state, ProgressState::Probe);
    }
    assert_eq!(progress(&node, 1).matched, last);
    // Nothing of this term is uncommitted but its first entry, which is empty.
    node.propose(&b"0123456789"[..]).unwrap();

    // A pre-candidate draws no new timeout: nothing has happened yet.
    let mut node = pre_candidate(3);
    let timeout = node.status().election_timeout;
    for _ in 0..20 {
        node.campaign().unwrap();
        assert_eq!(node.status().election_timeout, timeout);
    }
}

// ---- the log

#[test]
fn rule_13_nothing_that_is_committed_is_taken_back() {
    // Entries from before are acknowledged as far as is committed.
    let mut node = node_with(stored(3, hard(1, 0, 2), &[1, 1, 1]));
    work(&mut node);
    node.step(append(2, 1, (1, 1), entries(2, &[1]), 2)).unwrap();
    let done = work(&mut node);
    assert_eq!(
        (done.sent[0].index, done.sent[0].reject, done.written.len()),
        (2, false, 0)
    );
    assert_eq!(terms(&node), [1, 1, 1]);
    // What matches the log removes nothing behind it.
    node.step(append(2, 1, (1, 2), vec![], 2)).unwrap();
    assert_eq!(work(&mut node).sent[0].index, 2);
    assert_eq!(terms(&node), [1, 1, 1]);
    // A conflict removes from there on.
    node.step(append(2, 2, (1, 2), entries(3, &[2]), 2)).unwrap();
    work(&mut node);
    assert_eq!(terms(&node), [1, 1, 2]);
}

#[test]
fn rule_14_a_follower_commits_no_further_than_the_message_goes() {
    let mut node = node_with(stored(3, hard(1, 0, 0), &[1, 1, 1]));
    // Entries 2 and 3 are here and may differ from the leader's.
    node.step(append(2, 2, (0, 0), entries(1, &[1]), 3)).unwrap();
    assert_eq!(node.status().log.committed, 1);
    node.step(append(2, 2, (1, 2), vec![], 3)).unwrap();
    assert_eq!(node.status().log.committed, 2);

    // What the log does not reach cannot be committed: somebody has lost a disk, and the node takes nothing more.
    let lost = node.step(Message {
        commit: 4,
        ..message(MessageKind::Heartbeat, 2, 2)
    });
    assert_eq!(lost.map_err(|error| error.code()), Err("corrupt"));
    assert_eq!(node.tick().map_err(|error| error.code()), Err("corrupt"));
    assert!(node.status().fenced.is_some());

    // A heartbeat commits what the member is known to have.
    let mut leader = leader_of(3, 1);
    leader.propose(&b"a"[..]).unwrap();
    leader.step(ack(2, 1, 2)).unwrap();
    work(&mut leader);
    leader.tick().unwrap();
    let commits: Vec<_> = work(&mut leader)
        .sent
        .iter()
        .map(|m| (m.to, m.kind, m.commit))
        .collect();
    assert_eq!(
        commits,
        [(2, MessageKind::Heartbeat, 2), (3, MessageKind::Heartbeat, 1)]
    );
}

/// How many messages it takes a new leader to find out where a follower's log parts from its own.
fn probes(leader: &[u64], follower: &[u64]) -> usize {
    let term = leader.iter().chain(follower).max().unwrap() + 1;
    let mut leading = Node::new(config(1), stored(2, hard(term, 0, 0), leader)).unwrap();
    let mut following = Node::new(config(2), stored(2, hard(term, 0, 0), follower)).unwrap();
    let mut messages = lead(&mut leading).sent;
    for count in 1.. {
        for message in messages.drain(..) {
            following.step(message).unwrap();
        }
        let answers = work(&mut following).sent;
        let found = answers.iter().any(|answer| !answer.reject);
        for answer in answers {
            leading.step(answer).unwrap();
        }
        messages = work(&mut leading).sent;
        if found {
            return count;
        }
    }
    unreachable!()
}

#[test]
fn rule_15_both_go_back_a_term_at_a_time() {
    // The leader's log first. Without the terms each entry would have to be tried.
    assert_eq!(probes(&[1, 2, 2, 4, 4, 4, 4], &[1, 2, 2, 3, 3, 3, 3]), 2);
    assert_eq!(probes(&[1, 2, 2, 3, 4, 4, 4, 5], &[1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3]), 2);
    assert_eq!(probes(&[1, 1, 1, 1, 5], &[1, 1, 1, 1, 2, 2, 2, 4, 4, 4]), 2);
    let long: Vec<u64> = [vec![1], vec![4; 100]].concat();
    let other: Vec<u64> = [vec![1], vec![2; 50], vec![3; 50]].concat();
    assert!(probes(&long, &other) <= 3);
    assert!(probes(&other, &long) <= 3);
}

#[test]
fn rule_16_a_refusal_that_is_late_moves_nothing_back() {
    let mut node = leader_of(3, 4);
    let refusal = |rejected, hint| Message {
        index: rejected,
        reject: true,
        reject_hint: hint,
        log_term: 1,
        ..message(MessageKind::AppResp, 2, 1)
    };
    // Of entries that were acknowledged since.
    node.step(refusal(3, 1)).unwrap();
    assert_eq!(progress(&node, 2).state, ProgressState::Replicate);
    node.propose(&b"x"[..]).unwrap();
    work(&mut node);
    // Of one on its way: from what is known to match on.
    node.step(refusal(5, 0)).unwrap();
    let probed = progress(&node, 2);
    assert_eq!(
        (probed.state, probed.matched, probed.next),
        (ProgressState::Probe, 4, 5)
    );
    // A probe's refusal must be of the probe, and never goes below what matches.
    let before = probed;
    node.step(refusal(5, 2)).unwrap();
    assert_eq!(progress(&node, 2), before);
    node.step(refusal(4, 0)).unwrap();
    assert_eq!(progress(&node, 2).next, 5);
}

#[test]
fn rule_17_a_probe_is_one_message_and_heartbeats_revive() {
    let mut node = leader_of(3, 1);
    node.report_unreachable(2).unwrap();
    for _ in 0..3 {
        node.propose(&b"x"[..]).unwrap();
    }
    let to_2 = |node: &mut Node| -> Vec<(u64, usize)> {
        let sent = work(node).sent;
        let sent = sent
            .iter()
            .filter(|message| message.to == 2 && message.kind == MessageKind::App);
        sent.map(|message| (message.index, message.entries.len())).collect()
    };
    assert_eq!(to_2(&mut node), [(1, 1)]);
    node.propose(&b"x"[..]).unwrap();
    assert_eq!(to_2(&mut node), []);
    node.step(message(MessageKind::HeartbeatResp, 2, 1)).unwrap();
    assert_eq!(to_2(&mut node), [(1, 4)]);
    node.step(ack(2, 1, 5)).unwrap();
    assert_eq!(progress(&node, 2).state, ProgressState::Replicate);

    // A probe that has everything is probed again, with nothing, and replicates once it says so.
    work(&mut node);
    node.report_unreachable(2).unwrap();
    node.step(message(MessageKind::HeartbeatResp, 2, 1)).unwrap();
    assert_eq!(to_2(&mut node), [(5, 0)]);
    node.step(ack(2, 1, 5)).unwrap();
    assert_eq!(progress(&node, 2).state, ProgressState::Replicate);
}

#[test]
fn rule_18_a_snapshot_goes_to_members_that_were_heard_of() {
    let mut node = leader_of(3, 4);
    node.snapshot_taken(snapshot(4, 1, group_state(&voters(3), &[])))
        .unwrap();
    node.compact(4).unwrap();
    // A new member: it is active to begin with.
    let mut node = {
        node.propose_conf_change(&change(&[(ADD, 4)])).unwrap();
        work(&mut node);
        for peer in [2, 3] {
            node.step(ack(peer, 1, 5)).unwrap();
        }
        work(&mut node);
        node
    };
    let refusal = |hint| Message {
        index: 4,
        reject: true,
        reject_hint: hint,
        ..message(MessageKind::AppResp, 4, 1)
    };
    assert_eq!(progress(&node, 4).next, 5);
    // The snapshot that there is does not know of it, and would be refused.
    node.step(refusal(0)).unwrap();
    assert_eq!(work(&mut node).fetches, [(4, 0, 5)]);
    node.snapshot_taken(snapshot(5, 1, group_state(&voters(4), &[])))
        .unwrap();
    node.step(message(MessageKind::HeartbeatResp, 4, 1)).unwrap();
    let sent = work(&mut node);
    assert_eq!(sent.sent(MessageKind::Snap).len(), 1);
    assert_eq!(progress(&node, 4).state, ProgressState::Snapshot);
    // Nothing else goes there meanwhile.
    node.propose(&b"x"[..]).unwrap();
    assert!(work(&mut node).sent.iter().all(|message| message.to != 4));

    // It failed: the probe starts where it was, and waits for a heartbeat's answer.
    let mut failed = node.clone();
    failed.report_snapshot(4, false).unwrap();
    let probed = progress(&failed, 4);
    assert_eq!(
        (probed.state, probed.next, probed.is_paused()),
        (ProgressState::Probe, 1, true)
    );
    assert_eq!(work(&mut failed).sent, []);
    failed.step(message(MessageKind::HeartbeatResp, 4, 1)).unwrap();
    assert_eq!(work(&mut failed).sent(MessageKind::Snap).len(), 1);
    // It went well: what follows is probed for.
    node.report_snapshot(4, true).unwrap();
    let probed = progress(&node, 4);
    assert_eq!(
        (probed.state, probed.next, probed.is_paused()),
        (ProgressState::Probe, 6, true)
    );
    node.step(ack(4, 1, 5)).unwrap();
    assert_eq!(progress(&node, 4).state, ProgressState::Replicate);

    // A member that was not heard of since the last quorum check gets none, until it says something.
    let mut config = config(1);
    config.check_quorum = true;
    let mut node = Node::new(config, empty_log(3)).unwrap();
    lead_and_commit(&mut node);
    node.propose(&b"x"[..]).unwrap();
    work(&mut node);
    node.step(ack(2, 1, 2)).unwrap();
    work(&mut node);
    node.snapshot_taken(snapshot(2, 1, group_state(&voters(3), &[])))
        .unwrap();
    node.compact(2).unwrap();
    for _ in 0..ELECTION {
        node.tick().unwrap();
    }
    node.step(message(MessageKind::HeartbeatResp, 2, 1)).unwrap();
    node.report_unreachable(3).unwrap();
    work(&mut node);
    node.propose(&b"x"[..]).unwrap();
    let done = work(&mut node);
    assert_eq!(done.kinds(), [(2, MessageKind::App)]);
    assert!(done.traces.contains(&Trace::SnapshotNotSentInactive { to: 3 }));
    node.step(message(MessageKind::HeartbeatResp, 3, 1)).unwrap();
    assert_eq!(work(&mut node).kinds(), [(3, MessageKind::Snap)]);
}

#[test]
fn rule_19_a_snapshot_restores_only_what_is_missing() {
    let state = || group_state(&voters(3), &[]);
    let log = || stored(3, hard(1, 0, 2), &[1, 1, 1]);
    // What is committed already is ignored.
    let mut node = node_with(log());
    work(&mut node);
    node.step(with_snapshot(2, 1, snapshot(2, 1, state()))).unwrap();
    let done = work(&mut node);
    assert_eq!((done.snapshots.len(), done.sent[0].index), (0, 2));
    // What is in the log is committed by it, and the log stays.
    node.step(with_snapshot(2, 1, snapshot(3, 1, state()))).unwrap();
    let done = work(&mut node);
    assert_eq!((done.snapshots.len(), done.sent[0].index), (0, 3));
    assert_eq!((terms(&node), node.status().log.committed), (vec![1, 1, 1], 3));
    // Somebody else's is refused.
    node.step(with_snapshot(2, 1, snapshot(9, 1, group_state(&[2, 3], &[]))))
        .unwrap();
    let done = work(&mut node);
    assert_eq!((done.snapshots.len(), done.sent[0].index), (0, 3));
    // Any other replaces the log. Until it is durable nothing is applied or acknowledged.
    node.step(with_snapshot(2, 1, snapshot(9, 1, group_state(&[1, 2], &[]))))
        .unwrap();
    node.step(append(2, 1, (1, 9), entries(10, &[1]), 10)).unwrap();
    let (sent, ticket) = until_persist(&mut node);
    assert_eq!((sent, node.poll()), (vec![], None));
    assert_eq!(node.membership().voters().as_slice(), [1, 2]);
    node.persisted(ticket).unwrap();
    let done = work(&mut node);
    assert_eq!(done.applied.len(), 1);
    assert_eq!(
        done.sent.iter().map(|message| message.index).collect::<Vec<_>>(),
        [9, 10]
    );
}
