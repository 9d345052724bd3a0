"""`quorate.replication`: servers that replicate, and the ledger of what was promised, lost and kept."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from quorate import Error
from quorate.replication import (
    Apply,
    AtRisk,
    Close,
    Config,
    Connect,
    Counts,
    Disconnect,
    Framing,
    History,
    HistoryCause,
    HistoryChanged,
    Ledger,
    LinkChanged,
    LoadSnapshot,
    Lost,
    Output,
    Refused,
    Replicated,
    ReplicationError,
    SecondId,
    Send,
    SendSnapshot,
    SendToPrimary,
    Server,
    SnapshotAborted,
    SnapshotBegins,
    SnapshotBytes,
    StaleAttempt,
    Stored,
    TakeSnapshot,
    Trace,
    WaitBroken,
    Waited,
)
from quorate.resp import Decoder, RequestDecoder, encode_command

OLD, NEW = "a" * 40, "b" * 40


class Node:
    """A server with data: a list of commands."""

    def __init__(self, world: World, port: int, **settings: Any) -> None:
        settings = {"diskless_delay_s": 0, "seed": port, **settings}
        self.world, self.port = world, port
        self.server = Server(Config(port=port, **settings), world.now)
        self.data: list[list[bytes]] = []
        self.frozen: bytes = b""
        self.coming = b""
        self.clients: dict[int, tuple[Node, int, RequestDecoder]] = {}
        """The replicas' connections: whose, which attempt, and what came over it."""
        self.up_link: tuple[Node, int, int] | None = None
        """To whom, which attempt, and what that one calls it."""
        self.said: list[Output] = []

    def of(self, kind: type[Any]) -> list[Any]:
        return [output for output in self.said if isinstance(output, kind)]

    def write(self, *command: str) -> int:
        offset = self.server.write(0, command, self.world.now)
        self.data.append([word.encode() for word in command])
        self.world.settle()
        return offset

    def do(self, output: Output) -> None:
        now = self.world.now
        self.said.append(output)
        match output:
            case Send(replica, data):
                if replica in self.clients and self.world.joined(self, self.clients[replica][0]):
                    other, attempt, _ = self.clients[replica]
                    other.server.received(attempt, data, now)
            case Close(replica):
                other, attempt, _ = self.clients.pop(replica)
                other.server.closed(attempt, now)
            case TakeSnapshot():
                self.frozen = b"".join(encode_command(one) for one in self.data)
                self.server.snapshot_taken(ok=True, now_ms=now)
            case SendSnapshot(replica, framing):
                other, attempt, _ = self.clients[replica]
                other.server.received(attempt, framing.head(len(self.frozen)) + self.frozen + framing.tail(), now)
                self.server.snapshot_sent(replica, ok=True, now_ms=now)
            case Connect(attempt, _, port):
                other = self.world.nodes.get(port)
                if other is None or not self.world.joined(self, other):
                    self.server.closed(attempt, now)
                    return
                replica = self.world.number()
                other.server.accept(replica, "10.0.0.9", now)
                other.clients[replica] = (self, attempt, RequestDecoder())
                self.up_link = (other, attempt, replica)
                self.server.connected(attempt, now)
            case Disconnect():
                if self.up_link is not None:
                    other, _, replica = self.up_link
                    if other.clients.pop(replica, None):
                        other.server.replica_closed(replica, now)
            case SendToPrimary(attempt, data):
                assert self.up_link is not None
                other, _, replica = self.up_link
                if self.world.joined(self, other) and replica in other.clients:
                    requests = other.clients[replica][2]
                    requests.feed(data)
                    for request in requests:
                        other.server.request(replica, request, now)
            case SnapshotBegins() | SnapshotAborted():
                self.coming = b""
            case SnapshotBytes(data):
                self.coming += data
            case LoadSnapshot():
                decoder = Decoder()
                decoder.feed(self.coming)
                self.data = decoder.poll_all()
                self.world.ledger.gone(self.port, now)
                self.server.snapshot_loaded(ok=True, now_ms=now)
            case Apply(args):
                if args[0].upper() not in (b"PING", b"SELECT", b"REPLCONF"):
                    self.data.append(list(args))
            case HistoryChanged(history, cause):
                self.world.ledger.changed(self.port, history, HistoryCause(cause), now)


