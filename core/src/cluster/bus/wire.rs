//! Messages to bytes and back (`clusterMsg`, `clusterBuildMessageHdr`, `clusterProcessPacket`).

use alloc::vec::Vec;

use super::error::BusError;
use super::id::{IpText, NodeId};
use super::message::{Body, Extension, Gossip, Header, Message, MessageFlags, MessageKind, NodeFlags, Ping};
use super::slots::SlotSet;

/// How many bytes a message has before its body.
pub const HEADER_LENGTH: usize = 2256;

pub(super) const SIGNATURE: [u8; 4] = *b"RCmb";
const VERSION: u16 = 1;
const GOSSIP_LENGTH: usize = 104;

impl Message {
    /// The message as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_LENGTH + 512);
        self.encode_into(&mut out);
        out
    }

    /// Appends the message to `out`. A ping holds 65,535 gossips and as many extensions; what is beyond does not leave.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let header = &self.header;
        let ping = self.body.ping();
        let gossips = ping.map_or(&[][..], |ping| first(&ping.gossip));
        let extensions = ping.map_or(&[][..], |ping| first(&ping.extensions));
        out.extend(SIGNATURE);
        out.extend([0; 4]);
        out.extend(VERSION.to_be_bytes());
        out.extend(header.port.to_be_bytes());
        out.extend((self.body.kind() as u16).to_be_bytes());
        out.extend((gossips.len() as u16).to_be_bytes());
        out.extend(header.current_epoch.to_be_bytes());
        out.extend(header.config_epoch.to_be_bytes());
        out.extend(header.offset.to_be_bytes());
        out.extend(header.sender.as_bytes());
        out.extend(header.slots.as_bytes());
        out.extend(header.replica_of.unwrap_or(NodeId::NULL).as_bytes());
        out.extend(header.ip.as_bytes());
        out.extend((extensions.len() as u16).to_be_bytes());
        out.extend(header.reserved);
        out.extend(header.other_port.to_be_bytes());
        out.extend(header.bus_port.to_be_bytes());
        out.extend(header.flags.0.to_be_bytes());
        out.push(u8::from(header.cluster_down));
        let mut flags = header.message_flags;
        if !extensions.is_empty() {
            flags.set(MessageFlags::EXTENSIONS);
        }
        out.extend(flags.0);
        self.encode_body(gossips, extensions, out);
        let length = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
        out[start + 4..start + 8].copy_from_slice(&length.to_be_bytes());
    }

    fn encode_body(&self, gossips: &[Gossip], extensions: &[Extension], out: &mut Vec<u8>) {
        match &self.body {
            Body::Ping(_) | Body::Pong(_) | Body::Meet(_) => {
                gossips.iter().for_each(|gossip| encode_gossip(gossip, out));
                extensions.iter().for_each(|extension| encode_extension(extension, out));
            }
            Body::Fail { node } => out.extend(node.as_bytes()),
            Body::Publish { channel, message } | Body::PublishShard { channel, message } => {
                out.extend((channel.len() as u32).to_be_bytes());
                out.extend((message.len() as u32).to_be_bytes());
                out.extend(channel);
                out.extend(message);
            }
            Body::AuthRequest | Body::AuthAck | Body::ManualFailoverStart => {}
            Body::Update {
                config_epoch,
                node,
                slots,
            } => {
                out.extend(config_epoch.to_be_bytes());
                out.extend(node.as_bytes());
                out.extend(slots.as_bytes());
            }
            Body::Module { module, kind, payload } => {
                // The one number of the bus that is little endian (`RM_SendClusterMessage`).
                out.extend(module.to_le_bytes());
                out.extend((payload.len() as u32).to_be_bytes());
                out.push(*kind);
                out.extend(payload);
            }
        }
    }

    /// Reads one whole message.
    ///
    /// # Errors
    /// [`BusError`]: all that makes a server pass a message over or close the connection.
    pub fn decode(bytes: &[u8]) -> Result<Self, BusError> {
        let length = check_start(bytes)?;
        if u64::from(length) != bytes.len() as u64 {
            return Err(BusError::Truncated {
                expected: length.into(),
                found: bytes.len() as u64,
            });
        }
        let mut reader = Reader { rest: bytes };
        let (header, kind, count, extensions) = decode_header(&mut reader, bytes.len())?;
        let Some(kind) = MessageKind::ALL.get(usize::from(kind)).copied() else {
            return Err(BusError::Kind(kind));
        };
        let mut body = Parts {
            total: bytes.len(),
            reader,
        };
        let body_value = decode_body(&mut body, kind, count, extensions, &header)?;
        if !body.reader.rest.is_empty() {
            return Err(BusError::Parts {
                expected: (bytes.len() - body.reader.rest.len()) as u64,
                found: bytes.len() as u64,
            });
        }
        Ok(Self {
            header,
            body: body_value,
        })
    }
}

