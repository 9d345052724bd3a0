//! TCP: messages to and from the other members, and lines from clients. All that comes in becomes an [`Event`].
//!
//! A member that connects begins with the line `PEER`; then come messages, each as its length in 4 bytes and its `raftpb` bytes.
//! What it sends goes one way: answers come over the connection that the other opened. Raft expects of a network only that it
//! delivers now and then, so what cannot be sent at once is dropped.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use quorate::raft::{Message, MessageKind, NodeId, wire};

const HELLO: &[u8] = b"PEER\n";
/// The longest request of a client, in bytes.
const MAX_LINE: u64 = 64 << 10;
/// The longest message, in bytes: it has to hold a snapshot.
const MAX_MESSAGE: u32 = 256 << 20;
/// Messages that wait for one member; those beyond are dropped.
const QUEUE: usize = 4096;
/// How long a member that does not answer holds up what waits for it.
const PATIENCE: Duration = Duration::from_millis(500);

/// What came in.
pub(crate) enum Event {
    /// Another member says something.
    Message(Message),
    /// A client asks for something, and waits for a line.
    Request(String, Sender<String>),
    /// A message to that member was dropped.
    Unreachable(NodeId),
    /// A snapshot to that member was sent, or was not.
    SnapshotSent(NodeId, bool),
}

/// The ways to the other members.
pub(crate) struct Peers {
    queues: BTreeMap<NodeId, SyncSender<Message>>,
}

impl Peers {
    pub(crate) fn new(peers: impl IntoIterator<Item = (NodeId, SocketAddr)>, events: &SyncSender<Event>) -> Self {
        let queues = peers.into_iter().map(|(id, address)| {
            let (queue, messages) = sync_channel(QUEUE);
            let events = events.clone();
            thread::spawn(move || deliver(id, address, &messages, &events));
            (id, queue)
        });
        Self {
            queues: queues.collect(),
        }
    }

    /// Hands the message over to the thread that sends it, and does not wait. Says whether it was taken.
    pub(crate) fn send(&self, message: Message) -> bool {
        let queue = self.queues.get(&message.to);
        queue.is_some_and(|queue| queue.try_send(message).is_ok())
    }
}

/// Sends what waits for one member, as much at once as there is. A connection that fails is made anew for the next messages; the
/// heartbeats see to it that there are some.
fn deliver(id: NodeId, address: SocketAddr, messages: &Receiver<Message>, events: &SyncSender<Event>) {
    let mut connection = None;
    while let Ok(first) = messages.recv() {
        let mut frames = Vec::new();
        let mut has_snapshot = false;
        for message in std::iter::once(first).chain(messages.try_iter().take(QUEUE)) {
            has_snapshot |= message.kind == MessageKind::Snap;
            let bytes = wire::encode_message(&message, wire::Dialect::Etcd);
            let Ok(length @ ..=MAX_MESSAGE) = u32::try_from(bytes.len()) else {
                continue;
            };
            frames.extend_from_slice(&length.to_be_bytes());
            frames.extend_from_slice(&bytes);
        }
        let sent = send(&mut connection, address, &frames);
        if sent.is_err() {
            connection = None;
            let _ = events.send(Event::Unreachable(id));
        }
        if has_snapshot {
            let _ = events.send(Event::SnapshotSent(id, sent.is_ok()));
        }
    }
}

fn send(connection: &mut Option<TcpStream>, address: SocketAddr, frames: &[u8]) -> io::Result<()> {
    let socket = match connection {
        Some(socket) => socket,
        None => {
            let mut socket = TcpStream::connect_timeout(&address, PATIENCE)?;
            socket.set_nodelay(true)?;
            socket.set_write_timeout(Some(PATIENCE))?;
            socket.write_all(HELLO)?;
            connection.insert(socket)
        }
    };
    socket.write_all(frames)
}

/// Takes connections, for ever.
pub(crate) fn listen(listener: TcpListener, events: SyncSender<Event>) {
    thread::spawn(move || {
        for socket in listener.incoming() {
            match socket {
                Ok(socket) => {
                    let events = events.clone();
                    // A connection that breaks is the other side's to make anew.
                    thread::spawn(move || serve(socket, &events));
                }
                // Too many connections, most likely: those that are there may end.
                Err(_) => thread::sleep(Duration::from_millis(10)),
            }
        }
    });
}

fn serve(socket: TcpStream, events: &SyncSender<Event>) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut reader = BufReader::new(socket);
    let mut line = read_line(&mut reader)?;
    if line.as_bytes() == HELLO {
        return serve_peer(&mut reader, events);
    }
    while !line.is_empty() {
        let (reply, answer) = channel();
        let sent = events.send(Event::Request(line, reply));
        let answer = sent.ok().and_then(|()| answer.recv().ok());
        let answer = answer.ok_or(io::ErrorKind::BrokenPipe)?;
        reader.get_mut().write_all(format!("{answer}\n").as_bytes())?;
        line = read_line(&mut reader)?;
    }
    Ok(())
}

