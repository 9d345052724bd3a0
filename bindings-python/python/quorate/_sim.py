"""What simulated worlds are made with and show, as plain Python classes and typed dicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NotRequired, TypeAlias, TypedDict

from ._sentinel import Status

if TYPE_CHECKING:
    from ._quorate import World

MILLISECOND: Final = 1_000
"""A millisecond, in the microseconds that worlds count."""

SECOND: Final = 1_000_000
"""A second, likewise."""

Duration: TypeAlias = int | str
"""A time that something takes: microseconds, or text with a unit (``"10ms"``, ``"2s"``, ``"30us"``)."""

Share: TypeAlias = float | str
"""A share of all: 0 to 1, or text (``"5%"``, ``"300ppm"``)."""


class Settings(TypedDict, total=False):
    """Settings of a world of kind ``raft``, each by its name, as `World` takes them."""

    seed: int
    """Where all randomness comes from. Default 1."""
    nodes: int
    """How many machines form the group at first: 1 to 9. Default 5."""
    spares: int
    """How many more machines run that are not in the group yet. Default 0."""
    tick: Duration
    """The time between two ticks of a machine's clock. Default 10 ms."""
    election_ticks: int
    """Ticks without word from a leader after which a follower stands for election: from here to twice as many, less one.
    Default 15."""
    heartbeat_ticks: int
    """Ticks between heartbeats. Default 5."""
    timers: bool
    """Whether machines stand for election of themselves; if not, only when told to. Default true."""
    prevote: bool
    """Ask before standing for election. Default false."""
    check_quorum: bool
    """Step down without a quorum, and ignore candidates while there is a leader. Default false."""
    step_down_on_removal: bool
    """A leader that is removed follows at once. Default false."""
    forwarding: bool
    """Followers send proposals on to the leader; if not, they refuse them. Default true."""
    reads: Literal["index", "lease", "log", "local"]
    """How the clients' reads are answered. Default ``index``; ``lease`` needs `check_quorum`, ``local`` is not linearizable."""
    max_message_size: int
    """The most bytes of entries in one message. Default 1 MiB."""
    max_inflight: int
    """The most messages to a member that are not acknowledged. Default 256."""
    snapshot_every: int
    """After how many applied entries a machine takes a snapshot; 0 for never. Default 0."""
    snapshot_keep: int
    """How many entries before its snapshot a machine keeps. Default 2."""
    latency: Duration
    """The least time that a message takes. Default 5 ms."""
    jitter: Duration
    """How much more it may take. Default 10 ms."""
    loss: Share
    """How many messages are lost. Default none."""
    duplicates: Share
    """How many messages arrive twice. Default none."""
    reordering: Share
    """How many messages are held up, so that others overtake them. Default none."""
    reordering_delay: Duration
    """By how much at the most. Default 100 ms."""
    wire: bool
    """Messages go through the bytes of the wire. Default false."""
    disk: Duration
    """How long a write takes to be durable. Default 1 ms."""
    disk_jitter: Duration
    """How much longer it may take. Default 0."""
    torn_writes: bool
    """A crash in the middle of writes may leave any first part of them; if not, it leaves none. Default true."""
    clients: int
    """How many clients put, append and get of themselves, all the time. Default 0."""
    keys: int
    """How many keys they share. Default 2."""
    think: Duration
    """How long a client waits between two operations, at the most. Default 50 ms."""
    client_timeout: Duration
    """How long a client waits for an answer. Default 300 ms."""
    retries: int
    """How often a client tries again, elsewhere, before it gives up. Default 3."""
    sessions: bool
    """Machines know a request that they have seen. Default true."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment: a time, the events that were processed, and the actions that were done. Several may share a time."""

    at: int
    """When, in microseconds since the world began."""
    events: int
    """How many events had been processed."""
    actions: int
    """How many actions had been done."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What was not as a script expected."""

    line: int
    """The line of the script; 0 if it is about the whole."""
    text: str
    """What was expected, and what was found."""


@dataclass(frozen=True, slots=True)
class Report:
    """How a script went. As text it is what was not as expected, a line each, and a summary."""

    ok: bool
    """Whether all was as expected, and no invariant violated but those that the script speaks of."""
    failures: Sequence[Failure]
    """What was not as expected."""
    expectations: int
    """How many expectations were looked at."""
    hashes: Sequence[tuple[int, str]]
    """The hashes that were asked for, each with its line."""
    hash: str
    """The hash of the state at the end: 16 hexadecimal digits."""
    at: int
    """When that is, in microseconds."""
    events: int
    """After how many events."""
    _text: str = field(default="", repr=False, compare=False)

    def __str__(self) -> str:
        return self._text


# ---- what is shown

Link = TypedDict("Link", {"from": str, "to": str})
Link.__doc__ = """A way from one to another: machines are ``"1"``, ``"2"``, clients ``"c1"``."""

RuleView = TypedDict("RuleView", {"rule": str, "kind": str | None, "from": str, "to": str})
RuleView.__doc__ = """What is done (``"hold"``, ``"drop"``, ``"delay 50ms"``) to messages of a kind, or of all, on a link."""

