"""Raft: a member of a group that keeps one log, whoever of it fails.

A `Node` follows etcd-io/raft message for message, so that it can take a seat in a group of etcd's or raft-rs' members. It does
no IO: time comes in as ticks, randomness as a seed, and storage as "persist this" followed by "it is persisted". Tell it what
happened with its methods; after each, do what its outputs say, in order. What must not leave before a write is durable is held
back until `Node.persisted`, so it cannot be sent too early.

>>> from quorate.raft import Apply, Config, Node, Persist, Send, Stored
>>> node = Node(Config(id=1, seed=42), Stored.group([1]))       # 1. make it, of what is stored
>>> def work():
...     while (output := node.poll()) is not None:              # 3. do what it says
...         match output:
...             case Send(message):
...                 print("to", message.to, message.encode())   # nobody else is there
...             case Persist(ticket):
...                 node.persisted(ticket)                      # once it is on the disk
...             case Apply(entries):
...                 for entry in entries:
...                     print(entry.index, entry.data)
...                 node.applied(entries[-1].index)
>>> node.campaign()                                             # 2. tell it what happened
>>> work()
2 b''
>>> node.propose(b"x = 1")
Proposed(index=3, term=2)
>>> work()
3 b'x = 1'

The same config, stored state and inputs give the same outputs everywhere; `Node.state_hash` tells two nodes apart in any
language. `copy.copy` makes one that goes its own way, and a pickle, or `Node.state`, one that goes on elsewhere.

Everything that takes bytes takes any object with a buffer, and `str` as UTF-8. Ids, terms and indices are from 0 to 2**64 - 1:
others are an `OverflowError`. Where an enum's member is wanted, its value does too: ``Message("app", to=2)``. A node may be
shared between threads: each call waits for the one before it.
"""

from ._errors import (
    ConfigError,
    Corrupt,
    InvalidMessage,
    LocalMessage,
    MembershipError,
    NotApplying,
    NotCompactable,
    ProposalDropped,
    RaftError,
    ReadDropped,
    StateError,
    StoredError,
    UnknownPeer,
    UnknownTicket,
    UselessSnapshot,
    WireError,
)
from ._quorate import Entry, Members, Message, Node, ReadyNode
from ._raft import (
    APPEND_THREAD,
    APPLY_THREAD,
    NONE,
    Apply,
    ConfChange,
    ConfChangeKind,
    ConfChangeSingle,
    ConfChangeTransition,
    ConfChangeV1,
    Config,
    ConfState,
    Dialect,
    EntryId,
    EntryKind,
    Fetch,
    Forwarded,
    HardState,
    LogSummary,
    MessageKind,
    Output,
    Persist,
    Progress,
    ProgressState,
    ProposalResult,
    Proposed,
    ReadLost,
    ReadOnly,
    ReadReady,
    ReadState,
    Ready,
    Role,
    RoleChanged,
    Send,
    Snapshot,
    SoftState,
    Status,
    Stored,
    Trace,
    VoteResult,
)

__all__ = [
    "APPEND_THREAD",
    "APPLY_THREAD",
    "NONE",
    "Apply",
    "ConfChange",
    "ConfChangeKind",
    "ConfChangeSingle",
    "ConfChangeTransition",
    "ConfChangeV1",
    "ConfState",
    "Config",
    "ConfigError",
    "Corrupt",
    "Dialect",
    "Entry",
    "EntryId",
    "EntryKind",
    "Fetch",
    "Forwarded",
    "HardState",
    "InvalidMessage",
    "LocalMessage",
    "LogSummary",
    "Members",
    "MembershipError",
    "Message",
    "MessageKind",
    "Node",
    "NotApplying",
    "NotCompactable",
    "Output",
    "Persist",
    "Progress",
    "ProgressState",
    "ProposalDropped",
    "ProposalResult",
    "Proposed",
    "RaftError",
    "ReadDropped",
    "ReadLost",
    "ReadOnly",
    "ReadReady",
    "ReadState",
    "Ready",
    "ReadyNode",
    "Role",
    "RoleChanged",
    "Send",
    "Snapshot",
    "SoftState",
    "StateError",
    "Status",
    "Stored",
    "StoredError",
    "Trace",
    "UnknownPeer",
    "UnknownTicket",
    "UselessSnapshot",
    "VoteResult",
    "WireError",
]

# They are found here, so this is the name that tracebacks, pickles and `repr(type)` show.
for _class in list(globals().values()):
    if isinstance(_class, type) and _class.__module__ in ("quorate._errors", "quorate._raft"):
        _class.__module__ = __name__
del _class