/// The next line with its end; nothing at the end of the connection.
fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.take(MAX_LINE).read_line(&mut line)?;
    let whole = line.is_empty() || line.ends_with('\n');
    whole.then_some(line).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn serve_peer(reader: &mut impl Read, events: &SyncSender<Event>) -> io::Result<()> {
    loop {
        let mut length = [0; 4];
        reader.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length);
        let mut bytes = Vec::new();
        // It grows as bytes come, whatever was announced.
        reader.take(length.min(MAX_MESSAGE).into()).read_to_end(&mut bytes)?;
        let whole = bytes.len() as u64 == u64::from(length);
        let message = whole
            .then(|| wire::decode_message(&bytes, wire::Dialect::Etcd).ok())
            .flatten();
        let message = message.ok_or(io::ErrorKind::InvalidData)?;
        if events.send(Event::Message(message)).is_err() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use quorate::raft::Entry;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn message(index: u64) -> Message {
        Message {
            from: 1,
            term: 7,
            index,
            entries: vec![Entry::normal(vec![b'x'; 100_000])],
            ..Message::to(MessageKind::App, 2)
        }
    }

    fn listening() -> (SocketAddr, Receiver<Event>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let (sender, events) = sync_channel(16);
        listen(listener, sender);
        (address, events)
    }

    #[test]
    fn messages_arrive_in_order() {
        let (address, arrived) = listening();
        let (sender, events) = sync_channel(16);
        let peers = Peers::new([(2, address)], &sender);
        for index in 0..100 {
            assert!(peers.send(message(index)));
        }
        for index in 0..100 {
            match arrived.recv_timeout(PATIENCE).expect("an event") {
                Event::Message(found) => assert_eq!(found, message(index)),
                _ => panic!("only messages were sent"),
            }
        }
        assert!(events.try_recv().is_err(), "nothing was dropped");
        assert!(!peers.send(Message::to(MessageKind::App, 3)), "nobody is called 3");
    }

    #[test]
    fn who_cannot_be_reached_is_told_of_and_tried_again() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a socket");
        let address = listener.local_addr().expect("an address");
        drop(listener);
        let (sender, events) = sync_channel(16);
        let peers = Peers::new([(2, address)], &sender);

        assert!(peers.send(Message::to(MessageKind::Snap, 2)));
        assert!(matches!(events.recv_timeout(PATIENCE), Ok(Event::Unreachable(2))));
        assert!(matches!(
            events.recv_timeout(PATIENCE),
            Ok(Event::SnapshotSent(2, false))
        ));

        let (sender, arrived) = sync_channel(16);
        listen(TcpListener::bind(address).expect("the same address"), sender);
        assert!(peers.send(Message::to(MessageKind::Snap, 2)));
        assert!(matches!(arrived.recv_timeout(PATIENCE), Ok(Event::Message(_))));
        assert!(matches!(
            events.recv_timeout(PATIENCE),
            Ok(Event::SnapshotSent(2, true))
        ));
    }

    #[test]
    fn clients_are_answered_line_by_line() {
        let (address, events) = listening();
        let mut client = TcpStream::connect(address).expect("it listens");
        client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        client.write_all(b"GET a\nGET b\n").expect("it reads");
        for expected in ["GET a\n", "GET b\n"] {
            match events.recv_timeout(PATIENCE).expect("an event") {
                Event::Request(line, reply) => {
                    assert_eq!(line, expected);
                    reply.send(format!("re: {}", line.trim_end())).expect("it waits");
                }
                _ => panic!("a client asks"),
            }
        }
        let mut answers = [0; 20];
        client.read_exact(&mut answers).expect("two answers");
        assert_eq!(&answers, b"re: GET a\nre: GET b\n");
    }

    /// What is no message, or too long, ends the connection that it came over, and nothing else.
    #[test]
    fn nonsense_ends_its_connection() {
        let (address, events) = listening();
        let long = vec![b'x'; MAX_LINE as usize + 1];
        let nonsense: [&[u8]; 5] = [
            b"PEER\n\0\0\0\x03\xff\xff\xff",
            b"PEER\n\xff\xff\xff\xff1234",
            b"PEER\n\0\0\0\x09torn",
            b"\xff\xfe\n",
            &long,
        ];
        for bytes in nonsense {
            let mut socket = TcpStream::connect(address).expect("it listens");
            socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            let _ = socket.write_all(bytes);
            let _ = socket.shutdown(std::net::Shutdown::Write);
            let since = Instant::now();
            let end = socket.read(&mut [0; 10]);
            assert!(since.elapsed() < PATIENCE && !matches!(end, Ok(1..)), "{end:?}");
        }
        assert!(events.try_recv().is_err());
        let mut client = TcpStream::connect(address).expect("it still listens");
        client.write_all(b"STATUS\n").expect("it reads");
        assert!(matches!(events.recv_timeout(PATIENCE), Ok(Event::Request(..))));
    }
}
