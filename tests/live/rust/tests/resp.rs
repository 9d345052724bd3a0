//! The codec under a client of a real server, in both protocols.

use quorate::resp::Value;
use quorate_live::{Client, port};

fn key(name: &str) -> Vec<u8> {
    format!("quorate:live:rust:{name}").into_bytes()
}

fn command(parts: &[&[u8]]) -> Vec<Vec<u8>> {
    parts.iter().map(|part| part.to_vec()).collect()
}

#[test]
fn plain_commands_in_both_protocols() {
    let Some(port) = port("plain_commands_in_both_protocols") else {
        return;
    };
    for protocol in [2, 3] {
        let mut client = Client::connect(port, protocol);
        let name = key(&format!("plain:{protocol}"));
        client.call(&[b"DEL", &name]);
        assert_eq!(client.call(&[b"GET", &name]), Value::Null);
        assert_eq!(client.call(&[b"SET", &name, b"\x00\xff\r\n"]).to_string(), "\"OK\"");
        assert_eq!(client.call(&[b"GET", &name]), Value::bulk(&b"\x00\xff\r\n"[..]));
        assert_eq!(client.call(&[b"APPEND", &name, b""]), Value::Integer(4));
        assert!(client.call(&[b"LPUSH", &name, b"x"]).is_error());
        client.call(&[b"DEL", &name]);

        assert_eq!(client.call(&[b"HSET", &name, b"field", b"1.5"]), Value::Integer(1));
        let all = client.call(&[b"HGETALL", &name]).to_string();
        assert_eq!(
            all,
            if protocol == 2 {
                "[\"field\", \"1.5\"]"
            } else {
                "{\"field\": \"1.5\"}"
            }
        );
        client.call(&[b"DEL", &name]);

        client.call(&[
            b"ZADD",
            &name,
            b"0.1",
            b"a",
            b"1e-7",
            b"b",
            b"-inf",
            b"c",
            b"1.7976931348623157e308",
            b"d",
        ]);
        let scores = client.call(&[b"ZRANGE", &name, b"0", b"-1", b"WITHSCORES"]);
        if protocol == 3 {
            let Value::Array(pairs) = &scores else {
                panic!("{scores}")
            };
            let scores: Vec<Value> = pairs
                .iter()
                .map(|pair| match pair {
                    Value::Array(pair) => pair[1].clone(),
                    other => panic!("{other}"),
                })
                .collect();
            let expected = [f64::NEG_INFINITY, 1e-7, 0.1, f64::MAX].map(Value::Double);
            assert_eq!(scores, expected);
        }
        client.call(&[b"DEL", &name]);
    }
}

#[test]
fn numbers_are_exact() {
    let Some(port) = port("numbers_are_exact") else { return };
    let mut client = Client::connect(port, 3);
    let name = key("numbers");
    for number in [
        0,
        -1,
        1 << 31,
        (1 << 31) - 1,
        1 << 32,
        (1 << 53) + 1,
        -(1 << 53) - 1,
        i64::MAX,
        i64::MIN,
    ] {
        client.call(&[b"SET", &name, number.to_string().as_bytes()]);
        assert_eq!(client.call(&[b"INCRBY", &name, b"0"]), Value::Integer(number));
    }
    for score in [
        0.1 + 0.2,
        5e-324,
        f64::MAX,
        f64::MIN_POSITIVE,
        -1.0 / 3.0,
        123_456_789.123_456_78,
        1e22,
    ] {
        client.call(&[b"DEL", &name]);
        client.call(&[b"ZADD", &name, format!("{score:e}").as_bytes(), b"member"]);
        assert_eq!(client.call(&[b"ZSCORE", &name, b"member"]), Value::Double(score));
    }
    client.call(&[b"DEL", &name]);
}

