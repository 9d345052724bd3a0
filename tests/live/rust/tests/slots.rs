//! Slots beside those that a real cluster node answers.

#[path = "../../../../core/tests/common/corpus.rs"]
#[allow(dead_code)]
mod corpus;

use quorate::cluster::{SLOTS, key_slot, key_slots, tag_for_slot};
use quorate::resp::Value;
use quorate_live::{Client, Server, port};

fn slots_of_the_server(client: &mut Client, keys: &[Vec<u8>]) -> Vec<u16> {
    let commands: Vec<Vec<Vec<u8>>> = keys
        .iter()
        .map(|key| vec![b"CLUSTER".to_vec(), b"KEYSLOT".to_vec(), key.clone()])
        .collect();
    let replies = client.pipeline(&commands);
    let slot = |reply| match reply {
        Value::Integer(slot) => u16::try_from(slot).expect("a slot"),
        other => panic!("{other} is no slot"),
    };
    replies.into_iter().map(slot).collect()
}

/// Keys of all lengths around the blocks of a kernel, of any bytes, with braces in all places.
fn random_keys(count: usize) -> Vec<Vec<u8>> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |bound: usize| {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    };
    (0..count)
        .map(|number| {
            let length = if number % 50 == 0 { next(5000) } else { next(80) };
            (0..length)
                .map(|_| match (number % 3, next(8)) {
                    (0, _) => next(256) as u8,
                    (_, 0) => b'{',
                    (_, 1) => b'}',
                    _ => b'a' + next(26) as u8,
                })
                .collect()
        })
        .collect()
}

#[test]
fn every_slot_is_the_servers() {
    if port("every_slot_is_the_servers").is_none() {
        return;
    }
    let server = Server::start(&["--cluster-enabled", "yes"]);
    let mut client = Client::connect(server.port, 3);

    let mut vectors = 0;
    for case in corpus::cases("cluster").iter().filter(|case| case.command == "slot") {
        let expected: Vec<u16> = case.result.iter().map(|slot| slot.parse().expect("a slot")).collect();
        assert_eq!(
            slots_of_the_server(&mut client, &case.input),
            expected,
            "{}",
            case.place
        );
        vectors += expected.len();
    }
    assert!(vectors > 80, "{vectors} vectors");

    let keys = random_keys(10_000);
    let expected = slots_of_the_server(&mut client, &keys);
    assert_eq!(key_slots(&keys), expected);
    for (key, slot) in keys.iter().zip(&expected) {
        assert_eq!(key_slot(key), *slot, "{key:?}");
    }

    let tags: Vec<Vec<u8>> = (0..SLOTS)
        .map(|slot| format!("{{{}}}.key", &*tag_for_slot(slot).expect("a slot")).into_bytes())
        .collect();
    assert_eq!(slots_of_the_server(&mut client, &tags), (0..SLOTS).collect::<Vec<_>>());
}
