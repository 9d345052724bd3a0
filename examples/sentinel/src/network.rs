//! TCP: clients and other sentinels that come, and connections to instances. All that comes in becomes an [`Event`].
//!
//! Each connection has two threads, one that reads and one that writes what is queued. Nothing waits for a peer that stands still
//! but these two.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use quorate::resp::{Decoder, RequestDecoder, Value};
use quorate::sentinel::{ClientId, LinkId};

/// Messages that wait for one connection. One that does not take them is given up.
const QUEUE: usize = 4096;
/// How long a connection may take to stand.
const PATIENCE: Duration = Duration::from_secs(5);

/// What came in.
pub(crate) enum Event {
    Accepted(ClientId, Connection),
    Command(ClientId, Vec<Vec<u8>>),
    ClientClosed(ClientId),
    Connected(LinkId),
    Reply(LinkId, Value),
    Disconnected(LinkId),
    Resolved(String, Option<String>),
}

/// Where to write to a connection. It is closed when this goes.
pub(crate) struct Connection(SyncSender<Vec<u8>>);

impl Connection {
    /// Queues the bytes, also for a connection that does not stand yet, and does not wait. Says whether they were taken.
    pub(crate) fn send(&self, bytes: Vec<u8>) -> bool {
        self.0.try_send(bytes).is_ok()
    }
}

/// Connects, and reads replies.
pub(crate) fn connect(link: LinkId, host: &str, port: u16, events: SyncSender<Event>) -> Connection {
    let (queue, messages) = sync_channel(QUEUE);
    let host = host.to_owned();
    thread::spawn(move || {
        let _ = converse(link, &host, port, messages, &events);
        let _ = events.send(Event::Disconnected(link));
    });
    Connection(queue)
}

fn converse(
    link: LinkId,
    host: &str,
    port: u16,
    messages: Receiver<Vec<u8>>,
    events: &SyncSender<Event>,
) -> io::Result<()> {
    let address = (host, port).to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
    let socket = TcpStream::connect_timeout(&address, PATIENCE)?;
    // On one machine, a port on which nobody listens may be given to the very socket that looks for it.
    if socket.local_addr()? == socket.peer_addr()? {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    let mut reader = with_writer(socket, messages)?;
    let mut decoder = Decoder::default();
    let mut news = Event::Connected(link);
    while events.send(news).is_ok() {
        news = loop {
            match decoder.poll() {
                Ok(Some(reply)) => break Event::Reply(link, reply.to_value()),
                Ok(None) => {}
                Err(error) => return Err(io::Error::other(error.to_string())),
            }
            let bytes = decoder.reserve(16 << 10);
            let count = reader.read(bytes)?;
            let _ = decoder.commit(count);
            if count == 0 {
                return Ok(());
            }
        };
    }
    Ok(())
}

/// Accepts clients, and reads commands.
pub(crate) fn listen(listener: TcpListener, events: SyncSender<Event>) {
    thread::spawn(move || {
        for (client, socket) in (1..).zip(listener.incoming()) {
            let (queue, messages) = sync_channel(QUEUE);
            let Ok(reader) = socket.and_then(|socket| with_writer(socket, messages)) else {
                continue;
            };
            if events.send(Event::Accepted(client, Connection(queue))).is_err() {
                return;
            }
            let events = events.clone();
            thread::spawn(move || {
                let _ = serve(client, reader, &events);
                let _ = events.send(Event::ClientClosed(client));
            });
        }
    });
}

fn serve(client: ClientId, mut reader: TcpStream, events: &SyncSender<Event>) -> io::Result<()> {
    let mut decoder = RequestDecoder::default();
    loop {
        while let Some(request) = decoder.poll().map_err(|error| io::Error::other(error.to_string()))? {
            let argv = request.args().map(<[u8]>::to_vec).collect();
            if events.send(Event::Command(client, argv)).is_err() {
                return Ok(());
            }
        }
        let bytes = decoder.reserve(16 << 10);
        let count = reader.read(bytes)?;
        let _ = decoder.commit(count);
        if count == 0 {
            return Ok(());
        }
    }
}

/// Writes what is queued, until nobody can queue any more; then the connection ends, for the reader too.
fn with_writer(socket: TcpStream, messages: Receiver<Vec<u8>>) -> io::Result<TcpStream> {
    socket.set_nodelay(true)?;
    let mut writer = socket.try_clone()?;
    thread::spawn(move || {
        while let Ok(mut bytes) = messages.recv() {
            bytes.extend(messages.try_iter().flatten());
            if writer.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = writer.shutdown(Shutdown::Both);
    });
    Ok(socket)
}

/// Looks a name up.
pub(crate) fn resolve(host: String, events: SyncSender<Event>) {
    thread::spawn(move || {
        let found = (host.as_str(), 0).to_socket_addrs().ok();
        let ip = found
            .and_then(|mut addresses| addresses.next())
            .map(|found: SocketAddr| found.ip().to_string());
        let _ = events.send(Event::Resolved(host, ip));
    });
}
