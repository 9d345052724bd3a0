//! The rules of one node, asked with messages made by hand: the vote, the claims, and the answers of `CLUSTER`.

mod cluster_net;

use cluster_net::{Net, config, id};
use quorate::cluster::bus::{Body, Header, Message, MessageFlags, NodeFlags, SlotSet};
use quorate::cluster::node::{Config, Error, Node, Output, Trace, VoteRefusal};

/// Node 1 of three masters with a replica each, to which 0 has failed; and a request of 3, the replica of 0, that it would grant.
fn voter() -> (Net, Message) {
    let mut net = Net::cluster(3, 1);
    net.stop(0);
    net.run_until(|net| net.all_see_failed(0));
    net.traces.clear();
    let mut header = Header::new(id(3));
    header.flags = NodeFlags::MYSELF.with(NodeFlags::REPLICA);
    header.current_epoch = net.nodes[1].current_epoch() + 1;
    header.config_epoch = net.nodes[0].config_epoch();
    header.replica_of = Some(id(0));
    header.slots = net.nodes[1].slots_of(id(0)).unwrap().clone();
    let body = Body::AuthRequest;
    (net, Message { header, body })
}

/// What node `at` makes of a request: the refusal, or that it is granted.
fn ask(net: &mut Net, at: usize, request: &Message) -> Option<VoteRefusal> {
    let now = net.now;
    let node = &mut net.nodes[at];
    let link = node.accept("127.0.0.1", "127.0.0.1", now);
    node.message(link, request, now).unwrap();
    let mut outputs = Vec::new();
    loop {
        let before = outputs.len();
        node.drain(&mut outputs);
        if outputs.len() == before {
            break;
        }
        if let Some(Output::Persist { ticket, .. }) = outputs.last() {
            node.persisted(*ticket).unwrap();
        }
    }
    let acks = outputs
        .iter()
        .filter(|output| matches!(output, Output::Send { message, .. } if message.body == Body::AuthAck));
    let granted = acks.count();
    let refusal = outputs.iter().find_map(|output| match output {
        Output::Trace(Trace::VoteRefused { reason, .. }) => Some(*reason),
        _ => None,
    });
    assert_eq!(granted, usize::from(refusal.is_none()), "a vote is given or refused");
    refusal
}

// ---- the vote (clusterSendFailoverAuthIfNeeded)

#[test]
fn a_vote_is_given_once_an_epoch() {
    let (mut net, request) = voter();
    assert_eq!(ask(&mut net, 1, &request), None);
    let epoch = request.header.current_epoch;
    assert_eq!(net.nodes[1].last_vote_epoch(), epoch);
    assert_eq!(ask(&mut net, 1, &request), Some(VoteRefusal::AlreadyVoted { epoch }));
}

#[test]
fn whoever_has_no_slots_has_no_vote() {
    let (mut net, request) = voter();
    // 4 is a replica.
    assert_eq!(ask(&mut net, 4, &request), Some(VoteRefusal::NotVoting));
}

#[test]
fn a_request_of_an_epoch_that_is_over_is_refused() {
    let (mut net, mut request) = voter();
    request.header.current_epoch = 1;
    let current = net.nodes[1].current_epoch();
    assert_eq!(
        ask(&mut net, 1, &request),
        Some(VoteRefusal::OldEpoch { requested: 1, current })
    );
}

#[test]
fn a_master_gets_no_vote() {
    let (mut net, mut request) = voter();
    request.header.sender = id(2);
    assert_eq!(ask(&mut net, 1, &request), Some(VoteRefusal::IsMaster));
}

#[test]
fn a_replica_of_nobody_gets_no_vote() {
    let (mut net, request) = voter();
    net.ok(1, &format!("forget {}", id(0)));
    assert_eq!(ask(&mut net, 1, &request), Some(VoteRefusal::UnknownMaster));
}

#[test]
fn a_replica_of_a_master_that_is_up_gets_a_vote_only_if_somebody_asked_for_it() {
    let (mut net, mut request) = voter();
    request.header.sender = id(5);
    request.header.replica_of = Some(id(2));
    request.header.config_epoch = net.nodes[2].config_epoch();
    request.header.slots = net.nodes[2].slots_of(id(2)).unwrap().clone();
    assert_eq!(ask(&mut net, 1, &request), Some(VoteRefusal::MasterIsUp));
    request.header.message_flags.set(MessageFlags::FORCE_ACK);
    assert_eq!(ask(&mut net, 1, &request), None);
}

