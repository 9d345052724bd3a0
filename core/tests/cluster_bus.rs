//! The messages of the cluster bus: those that real servers sent, byte for byte, and any that can be made.

use proptest::prelude::*;
use quorate::cluster::bus::{
    Body, BusDecoder, BusError, Extension, Gossip, HEADER_LENGTH, Header, IpText, Message, MessageFlags, MessageKind,
    NodeFlags, NodeId, Ping, SlotSet,
};

/// One message of each kind and look, as four servers of 7.0.15 sent them: a cluster of three masters and a replica was made, a
/// message published, a failover asked for twice, and a master stopped and woken.
const RECORDED: &[u8] = include_bytes!("cluster_bus/redis-7.0.15.bus");

fn recorded() -> Vec<(Message, &'static [u8])> {
    let mut rest = RECORDED;
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest[4..8].try_into().unwrap()) as usize;
        let (bytes, behind) = rest.split_at(length);
        messages.push((Message::decode(bytes).unwrap(), bytes));
        rest = behind;
    }
    messages
}

fn of_kind(kind: MessageKind) -> Vec<Message> {
    let messages = recorded().into_iter().map(|(message, _)| message);
    messages.filter(|message| message.body.kind() == kind).collect()
}

#[test]
fn what_a_server_sent_is_written_again_byte_for_byte() {
    let messages = recorded();
    assert_eq!(messages.len(), 21);
    for (message, bytes) in messages {
        assert!(message.encode() == bytes, "{message:?}");
    }
}

#[test]
fn every_kind_but_the_modules_was_recorded() {
    for kind in MessageKind::ALL {
        assert_eq!(of_kind(kind).is_empty(), kind == MessageKind::Module, "{kind:?}");
    }
}

#[test]
fn the_header_says_who_sends_it() {
    let meet = &of_kind(MessageKind::Meet)[0];
    let header = &meet.header;
    assert_eq!(
        header.sender,
        NodeId::parse("3b4b17b5be2160b0aaf0a06b8038d26950207359").unwrap()
    );
    assert_eq!((header.port, header.bus_port, header.other_port), (27411, 37491, 0));
    assert_eq!(header.slots.ranges(), [(0, 8191)]);
    assert_eq!((header.config_epoch, header.replica_of), (3, None));
    assert_eq!(header.flags, NodeFlags::MYSELF.with(NodeFlags::MASTER));
    assert!(header.ip.is_empty());
}

#[test]
fn a_replica_sends_its_masters_slots_and_its_own_role() {
    let request = &of_kind(MessageKind::AuthRequest)[0].header;
    assert_eq!(request.flags, NodeFlags::MYSELF.with(NodeFlags::REPLICA));
    assert_eq!(request.slots.ranges(), [(8192, 15999)]);
    assert_eq!(
        request.replica_of,
        NodeId::parse("052df7b191dc07fbfac9622990d0fe2938c69d37")
    );
    assert!(!request.message_flags.has(MessageFlags::FORCE_ACK));
    assert!(
        of_kind(MessageKind::AuthRequest)[1]
            .header
            .message_flags
            .has(MessageFlags::FORCE_ACK)
    );
}

#[test]
fn a_ping_carries_gossip_and_a_hostname() {
    let pings = of_kind(MessageKind::Ping);
    let named = pings.iter().find_map(|message| {
        let ping = message.body.ping().unwrap();
        ping.extensions.first().map(|extension| (message, extension))
    });
    let (message, extension) = named.unwrap();
    assert!(message.header.message_flags.has(MessageFlags::EXTENSIONS));
    assert_eq!(extension.as_hostname().unwrap(), "three.example.org");
    assert_eq!(*extension, Extension::hostname("three.example.org"));
    let gossip = &message.body.ping().unwrap().gossip;
    assert!(!gossip.is_empty());
    assert!(
        gossip
            .iter()
            .all(|about| about.ip.text() == "127.0.0.1" && about.bus_port == about.port + 10_080)
    );

    let down = |about: &Gossip| about.flags.any(NodeFlags::PFAIL.with(NodeFlags::FAIL));
    assert!(
        pings
            .iter()
            .any(|message| message.body.ping().unwrap().gossip.iter().any(down))
    );
    assert!(
        pings
            .iter()
            .any(|message| message.header.message_flags.has(MessageFlags::PAUSED))
    );
}