InFlight = TypedDict(
    "InFlight",
    {"id": int, "kind": str, "from": str, "to": str, "sent": int, "arrives": int, "held": bool, "text": str},
)
InFlight.__doc__ = """A message on its way: actions name it by its `id`, as in ``"drop #17"``."""


class Slow(TypedDict):
    """Whose messages take longer."""

    address: str
    """Whose."""
    by: int
    """By how much."""


class Operation(TypedDict):
    """One operation of a client."""

    client: int
    """Whose."""
    serial: int
    """Its number among the client's operations, from 1 on."""
    op: str
    """What was asked: ``"x=1"``, ``"x+=1"``, ``"x?"``."""
    asked: int
    """When."""
    ended: int | None
    """When it ended, if it did."""
    fate: Literal["pending", "ok", "refused", "unknown"]
    """How."""
    answer: str | None
    """What it was answered, if it was."""


class ClientView(TypedDict):
    """A client that asks of itself, or ever asked."""

    client: int
    """Its number, from 1 on."""
    busy: bool
    """Whether it asks of itself."""
    target: int
    """Whom it asks, or asked last."""
    attempts: int
    """How often it asked for what it waits for; 0 if it waits for nothing."""
    last: Operation | None
    """Its last operation, with its fate."""


class Violation(TypedDict):
    """Something that does not hold, and who and what shows it."""

    invariant: str
    """What does not hold: ``election-safety``, ``linearizability``."""
    nodes: list[int]
    """The machines that show it."""
    term: int
    """The term that it is about, or 0."""
    index: int
    """The index that it is about, or 0."""
    text: str
    """In words."""


class EntryView(TypedDict):
    """An entry of a log."""

    index: int
    """Its index."""
    term: int
    """Its term."""
    kind: Literal["normal", "conf-change"]
    """What it holds."""
    text: str
    """What it says: ``"c1#2 x=1"``, ``"+4 -1"``, or ``"-"`` for nothing."""


class VoteView(TypedDict):
    """A vote."""

    voter: int
    """Whose."""
    granted: bool
    """Whether it was given."""


class ProgressView(TypedDict):
    """What a leader knows of a member."""

    peer: int
    """The member."""
    matched: int
    """The last entry that it is known to have."""
    next: int
    """The next entry that is sent to it."""
    state: Literal["probe", "replicate", "snapshot"]
    """How entries are sent."""
    pending_snapshot: int
    """The index of the snapshot on its way, or 0."""
    recent_active: bool
    """Whether it was heard of since the leader last looked."""
    paused: bool
    """Whether nothing is sent before an answer comes."""
    inflight: int
    """How many messages are not acknowledged."""
    learner: bool
    """Whether it has no vote."""


class MembersView(TypedDict):
    """The members of a group."""

    voters: list[int]
    """The voters; in a joint configuration those of the incoming half."""
    outgoing: list[int]
    """The voters of the outgoing half; none if the configuration is not joint."""
    learners: list[int]
    """Those who receive the log and have no vote."""
    learners_next: list[int]
    """Voters of the outgoing half that will be learners."""


class WriteView(TypedDict):
    """What goes to a disk at once."""

    first: int
    """The index of the first entry that is written, or 0."""
    last: int
    """The index of the last entry that is written, or 0."""
    term: int
    """The term that is written, or 0 where the hard state stays as it is."""
    vote: int
    """The vote that is written with it, or 0."""
    snapshot: int
    """The index of the snapshot that is written, or 0."""


class AnyMachineView(TypedDict):
    """What any machine shows, whichever kind it is."""

    node: int
    """Its number, from 1 on."""
    up: bool
    """Whether it runs."""
    paused: bool
    """Whether it stands still."""
    drift: int
    """By how many parts in a million its clock is too fast; below 0, too slow."""
    slow_disk: int
    """How much longer its writes take."""
    next_tick: int | None
    """When its clock ticks next, if it runs."""
    durable_at: list[int]
    """When its writes that are under way will be durable, the oldest first."""
    backlog: int
    """What came while it stood still, and waits."""


class MachineView(AnyMachineView):
    """A member of a Raft group. Of one that is down it shows what its disk holds."""

    kind: Literal["raft"]
    """What it is."""
    role: Literal["follower", "pre-candidate", "candidate", "leader", "down"]
    """Its role."""
    term: int
    """Its term."""
    vote: int
    """Whom it voted for in this term, or 0."""
    lead: int
    """Who leads, as it believes, or 0."""
    commit: int
    """How far it knows the log to be committed."""
    applied: int
    """How far it has applied it."""
    first: int
    """The index of the first entry that its log has: what comes before is in its snapshot."""
    last: int
    """The index of its last entry."""
    durable: int
    """Up to which index its log is durable."""
    snapshot: int
    """The index of its snapshot."""
    log: list[EntryView]
    """The entries that its log has."""
    election_elapsed: int
    """Ticks since it last heard of a leader; of a leader, since it last looked whether a quorum hears it."""
    election_timeout: int
    """After how many of them it stands for election."""
    votes: list[VoteView]
    """The votes that it was given or refused in this election, by voter."""
    progress: list[ProgressView]
    """What a leader knows of each member."""
    transferee: int
    """Whom it is about to hand leadership to, or 0."""
    members: MembersView
    """The members, as it knows them."""
    values: dict[str, str]
    """What its state machine holds."""
    writes: list[WriteView]
    """What is being written to its disk, the oldest first."""
    fenced: str | None
    """Why it takes no more input, if so."""