#[test]
fn a_master_is_voted_about_once_in_two_timeouts() {
    let (mut net, mut request) = voter();
    assert_eq!(ask(&mut net, 1, &request), None);
    net.now += 500;
    request.header.current_epoch += 1;
    assert_eq!(
        ask(&mut net, 1, &request),
        Some(VoteRefusal::TooSoon { wait_ms: 1_500 })
    );
    net.now += 1_500;
    assert_eq!(ask(&mut net, 1, &request), None);
}

/// valkey#2169: such a replica can never win until it hears of the later owner.
#[test]
fn slots_of_a_later_owner_get_no_vote() {
    let (mut net, mut request) = voter();
    request.header.slots.insert(16_383);
    request.header.config_epoch = 2;
    let owner_epoch = net.nodes[2].config_epoch();
    let refusal = VoteRefusal::StaleSlots {
        slot: 16_383,
        owner_epoch,
        requested_epoch: 2,
    };
    assert_eq!(ask(&mut net, 1, &request), Some(refusal));
    assert_eq!(refusal.code(), "stale_slots");
}

// ---- claims (clusterUpdateSlotsConfigWith)

fn claim(net: &mut Net, at: usize, from: usize, epoch: u64, slots: SlotSet) {
    let mut header = Header::new(id(from));
    header.flags = NodeFlags::MYSELF.with(NodeFlags::MASTER);
    header.config_epoch = epoch;
    header.slots = slots;
    header.port = 7_000 + from as u16;
    header.bus_port = 17_000 + from as u16;
    let body = Body::Pong(Default::default());
    let now = net.now;
    let link = net.nodes[at].accept("127.0.0.1", "127.0.0.1", now);
    net.nodes[at].message(link, &Message { header, body }, now).unwrap();
}

#[test]
fn a_slot_goes_to_whoever_claims_it_with_a_greater_epoch_and_to_nobody_else() {
    let mut net = Net::cluster(3, 0);
    let all: SlotSet = (5_461..=5_470)
        .chain(net.nodes[2].slots_of(id(2)).unwrap().iter())
        .collect();
    claim(&mut net, 0, 2, 2, all.clone());
    assert_eq!(net.nodes[0].owner(5_465), Some(id(1)), "the epochs are equal");
    claim(&mut net, 0, 2, 9, all);
    assert_eq!(net.nodes[0].owner(5_465), Some(id(2)));
}

#[test]
fn a_slot_that_is_being_imported_moves_by_hand_alone() {
    let mut net = Net::cluster(3, 0);
    net.ok(0, &format!("setslot 6000 importing {}", id(1)));
    let all: SlotSet = (6_000..=6_001)
        .chain(net.nodes[2].slots_of(id(2)).unwrap().iter())
        .collect();
    claim(&mut net, 0, 2, 9, all);
    assert_eq!(net.nodes[0].owner(6_000), Some(id(1)));
    assert_eq!(net.nodes[0].owner(6_001), Some(id(2)));
}

#[test]
fn a_slot_that_is_not_claimed_any_more_stays_until_somebody_claims_it() {
    let mut net = Net::cluster(3, 0);
    let slots = net.nodes[2]
        .slots_of(id(2))
        .unwrap()
        .iter()
        .filter(|slot| *slot != 16_383);
    let slots: SlotSet = slots.collect();
    claim(&mut net, 0, 2, 3, slots);
    assert_eq!(net.nodes[0].owner(16_383), Some(id(2)));
    // No epoch is too small for a slot that its owner gave up.
    let slots: SlotSet = net.nodes[1].slots_of(id(1)).unwrap().iter().chain([16_383]).collect();
    claim(&mut net, 0, 1, 2, slots);
    assert_eq!(net.nodes[0].owner(16_383), Some(id(1)));
}

// ---- CLUSTER, with the server's answers

fn answer(node: &mut Node, words: &str) -> String {
    let argv: Vec<&[u8]> = words.split(' ').map(str::as_bytes).collect();
    node.command(&argv, 1_700_000_000_000).to_string()
}

