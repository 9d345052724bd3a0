"""Sentinels and pretended servers under one virtual clock, with a network that loses nothing and takes no time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from quorate.resp import RequestDecoder, encode
from quorate.sentinel import (
    Address,
    Close,
    Config,
    Connect,
    Event,
    Exit,
    MasterConfig,
    Output,
    Persist,
    Reply,
    Resolve,
    RunScript,
    Send,
    Sentinel,
    Trace,
)

HELLO = b"__sentinel__:hello"
MASTER = Address("10.0.0.1", 6379)


@dataclass(eq=False)
class Server:
    """What a `redis-server` shows to sentinels."""

    address: Address
    run_id: str
    master: Address | None = None
    up: bool = True
    ping: bytes = b"+PONG\r\n"
    priority: int = 100
    offset: int = 1_000
    link_up: bool = True
    link_down_since: int = 0
    """In seconds."""
    subscribers: list[tuple[Seat, int]] = field(default_factory=list)
    told: list[list[bytes]] = field(default_factory=list)
    """The commands that change it."""

    def info(self, net: Net) -> str:
        lines = [f"run_id:{self.run_id}"]
        if self.master is None:
            lines += ["role:master"]
            followers = [server for server in net.servers.values() if server.master == self.address]
            for number, one in enumerate(followers):
                lines += [f"slave{number}:ip={one.address.host},port={one.address.port},state=online,offset={one.offset},lag=0"]
        else:
            leader = net.servers.get(self.master)
            linked = self.link_up and leader is not None and leader.up
            lines += ["role:slave", f"master_host:{self.master.host}", f"master_port:{self.master.port}"]
            lines += [f"master_link_status:{'up' if linked else 'down'}", f"slave_repl_offset:{self.offset}"]
            if not linked:
                lines += [f"master_link_down_since_seconds:{self.link_down_since}"]
            lines += [f"slave_priority:{self.priority}", "replica_announced:1"]
        return "\r\n".join([*lines, ""])


@dataclass(eq=False)
class Seat:
    """A sentinel, and what it said."""

    sentinel: Sentinel
    config: Config
    lines: list[str] = field(default_factory=list)
    up: bool = True
    links: dict[int, Address] = field(default_factory=dict)
    clients: dict[int, tuple[Seat, int]] = field(default_factory=dict)
    """Which link of which sentinel a client is."""
    events: list[tuple[int, str, str]] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    others: list[Output] = field(default_factory=list)
    """What else came out: scripts, names, exits, traces."""
    next_tick: int = 0

    def said(self, kind: str) -> list[str]:
        """The messages of the events of that kind."""
        return [message for _, name, message in self.events if name == kind]

    def when(self, kind: str) -> int:
        return next(at for at, name, _ in self.events if name == kind)

    def kinds(self) -> list[str]:
        return [name for _, name, _ in self.events]

    def traces(self, kind: str) -> list[dict[str, Any]]:
        return [dict(one.fields) for one in self.others if isinstance(one, Trace) and one.kind == kind]


class Net:
    def __init__(self) -> None:
        self.now = 0
        self.servers: dict[Address, Server] = {}
        self.seats: list[Seat] = []
        self.cut: set[frozenset[object]] = set()
        """Pairs of seats, or a seat and a server, that cannot reach each other."""
        self.queue: deque[Callable[[], None]] = deque()
        self.next_client = 1_000

    # ---- who is there

    def server(self, number: int, master: Address | None = None, **more: Any) -> Server:
        address = Address(f"10.0.0.{number}", 6379)
        self.servers[address] = Server(address, f"{number:040x}", master, **more)
        return self.servers[address]

    def seat(self, number: int, *masters: MasterConfig, **more: Any) -> Seat:
        config = Config(id=f"{number:x}" * 40, seed=number, ip=f"10.0.1.{number}", masters=masters, **more)
        self.seats.append(Seat(Sentinel(config, now=self.now), config, next_tick=self.now))
        return self.seats[-1]

    def kill(self, one: Seat | Server) -> None:
        one.up = False
        if isinstance(one, Server):
            one.subscribers.clear()
        for seat in self.seats:
            for link in [link for link, address in seat.links.items() if self.at(address) is one]:
                self.drop(seat, link)
        if isinstance(one, Seat):
            one.links.clear()

    def restart(self, seat: Seat, **more: Any) -> None:
        """Starts it from what it persisted."""
        seat.up, seat.next_tick = True, self.now
        seat.sentinel = Sentinel(seat.config, seat.lines, now=self.now)
        seat.events, seat.clients = [], {}

    def at(self, address: Address) -> Seat | Server | None:
        known = [seat for seat in self.seats if (seat.config.ip, seat.config.port) == address]
        return known[0] if known else self.servers.get(address)

    def reaches(self, seat: Seat, other: Seat | Server | None) -> bool:
        return other is not None and other.up and frozenset((seat, other)) not in self.cut

    # ---- time

    def run(self, ms: int) -> None:
        end = self.now + ms
        while True:
            due = min((seat.next_tick for seat in self.seats if seat.up), default=end)
            if due > end:
                break
            self.now = max(self.now, due)
            for seat in self.seats:
                if seat.up and seat.next_tick <= self.now:
                    seat.sentinel.tick(self.now)
                    self.work(seat)
                    seat.next_tick = self.now + seat.sentinel.tick_period
            while self.queue:
                self.queue.popleft()()
        self.now = end

    def until(self, holds: Callable[[], object], within: int = 60_000) -> None:
        end = self.now + within
        while not holds():
            assert self.now < end, "not in time"
            self.run(50)

    # ---- what a driver does

    def work(self, seat: Seat) -> None:
        while outputs := seat.sentinel.drain():
            for output in outputs:
                self.do(seat, output)

    def do(self, seat: Seat, output: Output) -> None:
        match output:
            case Connect(link, address):
                if self.reaches(seat, self.at(address)):
                    seat.links[link] = address
                    self.queue.append(lambda: self.tell(seat, link, lambda: seat.sentinel.connected(link)))
                else:
                    seat.links[link] = address
                    self.queue.append(lambda: self.drop(seat, link))
            case Close(link):
                seat.links.pop(link, None)
            case Send(link, argv):
                if link in seat.links:
                    self.queue.append(lambda: self.serve(seat, link, seat.links.get(link), list(argv)))
            case Persist(ticket, lines):
                seat.lines = list(lines)
                seat.sentinel.persisted(ticket)
            case Reply(client, data):
                if client in seat.clients:
                    other, link = seat.clients[client]
                    self.queue.append(lambda: self.answer(other, link, data))
                else:
                    seat.replies.append(output)
            case Event(kind, message):
                seat.events.append((self.now, kind, message))
            case RunScript() | Resolve() | Exit() | Trace():
                seat.others.append(output)

    def tell(self, seat: Seat, link: int, what: Callable[[], None]) -> None:
        if seat.up and link in seat.links:
            what()
            self.work(seat)

    def drop(self, seat: Seat, link: int) -> None:
        if seat.up and seat.links.pop(link, None) is not None:
            seat.sentinel.disconnected(link)
            self.work(seat)

    def answer(self, seat: Seat, link: int, data: bytes) -> None:
        self.tell(seat, link, lambda: seat.sentinel.received(link, data, self.now))

    def serve(self, seat: Seat, link: int, address: Address | None, argv: list[bytes]) -> None:
        other = self.at(address) if address else None
        if not self.reaches(seat, other):
            return  # Nobody answers.
        if isinstance(other, Seat):
            client = next((name for name, who in other.clients.items() if who == (seat, link)), None)
            if client is None:
                client, self.next_client = self.next_client, self.next_client + 1
                other.clients[client] = (seat, link)
            other.sentinel.command(client, argv, self.now)
            self.work(other)
        elif other is not None:
            self.answer(seat, link, self.execute(other, seat, link, argv))

    def execute(self, server: Server, seat: Seat, link: int, argv: list[bytes]) -> bytes:
        match [argv[0].upper(), *argv[1:]]:
            case [b"PING"]:
                return server.ping
            case [b"INFO"]:
                return encode(server.info(self), protocol=2)
            case [b"SUBSCRIBE", channel]:
                server.subscribers.append((seat, link))
                return encode([b"subscribe", channel, 1], protocol=2)
            case [b"PUBLISH", channel, payload]:
                for subscriber, its_link in list(server.subscribers):
                    message = encode([b"message", channel, payload], protocol=2)
                    self.queue.append(lambda to=subscriber, at=its_link, data=message: self.answer(to, at, data))
                return b":1\r\n"
            case [b"SLAVEOF", b"NO", b"ONE"]:
                server.told.append(argv)
                server.master = None
                return b"+QUEUED\r\n"
            case [b"SLAVEOF", host, port]:
                server.told.append(argv)
                server.master = Address(host.decode(), int(port))
                return b"+QUEUED\r\n"
            case [b"EXEC"]:
                return b"*4\r\n+OK\r\n+OK\r\n:0\r\n:0\r\n"
        return b"+OK\r\n"

    # ---- asking

    def ask(self, seat: Seat, *argv: str | bytes | int, client: int = 1) -> Any:
        """What a client is answered."""
        args = [arg if isinstance(arg, bytes) else str(arg).encode() for arg in argv]
        before = len(seat.replies)
        seat.sentinel.command(client, args, self.now)
        self.work(seat)
        (reply,) = [one for one in seat.replies[before:] if one.client == client][:1]
        return reply.value


def group(
    replicas: int = 2, sentinels: int = 3, quorum: int = 2, warm_up: int = 15_000, **more: Any
) -> tuple[Net, list[Server], list[Seat]]:
    """A master, its replicas, and sentinels that know each other."""
    net = Net()
    servers = [net.server(1), *(net.server(number, MASTER) for number in range(2, replicas + 2))]
    settings = {"down_after": 3_000, "failover_timeout": 10_000}
    settings |= {name: more.pop(name) for name in list(more) if name in MasterConfig.__dataclass_fields__}
    seats = [
        net.seat(number, MasterConfig("mymaster", *MASTER, quorum=quorum, **settings), **more)
        for number in range(1, sentinels + 1)
    ]
    net.run(warm_up)
    return net, servers, seats


__all__ = ["HELLO", "MASTER", "Net", "RequestDecoder", "Seat", "Server", "group"]