class AttachedView(TypedDict):
    """What a server knows of one of its replicas."""

    host: str
    """Its host."""
    state: Literal["handshake", "wait_bgsave", "send_bulk", "online"]
    """How it stands."""
    offset: int
    """How much of the history it has said that it has."""


class WrittenView(TypedDict):
    """A client's write that a server has."""

    write: str
    """Which: ``"c1#5"``."""
    status: Literal["unacknowledged", "replicated", "one-copy", "forked", "lost"]
    """How it stands."""


class ServerView(AnyMachineView):
    """A Redis server, in a world of kind ``sentinel``."""

    kind: Literal["server"]
    """What it is."""
    group: str
    """The name of its group."""
    role: Literal["master", "slave", "down"]
    """Its role."""
    clock_ms: int
    """What its clock reads, in milliseconds."""
    follows: int | None
    """The machine that it follows; none for a master."""
    link: Literal["none", "connect", "connecting", "handshake", "sync", "connected"]
    """How far it is with following."""
    history: str
    """The id of the history that its data is of; empty while it is down."""
    offset: int
    """How many bytes of that history are behind its data."""
    second: list[str | int] | None
    """The id of the history that its own grew out of, and up to which offset."""
    replicas: list[AttachedView]
    """Its replicas, as it knows them."""
    good_replicas: int
    """How many of them count for ``min-replicas-to-write``."""
    priority: int
    """``replica-priority``."""
    connections: int
    """How many connections it serves."""
    values: dict[str, str]
    """Its registers."""
    writes: list[WrittenView]
    """The writes that it has, the latest last: at most 64."""
    refused: int
    """How many writes it refused for want of replicas."""


class SentinelView(AnyMachineView):
    """A sentinel. Of one that is down it shows what its disk holds."""

    kind: Literal["sentinel"]
    """What it is."""
    clock_ms: int
    """What its clock reads, in milliseconds: times in `status` are of this clock."""
    status: Status | None
    """All that it knows; none while it is down."""
    lines: list[str]
    """The lines of its configuration that are durable."""


class View(TypedDict):
    """A world at one moment: all that a drawing of it needs. Times are microseconds since the world began."""

    kind: Literal["raft", "sentinel"]
    """The kind of the world: the first line of its script."""
    now: int
    """The time."""
    events: int
    """How many events were processed."""
    actions: int
    """How many actions were done."""
    next: int | None
    """When the next thing happens, if anything does."""
    machines: list[MachineView | ServerView | SentinelView]
    """The machines, in the order of their numbers. The `kind` of each says which it is."""
    flights: list[InFlight]
    """The messages on their way, in the order in which they were sent."""
    cuts: list[Link]
    """The links that are cut."""
    rules: list[RuleView]
    """What is done to messages of a kind on a link."""
    slow: list[Slow]
    """Whose messages take longer."""
    clients: list[ClientView]
    """The clients that ask of themselves, or ever asked."""
    violations: list[Violation]
    """What does not hold: the first violation of each invariant."""


Event = TypedDict(
    "Event",
    {
        "number": int,
        "at": int,
        "what": str,
        "message": NotRequired[int | None],
        "kind": NotRequired[str],
        "from": NotRequired[str],
        "to": NotRequired[str],
        "sent": NotRequired[int],
        "why": NotRequired[str],
        "text": NotRequired[str],
        "node": NotRequired[int],
        "role": NotRequired[str],
        "term": NotRequired[int],
        "lead": NotRequired[int],
        "index": NotRequired[int],
        "reason": NotRequired[str],
        "paused": NotRequired[bool],
        "channel": NotRequired[str],
        "client": NotRequired[int],
        "serial": NotRequired[int],
        "invariant": NotRequired[str],
    },
)
Event.__doc__ = """Something that happened: `what` says what, and which of the other fields it has.

``sent``, ``lost`` and ``delivered`` are about messages; ``durable``, ``role``, ``committed``, ``applied``, ``snapshot``,
``configured``, ``refused``, ``crashed``, ``started``, ``paused`` and ``told`` about machines; ``asked`` and ``answered`` about
clients; ``acted`` and ``violated`` about the world. `number` is how many events the world had processed before.
"""


def again(script: str) -> World:
    """The world that a pickle holds, as the script that leads to it."""
    from . import _quorate

    world = _quorate.World.from_script(script)
    world.run()
    return world