#[test]
fn the_other_bodies_say_what_happened() {
    let stopped = NodeId::parse("052df7b191dc07fbfac9622990d0fe2938c69d37").unwrap();
    assert_eq!(of_kind(MessageKind::Fail)[0].body, Body::Fail { node: stopped });
    let (channel, message) = (b"hello".to_vec(), b"world".to_vec());
    assert_eq!(
        of_kind(MessageKind::Publish)[0].body,
        Body::Publish { channel, message }
    );
    let (channel, message) = (b"foo".to_vec(), b"world".to_vec());
    assert_eq!(
        of_kind(MessageKind::PublishShard)[0].body,
        Body::PublishShard { channel, message }
    );
    let Body::Update {
        config_epoch, slots, ..
    } = &of_kind(MessageKind::Update)[0].body
    else {
        panic!()
    };
    assert_eq!((*config_epoch, slots.ranges()), (7, vec![(8192, 15999)]));
}

#[test]
fn a_stream_is_cut_the_same_however_it_comes() {
    let expected: Vec<_> = recorded().into_iter().map(|(message, _)| message).collect();
    for size in [1, 7, 8, 2_255, 2_256, 2_257, 60_000] {
        let mut decoder = BusDecoder::default();
        let mut messages = Vec::new();
        for piece in RECORDED.chunks(size) {
            decoder.feed(piece);
            while let Some(message) = decoder.poll().unwrap() {
                messages.push(message);
            }
        }
        assert_eq!(messages, expected, "pieces of {size}");
        assert_eq!(decoder.buffered(), 0);
    }
}

#[test]
fn what_is_cut_off_is_refused() {
    for (message, bytes) in recorded() {
        for length in [0, 4, 8, 16, HEADER_LENGTH - 1, bytes.len() - 1] {
            assert!(
                matches!(Message::decode(&bytes[..length]), Err(BusError::Truncated { .. })),
                "{message:?}"
            );
        }
    }
}

fn changed(kind: MessageKind, change: impl FnOnce(&mut Vec<u8>)) -> Result<Message, BusError> {
    let mut bytes = of_kind(kind)[0].encode();
    change(&mut bytes);
    let length = (bytes.len() as u32).to_be_bytes();
    if bytes[4..8] != [0xff; 4] && bytes[4..8] != [0; 4] {
        bytes[4..8].copy_from_slice(&length);
    }
    Message::decode(&bytes)
}