/// The length that the first eight bytes say (`clusterReadHandler`).
pub(super) fn check_start(bytes: &[u8]) -> Result<u32, BusError> {
    let short = BusError::Truncated {
        expected: HEADER_LENGTH as u64,
        found: bytes.len() as u64,
    };
    let signature: [u8; 4] = *bytes.first_chunk().ok_or(short.clone())?;
    let length = bytes.get(4..8).and_then(<[u8]>::first_chunk).ok_or(short)?;
    if signature != SIGNATURE {
        return Err(BusError::Signature(signature));
    }
    let length = u32::from_be_bytes(*length);
    if u64::from(length) < HEADER_LENGTH as u64 {
        return Err(BusError::Length(length));
    }
    Ok(length)
}

fn first<T>(items: &[T]) -> &[T] {
    &items[..items.len().min(usize::from(u16::MAX))]
}

fn encode_gossip(gossip: &Gossip, out: &mut Vec<u8>) {
    out.extend(gossip.node.as_bytes());
    out.extend(gossip.ping_sent.to_be_bytes());
    out.extend(gossip.pong_received.to_be_bytes());
    out.extend(gossip.ip.as_bytes());
    out.extend(gossip.port.to_be_bytes());
    out.extend(gossip.bus_port.to_be_bytes());
    out.extend(gossip.flags.0.to_be_bytes());
    out.extend(gossip.other_port.to_be_bytes());
    out.extend(gossip.reserved.to_be_bytes());
}

fn encode_extension(extension: &Extension, out: &mut Vec<u8>) {
    let padded = extension.data.len().div_ceil(8) * 8;
    out.extend((8 + padded as u32).to_be_bytes());
    out.extend(extension.kind.to_be_bytes());
    out.extend(extension.reserved.to_be_bytes());
    out.extend(&extension.data);
    out.resize(out.len() + padded - extension.data.len(), 0);
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn header(&mut self) -> Option<(Header, u16, u16, u16, u16)> {
        self.take(8)?;
        let version = self.u16()?;
        let port = self.u16()?;
        let kind = self.u16()?;
        let count = self.u16()?;
        let current_epoch = self.u64()?;
        let config_epoch = self.u64()?;
        let offset = self.u64()?;
        let sender = NodeId::from_bytes(self.array()?);
        let slots = SlotSet::from_bytes(self.rest.first_chunk()?);
        self.take(slots.as_bytes().len())?;
        let replica_of = NodeId::from_bytes(self.array()?);
        let ip = IpText::from_bytes(self.array()?);
        let extensions = self.u16()?;
        let header = Header {
            port,
            current_epoch,
            config_epoch,
            offset,
            sender,
            slots,
            replica_of: (!replica_of.is_null()).then_some(replica_of),
            ip,
            reserved: self.array()?,
            other_port: self.u16()?,
            bus_port: self.u16()?,
            flags: NodeFlags(self.u16()?),
            cluster_down: self.array::<1>()? != [0],
            message_flags: MessageFlags(self.array()?),
        };
        Some((header, version, kind, count, extensions))
    }

    fn gossip(&mut self) -> Option<Gossip> {
        Some(Gossip {
            node: NodeId::from_bytes(self.array()?),
            ping_sent: self.u32()?,
            pong_received: self.u32()?,
            ip: IpText::from_bytes(self.array()?),
            port: self.u16()?,
            bus_port: self.u16()?,
            flags: NodeFlags(self.u16()?),
            other_port: self.u16()?,
            reserved: self.u16()?,
        })
    }
}

fn decode_header(reader: &mut Reader<'_>, total: usize) -> Result<(Header, u16, u16, u16), BusError> {
    let (header, version, kind, count, extensions) = reader.header().ok_or(BusError::Truncated {
        expected: HEADER_LENGTH as u64,
        found: total as u64,
    })?;
    if version != VERSION {
        return Err(BusError::Version(version));
    }
    Ok((header, kind, count, extensions))
}