#[test]
fn a_pipeline_of_ten_thousand() {
    let Some(port) = port("a_pipeline_of_ten_thousand") else {
        return;
    };
    for protocol in [2, 3] {
        let mut client = Client::connect(port, protocol);
        let name = key(&format!("pipeline:{protocol}"));
        client.call(&[b"DEL", &name]);
        let commands: Vec<Vec<Vec<u8>>> = (0..10_000_u32)
            .map(|number| match number % 3 {
                0 => command(&[b"INCR", &name]),
                1 => command(&[b"ECHO", &vec![b'x'; number as usize % 500]]),
                _ => command(&[b"GETRANGE", &name, b"x"]),
            })
            .collect();
        for (number, reply) in client.pipeline(&commands).into_iter().enumerate() {
            match number % 3 {
                0 => assert_eq!(reply, Value::Integer(number as i64 / 3 + 1)),
                1 => assert_eq!(reply.as_bytes().map(<[u8]>::len), Some(number % 500)),
                _ => assert!(reply.is_error(), "{reply}"),
            }
        }
        client.call(&[b"DEL", &name]);
    }
}

#[test]
fn values_of_megabytes() {
    let Some(port) = port("values_of_megabytes") else {
        return;
    };
    let mut client = Client::connect(port, 3);
    let name = key("big");
    let big: Vec<u8> = (0..5 << 20_u32)
        .map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    client.call(&[b"SET", &name, &big]);
    let reply = client.call(&[b"GET", &name]);
    assert!(reply.as_bytes() == Some(&big[..]));
    client.call(&[b"DEL", &name]);
}

#[test]
fn pushes_between_the_replies_of_a_pipeline() {
    let Some(port) = port("pushes_between_the_replies_of_a_pipeline") else {
        return;
    };
    let mut client = Client::connect(port, 3);
    let name = key("tracked");
    client.call(&[b"SET", &name, b"0"]);
    assert_eq!(client.call(&[b"CLIENT", b"TRACKING", b"ON"]).to_string(), "\"OK\"");
    // Each SET of a key that was read tells its own connection, amid the other replies.
    let commands: Vec<Vec<Vec<u8>>> = (0..100)
        .flat_map(|number: u32| {
            [
                command(&[b"GET", &name]),
                command(&[b"SET", &name, number.to_string().as_bytes()]),
            ]
        })
        .collect();
    let replies = client.pipeline(&commands);
    for (number, pair) in replies.chunks(2).enumerate() {
        let read = number.saturating_sub(1).to_string();
        assert_eq!(pair[0], Value::bulk(read.as_bytes()));
        assert_eq!(pair[1].to_string(), "\"OK\"");
    }
    let name = String::from_utf8(name).expect("ASCII");
    for _ in 0..100 {
        assert_eq!(client.push().to_string(), format!(">[\"invalidate\", [\"{name}\"]]"));
    }
    client.call(&[b"CLIENT", b"TRACKING", b"OFF"]);
    client.call(&[b"DEL", name.as_bytes()]);
}

#[test]
fn messages_of_a_subscription() {
    let Some(port) = port("messages_of_a_subscription") else {
        return;
    };
    let channel = key("channel");
    let name = String::from_utf8(channel.clone()).expect("ASCII");
    for protocol in [2, 3] {
        let mark = if protocol == 2 { "" } else { ">" };
        let mut subscriber = Client::connect(port, protocol);
        let mut bytes = Vec::new();
        quorate::resp::encode_command(&[b"SUBSCRIBE", &channel], &mut bytes);
        subscriber.send(&bytes);
        assert_eq!(
            subscriber.message().to_string(),
            format!("{mark}[\"subscribe\", \"{name}\", 1]")
        );
        let mut publisher = Client::connect(port, protocol);
        for number in 0..50 {
            publisher.call(&[b"PUBLISH", &channel, number.to_string().as_bytes()]);
        }
        for number in 0..50 {
            assert_eq!(
                subscriber.message().to_string(),
                format!("{mark}[\"message\", \"{name}\", \"{number}\"]")
            );
        }
    }
}