class World:
    """Servers on one clock, whose connections are as quick as calls; any two can be cut from each other."""

    def __init__(self) -> None:
        self.now = 1_000_000
        self.nodes: dict[int, Node] = {}
        self.ledger = Ledger()
        self.cut: set[frozenset[int]] = set()
        self.last = 0

    def number(self) -> int:
        self.last += 1
        return self.last

    def add(self, port: int, **settings: Any) -> Node:
        self.nodes[port] = Node(self, port, **settings)
        return self.nodes[port]

    def joined(self, one: Node, other: Node) -> bool:
        return frozenset((one.port, other.port)) not in self.cut

    def settle(self) -> None:
        again = True
        while again:
            again = False
            for node in self.nodes.values():
                for output in node.server.drain():
                    node.do(output)
                    again = True
        for node in self.nodes.values():
            self.ledger.at(node.port, node.server.history, self.now)

    def run(self, ms: int) -> None:
        for _ in range(ms // 100):
            self.now += 100
            for node in self.nodes.values():
                node.server.tick(self.now)
            self.settle()

    def follow(self, node: Node, primary: Node) -> None:
        assert node.server.replicate_from("10.0.0.1", primary.port, self.now) is True
        self.settle()
        self.run(3_000)


def pair(**settings: Any) -> tuple[World, Node, Node]:
    world = World()
    primary, replica = world.add(1, **settings), world.add(2)
    primary.write("SET", "a", "1")
    world.follow(replica, primary)
    return world, primary, replica


# ---- up to date


def test_a_replica_gets_everything_and_then_what_is_new() -> None:
    world, primary, replica = pair()
    assert replica.server.link_is_up
    assert replica.server.link_state == "connected"
    assert replica.server.primary == ("10.0.0.1", 1)
    assert replica.data == primary.data == [[b"SET", b"a", b"1"]]
    offset = primary.write("SET", "b", "2")
    assert replica.data == primary.data
    assert replica.server.history == primary.server.history
    assert offset == primary.server.history.offset
    world.run(2_000)
    (known,) = primary.server.replicas
    assert (known.ip, known.port, known.state) == ("10.0.0.9", 2, "online")
    assert known.ack_offset >= offset
    assert LinkChanged(True) in replica.said
    assert not replica.server.is_primary
    first, end = primary.server.backlog or (0, 0)
    assert first <= offset < end


def test_what_servers_say_of_themselves() -> None:
    _, primary, replica = pair()
    lines = dict(line.split(":", 1) for line in primary.server.info().split("\r\n") if line)
    assert (lines["role"], lines["connected_slaves"]) == ("master", "1")
    assert lines["master_replid"] == primary.server.history.id
    assert lines["slave0"].startswith("ip=10.0.0.9,port=2,state=online,offset=")
    lines = dict(line.split(":", 1) for line in replica.server.info().split("\r\n") if line)
    assert (lines["role"], lines["master_link_status"], lines["master_port"]) == ("slave", "up", "1")
    decoder = Decoder()
    decoder.feed(replica.server.role() + primary.server.role())
    (role, host, port, state, offset), primary_role = decoder.poll_all()
    assert (role, host, port, state, offset) == (b"slave", b"10.0.0.1", 1, b"connected", replica.server.history.offset)
    assert primary_role[0] == b"master"
    assert primary_role[2][0][:2] == [b"10.0.0.9", b"2"]


def test_who_comes_back_soon_goes_on() -> None:
    world, primary, replica = pair()
    world.cut.add(frozenset((1, 2)))
    _, attempt, number = replica.up_link  # type: ignore[misc]
    primary.clients.pop(number)
    primary.server.replica_closed(number, world.now)
    replica.server.closed(attempt, world.now)
    primary.write("SET", "c", "3")
    world.run(2_000)
    assert replica.server.link_down_s is not None
    assert replica.data != primary.data
    replica.said.clear()
    world.cut.clear()
    world.run(3_000)
    assert replica.server.link_is_up
    assert replica.data == primary.data
    assert replica.of(LoadSnapshot) == [], "it was sent what it lacked, and nothing else"


def test_a_promotion_is_a_fork() -> None:
    world, primary, replica = pair()
    sibling = world.add(3)
    world.follow(sibling, primary)
    before = replica.server.history
    assert replica.server.promote(world.now) is True
    assert replica.server.promote(world.now) is False
    world.settle()
    after = replica.server.history
    assert replica.server.is_primary
    assert after.second == SecondId(before.id, before.offset + 1)
    assert after.id != before.id
    assert replica.of(HistoryChanged)[-1] == HistoryChanged(after, "promoted")
    # A sibling that has no more than the promoted one goes on with it.
    sibling.said.clear()
    world.follow(sibling, replica)
    assert sibling.server.link_is_up
    assert sibling.of(LoadSnapshot) == []
    assert sibling.server.history.id == after.id


def test_a_split_brain_loses_what_the_old_primary_wrote() -> None:
    world, primary, replica = pair()

    def write(node: Node, name: int) -> None:
        offset = node.write("SET", f"k{name}", "v")
        world.ledger.acknowledged(name, server=node.port, id=node.server.history.id, offset=offset, now_ms=world.now)

    for name in (1, 2):
        write(primary, name)
    assert world.ledger.status(1) == Replicated(2)
    world.cut.add(frozenset((1, 2)))
    world.run(100)
    for name in (3, 4, 5):
        write(primary, name)
        world.run(100)
    assert world.ledger.status(5) == AtRisk("one_copy")
    replica.server.promote(world.now)
    world.settle()
    write(replica, 6)
    assert world.ledger.status(5) == AtRisk("forked")
    assert world.ledger.counts() == Counts(acknowledged=6, replicated=2, at_risk=4, lost=0)
    world.cut.clear()
    assert primary.server.replicate_from("10.0.0.1", 2, world.now)
    world.settle()
    world.run(5_000)
    # The two went different ways, so the old primary throws its data away.
    assert len(primary.of(LoadSnapshot)) == 1
    assert primary.data == replica.data
    assert world.ledger.lost() == [3, 4, 5]
    assert isinstance(world.ledger.status(3), Lost)
    assert world.ledger.status(1) == Replicated(2)
    assert world.ledger.status(6) == Replicated(2)
    assert world.ledger.status(7) is None
    (loss,) = world.ledger.losses()
    assert (loss.writes, loss.server, loss.history) == (3, 1, replica.server.history.second.id)  # type: ignore[union-attr]
    assert loss.window_ms == 200
    assert loss.first_offset < loss.last_offset
    # What is lost is gone indeed.
    keys = {command[1] for command in primary.data}
    assert keys >= {b"k1", b"k2", b"k6"}
    assert keys.isdisjoint({b"k3", b"k4", b"k5"})
    assert repr(world.ledger) == "<Ledger acknowledged=6 replicated=3 at_risk=0 lost=3>"


# ---- clients


def test_too_few_good_replicas() -> None:
    world, primary, replica = pair(min_replicas_to_write=0)
    primary.server.configure(
        Config(port=1, seed=1, diskless_delay_s=0, min_replicas_to_write=1, min_replicas_max_lag_s=2), world.now
    )
    assert primary.server.good_replicas == 1
    primary.write("SET", "x", "1")
    world.cut.add(frozenset((1, 2)))
    began = world.now
    while True:
        world.run(100)
        try:
            primary.server.check("write")
        except Refused as refused:
            assert refused.code == "no_replicas"
            assert str(refused) == "NOREPLICAS Not enough good replicas to write."
            break
    # Whole seconds, a report each second, and a count each second: between max-lag - 1 and max-lag + 2.
    assert 1_000 < world.now - began <= 4_000
    with pytest.raises(Refused):
        primary.write("SET", "y", "1")
    primary.server.check("read")
    world.cut.clear()
    world.run(2_500)
    primary.write("SET", "y", "1")
    assert replica.server.history.offset == primary.server.history.offset


def test_a_replica_is_not_written_to() -> None:
    world, _, replica = pair()
    with pytest.raises(Refused) as refused:
        replica.server.write(0, ["SET", "x", "1"], world.now)
    assert refused.value.code == "read_only"
    replica.server.check("read")
    with pytest.raises(ValueError, match="append"):
        replica.server.check("append")


def test_waiting() -> None:
    world, primary, _ = pair()
    offset = primary.write("SET", "x", "1")
    primary.server.wait(8, offset, 1, 500, world.now)
    world.settle()
    world.run(1_500)
    assert primary.of(Waited) == [Waited(8, 1, False)]
    assert primary.server.count_acknowledged(offset) == 1
    primary.server.wait(9, offset, 2, 500, world.now)
    with pytest.raises(ReplicationError) as twice:
        primary.server.wait(9, offset, 2, 500, world.now)
    assert twice.value.code == "duplicate_wait"
    assert primary.server.next_tick_ms <= world.now + 500
    world.run(600)
    assert primary.of(Waited)[-1] == Waited(9, 1, True)
    primary.server.wait(10, offset, 2, 0, world.now)
    primary.server.replicate_from("10.0.0.7", 7, world.now)
    world.settle()
    assert primary.of(WaitBroken) == [WaitBroken(10)]
    with pytest.raises(ReplicationError) as replica:
        primary.server.wait(11, offset, 1, 0, world.now)
    assert replica.value.code == "wait_on_replica"
    with pytest.raises(ReplicationError) as unknown:
        primary.server.cancel_wait(10)
    assert unknown.value.code == "unknown_wait"


# ---- the classes


def test_what_is_refused() -> None:
    world, primary, replica = pair()
    server = primary.server
    for call, code in (
        (lambda: Server(Config(backlog_size=1), 0), "invalid_config"),
        (lambda: server.replica_closed(99, 0), "unknown_replica"),
        (lambda: server.request(1, ["GET", "a"], world.now), "not_replication"),
        (lambda: server.snapshot_taken(ok=True, now_ms=world.now), "no_snapshot_wanted"),
        (lambda: server.snapshot_sent(1, ok=True, now_ms=world.now), "not_sending"),
        (lambda: server.snapshot_loaded(ok=True, now_ms=world.now), "not_loading"),
        (lambda: server.accept(1, "10.0.0.9", world.now), "duplicate_replica"),
        (lambda: Ledger().copies("x", 1), "invalid_replication_id"),
        (lambda: Ledger().at(1, History("zz", 1), 0), "invalid_replication_id"),
    ):
        with pytest.raises(ReplicationError) as caught:
            call()
        assert caught.value.code == code
        assert isinstance(caught.value, Error)
    with pytest.raises(StaleAttempt) as stale:
        replica.server.received(99, b"+PONG\r\n", world.now)
    assert stale.value.code == "stale_attempt"
    ledger = Ledger()
    ledger.acknowledged(1, server=1, id=OLD, offset=5, now_ms=0)
    with pytest.raises(ReplicationError) as twice:
        ledger.acknowledged(1, server=1, id=OLD, offset=5, now_ms=0)
    assert twice.value.code == "duplicate_write"
    with pytest.raises(ValueError, match="because"):
        ledger.changed(1, History(OLD, 5), "because", 0)


def test_starting_again() -> None:
    world, primary, _ = pair()
    stored = primary.server.stored
    assert stored == Stored(primary.server.history.id, primary.server.history.offset)
    again = Server.restore(Config(port=1, seed=77), stored, world.now)
    assert again.is_primary
    assert again.history.second == SecondId(stored.id, stored.offset + 1)
    as_replica = Server.restore(Config(port=1, seed=77), stored, world.now, ("10.0.0.2", 2))
    assert as_replica.history == History(stored.id, stored.offset)
    as_replica.tick(world.now)
    (connect,) = [one for one in as_replica.drain() if isinstance(one, Connect)]
    assert (connect.host, connect.port) == ("10.0.0.2", 2)


def test_the_first_bytes_to_a_primary() -> None:
    server = Server(Config(port=6380, seed=1), 0)
    server.replicate_from("10.0.0.1", 6379, 0)
    (connect,) = [one for one in server.drain() if isinstance(one, Connect)]
    server.connected(connect.attempt, 0)
    sent = b"".join(one.data for one in server.drain() if isinstance(one, SendToPrimary))
    assert sent == encode_command("PING")
    server.received(connect.attempt, b"+PO", 0)
    assert server.drain() == []
    server.received(connect.attempt, b"NG\r\n", 0)
    sent = b"".join(one.data for one in server.drain() if isinstance(one, SendToPrimary))
    assert sent.startswith(encode_command("REPLCONF", "listening-port", 6380))


def test_reasons() -> None:
    server = Server(Config(seed=1, trace=True), 0)
    server.replicate_from("10.0.0.1", 6379, 0)
    traces = {one.kind: one.fields for one in server.drain() if isinstance(one, Trace)}
    assert traces["demoted"]["history"]["offset"] == 0
    assert set(traces["link_changed"]) == {"from", "to"}


def test_they_are_values() -> None:
    world, primary, replica = pair()
    primary.write("SET", "z", "1")
    world.ledger.acknowledged(5, server=1, id=primary.server.history.id, offset=10, now_ms=world.now)
    for one in (primary.server, replica.server, world.ledger):
        kind = type(one)
        twins = [copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one)), kind.from_state(one.state())]
        assert {twin.state_hash() for twin in twins} == {one.state_hash()}
        with pytest.raises(ReplicationError) as caught:
            kind.from_state(one.state()[:-3])
        assert caught.value.code == "invalid_state"
    twin = copy.copy(primary.server)
    assert twin.write(0, ["SET", "q", "1"], world.now) == primary.server.write(0, ["SET", "q", "1"], world.now)
    assert twin.drain() == primary.server.drain() != []
    assert repr(replica.server).startswith("<Server replica id=")
    with pytest.raises(ReplicationError):
        Server.from_state(world.ledger.state())
    assert Framing("m" * 40).head(3) == b"$EOF:" + b"m" * 40 + b"\r\n"
    assert pickle.loads(pickle.dumps(History(OLD, 3).fork(NEW))) == History(NEW, 3, SecondId(OLD, 4))
