"""What goes into a Raft node and comes out of it, as plain Python classes: comparable, picklable, and made for `match`."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from ._quorate import Entry, Message, Node, ReadyNode

NONE: Final = 0
"""No member: what `Node.lead` is while no leader is known."""

APPEND_THREAD: Final = 2**64 - 1
"""Where a `ReadyNode` with asynchronous storage sends what is to be written (etcd's ``LocalAppendThread``)."""

APPLY_THREAD: Final = 2**64 - 2
"""Where it sends what is to be applied (etcd's ``LocalApplyThread``)."""


class Role(enum.StrEnum):
    """What a node is."""

    FOLLOWER = "follower"
    """It takes entries from a leader, or waits for one."""
    PRE_CANDIDATE = "pre_candidate"
    """It asks whether it could win an election."""
    CANDIDATE = "candidate"
    """It asks for votes."""
    LEADER = "leader"
    """It leads."""


class ReadOnly(enum.StrEnum):
    """How a read is made linearizable (§6.4 of Ongaro's dissertation)."""

    SAFE = "safe"
    """By asking a quorum whether the leader still leads."""
    LEASE_BASED = "lease_based"
    """By the leader's lease. It relies on clocks that do not drift far, and needs `Config.check_quorum`."""


class Dialect(enum.StrEnum):
    """Whose messages are read and written. The two differ in their last fields only."""

    ETCD = "etcd"
    """Those of etcd-io/raft (``raftpb``)."""
    RAFT_RS = "raft_rs"
    """Those of raft-rs (``eraftpb``)."""


class EntryKind(enum.StrEnum):
    """What an entry holds."""

    NORMAL = "normal"
    """A command for the state machine; empty when a leader begins its term."""
    CONF_CHANGE = "conf_change"
    """A change of one member, as older members write it."""
    CONF_CHANGE_V2 = "conf_change_v2"
    """A change of any number of members."""


class MessageKind(enum.StrEnum):
    """What a message says, in the order of the numbers of ``raftpb``."""

    HUP = "hup"
    """Start an election. Local."""
    BEAT = "beat"
    """Send heartbeats. Local."""
    PROP = "prop"
    """Append these entries to the log."""
    APP = "app"
    """The leader's entries (§5.3 of the paper: AppendEntries)."""
    APP_RESP = "app_resp"
    """The answer to it, and to a snapshot."""
    VOTE = "vote"
    """A candidate asks for a vote (§5.2: RequestVote)."""
    VOTE_RESP = "vote_resp"
    """The answer to it."""
    SNAP = "snap"
    """A snapshot (§7: InstallSnapshot)."""
    HEARTBEAT = "heartbeat"
    """The leader is there."""
    HEARTBEAT_RESP = "heartbeat_resp"
    """The answer to it."""
    UNREACHABLE = "unreachable"
    """The last message to a member did not arrive. Local."""
    SNAP_STATUS = "snap_status"
    """How sending a snapshot ended. Local."""
    CHECK_QUORUM = "check_quorum"
    """Does a quorum still answer? Local."""
    TRANSFER_LEADER = "transfer_leader"
    """Hand leadership over to the sender."""
    TIMEOUT_NOW = "timeout_now"
    """Start an election at once."""
    READ_INDEX = "read_index"
    """Ask for an index from which a read is linearizable."""
    READ_INDEX_RESP = "read_index_resp"
    """That index."""
    PRE_VOTE = "pre_vote"
    """Would you vote for me? (§9.6 of the dissertation.)"""
    PRE_VOTE_RESP = "pre_vote_resp"
    """The answer to it."""
    STORAGE_APPEND = "storage_append"
    """Make this durable. Local."""
    STORAGE_APPEND_RESP = "storage_append_resp"
    """It is. Local."""
    STORAGE_APPLY = "storage_apply"
    """Apply this. Local."""
    STORAGE_APPLY_RESP = "storage_apply_resp"
    """It is applied. Local."""
    FORGET_LEADER = "forget_leader"
    """Forget who leads."""


class ConfChangeKind(enum.StrEnum):
    """What happens to a member."""

    ADD_NODE = "add_node"
    """It becomes a voter."""
    REMOVE_NODE = "remove_node"
    """It leaves."""
    UPDATE_NODE = "update_node"
    """Something that only the application knows of changes."""
    ADD_LEARNER_NODE = "add_learner_node"
    """It becomes a learner: it receives the log and has no vote."""


class ConfChangeTransition(enum.StrEnum):
    """How a change of several members takes place."""

    AUTO = "auto"
    """By a joint configuration if more than one member changes; it is left by itself."""
    JOINT_IMPLICIT = "joint_implicit"
    """By a joint configuration that is left by itself."""
    JOINT_EXPLICIT = "joint_explicit"
    """By a joint configuration that is left when `ConfChange.leave_joint` is proposed."""


class ProgressState(enum.StrEnum):
    """How a leader sends entries to a member."""

    PROBE = "probe"
    """One message at a time, until it is known where the logs part."""
    REPLICATE = "replicate"
    """As many as fit the window, each optimistically after the one before."""
    SNAPSHOT = "snapshot"
    """None, for a snapshot is on its way."""


class VoteResult(enum.StrEnum):
    """How a vote stands."""

    PENDING = "pending"
    """Neither won nor lost: it depends on votes that did not come yet."""
    LOST = "lost"
    """A quorum can no longer agree."""
    WON = "won"
    """A quorum agreed."""


def _set(value: object, **fields: Any) -> None:
    """Sets fields of a frozen value while it is made."""
    for name, new in fields.items():
        object.__setattr__(value, name, new)


# ---- what is kept


@dataclass(frozen=True, slots=True)
class EntryId:
    """Which entry: no two entries with one term and index differ."""

    term: int
    """The term of the leader that made it."""
    index: int
    """Its place in the log, from 1 on."""


@dataclass(frozen=True, slots=True)
class HardState:
    """What must be durable before anything that depends on it is sent.

    >>> from quorate.raft import HardState
    >>> HardState.decode(HardState(term=3, vote=1, commit=7).encode())
    HardState(term=3, vote=1, commit=7)
    """

    term: int = 0
    """The latest term that was seen."""
    vote: int = NONE
    """Who was voted for in it, or `NONE`."""
    commit: int = 0
    """How far the log is known to be committed."""

    def encode(self) -> bytes:
        """Its ``raftpb`` bytes, as they may be stored."""
        from . import _quorate

        return _quorate.encode_hard_state(self)

    @staticmethod
    def decode(data: bytes | bytearray | memoryview) -> HardState:
        """Reads what `encode` wrote. Raises `WireError`."""
        from . import _quorate

        return _quorate.decode_hard_state(data)


@dataclass(frozen=True, slots=True)
class ConfState:
    """Who is a member, and how. Given any sequences of ids, it keeps tuples."""

    voters: Sequence[int] = ()
    """The voters; in a joint configuration those of the incoming half."""
    learners: Sequence[int] = ()
    """Members that receive the log and have no vote."""
    voters_outgoing: Sequence[int] = ()
    """The voters of the outgoing half of a joint configuration."""
    learners_next: Sequence[int] = ()
    """Voters of the outgoing half that become learners when it is left."""
    auto_leave: bool = False
    """Whether the leader leaves the joint configuration by itself."""

    def __post_init__(self) -> None:
        _set(
            self,
            voters=tuple(self.voters),
            learners=tuple(self.learners),
            voters_outgoing=tuple(self.voters_outgoing),
            learners_next=tuple(self.learners_next),
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state machine's state, in place of the entries that led to it."""

    index: int
    """The last entry that it covers."""
    term: int
    """The term of that entry."""
    conf_state: ConfState
    """The members at that point."""
    data: bytes = b""
    """The state, in whatever form the state machine reads."""

    def encode(self) -> bytes:
        """Its ``raftpb`` bytes, as they may be stored."""
        from . import _quorate

        return _quorate.encode_snapshot(self)

    @staticmethod
    def decode(data: bytes | bytearray | memoryview) -> Snapshot:
        """Reads what `encode` wrote. Raises `WireError`."""
        from . import _quorate

        return _quorate.decode_snapshot(data)


@dataclass(frozen=True, slots=True)
class Stored:
    """What a node finds when it starts.

    - `Stored.group`: the first members of a new group.
    - ``Stored()``, which is nothing at all: a member that is added to a group later. It waits for a snapshot that names it; if
      the leader has none, it asks for one with `Fetch`.
    - What was persisted: a member that starts again, whichever of the two it began with.

    A group may also begin without a snapshot, as etcd's ``Bootstrap`` has it: ``Stored(conf_state=ConfState(voters))``. Then a
    member that is added later must be given the same.
    """

    hard_state: HardState = HardState()
    """The last hard state that was made durable. Its commit index must not be beyond the last entry."""
    conf_state: ConfState = ConfState()
    """The members as of what is applied."""
    snapshot: Snapshot | None = None
    """The last snapshot, if there is one."""
    entries: Sequence[Entry] = ()
    """The durable entries that follow it."""
    applied: int = 0
    """How far the state machine is; at least the snapshot."""

    def __post_init__(self) -> None:
        _set(self, entries=tuple(self.entries))

    @classmethod
    def group(cls, voters: Iterable[int]) -> Stored:
        """A new group of these voters, for each of its first members.

        It begins with a snapshot of the empty state machine at index 1 and term 1, which names the voters. The first leader is
        elected in term 2, its empty entry has index 2, and the first command index 3.

        >>> from quorate.raft import Stored
        >>> Stored.group([1, 2, 3]).snapshot.index
        1
        """
        snapshot = Snapshot(1, 1, ConfState(tuple(voters)))
        return cls(HardState(term=1, commit=1), snapshot.conf_state, snapshot, applied=1)

    @classmethod
    def of_snapshot(cls, snapshot: Snapshot) -> Stored:
        """A snapshot, applied, and nothing behind it."""
        return cls(conf_state=snapshot.conf_state, snapshot=snapshot, applied=snapshot.index)


# ---- what goes in


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of a node. `Node` checks them, and raises `ConfigError`."""

    id: int
    """What the node is called: from 1 to 2**64 - 3."""
    seed: int
    """Where its randomness comes from, from 0 to 2**64 - 1. Nodes of one group should differ."""
    election_tick: int = 10
    """Ticks without word from a leader after which a follower stands for election: a number drawn from here to twice as many,
    less one. Default 10; more than `heartbeat_tick`."""
    heartbeat_tick: int = 1
    """Ticks between heartbeats. Default 1."""
    pre_vote: bool = False
    """Ask before standing for election, so that a node which was cut off does not disturb. Default false."""
    check_quorum: bool = False
    """Step down when a quorum was not heard of for an election timeout, and ignore candidates while a leader is heard of.
    Default false."""
    read_only: ReadOnly = ReadOnly.SAFE
    """How reads are made linearizable. Default `ReadOnly.SAFE`."""
    disable_proposal_forwarding: bool = False
    """Refuse proposals on followers instead of forwarding them. Default false."""
    disable_conf_change_validation: bool = False
    """Let changes of membership through unchecked: something above makes sure of them. Default false."""
    step_down_on_removal: bool = False
    """A leader that is removed or becomes a learner follows at once. Default false: it leads until another is elected."""
    max_size_per_msg: int = 1 << 20
    """The most bytes of entries in one message; at least one entry is sent. 0 sends one entry a message. Default 1 MiB."""
    max_inflight_msgs: int = 256
    """The most messages to a member that are not acknowledged. Default 256; at least 1."""
    max_inflight_bytes: int = 0
    """The most bytes of entries to a member that are not acknowledged; 0 for no bound, else at least `max_size_per_msg`.
    Default 0."""
    max_uncommitted_size: int = 0
    """The most bytes of commands that a leader takes before they are committed; 0 for no bound. Default 0."""
    max_committed_size: int = 0
    """The most bytes of entries that are handed out to be applied and are not yet; 0 for `max_size_per_msg`. Default 0."""
    coalesce_appends: bool = True
    """Let what is appended in one go leave in one message for each member, when outputs are drained. Default true; if false,
    messages are those of etcd one by one."""
    priority: int = 0
    """How much the node should rather lead than others: a voter refuses a candidate of lower priority, unless its log is
    longer. Of raft-rs. Default 0."""
    commit_by_vote: bool = False
    """Let votes carry how far the log is committed, so that a new leader knows sooner. Of raft-rs. Default false."""
    group_commit: bool = False
    """Commit only what voters of two groups have. Of raft-rs. Default false."""
    trace: bool = False
    """Put out `Trace` events. Default false."""


@dataclass(frozen=True, slots=True)
class ConfChangeSingle:
    """One member's part in a change."""

    kind: ConfChangeKind
    """What happens."""
    node_id: int
    """To whom."""

    def __post_init__(self) -> None:
        _set(self, kind=ConfChangeKind(self.kind))


@dataclass(frozen=True, slots=True)
class ConfChange:
    """A change of any number of members (etcd's ``ConfChangeV2``). An empty one leaves a joint configuration.

    Changes are chained; more than one go through a joint configuration.

    >>> from quorate.raft import ConfChange
    >>> change = ConfChange().add_node(4).remove_node(1)
    >>> [(str(single.kind), single.node_id) for single in change.changes]
    [('add_node', 4), ('remove_node', 1)]
    >>> ConfChange.decode(change.encode()) == change
    True
    """

    changes: Sequence[ConfChangeSingle] = ()
    """What happens to whom. Given any sequence, it keeps a tuple."""
    transition: ConfChangeTransition = ConfChangeTransition.AUTO
    """How it takes place. Default `ConfChangeTransition.AUTO`."""
    context: bytes = b""
    """Whatever the application wants to be told when it is applied."""

    def __post_init__(self) -> None:
        _set(self, changes=tuple(self.changes), transition=ConfChangeTransition(self.transition))

    @classmethod
    def leave_joint(cls) -> ConfChange:
        """The change that leaves a joint configuration: an empty one."""
        return cls()

    def add_node(self, node_id: int) -> ConfChange:
        """The same change, and `node_id` becomes a voter."""
        return self._and(ConfChangeKind.ADD_NODE, node_id)

    def add_learner_node(self, node_id: int) -> ConfChange:
        """The same change, and `node_id` becomes a learner."""
        return self._and(ConfChangeKind.ADD_LEARNER_NODE, node_id)

    def remove_node(self, node_id: int) -> ConfChange:
        """The same change, and `node_id` leaves."""
        return self._and(ConfChangeKind.REMOVE_NODE, node_id)

    def update_node(self, node_id: int) -> ConfChange:
        """The same change, and something that only the application knows of changes for `node_id`."""
        return self._and(ConfChangeKind.UPDATE_NODE, node_id)

    def _and(self, kind: ConfChangeKind, node_id: int) -> ConfChange:
        return ConfChange((*self.changes, ConfChangeSingle(kind, node_id)), self.transition, self.context)

    def encode(self) -> bytes:
        """Its ``raftpb`` bytes, as an entry holds them."""
        from . import _quorate

        return _quorate.encode_conf_change(self)

    @staticmethod
    def decode(data: bytes | bytearray | memoryview) -> ConfChange:
        """Reads what `encode` wrote. Raises `WireError`."""
        from . import _quorate

        return _quorate.decode_conf_change(data)


@dataclass(frozen=True, slots=True)
class ConfChangeV1:
    """A change of one member, as older members write it: what an entry of kind ``conf_change`` holds.

    A node writes `ConfChange`; this is for those who read what others wrote, or write for them.

    >>> from quorate.raft import ConfChangeV1, Entry
    >>> old = ConfChangeV1("add_node", 4, context=b"10.0.0.4")
    >>> ConfChangeV1.decode(old.encode()) == old
    True
    >>> Entry(1, 2, "conf_change", old.encode()).conf_change() == old.v2()
    True
    """

    kind: ConfChangeKind
    """What happens."""
    node_id: int
    """To whom."""
    context: bytes = b""
    """Whatever the application wants to be told when it is applied."""
    id: int = 0
    """Whatever the application calls it."""

    def __post_init__(self) -> None:
        _set(self, kind=ConfChangeKind(self.kind))

    def v2(self) -> ConfChange:
        """The same as a `ConfChange`, which has no `id`."""
        return ConfChange((ConfChangeSingle(self.kind, self.node_id),), context=self.context)

    def encode(self) -> bytes:
        """Its ``raftpb`` bytes, as an entry holds them."""
        from . import _quorate

        return _quorate.encode_conf_change_v1(self)

    @staticmethod
    def decode(data: bytes | bytearray | memoryview) -> ConfChangeV1:
        """Reads what `encode` wrote. Raises `WireError`."""
        from . import _quorate

        return _quorate.decode_conf_change_v1(data)


# ---- what comes out


@dataclass(frozen=True, slots=True)
class Proposed:
    """The proposal stands in the log of this leader.

    It is committed if the entry applied at that index has that term, and lost if it has another.
    """

    index: int
    """Its place; of a batch, that of the last."""
    term: int
    """Its term."""


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The proposal was sent on to the leader. Nobody says what becomes of it."""

    lead: int
    """Who leads."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send this message to the member `Message.to`. It may be lost, late, repeated or out of order."""

    message: Message
    """The message."""


@dataclass(frozen=True, slots=True)
class Persist:
    """Make this durable, then call `Node.persisted` with the ticket.

    In the order of the tickets, and in each: the snapshot first (it replaces the whole log), then the entries (they replace
    what is stored from the first one's index on), then the hard state.
    """

    ticket: int
    """What to answer with."""
    hard_state: HardState | None
    """The hard state, if it changed."""
    snapshot: Snapshot | None
    """A snapshot from the leader. It also goes to the state machine."""
    entries: Sequence[Entry]
    """Entries, without a gap."""
    must_sync: bool
    """Whether it must reach the disk: false where only the commit index changed, which may be lost."""


@dataclass(frozen=True, slots=True)
class Apply:
    """Apply these committed entries to the state machine, then call `Node.applied` with the index of the last.

    A change of membership (`Entry.conf_change`) also goes to `Node.apply_conf_change`, unless the application refuses it.
    """

    entries: Sequence[Entry]
    """The entries, without a gap; at least one."""


@dataclass(frozen=True, slots=True)
class ReadReady:
    """The read of that context may take place once everything up to `index` is applied."""

    index: int
    """From here on the read is linearizable."""
    context: bytes
    """What the read was asked for with."""


@dataclass(frozen=True, slots=True)
class ReadLost:
    """The read of that context will not be answered: leadership ended. Ask again."""

    context: bytes
    """What the read was asked for with."""


@dataclass(frozen=True, slots=True)
class RoleChanged:
    """The node's role, its leader or its term changed."""

    role: Role
    """What the node is now."""
    lead: int
    """Who leads, or `NONE`."""
    term: int
    """The term."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """A member needs entries that are no longer in the window, and no snapshot is known that would do.

    Call `Node.entries_fetched` with them, or take a snapshot and call `Node.snapshot_taken`.
    """

    to: int
    """Who needs them."""
    previous: int
    """The entry before the first that it needs, whose term is needed too."""
    end: int
    """One past the last entry that is not in the window."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Why something happened, or did not. Only with `Config.trace`.

    >>> from quorate.raft import Config, Node, Stored, Trace
    >>> node = Node(Config(id=1, seed=7, trace=True), Stored.group([1, 2]))
    >>> node.campaign()
    >>> for output in node.drain():
    ...     match output:
    ...         case Trace("vote_requested", {"to": to, "term": term}):
    ...             print(to, term)
    2 2
    """

    kind: str
    """What happened, in snake case: ``became_leader``, ``vote_refused``."""
    fields: Mapping[str, Any]
    """What goes with it, by name."""


@dataclass(frozen=True, slots=True)
class SoftState:
    """Who leads, as far as the node knows, and what it is itself. It need not be durable."""

    lead: int
    """The leader, or `NONE`."""
    role: Role
    """What the node is."""


@dataclass(frozen=True, slots=True)
class ReadState:
    """A read that may take place as soon as `index` is applied."""

    index: int
    """Everything up to it was committed when the read was asked for."""
    context: bytes
    """What the read was asked for with."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What a `ReadyNode` has to be done.

    In this order: write the hard state, the entries and the snapshot; send the messages; apply the committed entries.
    """

    soft_state: SoftState | None
    """Who leads and what the node is, if that changed."""
    hard_state: HardState | None
    """What to write before messages are sent, if it changed."""
    read_states: Sequence[ReadState]
    """Reads that may take place."""
    entries: Sequence[Entry]
    """Entries to write."""
    snapshot: Snapshot | None
    """A snapshot to write, in place of all entries."""
    committed_entries: Sequence[Entry]
    """Entries to apply."""
    messages: Sequence[Message]
    """Messages to send. With asynchronous storage some are for `APPEND_THREAD` and `APPLY_THREAD`."""
    must_sync: bool
    """Whether what is written must be durable before messages are sent."""


ProposalResult: TypeAlias = Proposed | Forwarded
"""What becomes of a proposal, for annotations."""

Output: TypeAlias = Send | Persist | Apply | ReadReady | ReadLost | RoleChanged | Fetch | Trace
"""Any output of a node, for annotations."""


# ---- what is known


@dataclass(frozen=True, slots=True)
class LogSummary:
    """How far a log is durable, committed and applied."""

    committed: int
    """The last committed entry."""
    applied: int
    """The last applied entry."""
    applying: int
    """The last entry that was handed out to be applied."""
    stable_end: int
    """One past the last durable entry."""
    persisting_end: int
    """One past the last entry that was handed out to be made durable."""
    unstable: int
    """How many entries are not durable."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a leader knows of one member."""

    matched: int
    """The last entry that the member is known to have (``matchIndex``)."""
    next: int
    """The next entry to send (``nextIndex``)."""
    state: ProgressState
    """How entries are sent."""
    pending_snapshot: int
    """The index of the snapshot on its way, or 0."""
    recent_active: bool
    """Whether anything came from the member since the last quorum check."""
    paused: bool
    """Whether nothing is sent before an answer comes."""
    inflight: int
    """How many messages were sent and not acknowledged."""
    is_learner: bool
    """Whether it has no vote."""
    commit_group: int
    """Which group it belongs to, for `Config.group_commit`; 0 for none."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a node knows and believes, for people and tests."""

    id: int
    """What the node is called."""
    role: Role
    """What it is."""
    lead: int
    """Who leads, or `NONE`."""
    hard_state: HardState
    """What it would find after a restart, were all written."""
    log: LogSummary
    """How far the log is durable, committed and applied."""
    first_index: int
    """The first entry in the window."""
    last: EntryId
    """The last entry."""
    conf_state: ConfState
    """Who is a member."""
    progress: Mapping[int, Progress] = field(hash=False)
    """What a leader knows of each member; empty for others."""
    votes: Mapping[int, bool] = field(hash=False)
    """The votes of this election, as far as they came."""
    transferee: int
    """Who is to lead next, or `NONE`."""
    election_elapsed: int
    """Ticks since the last word from a leader."""
    election_timeout: int
    """After how many of them the node stands for election."""
    fenced: str | None
    """Why the node takes no more input, if so."""


def again(class_: type[Node | ReadyNode], state: bytes) -> Node | ReadyNode:
    """The node that a pickle holds."""
    return class_.from_state(state)