#[test]
fn a_lone_node_answers_as_a_server_does() {
    // As redis-server 7.0.15 answered these, in this order.
    let own = id(0).to_string();
    let cases = [
        ("foo", "!\"ERR unknown subcommand 'foo'. Try CLUSTER HELP.\""),
        ("addslots a", "!\"ERR Invalid or out of range slot\""),
        ("addslots 1 1", "!\"ERR Slot 1 specified multiple times\""),
        ("addslots 16384", "!\"ERR Invalid or out of range slot\""),
        ("delslots 5", "!\"ERR Slot 5 is already unassigned\""),
        (
            "addslotsrange 5 1",
            "!\"ERR start slot number 5 is greater than end slot number 1\"",
        ),
        (
            "addslotsrange 5 1 2",
            "!\"ERR wrong number of arguments for 'cluster|addslotsrange' command\"",
        ),
        ("addslotsrange 5 7 6 9", "!\"ERR Slot 6 specified multiple times\""),
        ("addslots 5", "\"OK\""),
        ("addslots 5", "!\"ERR Slot 5 is already busy\""),
        (
            "addslots",
            "!\"ERR wrong number of arguments for 'cluster|addslots' command\"",
        ),
        (
            "setslot 5 node",
            "!\"ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP\"",
        ),
        ("setslot 5 node abc", "!\"ERR Unknown node abc\""),
        ("setslot 5 migrating abc", "!\"ERR I don't know about node abc\""),
        ("setslot 6 migrating abc", "!\"ERR I'm not the owner of hash slot 6\""),
        (
            "setslot 5 importing abc",
            "!\"ERR I'm already the owner of hash slot 5\"",
        ),
        ("setslot 6 importing abc", "!\"ERR I don't know about node abc\""),
        (
            "setslot 6 foo",
            "!\"ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP\"",
        ),
        ("setslot 6 stable", "\"OK\""),
        ("failover", "!\"ERR You should send CLUSTER FAILOVER to a replica\""),
        ("failover foo", "!\"ERR syntax error\""),
        ("forget abc", "!\"ERR Unknown node abc\""),
        ("forget MYSELF", "!\"ERR I tried hard but I can't forget myself...\""),
        ("replicate abc", "!\"ERR Unknown node abc\""),
        ("replicate MYSELF", "!\"ERR Can't replicate myself\""),
        ("meet a b", "!\"ERR Invalid TCP base port specified: b\""),
        ("meet a 1", "!\"ERR Invalid node address specified: a:1\""),
        ("meet 127.0.0.1 1 x", "!\"ERR Invalid TCP bus port specified: x\""),
        (
            "meet 127.0.0.1 70000",
            "!\"ERR Invalid node address specified: 127.0.0.1:70000\"",
        ),
        ("set-config-epoch a", "!\"ERR value is not an integer or out of range\""),
        ("set-config-epoch -1", "!\"ERR Invalid config epoch specified: -1\""),
        ("set-config-epoch 3", "\"OK\""),
        ("set-config-epoch 3", "!\"ERR Node config epoch is already non-zero\""),
        ("bumpepoch", "\"STILL 3\""),
        ("count-failure-reports abc", "!\"ERR Unknown node abc\""),
        ("slaves abc", "!\"ERR Unknown node abc\""),
        ("replicas MYSELF", "[]"),
        ("myid", &format!("\"{own}\"")),
        (
            "keyslot",
            "!\"ERR wrong number of arguments for 'cluster|keyslot' command\"",
        ),
        ("keyslot foo", "12182"),
        ("flushslots", "\"OK\""),
        ("slots", "[]"),
        ("reset foo", "!\"ERR syntax error\""),
    ];
    let mut node = Node::new(config(0), 1_700_000_000_000).unwrap();
    for (words, expected) in cases {
        let words = words.replace("MYSELF", &own);
        assert_eq!(answer(&mut node, &format!("CLUSTER {words}")), expected, "{words}");
    }
    assert_eq!(
        node.nodes_text(),
        format!("{own} :7000@17000 myself,master - 0 0 3 connected\n")
    );
    assert!(
        node.info_text()
            .starts_with("cluster_state:fail\r\ncluster_slots_assigned:0\r\n")
    );
}

#[test]
fn a_replica_and_a_master_with_data_refuse_what_servers_refuse() {
    let mut net = Net::cluster(3, 1);
    let cases = [
        (
            3,
            "setslot 0 stable".to_owned(),
            "!\"ERR Please use SETSLOT only with masters.\"",
        ),
        (3, format!("forget {}", id(0)), "!\"ERR Can't forget my master!\""),
        (
            1,
            format!("replicate {}", id(3)),
            "!\"ERR I can only replicate a master, not a replica.\"",
        ),
        (
            1,
            format!("replicate {}", id(0)),
            "!\"ERR To set a master the node must be empty and without assigned slots.\"",
        ),
        (
            1,
            format!("replicas {}", id(3)),
            "!\"ERR The specified node is not a master\"",
        ),
        (
            1,
            format!("setslot 6000 migrating {}", id(3)),
            "!\"ERR Target node is not a master\"",
        ),
        (
            1,
            "set-config-epoch 5".to_owned(),
            "!\"ERR The user can assign a config epoch only when the node does not know any other node.\"",
        ),
    ];
    for (at, words, expected) in cases {
        assert_eq!(net.command(at, &words), expected, "{words}");
    }
    net.nodes[1].set_keys(6_000, 2);
    assert_eq!(net.command(1, "countkeysinslot 6000"), "2");
    assert_eq!(
        net.command(1, &format!("setslot 6000 node {}", id(0))),
        "!\"ERR Can't assign hashslot 6000 to a different node while I still hold keys for this hash slot.\""
    );
    assert_eq!(
        net.command(1, "flushslots"),
        "!\"ERR DB must be empty to perform CLUSTER FLUSHSLOTS.\""
    );
    assert_eq!(
        net.command(1, "reset"),
        "!\"ERR CLUSTER RESET can't be called with master nodes containing keys\""
    );
    net.stop(0);
    net.run_until(|net| net.all_see_failed(0));
    assert_eq!(
        net.command(3, "failover"),
        "!\"ERR Master is down or failed, please use CLUSTER FAILOVER FORCE\""
    );
}

