"""What goes into a replicating server and comes out of it, as plain Python classes: comparable, picklable, made for `match`."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias


class HistoryCause(enum.StrEnum):
    """Why a server's history has another name."""

    PROMOTED = "promoted"
    """It was promoted: the data stays, and the history grew out of the one before."""
    CONTINUED = "continued"
    """Its primary goes on under another name, and so does it: likewise."""
    RENEWED = "renewed"
    """It is a primary that did not count what was written to it, for it had no replicas. The data stays, and nobody can go on
    from the name before."""
    LOADED = "loaded"
    """It loaded its primary's snapshot: the data before is gone since `LoadSnapshot`."""


@dataclass(frozen=True, slots=True)
class SecondId:
    """A history that another grew out of."""

    id: str
    """What it is called (``master_replid2``)."""
    offset: int
    """The first offset at which the two differ (``second_repl_offset``)."""


@dataclass(frozen=True, slots=True)
class History:
    """What a server's data is the result of. Two servers of one id and offset hold the same data."""

    id: str
    """The history that the server is in (``master_replid``): 40 hexadecimal digits."""
    offset: int
    """How many bytes of the stream are behind it (``master_repl_offset``)."""
    second: SecondId | None = None
    """The history that this one grew out of, if it is known."""

    def fork(self, id: str) -> History:
        """A history of another name, which has all of this one up to here: what a server that is promoted begins."""
        return History(id, self.offset, SecondId(self.id, self.offset + 1))


@dataclass(frozen=True, slots=True)
class Stored:
    """What of a history survives a restart: a snapshot on the disk holds it (``repl-id``, ``repl-offset`` of an RDB file)."""

    id: str
    """The history that the data is of."""
    offset: int
    """How many bytes of the stream are behind the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of a `Server`, which checks them. Names and defaults are those of ``redis.conf`` of version 7.0."""

    port: int = 6379
    """Where the server listens, as it tells its primary. Default 6379."""
    announce_ip: str | None = None
    """``replica-announce-ip``: the address by which others are to know it. Default: the one that its connection comes from."""
    announce_port: int | None = None
    """``replica-announce-port``. Default: `port`."""
    primary_user: str | None = None
    """``masteruser``: who it is to its primary. Default: the default user."""
    primary_password: str | None = field(default=None, repr=False)
    """``masterauth``: its password there. Default: none is asked for."""
    backlog_size: int = 1 << 20
    """``repl-backlog-size``, in bytes. Default 1 MiB; at least 16 KiB."""
    backlog_ttl_s: int = 3_600
    """``repl-backlog-ttl``: seconds without a replica after which a primary forgets its backlog and its history. Default 3,600;
    0 is never."""
    timeout_s: int = 60
    """``repl-timeout``: seconds of silence after which either side gives the other up. Default 60; at least 1."""
    ping_period_s: int = 10
    """``repl-ping-replica-period``: seconds between two pings in the stream. Default 10; at least 1."""
    min_replicas_to_write: int = 0
    """``min-replicas-to-write``: how many good replicas a primary must have to be written to. Default 0: none."""
    min_replicas_max_lag_s: int = 10
    """``min-replicas-max-lag``: for how many whole seconds without a word a replica is good. Default 10; 0 for no such rule."""
    diskless: bool = True
    """``repl-diskless-sync``: whether snapshots go to replicas without a detour over the disk. Default true."""
    diskless_delay_s: int = 5
    """``repl-diskless-sync-delay``: seconds that such a snapshot waits for further replicas. Default 5."""
    diskless_max_replicas: int = 0
    """``repl-diskless-sync-max-replicas``: as soon as so many wait, it starts. Default 0: it always waits."""
    held_limit: int = 256 << 20
    """How many bytes of the stream are held for one replica while it is sent a snapshot. Default 256 MiB."""
    priority: int = 100
    """``replica-priority``: the lower, the sooner it is promoted; 0 is never. Default 100."""
    announced: bool = True
    """``replica-announced``: whether a sentinel tells of it. Default true."""
    read_only: bool = True
    """``replica-read-only``. Default true."""
    serve_stale: bool = True
    """``replica-serve-stale-data``: whether it answers while its primary is away. Default true."""
    max_replicas: int = 10_000
    """The most connections of replicas at once. Default 10,000."""
    seed: int = 0
    """From which replication ids are drawn. No two servers should share it."""
    trace: bool = False
    """Put out `Trace` events. Default false."""


# ---- what comes out


@dataclass(frozen=True, slots=True)
class Send:
    """Send these bytes on a replica's connection, behind what was sent before."""

    replica: int
    """Whose connection."""
    data: bytes
    """An answer, or a piece of the stream."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close a replica's connection. It is forgotten already."""

    replica: int
    """Whose connection."""


@dataclass(frozen=True, slots=True)
class TakeSnapshot:
    """Freeze the data as it is now, then call `Server.snapshot_taken`."""

    offset: int
    """How many bytes of the stream are behind this data."""


@dataclass(frozen=True, slots=True)
class Framing:
    """What stands around a snapshot on the wire.

    >>> from quorate.replication import Framing
    >>> Framing().head(5), Framing().tail()
    (b'$5\\r\\n', b'')
    """

    mark: str | None = None
    """40 characters that stand before and behind it, where its length is not known ahead; `None`: its length is before it."""

    def head(self, length: int) -> bytes:
        """What is sent before a snapshot of `length` bytes."""
        return (f"${length}\r\n" if self.mark is None else f"$EOF:{self.mark}\r\n").encode()

    def tail(self) -> bytes:
        """What is sent behind it."""
        return (self.mark or "").encode()