#[test]
fn errors_say_which_byte_is_wrong_and_have_codes() {
    let cases = [
        (changed(MessageKind::Fail, |bytes| bytes[0] = b'r'), "bad_signature"),
        (changed(MessageKind::Fail, |bytes| bytes[4..8].fill(0)), "bad_length"),
        (changed(MessageKind::Fail, |bytes| bytes[9] = 2), "unsupported_version"),
        (changed(MessageKind::Fail, |bytes| bytes[13] = 11), "unknown_kind"),
        (changed(MessageKind::Fail, |bytes| bytes.push(0)), "length_mismatch"),
        (changed(MessageKind::Ping, |bytes| bytes[15] += 1), "length_mismatch"),
        (
            changed(MessageKind::Publish, |bytes| bytes[2256..2260].fill(0xff)),
            "length_mismatch",
        ),
        (changed(MessageKind::Fail, |bytes| bytes[4..8].fill(0xff)), "truncated"),
    ];
    for (result, code) in cases {
        let error = result.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
}

#[test]
fn an_extension_that_is_no_multiple_of_eight_is_refused() {
    let mut message = of_kind(MessageKind::Ping)
        .into_iter()
        .find(|message| !message.body.ping().unwrap().extensions.is_empty());
    let bytes = message.as_mut().unwrap().encode();
    let start = bytes.len() - 32;
    for length in [0_u32, 7, 12] {
        let mut bytes = bytes.clone();
        bytes[start..start + 4].copy_from_slice(&length.to_be_bytes());
        assert_eq!(Message::decode(&bytes), Err(BusError::Extension(length)));
    }
}

#[test]
fn a_message_that_cannot_be_read_is_passed_over_and_a_stream_that_cannot_be_cut_is_over() {
    let good = of_kind(MessageKind::Fail)[0].encode();
    let mut bad = good.clone();
    bad[9] = 7;
    let mut decoder = BusDecoder::new(10_000);
    decoder.feed(&[&bad[..], &good].concat());
    assert_eq!(decoder.poll(), Err(BusError::Version(7)));
    assert!(decoder.poll().unwrap().is_some());

    decoder.feed(b"GET / HTTP/1.1\r\n");
    let error = decoder.poll().unwrap_err();
    assert!(error.is_fatal());
    decoder.feed(&good);
    assert_eq!(decoder.poll(), Err(error));

    let mut decoder = BusDecoder::new(2_295);
    decoder.feed(&good[..8]);
    assert_eq!(decoder.poll().unwrap_err().code(), "message_too_long");
}

fn node_id() -> impl Strategy<Value = NodeId> {
    prop_oneof![any::<[u8; 20]>().prop_map(|half| {
        let mut bytes = [b'a'; 40];
        for (byte, half) in bytes.iter_mut().zip(half) {
            *byte = b"0123456789abcdef"[usize::from(half & 15)];
        }
        NodeId::from_bytes(bytes)
    })]
}

fn body() -> impl Strategy<Value = Body> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    let gossip = (node_id(), any::<(u32, u32, u16, u16, u16, u16, u16)>()).prop_map(|(node, numbers)| Gossip {
        node,
        ping_sent: numbers.0,
        pong_received: numbers.1,
        ip: IpText::new("10.0.0.7"),
        port: numbers.2,
        bus_port: numbers.3,
        flags: NodeFlags(numbers.4),
        other_port: numbers.5,
        reserved: numbers.6,
    });
    let extension = (
        any::<u16>(),
        any::<u16>(),
        prop::collection::vec(any::<[u8; 8]>(), 0..4),
    )
        .prop_map(|(kind, reserved, data)| Extension {
            kind,
            reserved,
            data: data.concat(),
        });
    let ping = (
        prop::collection::vec(gossip, 0..5),
        prop::collection::vec(extension, 0..3),
    )
        .prop_map(|(gossip, extensions)| Ping { gossip, extensions })
        .boxed();
    prop_oneof![
        ping.clone().prop_map(Body::Ping),
        ping.clone().prop_map(Body::Pong),
        ping.prop_map(Body::Meet),
        node_id().prop_map(|node| Body::Fail { node }),
        (bytes(), bytes()).prop_map(|(channel, message)| Body::Publish { channel, message }),
        (bytes(), bytes()).prop_map(|(channel, message)| Body::PublishShard { channel, message }),
        Just(Body::AuthRequest),
        Just(Body::AuthAck),
        Just(Body::ManualFailoverStart),
        (any::<u64>(), node_id(), prop::collection::vec(0_u16..16_384, 0..50)).prop_map(
            |(config_epoch, node, slots)| {
                Body::Update {
                    config_epoch,
                    node,
                    slots: slots.into_iter().collect(),
                }
            }
        ),
        (any::<u64>(), any::<u8>(), bytes()).prop_map(|(module, kind, payload)| Body::Module { module, kind, payload }),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let numbers = any::<(u16, u64, u64, u64, u16, u16, u16, bool)>();
    (node_id(), prop::option::of(node_id()), numbers, body()).prop_map(|(sender, replica_of, numbers, body)| {
        let mut header = Header::new(sender);
        header.replica_of = replica_of;
        header.port = numbers.0;
        header.current_epoch = numbers.1;
        header.config_epoch = numbers.2;
        header.offset = numbers.3;
        header.other_port = numbers.4;
        header.bus_port = numbers.5;
        header.flags = NodeFlags(numbers.6);
        header.cluster_down = numbers.7;
        if body.ping().is_some_and(|ping| !ping.extensions.is_empty()) {
            header.message_flags.set(MessageFlags::EXTENSIONS);
        }
        Message { header, body }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Every message is read as it was written.
    #[test]
    fn any_message_survives(message in message()) {
        prop_assert_eq!(Message::decode(&message.encode()).unwrap(), message);
    }

    /// Whatever bytes a message is changed in, it is read or refused, and what is read is written the same way.
    #[test]
    fn no_bytes_make_it_panic(message in message(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = message.encode();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(message) = Message::decode(&bytes) {
            let again = message.encode();
            prop_assert_eq!(Message::decode(&again).unwrap(), message);
        }
        let mut decoder = BusDecoder::new(1 << 20);
        decoder.feed(&bytes);
        while let Ok(Some(_)) = decoder.poll() {}
    }

    /// A set of slots is that of its slots, whatever is put in and taken out.
    #[test]
    fn slots_are_a_set(steps in prop::collection::vec((0_u16..16_400, any::<bool>()), 0..60)) {
        let mut set = SlotSet::new();
        let mut plain = std::collections::BTreeSet::new();
        for (slot, insert) in steps {
            match insert {
                true => prop_assert_eq!(set.insert(slot), slot < 16_384 && plain.insert(slot)),
                false => prop_assert_eq!(set.remove(slot), plain.remove(&slot)),
            }
            plain.retain(|slot| *slot < 16_384);
        }
        prop_assert_eq!(set.iter().collect::<Vec<_>>(), plain.iter().copied().collect::<Vec<_>>());
        prop_assert_eq!(usize::from(set.len()), plain.len());
    }
}