#[test]
fn a_refused_batch_of_slots_changes_nothing() {
    let mut node = Node::new(config(0), 1).unwrap();
    answer(&mut node, "CLUSTER ADDSLOTS 9");
    answer(&mut node, "CLUSTER ADDSLOTSRANGE 0 5 7 10");
    assert_eq!(node.slots_of(id(0)).unwrap().ranges(), [(9, 9)]);
}

// ---- the file (clusterLoadConfig)

#[test]
fn a_file_that_cannot_be_read_names_its_line() {
    let good = format!("{} 127.0.0.1:7000@17000 myself,master - 0 0 3 connected 0-5\n", id(0));
    assert!(Node::restore(config(0), &good, 1).is_ok());
    let bad = [
        "abc\n".to_owned(),
        good.replace("myself,master", "master"),
        good.replace("0-5", "0-16384"),
        good.replace("0-5", "0-5 5"),
        good.replace("7000@17000", "7000@x"),
        good.replace("master", "leader"),
        format!("{good}vars currentEpoch x\n"),
    ];
    for text in bad {
        let error = Node::restore(config(0), &text, 1).unwrap_err();
        assert!(matches!(error, Error::Line { .. }), "{text}: {error}");
    }
}

#[test]
fn a_servers_own_file_is_read() {
    // As redis-server 7.0.15 wrote it.
    let text = "3b4b17b5be2160b0aaf0a06b8038d26950207359 :27411@37411 myself,master - 0 0 3 connected\n\
                vars currentEpoch 3 lastVoteEpoch 2\n";
    let node = Node::restore(config(0), text, 1).unwrap();
    assert_eq!(node.id().to_string(), "3b4b17b5be2160b0aaf0a06b8038d26950207359");
    assert_eq!(
        (node.current_epoch(), node.last_vote_epoch(), node.config_epoch()),
        (3, 2, 3)
    );
}

#[test]
fn settings_outside_their_range_are_refused() {
    let wrong = [
        Config {
            node_timeout: 0,
            ..config(0)
        },
        Config {
            max_nodes: 0,
            ..config(0)
        },
        Config {
            hostname: "a b".into(),
            ..config(0)
        },
        Config {
            announce_ip: "1".repeat(46),
            ..config(0)
        },
    ];
    for config in wrong {
        assert_eq!(Node::new(config, 1).unwrap_err().code(), "invalid_config");
    }
}

#[test]
fn late_news_of_closed_links_and_strange_tickets_do_no_harm() {
    let mut node = Node::new(config(0), 1).unwrap();
    assert_eq!(node.connected(7, 1), Err(Error::UnknownLink(7)));
    assert_eq!(node.disconnected(7, 1), Err(Error::UnknownLink(7)));
    assert_eq!(node.received(7, b"", 1), Err(Error::UnknownLink(7)));
    assert_eq!(node.persisted(7), Err(Error::UnknownTicket(7)));
    let link = node.accept("127.0.0.1", "127.0.0.1", 1);
    assert_eq!(
        node.received(link, b"GET / HTTP/1.1\r\n", 1).unwrap_err().code(),
        "bad_signature"
    );
    assert_eq!(node.received(link, b"", 1), Err(Error::UnknownLink(link)));
}

#[test]
fn strangers_change_nothing() {
    let mut net = Net::cluster(3, 0);
    let before = net.nodes[0].nodes_text();
    for body in [
        Body::Fail { node: id(1) },
        Body::AuthRequest,
        Body::AuthAck,
        Body::ManualFailoverStart,
    ] {
        let mut header = Header::new(id(77));
        header.current_epoch = 1_000;
        let now = net.now;
        let link = net.nodes[0].accept("127.0.0.1", "127.0.0.1", now);
        net.nodes[0].message(link, &Message { header, body }, now).unwrap();
    }
    assert_eq!(net.nodes[0].nodes_text(), before);
    assert!(net.nodes[0].current_epoch() < 1_000);
}