@dataclass(frozen=True, slots=True)
class SendSnapshot:
    """Send the frozen data on a replica's connection, framed so, then call `Server.snapshot_sent`."""

    replica: int
    """Whose connection."""
    framing: Framing
    """What stands around it."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a connection to the primary, then call `Server.connected` or `Server.closed`. Any earlier one is closed already."""

    attempt: int
    """What the connection is called from now on."""
    host: str
    """The primary's address or name."""
    port: int
    """Its port."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Close that connection. Nothing needs to be said of it again."""

    attempt: int
    """Which connection."""


@dataclass(frozen=True, slots=True)
class SendToPrimary:
    """Send these bytes on that connection."""

    attempt: int
    """Which connection."""
    data: bytes
    """One or more commands."""


@dataclass(frozen=True, slots=True)
class SnapshotBegins:
    """A snapshot begins: keep the pieces that follow, apart from the data."""

    size: int | None
    """How long it is in bytes, if the primary says so."""


@dataclass(frozen=True, slots=True)
class SnapshotBytes:
    """The next piece of the snapshot."""

    data: bytes
    """The piece."""


@dataclass(frozen=True, slots=True)
class LoadSnapshot:
    """The snapshot is whole. Throw away all data, load it in its place, then call `Server.snapshot_loaded`."""


@dataclass(frozen=True, slots=True)
class SnapshotAborted:
    """The snapshot that began will not come to its end: throw its pieces away."""


@dataclass(frozen=True, slots=True)
class Apply:
    """Apply this command of the primary's to the data."""

    args: Sequence[bytes]
    """The command's name and arguments."""
    offset: int
    """How many bytes of the stream are behind the data then."""


@dataclass(frozen=True, slots=True)
class Waited:
    """``WAIT`` is over for that client: answer it with the number."""

    client: int
    """Who waited."""
    replicas: int
    """How many replicas have what it wrote."""
    timed_out: bool
    """Whether the time ran out."""


@dataclass(frozen=True, slots=True)
class WaitBroken:
    """The server became a replica while that client waited: answer with the error ``UNBLOCKED`` and close its connection."""

    client: int
    """Who waited."""


@dataclass(frozen=True, slots=True)
class HistoryChanged:
    """The server's history has another name, or is another one."""

    history: History
    """What the data is the result of now."""
    cause: Literal["promoted", "continued", "renewed", "loaded"]
    """How that came to be: see `HistoryCause`."""


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The link to the primary came up or went down (``master_link_status``)."""

    up: bool
    """Whether it is up."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Why something happened, or did not. Only with `Config.trace`."""

    kind: str
    """What happened, in snake case: ``psync_decided``, ``replica_timed_out``."""
    fields: Mapping[str, Any]
    """What goes with it, by name."""


Output: TypeAlias = (
    Send
    | Close
    | TakeSnapshot
    | SendSnapshot
    | Connect
    | Disconnect
    | SendToPrimary
    | SnapshotBegins
    | SnapshotBytes
    | LoadSnapshot
    | SnapshotAborted
    | Apply
    | Waited
    | WaitBroken
    | HistoryChanged
    | LinkChanged
    | Trace
)
"""Any output of a server, for annotations."""


# ---- what is known


@dataclass(frozen=True, slots=True)
class Replica:
    """A replica, as the server that it is attached to knows it."""

    id: int
    """Its connection."""
    ip: str
    """The address that it goes by."""
    port: int
    """The port at which it says that it listens, or 0."""
    state: Literal["handshake", "wait_snapshot_start", "wait_snapshot_end", "send_snapshot", "online"]
    """How it stands."""
    ack_offset: int
    """How far it said that it is."""
    ack_s: int
    """When it was last heard to say so, in seconds of Unix time."""


@dataclass(frozen=True, slots=True)
class Replicated:
    """More than one server has the write, and none is in a history that left its own before it."""

    servers: int
    """How many servers have it."""


@dataclass(frozen=True, slots=True)
class AtRisk:
    """The write is there, but not safe."""

    risk: Literal["one_copy", "forked"]
    """``one_copy``: one server has it. ``forked``: a server was promoted without it, and who follows that one loses it."""


@dataclass(frozen=True, slots=True)
class Lost:
    """No server has the write any more."""

    at_ms: int
    """When the last copy went."""


WriteStatus: TypeAlias = Replicated | AtRisk | Lost
"""How an acknowledged write stands, for annotations."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many writes stand how."""

    acknowledged: int
    """All that were told of."""
    replicated: int
    """Those that are `Replicated`."""
    at_risk: int
    """Those that are `AtRisk`."""
    lost: int
    """Those that are `Lost`."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Writes that were lost at one moment, all of one history."""

    history: str
    """The history that they were in."""
    server: int | None
    """The server that had the last copy, if one had and it was not told late."""
    writes: int
    """How many writes."""
    first_offset: int
    """The offset of the first of them."""
    last_offset: int
    """The offset of the last."""
    first_ack_ms: int
    """When the first of them was acknowledged."""
    last_ack_ms: int
    """When the last was."""
    lost_at_ms: int
    """When they were lost."""

    @property
    def window_ms(self) -> int:
        """For how long clients were promised what was not kept."""
        return max(self.last_ack_ms - self.first_ack_ms, 0)
