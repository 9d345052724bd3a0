//! Sentinels and servers that answer a client in memory, at a virtual time.

use std::collections::BTreeMap;

use quorate::resp::Value;
use quorate::sentinel::discovery::*;
use quorate::sentinel::{Address, EventKind, LinkId, Millis, Output as SentinelOutput, Sentinel};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    Resolved(Address, NodeRole),
    Failed(Failure),
    Changed(Option<Address>, Address),
}

pub(crate) struct FakeSentinel {
    pub(crate) up: bool,
    /// It takes connections, and says nothing.
    pub(crate) silent: bool,
    pub(crate) primary: Option<Address>,
    pub(crate) error: Option<&'static str>,
    /// It calls the others down.
    pub(crate) others_down: bool,
}

pub(crate) struct FakeNode {
    address: Address,
    pub(crate) up: bool,
    pub(crate) silent: bool,
    pub(crate) role: NodeRole,
    pub(crate) follows: bool,
    pub(crate) forbids_role: bool,
    flags: String,
    link_status: String,
}

pub(crate) struct Net {
    pub(crate) discovery: Discovery,
    pub(crate) now: Millis,
    pub(crate) sentinels: Vec<FakeSentinel>,
    pub(crate) nodes: Vec<FakeNode>,
    aliases: Vec<(Address, Address)>,
    links: BTreeMap<LinkId, (Address, Purpose)>,
    /// The sentinels that were asked, in order.
    pub(crate) asked: Vec<Address>,
    pub(crate) connected_to: Vec<Address>,
    pub(crate) questions: Vec<String>,
    pub(crate) subscribed: Vec<String>,
    pub(crate) events: Vec<Event>,
    pub(crate) answered_at: Millis,
    pub(crate) invalid: Vec<LinkId>,
    last: LinkId,
}

/// Server 1 is the primary at first, 2 and 3 are its replicas.
pub(crate) fn at(server: u8) -> Address {
    Address::new(&format!("10.0.0.{server}"), 6_379)
}

pub(crate) fn sentinel(index: usize) -> Address {
    Address::new(&format!("10.0.1.{index}"), 26_379)
}

fn bulk(text: &str) -> Value {
    Value::BulkString(text.into())
}

fn array(items: Vec<Value>) -> Value {
    Value::Array(items.into())
}

impl Net {
    pub(crate) fn new(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new("mymaster", &[sentinel(0), sentinel(1), sentinel(2)]);
        change(&mut config);
        let fake = |_| FakeSentinel {
            up: true,
            silent: false,
            primary: Some(at(1)),
            error: None,
            others_down: false,
        };
        let mut net = Self {
            discovery: Discovery::new(config).expect("a config"),
            now: 1_000,
            sentinels: (0..3).map(fake).collect(),
            nodes: Vec::new(),
            aliases: Vec::new(),
            links: BTreeMap::new(),
            asked: Vec::new(),
            connected_to: Vec::new(),
            questions: Vec::new(),
            subscribed: Vec::new(),
            events: Vec::new(),
            answered_at: 0,
            invalid: Vec::new(),
            last: 0,
        };
        for server in 1..4 {
            net.add_replica(server);
        }
        net.nodes[0].role = NodeRole::Primary;
        net
    }

    // ---- what happens

    pub(crate) fn add_replica(&mut self, server: u8) {
        self.nodes.push(FakeNode {
            address: at(server),
            up: true,
            silent: false,
            role: NodeRole::Replica,
            follows: true,
            forbids_role: false,
            flags: "slave".into(),
            link_status: "ok".into(),
        });
    }

    /// Asks, and gives back the link if there is an answer at once.
    pub(crate) fn ask(&mut self, preference: ReadPreference) -> LinkId {
        self.last = 0;
        self.discovery.request(preference, self.now).expect("there is room");
        self.settle();
        self.last
    }

    pub(crate) fn point_to(&mut self, server: u8) {
        self.sentinels
            .iter_mut()
            .for_each(|sentinel| sentinel.primary = Some(at(server)));
    }

    pub(crate) fn fail_over(&mut self, server: u8) {
        self.point_to(server);
        for node in &mut self.nodes {
            node.role = if node.address == at(server) {
                NodeRole::Primary
            } else {
                NodeRole::Replica
            };
        }
    }

    pub(crate) fn flags(&mut self, server: u8, flags: &str) {
        self.node(&at(server)).expect("a server").flags = flags.into();
    }

    pub(crate) fn link_status(&mut self, server: u8, status: &str) {
        self.node(&at(server)).expect("a server").link_status = status.into();
    }