/// What is behind the header, and how long all is.
struct Parts<'a> {
    total: usize,
    reader: Reader<'a>,
}

impl<'a> Parts<'a> {
    /// The next bytes; if there are fewer, the parts are longer than the message.
    fn take(&mut self, length: u64) -> Result<&'a [u8], BusError> {
        let error = BusError::Parts {
            expected: ((self.total - self.reader.rest.len()) as u64).saturating_add(length),
            found: self.total as u64,
        };
        let length = usize::try_from(length).map_err(|_| error.clone())?;
        self.reader.take(length).ok_or(error)
    }

    fn reader(&mut self, length: usize) -> Result<Reader<'a>, BusError> {
        Ok(Reader {
            rest: self.take(length as u64)?,
        })
    }

    fn short(&self) -> BusError {
        BusError::Parts {
            expected: self.total as u64 + 1,
            found: self.total as u64,
        }
    }

    fn ping(&mut self, count: u16, extensions: u16) -> Result<Ping, BusError> {
        let mut all = self.reader(usize::from(count) * GOSSIP_LENGTH)?;
        let mut ping = Ping {
            gossip: Vec::with_capacity(usize::from(count)),
            extensions: Vec::new(),
        };
        for _ in 0..count {
            ping.gossip.push(all.gossip().ok_or_else(|| self.short())?);
        }
        for _ in 0..extensions {
            ping.extensions.push(self.extension()?);
        }
        Ok(ping)
    }

    fn extension(&mut self) -> Result<Extension, BusError> {
        let mut head = self.reader(8)?;
        let (Some(length), Some(kind), Some(reserved)) = (head.u32(), head.u16(), head.u16()) else {
            return Err(self.short());
        };
        if length < 8 || length % 8 != 0 {
            return Err(BusError::Extension(length));
        }
        Ok(Extension {
            kind,
            reserved,
            data: self.take(u64::from(length) - 8)?.to_vec(),
        })
    }

    fn publish(&mut self) -> Result<(Vec<u8>, Vec<u8>), BusError> {
        let mut lengths = self.reader(8)?;
        let (Some(channel), Some(message)) = (lengths.u32(), lengths.u32()) else {
            return Err(self.short());
        };
        Ok((self.take(channel.into())?.to_vec(), self.take(message.into())?.to_vec()))
    }
}

fn decode_body(
    parts: &mut Parts<'_>,
    kind: MessageKind,
    count: u16,
    extensions: u16,
    header: &Header,
) -> Result<Body, BusError> {
    let extensions = match header.message_flags.has(MessageFlags::EXTENSIONS) {
        true => extensions,
        false => 0,
    };
    Ok(match kind {
        MessageKind::Ping => Body::Ping(parts.ping(count, extensions)?),
        MessageKind::Pong => Body::Pong(parts.ping(count, extensions)?),
        MessageKind::Meet => Body::Meet(parts.ping(count, extensions)?),
        MessageKind::Fail => Body::Fail {
            node: NodeId::from_bytes(parts.reader(40)?.array().ok_or_else(|| parts.short())?),
        },
        MessageKind::Publish => {
            let (channel, message) = parts.publish()?;
            Body::Publish { channel, message }
        }
        MessageKind::PublishShard => {
            let (channel, message) = parts.publish()?;
            Body::PublishShard { channel, message }
        }
        MessageKind::AuthRequest => Body::AuthRequest,
        MessageKind::AuthAck => Body::AuthAck,
        MessageKind::ManualFailoverStart => Body::ManualFailoverStart,
        MessageKind::Update => {
            let mut all = parts.reader(8 + 40 + 2048)?;
            let (Some(config_epoch), Some(node)) = (all.u64(), all.array()) else {
                return Err(parts.short());
            };
            Body::Update {
                config_epoch,
                node: NodeId::from_bytes(node),
                slots: SlotSet::from_bytes(all.rest.first_chunk().ok_or_else(|| parts.short())?),
            }
        }
        MessageKind::Module => {
            let mut head = parts.reader(13)?;
            let (Some(module), Some(length), Some([kind])) = (head.array(), head.u32(), head.array()) else {
                return Err(parts.short());
            };
            Body::Module {
                module: u64::from_le_bytes(module),
                kind,
                payload: parts.take(length.into())?.to_vec(),
            }
        }
    })
}
