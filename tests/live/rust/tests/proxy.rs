//! Both halves of the codec between a client and a real server: requests are decoded and written anew on their way in,
//! replies on their way out. What the client sees must be what it would see without it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use quorate::resp::{Decoder, Encoder, Protocol, RequestDecoder, RequestLimits, Value, encode_command};
use quorate_live::{Client, port};

/// A proxy for one connection; the port that it listens on.
fn proxy(server: u16) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a socket");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        let (client, _) = listener.accept().expect("a client");
        serve(
            client,
            TcpStream::connect(("127.0.0.1", server)).expect("the server listens"),
        );
    });
    port
}

fn serve(mut client: TcpStream, mut server: TcpStream) {
    let mut requests = RequestDecoder::new(RequestLimits::default());
    let mut replies = Decoder::default();
    let mut encoder = Encoder::new(Protocol::Resp2);
    loop {
        let Ok(read @ 1..) = client.read(requests.reserve(1000)) else {
            return;
        };
        requests.commit(read).expect("no more than was reserved");
        loop {
            match requests.poll() {
                Ok(Some(request)) => {
                    let args: Vec<&[u8]> = request.args().collect();
                    let hello = args[0].eq_ignore_ascii_case(b"HELLO") && args.get(1) == Some(&&b"3"[..]);
                    let mut bytes = Vec::new();
                    encode_command(&args, &mut bytes);
                    server.write_all(&bytes).expect("the server reads");
                    if hello {
                        encoder.set_protocol(Protocol::Resp3).expect("between two replies");
                    }
                    loop {
                        if let Some(view) = replies.poll().expect("the server speaks RESP") {
                            encoder.view(&view).expect("what was decoded can be written");
                            if !view.is_push() {
                                break;
                            }
                            continue;
                        }
                        let read = server.read(replies.reserve(1000)).expect("the server answers");
                        assert!(read > 0, "the server closed the connection");
                        replies.commit(read).expect("no more than was reserved");
                    }
                    client.write_all(&encoder.take()).expect("the client reads");
                }
                Ok(None) => break,
                Err(error) => {
                    encoder
                        .simple_error(format!("ERR {error}").as_bytes())
                        .expect("one line");
                    client.write_all(&encoder.take()).expect("the client reads");
                    return;
                }
            }
        }
    }
}

#[test]
fn a_client_sees_the_same_through_it() {
    let Some(port) = port("a_client_sees_the_same_through_it") else {
        return;
    };
    let key: &[u8] = b"quorate:live:rust:proxy";
    let script: [&[&[u8]]; 16] = [
        &[b"DEL", key],
        &[b"HSET", key, b"field", b"value", b"\xff\x00", b"\r\n"],
        &[b"HGETALL", key],
        &[b"HGET", key, b"missing"],
        &[b"INCR", key],
        &[b"DEL", key],
        &[b"ZADD", key, b"0.1", b"a", b"2.5", b"b", b"inf", b"c"],
        &[b"ZRANGE", key, b"0", b"-1", b"WITHSCORES"],
        &[b"EVAL", b"return {1,{'two',{3}},false,redis.pcall('NOSUCH')}", b"0"],
        &[b"EVAL", b"redis.setresp(3); return {map={a=true}}", b"0"],
        &[b"COMMAND", b"INFO", b"get", b"nosuch"],
        &[b"SET", key, &[b'x'; 100_000]],
        &[b"GET", key],
        &[b"NOSUCHCOMMAND", b"a b", b"'"],
        &[b"LOLWUT", b"VERSION", b"7"],
        &[b"DEL", key],
    ];
    for protocol in [2, 3] {
        let mut straight = Client::connect(port, protocol);
        let mut through = Client::connect(proxy(port), protocol);
        for command in script {
            let expected = straight.call(command);
            assert_eq!(
                through.call(command).to_string(),
                // A second DEL finds nothing, and a field is new only once; the rest does not depend on who asked first.
                match (command[0], &expected) {
                    (b"DEL", Value::Integer(_)) => "0".to_owned(),
                    (b"HSET", Value::Integer(_)) | (b"ZADD", Value::Integer(_)) => "0".to_owned(),
                    _ => expected.to_string(),
                },
                "{}",
                String::from_utf8_lossy(command[0])
            );
        }
    }
}

/// What a connection answers to raw bytes, up to its first reply.
fn answer(port: u16, request: &[u8]) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a timeout");
    socket.write_all(request).expect("it reads");
    let mut decoder = Decoder::default();
    loop {
        if let Some(view) = decoder.poll().expect("RESP") {
            return view.to_string();
        }
        let mut chunk = [0; 4096];
        let read = socket.read(&mut chunk).expect("an answer");
        assert!(
            read > 0,
            "closed without an answer to {:?}",
            String::from_utf8_lossy(request)
        );
        decoder.feed(&chunk[..read]);
    }
}

#[test]
fn requests_are_read_and_refused_as_the_server_does() {
    let Some(port) = port("requests_are_read_and_refused_as_the_server_does") else {
        return;
    };
    let long = b"1".repeat(70_000);
    let requests: Vec<Vec<u8>> = vec![
        b"PING\r\n".to_vec(),
        b"PING\n".to_vec(),
        b"\r\n\n  \r\nPING\r\n".to_vec(),
        b"*0\r\n*-1\r\nPING\r\n".to_vec(),
        b"ECHO \"a b\\x00\\n\\\"\" \r\n".to_vec(),
        b"ECHO 'it\\'s' \r\n".to_vec(),
        b"\x0b\x0cECHO a\x0bb\r\n".to_vec(),
        b"ECHO foo\"bar baz\"\r\n".to_vec(),
        b"ECHO \"\\x4\"\r\n".to_vec(),
        b"ECHO \"\"\r\n".to_vec(),
        b"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n".to_vec(),
        // From here on the server refuses.
        b"ECHO \"a\r\n".to_vec(),
        b"ECHO 'a'b\r\n".to_vec(),
        b"*x\r\n".to_vec(),
        b"*01\r\n".to_vec(),
        b"*+1\r\n".to_vec(),
        b"*\r\n".to_vec(),
        b"*1\nPING\r\n".to_vec(),
        b"*2147483648\r\n".to_vec(),
        b"*1\r\n$x\r\n".to_vec(),
        b"*1\r\n$-1\r\n".to_vec(),
        b"*1\r\n$04\r\n".to_vec(),
        b"*1\r\n$536870913\r\n".to_vec(),
        b"*1\r\n:1\r\n".to_vec(),
        b"*1\r\nxyz\r\n".to_vec(),
        [b"a", &long[..]].concat(),
        [b"*", &long[..]].concat(),
        [b"*1\r\n$", &long[..]].concat(),
    ];
    for request in requests {
        let expected = answer(port, &request);
        let found = answer(proxy(port), &request);
        assert_eq!(
            found,
            expected,
            "{:?}",
            String::from_utf8_lossy(&request[..request.len().min(60)])
        );
    }
}