    /// That server can be reached there too.
    pub(crate) fn alias(&mut self, outside: &Address, server: u8) {
        self.aliases.push((outside.clone(), at(server)));
    }

    pub(crate) fn alias_sentinel(&mut self, outside: &Address, index: usize) {
        self.aliases.push((outside.clone(), sentinel(index)));
    }

    /// A sentinel publishes to whoever listens to it.
    pub(crate) fn publish(&mut self, index: usize, channel: &str, payload: &str) {
        let listens = |(_, (address, purpose)): &(&LinkId, &(Address, Purpose))| {
            *purpose == Purpose::Listen && *address == sentinel(index)
        };
        let links: Vec<LinkId> = self.links.iter().filter(listens).map(|(&link, _)| link).collect();
        assert!(!links.is_empty(), "nobody listens");
        for link in links {
            let message = array(vec![bulk("message"), bulk(channel), bulk(payload)]);
            self.discovery.reply(link, &message, self.now).expect("it is open");
        }
        self.settle();
    }

    pub(crate) fn run(&mut self, for_ms: Millis) {
        let end = self.now + for_ms;
        self.settle();
        while let Some(next) = self.discovery.next_tick_ms().filter(|&next| next <= end) {
            assert!(next >= self.now, "time goes back from {} to {next}", self.now);
            self.now = next;
            self.discovery.tick(next);
            self.settle();
        }
        self.now = end;
    }

    pub(crate) fn settle(&mut self) {
        while let Some(output) = self.discovery.poll() {
            match output {
                Output::Connect { link, address, purpose } => self.connect(link, address, purpose),
                Output::Close { link } => assert!(self.links.remove(&link).is_some(), "{link} is closed already"),
                Output::Send { link, argv } => {
                    let argv: Vec<String> = argv
                        .iter()
                        .map(|arg| String::from_utf8_lossy(arg).into_owned())
                        .collect();
                    self.command(link, &argv);
                }
                Output::Resolved {
                    link, address, role, ..
                } => {
                    self.last = link;
                    self.events.push(Event::Resolved(address, role));
                    self.answered_at = self.now;
                }
                Output::Failed { failure, .. } => self.events.push(Event::Failed(failure)),
                Output::Invalidate { link, .. } => {
                    assert!(self.links.remove(&link).is_some(), "{link} is closed already");
                    self.invalid.push(link);
                }
                Output::PrimaryChanged { from: None, .. } | Output::Trace(_) => {}
                Output::PrimaryChanged { from, to } => self.events.push(Event::Changed(from, to)),
                _ => panic!("{output:?}"),
            }
        }
    }

    // ---- who answers

    fn real(&self, address: &Address) -> Address {
        let alias = self.aliases.iter().find(|(outside, _)| outside == address);
        alias.map_or(address, |(_, inside)| inside).clone()
    }

    fn sentinel_at(&self, address: &Address) -> Option<&FakeSentinel> {
        let address = self.real(address);
        (0..3)
            .find(|&index| sentinel(index) == address)
            .map(|index| &self.sentinels[index])
    }

    fn node(&mut self, address: &Address) -> Option<&mut FakeNode> {
        let address = self.real(address);
        self.nodes.iter_mut().find(|node| node.address == address)
    }

    fn connect(&mut self, link: LinkId, address: Address, purpose: Purpose) {
        self.links.insert(link, (address.clone(), purpose));
        let (up, silent) = match purpose {
            Purpose::Node => {
                self.connected_to.push(address.clone());
                self.node(&address)
                    .map_or((false, false), |node| (node.up, node.silent))
            }
            _ => self
                .sentinel_at(&address)
                .map_or((false, false), |sentinel| (sentinel.up, sentinel.silent)),
        };
        if purpose == Purpose::Ask {
            self.asked.push(address);
        }
        if !up {
            self.links.remove(&link);
            self.discovery.disconnected(link, self.now).expect("it was asked for");
        } else if !silent {
            self.discovery.connected(link, self.now).expect("it was asked for");
        }
    }

