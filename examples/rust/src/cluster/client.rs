//! A blocking client of a cluster: sockets and a clock around [`Router`], which decides everything else.

use std::collections::{BTreeMap, btree_map::Entry};
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

use quorate::cluster::{Address, RouteError, Router, RouterConfig, RouterOutput, SlotMap};
use quorate::resp::{Decoder, Value, encode_command};

/// How long a node may take to be connected to, and to answer. Who takes longer counts as lost.
const PATIENCE: Duration = Duration::from_secs(2);

/// A cluster to call.
pub(crate) struct Client {
    router: Router,
    links: BTreeMap<(Address, bool), Link>,
    started: Instant,
    /// Who gave the last reply: `WAIT` is about the connection that wrote.
    last: Option<(Address, bool)>,
}

impl Client {
    pub(crate) fn new(config: RouterConfig) -> Result<Self, RouteError> {
        Ok(Self {
            router: Router::new(config)?,
            links: BTreeMap::new(),
            started: Instant::now(),
            last: None,
        })
    }

    /// Sends a command wherever it belongs, and waits for its reply.
    pub(crate) fn call<A: AsRef<[u8]>>(&mut self, argv: &[A]) -> Result<Value, RouteError> {
        let request = self.router.submit(self.now(), argv)?;
        self.finish(request)
    }

    /// Carries out commands as one, without `MULTI` and `EXEC`, and waits for the reply of `EXEC`.
    pub(crate) fn transaction<A: AsRef<[u8]>>(&mut self, commands: &[Vec<A>]) -> Result<Value, RouteError> {
        let request = self.router.submit_transaction(self.now(), commands)?;
        self.finish(request)
    }

    /// How many replicas have what the last command wrote, after at most so many milliseconds. `None` if that cannot be told.
    pub(crate) fn wait(&mut self, replicas: u32, milliseconds: u32) -> Option<i64> {
        let link = self.links.get_mut(self.last.as_ref()?)?;
        let words = ["WAIT".to_owned(), replicas.to_string(), milliseconds.to_string()];
        let mut bytes = Vec::new();
        encode_command(&words.each_ref().map(|word| word.as_bytes()), &mut bytes);
        let mut answer = None;
        link.exchange(&bytes, 1, |reply| answer = Some(reply)).ok()?;
        match answer? {
            Value::Integer(replicas) => Some(replicas),
            _ => None,
        }
    }

    pub(crate) fn map(&self) -> &SlotMap {
        self.router.map()
    }

    fn now(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// Does what the router says until the request is over.
    fn finish(&mut self, request: u64) -> Result<Value, RouteError> {
        loop {
            match self.router.poll() {
                Some(RouterOutput::Done { request: done, reply }) if done == request => return reply,
                Some(RouterOutput::Send {
                    id,
                    node,
                    bytes,
                    replies,
                    readonly,
                }) => self.send(id, &(node, readonly), &bytes, replies)?,
                Some(RouterOutput::Refresh { nodes }) => {
                    let map = nodes.iter().find_map(|node| self.ask_for_map(node));
                    match map {
                        Some(map) => self.router.topology(self.now(), map),
                        None => self.router.topology_failed(self.now()),
                    }
                }
                Some(_) => {}
                None => {
                    // Nothing to do before some wait is over; there always is one while a request is not.
                    let wait = self.router.next_timeout().map_or(1, |at| at.saturating_sub(self.now()));
                    thread::sleep(Duration::from_millis(wait));
                    self.router.tick(self.now());
                }
            }
        }
    }

    fn send(&mut self, id: u64, to: &(Address, bool), bytes: &[u8], replies: u32) -> Result<(), RouteError> {
        if self.link(to).is_err() {
            return self.router.lost(self.now(), id, false);
        }
        let Some(link) = self.links.get_mut(to) else {
            return Ok(());
        };
        let mut answers = Vec::new();
        let whole = link.exchange(bytes, replies, |reply| answers.push(reply));
        for answer in answers {
            self.router.reply(self.now(), id, answer)?;
        }
        match whole {
            Ok(()) => self.last = Some(to.clone()),
            Err(_) => {
                self.links.remove(to);
                self.router.lost(self.now(), id, true)?;
            }
        }
        Ok(())
    }

    fn ask_for_map(&mut self, node: &Address) -> Option<SlotMap> {
        let to = (node.clone(), false);
        let mut bytes = Vec::new();
        encode_command(&[b"CLUSTER", b"SLOTS"], &mut bytes);
        let mut answer = None;
        let asked = self.link(&to).and_then(|link| {
            link.exchange(&bytes, 1, |reply| answer = Some(reply))?;
            Ok(())
        });
        if asked.is_err() {
            self.links.remove(&to);
        }
        SlotMap::from_slots(&answer?, node).ok()
    }

    /// The connection to a node; it has said `READONLY` if it is to read from a replica.
    fn link(&mut self, to: &(Address, bool)) -> io::Result<&mut Link> {
        match self.links.entry(to.clone()) {
            Entry::Occupied(link) => Ok(link.into_mut()),
            Entry::Vacant(place) => {
                let mut link = Link::connect(&to.0)?;
                if to.1 {
                    link.exchange(b"*1\r\n$8\r\nREADONLY\r\n", 1, drop)?;
                }
                Ok(place.insert(link))
            }
        }
    }
}

/// A socket and a decoder.
struct Link {
    socket: TcpStream,
    decoder: Decoder,
}

impl Link {
    fn connect(address: &Address) -> io::Result<Self> {
        let mut addresses = (address.host.as_str(), address.port).to_socket_addrs()?;
        let address = addresses.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let socket = TcpStream::connect_timeout(&address, PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        socket.set_nodelay(true)?;
        let decoder = Decoder::default();
        Ok(Self { socket, decoder })
    }

    /// Writes commands and hands over so many replies as they come.
    fn exchange(&mut self, bytes: &[u8], replies: u32, mut take: impl FnMut(Value)) -> io::Result<()> {
        self.socket.write_all(bytes)?;
        let mut wanted = replies;
        while wanted > 0 {
            while let Some(reply) = self.decoder.poll().map_err(io::Error::other)? {
                take(reply.to_value());
                wanted -= 1;
            }
            if wanted > 0 {
                let tail = self.decoder.reserve(16 << 10);
                let read = self.socket.read(tail)?;
                if read == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                self.decoder.commit(read).map_err(io::Error::other)?;
            }
        }
        Ok(())
    }
}
