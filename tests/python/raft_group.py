"""A Raft group in one process: each member with a disk, a state machine and a wire of bytes between them."""

from __future__ import annotations

import copy
from contextlib import suppress
from dataclasses import dataclass, field, replace

from quorate.raft import (
    Apply,
    ConfChange,
    Config,
    Entry,
    Fetch,
    HardState,
    Message,
    Node,
    Persist,
    ProposalDropped,
    ReadDropped,
    ReadLost,
    ReadReady,
    Role,
    RoleChanged,
    Send,
    Snapshot,
    Stored,
    Trace,
    UnknownPeer,
)


@dataclass
class Member:
    """A node and what it does its work with."""

    config: Config
    stored: Stored
    node: Node = field(init=False)
    state: list[bytes] = field(default_factory=list)
    reads: list[ReadReady | ReadLost] = field(default_factory=list)
    roles: list[RoleChanged] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    fetches: list[Fetch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.node = Node(self.config, self.stored)

    def restart(self) -> None:
        """As after a crash: of what is stored, and nothing else."""
        self.node = Node(self.config, self.stored)

    def work(self, by_one: bool = False) -> list[Message]:
        """Does what the node says, and gives back what it wants to send."""
        sent = []
        while outputs := ([self.node.poll()] if by_one else self.node.drain()):
            for output in outputs:
                match output:
                    case Send(message):
                        sent.append(message)
                    case Persist(ticket, hard_state, snapshot, entries, _):
                        self._persist(hard_state, snapshot, list(entries))
                        self.node.persisted(ticket)
                    case Apply(entries):
                        for entry in entries:
                            self._apply_change(entry.conf_change())
                            if entry.kind == "normal" and entry.data:
                                self.state.append(entry.data)
                        self.stored = replace(self.stored, applied=entries[-1].index)
                        self.node.applied(entries[-1].index)
                    case ReadReady() | ReadLost():
                        self.reads.append(output)
                    case RoleChanged():
                        self.roles.append(output)
                    case Fetch():
                        self.fetches.append(output)
                        if output.previous == 0:  # Somebody joins, and the snapshot that the group began with does not name it.
                            self.node.snapshot_taken(self.snapshot())
                    case Trace():
                        self.traces.append(output)
                    case None:
                        return sent
        return sent

    def snapshot(self) -> Snapshot:
        """Of all that is applied."""
        applied = self.stored.applied
        term = self.node.term_at(applied)
        assert term is not None
        return Snapshot(applied, term, self.node.conf_state, b"\n".join(self.state))

    def compact(self) -> Snapshot:
        """Takes a snapshot, and drops what it covers from the window and the disk."""
        snapshot = self.snapshot()
        self.node.snapshot_taken(snapshot)
        self.node.compact(snapshot.index)
        entries = [entry for entry in self.stored.entries if entry.index > snapshot.index]
        self.stored = replace(self.stored, snapshot=snapshot, entries=entries)
        return snapshot

    def _persist(self, hard_state: HardState | None, snapshot: Snapshot | None, entries: list[Entry]) -> None:
        if snapshot is not None:
            self.stored = replace(Stored.of_snapshot(snapshot), hard_state=self.stored.hard_state)
            self.state = snapshot.data.split(b"\n") if snapshot.data else []
        if entries:
            first = entries[0].index
            kept = [entry for entry in self.stored.entries if entry.index < first]
            self.stored = replace(self.stored, entries=[*kept, *entries])
        if hard_state is not None:
            self.stored = replace(self.stored, hard_state=HardState.decode(hard_state.encode()))

    def _apply_change(self, change: ConfChange | None) -> None:
        if change is not None:
            conf_state = self.node.apply_conf_change(change)
            self.stored = replace(self.stored, conf_state=conf_state)


class Group:
    """Members 1 to n, of which any can be cut off."""

    def __init__(self, size: int = 3, by_one: bool = False, **settings: object) -> None:
        self.by_one = by_one
        self.settings = settings
        self.members: dict[int, Member] = {}
        self.cut: set[int] = set()
        self.delivered = 0
        for id in range(1, size + 1):
            self.add(id, Stored.group(range(1, size + 1)))

    def add(self, id: int, stored: Stored | None = None) -> Member:
        config = Config(id=id, seed=100 + id, **self.settings)  # type: ignore[arg-type]
        self.members[id] = Member(config, stored or Stored())
        return self.members[id]

    def __getitem__(self, id: int) -> Member:
        return self.members[id]

    def run(self) -> None:
        """Works and delivers until nobody has anything to say. What is sent goes through bytes."""
        while wire := [message.encode() for member in self.members.values() for message in member.work(self.by_one)]:
            for data in wire:
                message = Message.decode(data)
                if message.to in self.cut or message.from_ in self.cut or message.to not in self.members:
                    continue
                self.delivered += 1
                # Whoever forwarded it asks again, and whoever was removed is told nothing.
                with suppress(ProposalDropped, ReadDropped, UnknownPeer):
                    self[message.to].node.step(message)

    def elect(self, id: int) -> Node:
        self[id].node.campaign()
        self.run()
        assert self[id].node.role is Role.LEADER
        return self[id].node

    def tick(self, times: int = 1) -> None:
        for _ in range(times):
            for member in self.members.values():
                member.node.tick()
            self.run()

    def leader(self) -> Node:
        """The leader of the highest term."""
        leaders = [member.node for member in self.members.values() if member.node.role is Role.LEADER]
        return max(leaders, key=lambda node: node.hard_state.term)

    def hashes(self) -> list[int]:
        return [member.node.state_hash() for member in self.members.values()]

    def copy(self) -> Group:
        """A group in the same state, which goes its own way."""
        other = copy.copy(self)
        other.members = {id: copy.copy(member) for id, member in self.members.items()}
        for member in other.members.values():
            member.node = copy.deepcopy(member.node)
            member.state, member.reads = list(member.state), list(member.reads)
        other.cut = set(self.cut)
        return other