    fn command(&mut self, link: LinkId, argv: &[String]) {
        // A command may be on its way to a connection that was closed meanwhile.
        let Some((address, _)) = self.links.get(&link).cloned() else {
            return;
        };
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        let reply = match words[..] {
            ["SUBSCRIBE", ..] => {
                self.subscribed.push(words.join(" "));
                array(vec![bulk("subscribe"), bulk(words[1]), Value::Integer(1)])
            }
            ["SENTINEL", what, name] => {
                assert_eq!(name, "mymaster");
                self.questions.push(words.join(" "));
                self.answer(&address, what)
            }
            ["ROLE"] => {
                let node = self.node(&address).expect("a server");
                match (node.forbids_role, node.role) {
                    (true, _) => {
                        Value::SimpleError("NOPERM this user has no permissions to run the 'role' command".into())
                    }
                    (_, NodeRole::Primary) => array(vec![bulk("master"), Value::Integer(1), array(vec![])]),
                    (_, NodeRole::Replica) => {
                        let state = if node.follows { "connected" } else { "connect" };
                        let (host, port) = (bulk("10.0.0.1"), Value::Integer(6_379));
                        array(vec![bulk("slave"), host, port, bulk(state), Value::Integer(1)])
                    }
                }
            }
            ["INFO", "replication"] => match self.node(&address).expect("a server").role {
                NodeRole::Primary => bulk("# Replication\r\nrole:master\r\nconnected_slaves:2\r\n"),
                NodeRole::Replica => bulk("# Replication\r\nrole:slave\r\nmaster_link_status:up\r\n"),
            },
            _ => panic!("{words:?}"),
        };
        match self.discovery.reply(link, &reply, self.now) {
            Ok(()) | Err(Error::UnknownLink(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    fn answer(&self, address: &Address, what: &str) -> Value {
        let asked = self.sentinel_at(address).expect("a sentinel");
        if let Some(error) = asked.error {
            return Value::SimpleError(error.into());
        }
        match (what, &asked.primary) {
            ("GET-MASTER-ADDR-BY-NAME", Some(primary)) => {
                array(vec![bulk(&primary.host), bulk(&primary.port.to_string())])
            }
            ("GET-MASTER-ADDR-BY-NAME", None) => Value::NullArray,
            (_, None) => Value::SimpleError("ERR No such master with that name".into()),
            ("SENTINELS", _) => {
                let others = (0..3).map(sentinel).filter(|other| *other != self.real(address));
                let flags = if asked.others_down {
                    "s_down,sentinel"
                } else {
                    "sentinel"
                };
                array(others.map(|other| instance(&other, flags, None)).collect())
            }
            ("REPLICAS", Some(primary)) => {
                let replicas = self.nodes.iter().filter(|node| node.address != *primary);
                array(
                    replicas
                        .map(|node| instance(&node.address, &node.flags, Some(&node.link_status)))
                        .collect(),
                )
            }
            _ => panic!("{what}"),
        }
    }

    // ---- what is so

    pub(crate) fn is_open(&self, link: LinkId) -> bool {
        self.links.contains_key(&link)
    }

    pub(crate) fn address_of(&self, link: LinkId) -> Option<Address> {
        // Also of one that is closed: the order of connections tells.
        self.links
            .get(&link)
            .map(|(address, _)| address.clone())
            .or_else(|| self.closed_address(link))
    }

    fn closed_address(&self, link: LinkId) -> Option<Address> {
        self.invalid.contains(&link).then(|| at(2))
    }

    pub(crate) fn open_nodes(&self) -> Vec<Address> {
        let nodes = self.links.values().filter(|(_, purpose)| *purpose == Purpose::Node);
        nodes.map(|(address, _)| address.clone()).collect()
    }
}

fn instance(address: &Address, flags: &str, link_status: Option<&str>) -> Value {
    let port = address.port.to_string();
    let mut fields = vec!["name", "x", "ip", &address.host, "port", &port, "flags", flags];
    if let Some(status) = link_status {
        fields.extend(["master-link-status", status]);
    }
    array(fields.into_iter().map(bulk).collect())
}

// ---- our own sentinel

/// Every name under which a sentinel publishes.
pub(crate) fn published_names() -> Vec<&'static str> {
    EventKind::ALL.iter().map(|kind| kind.name()).collect()
}

pub(crate) fn settle_sentinel(sentinel: &mut Sentinel) -> Vec<Value> {
    let mut replies = Vec::new();
    while let Some(output) = sentinel.poll() {
        match output {
            SentinelOutput::Persist { ticket, .. } => sentinel.persisted(ticket).expect("it is open"),
            SentinelOutput::Reply { value, .. } => replies.push(value),
            _ => {}
        }
    }
    replies
}

pub(crate) fn ask_sentinel(sentinel: &mut Sentinel, argv: &[&str]) -> Value {
    settle_sentinel(sentinel);
    let argv: Vec<&[u8]> = argv.iter().map(|arg| arg.as_bytes()).collect();
    sentinel.command(1, &argv, 0);
    settle_sentinel(sentinel).pop().expect("an answer")
}
