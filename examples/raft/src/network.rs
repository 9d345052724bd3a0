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
