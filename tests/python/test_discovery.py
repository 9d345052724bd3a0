"""`quorate.sentinel.discovery`: the guidelines for clients of Sentinel, and what other clients got wrong."""

from __future__ import annotations

import copy
import pickle
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from quorate import Error
from quorate.resp import Push, ReplyError, encode
from quorate.sentinel.discovery import (
    Address,
    Close,
    Config,
    Connect,
    Discovery,
    DiscoveryFailed,
    Failed,
    HandedOut,
    Invalidate,
    NodeUnreachable,
    NoReplica,
    NoSentinelAnswers,
    NoSuchMaster,
    Output,
    PrimaryChanged,
    ReadPreference,
    Resolved,
    Send,
    SentinelError,
    SentinelRefused,
    SettingError,
    Stale,
    TimedOut,
    TooFewSentinels,
    Trace,
    UnknownLink,
    WrongRole,
)

S1, S2, S3 = (Address(f"10.0.1.{number}", 26379) for number in (1, 2, 3))
A, B, C = (Address(f"10.0.0.{number}", 6379) for number in (1, 2, 3))


@dataclass
class Sentinel:
    """What a sentinel answers."""

    primary: Address | None = A
    replicas: list[tuple[Address, str, str]] = field(default_factory=list)
    """Each with its flags and its `master-link-status`."""
    others: list[tuple[Address, str]] = field(default_factory=list)
    error: ReplyError | None = None

    def answer(self, argv: list[bytes]) -> Any:
        if self.error is not None:
            return self.error
        match [argv[0].upper(), *(word.upper() for word in argv[1:2]), *argv[2:]]:
            case [b"SENTINEL", b"GET-MASTER-ADDR-BY-NAME", b"mymaster"]:
                return [self.primary.host, str(self.primary.port)] if self.primary else None
            case [b"SENTINEL", b"GET-MASTER-ADDR-BY-NAME", _]:
                return None
            case [b"SENTINEL", b"SENTINELS", _]:
                return [instance(address, flags) for address, flags in self.others]
            case [b"SENTINEL", b"REPLICAS" | b"SLAVES", _]:
                return [[*instance(address, flags), "master-link-status", link] for address, flags, link in self.replicas]
        return "OK"


def instance(address: Address, flags: str) -> list[str]:
    return ["name", f"{address.host}:{address.port}", "ip", address.host, "port", str(address.port), "flags", flags]


ROLE = {"primary": ["master", 0, []], "replica": ["slave", A.host, A.port, "connected", 1]}
ALONE = ["slave", A.host, A.port, "connect", -1]


class Net:
    """Drives a discovery, with an answer for each address. Who is not there refuses connections; who is `None` is silent."""

    def __init__(self, config: Config, sentinels: dict[Address, Sentinel | None], nodes: dict[Address, Any]) -> None:
        self.discovery = Discovery(config)
        self.sentinels, self.nodes = sentinels, nodes
        self.now = 0
        self.links: dict[int, Address] = {}
        self.said: list[Output] = []
        self.opened: list[Address] = []

    def work(self) -> None:
        while outputs := self.discovery.drain():
            for output in outputs:
                self.said.append(output)
                match output:
                    case Connect(link, address):
                        self.links[link] = address
                        self.opened.append(address)
                        known = {**self.sentinels, **self.nodes}
                        if address not in known:
                            self.discovery.disconnected(link, self.now)
                        elif known[address] is not None:
                            self.discovery.connected(link, self.now)
                    case Send(link, argv):
                        self.answer(link, list(argv))
                    case Close(link) | Invalidate(link):
                        del self.links[link]

    def answer(self, link: int, argv: list[bytes]) -> None:
        address = self.links.get(link)
        if address is None:
            return
        if argv[0].upper() == b"SUBSCRIBE":
            for number, channel in enumerate(argv[1:], 1):
                self.discovery.received(link, encode(["subscribe", channel, number], protocol=2), self.now)
            return
        sentinel = self.sentinels.get(address)
        value = sentinel.answer(argv) if sentinel is not None else self.nodes[address]
        with suppress(UnknownLink):  # It was closed for what came before.
            self.discovery.received(link, encode(value, protocol=2), self.now)

    def ask(self, preference: str = "primary") -> Resolved | Failed:
        request = self.discovery.request(preference, self.now)
        return self.outcome(request)

    def outcome(self, request: int) -> Resolved | Failed:
        while True:
            self.work()
            for output in self.said:
                if isinstance(output, Resolved | Failed) and output.request == request:
                    return output
            at = self.discovery.next_tick_ms
            assert at is not None, "it waits for nothing"
            assert self.now <= at <= self.now + 100_000
            self.now = max(at, self.now)
            self.discovery.tick(self.now)

    def run(self, ms: int) -> None:
        end = self.now + ms
        self.work()
        while (at := self.discovery.next_tick_ms) is not None and at <= end:
            self.now = max(at, self.now)
            self.discovery.tick(self.now)
            self.work()
        self.now = end

    def of(self, kind: type[Any]) -> list[Any]:
        return [output for output in self.said if isinstance(output, kind)]


def net(
    sentinels: dict[Address, Sentinel | None] | None = None,
    nodes: dict[Address, Any] | None = None,
    addresses: tuple[Address, ...] = (S1, S2, S3),
    **settings: Any,
) -> Net:
    settings = {"listeners": 0, "check_every_ms": None, **settings}
    known = {S1: Sentinel(), S2: Sentinel(), S3: Sentinel()} if sentinels is None else sentinels
    return Net(Config("mymaster", addresses, **settings), known, {A: ROLE["primary"]} if nodes is None else nodes)


def error(outcome: Resolved | Failed) -> DiscoveryFailed:
    assert isinstance(outcome, Failed)
    return outcome.error


# ---- the primary


def test_the_primary_is_found_and_says_so_itself() -> None:
    it = net()
    match it.ask():
        case Resolved(1, link, address, "primary"):
            assert address == A
        case other:
            raise AssertionError(other)
    assert it.opened == [S1, A]
    assert it.discovery.handed_out == [HandedOut(link, A, "primary")]
    assert it.discovery.primary == A
    assert it.of(PrimaryChanged) == [PrimaryChanged(None, A)]
    asked = [one.argv[0] for one in it.of(Send) if one.link == link]
    assert asked == [b"ROLE"]


def test_who_answers_is_asked_first_the_next_time() -> None:
    it = net({S2: Sentinel(), S3: Sentinel()})
    assert isinstance(it.ask(), Resolved)
    assert it.opened == [S1, S2, A]
    assert it.discovery.sentinels[0] == S2
    it.opened.clear()
    assert isinstance(it.ask(), Resolved)
    assert it.opened[0] == S2, "an address is asked for each time, and not remembered"


def test_a_silent_sentinel_costs_its_timeout() -> None:
    it = net({S1: None, S2: Sentinel()}, sentinel_timeout_ms=300)
    assert isinstance(it.ask(), Resolved)
    assert it.now == 300


def test_one_that_does_not_know_the_name_is_passed_over() -> None:
    it = net({S1: Sentinel(primary=None), S2: Sentinel()})
    assert isinstance(it.ask(), Resolved)
    assert S2 in it.opened


def test_one_that_is_out_of_date_is_not_believed() -> None:
    """The server says that it is a replica: everything begins anew after a while, until the sentinels know."""
    it = net(nodes={A: ROLE["replica"], B: ROLE["primary"]}, backoff_ms=100)
    request = it.discovery.request("primary", 0)
    it.run(250)
    assert it.of(Resolved) == []
    tries = it.opened.count(A)
    assert tries >= 2
    for sentinel in it.sentinels.values():
        assert sentinel is not None
        sentinel.primary = B
    outcome = it.outcome(request)
    assert isinstance(outcome, Resolved)
    assert outcome.address == B


def test_waiting_grows() -> None:
    it = net({}, give_up_after_ms=None, backoff_ms=100, max_backoff_ms=1_000, trace=True)
    it.discovery.request("primary", 0)
    it.run(20_000)
    waits = [trace.fields["again_in_ms"] for trace in it.of(Trace) if trace.kind == "round_failed"]
    for wait, least in zip(waits, [100, 200, 400, 800, 1_000, 1_000], strict=False):
        assert least <= wait <= least * 5 // 4
    other = net({}, give_up_after_ms=None, backoff_ms=100, max_backoff_ms=1_000, trace=True, seed=9)
    other.discovery.request("primary", 0)
    other.run(20_000)
    assert waits != [trace.fields["again_in_ms"] for trace in other.of(Trace) if trace.kind == "round_failed"]


# ---- what cannot be found


@pytest.mark.parametrize(
    ("made", "kind", "code"),
    [
        (lambda: net({}, give_up_after_ms=0), NoSentinelAnswers, "no_sentinel_answers"),
        (lambda: net({S1: Sentinel(primary=None), S2: None}, give_up_after_ms=0), NoSuchMaster, "no_such_master"),
        (lambda: net({S1: Sentinel(error=ReplyError("NOAUTH no"))}, give_up_after_ms=0), SentinelRefused, "sentinel_refused"),
        (lambda: net(min_other_sentinels=1, give_up_after_ms=0), TooFewSentinels, "too_few_sentinels"),
        (lambda: net(nodes={}, give_up_after_ms=0), NodeUnreachable, "node_unreachable"),
        (lambda: net(nodes={A: ROLE["replica"]}, give_up_after_ms=0), WrongRole, "wrong_role"),
    ],
)
def test_why_it_failed(made: Callable[[], Net], kind: type[DiscoveryFailed], code: str) -> None:
    failure = error(made().ask())
    assert type(failure) is kind
    assert failure.code == code
    assert isinstance(failure, Error)
    assert isinstance(failure.details, dict)
    again = pickle.loads(pickle.dumps(failure))
    assert (type(again), str(again), again.code, again.details) == (kind, str(failure), code, failure.details)


def test_silence_and_ignorance_are_told_apart() -> None:
    unknown = error(net({S1: Sentinel(primary=None), S2: None}, give_up_after_ms=0).ask())
    assert unknown.details == {"name": "mymaster", "answered": 1, "tried": 3}
    silent = error(net({}, give_up_after_ms=0).ask())
    assert silent.details == {"tried": 3}


def test_a_request_has_its_time() -> None:
    it = net({}, give_up_after_ms=5_000)
    assert isinstance(error(it.ask()), NoSentinelAnswers)
    assert it.now == 5_000
    early = net({S1: None, S2: None, S3: None}, give_up_after_ms=100, sentinel_timeout_ms=1_000)
    assert issubclass(TimedOut, TimeoutError)
    assert isinstance(error(early.ask()), TimedOut | NoSentinelAnswers)


def test_how_many_others_a_sentinel_reaches_counts_those_that_are_up() -> None:
    """``num-other-sentinels`` is of all that were ever known, and says nothing of who is there."""
    down = Sentinel(others=[(S2, "s_down,sentinel,disconnected"), (S3, "sentinel")])
    assert isinstance(error(net({S1: down}, min_other_sentinels=2, give_up_after_ms=0).ask()), TooFewSentinels)
    well = Sentinel(others=[(S2, "sentinel"), (S3, "sentinel")])
    assert isinstance(net({S1: well}, min_other_sentinels=2).ask(), Resolved)


def test_others_are_learned() -> None:
    it = net({S1: Sentinel(others=[(S2, "sentinel")]), S2: Sentinel()}, addresses=(S1,))
    it.ask()
    assert it.discovery.sentinels == [S1, S2]
    del it.sentinels[S1]
    assert isinstance(it.ask(), Resolved)
    kept = net({S1: Sentinel(others=[(S2, "sentinel")])}, addresses=(S1,), learn_sentinels=False)
    kept.ask()
    assert kept.discovery.sentinels == [S1]


# ---- replicas


def replicated(**more: Any) -> Net:
    sentinel = Sentinel(replicas=[(B, "slave", "ok"), (C, "slave", "ok")])
    return net({S1: sentinel}, {A: ROLE["primary"], B: ROLE["replica"], C: ROLE["replica"]}, addresses=(S1,), **more)


def whom(it: Net, preference: str, times: int) -> Counter[Address]:
    found = Counter[Address]()
    for _ in range(times):
        outcome = it.ask(preference)
        assert isinstance(outcome, Resolved), outcome
        found[outcome.address] += 1
    return found


def test_read_preferences() -> None:
    assert whom(replicated(), "primary", 6) == {A: 6}
    assert whom(replicated(), "replica", 6) == {B: 3, C: 3}
    assert whom(replicated(), ReadPreference.REPLICA_OR_PRIMARY, 6) == {B: 3, C: 3}
    assert whom(replicated(), "any", 6) == {A: 2, B: 2, C: 2}
    assert whom(replicated(weights={B: 3}), "replica", 8) == {B: 6, C: 2}
    assert whom(replicated(weights={B: 0}), "replica", 4) == {C: 4}
    with pytest.raises(ValueError, match="nearest"):
        replicated().discovery.request("nearest", 0)


@pytest.mark.parametrize("flags", ["s_down,slave", "o_down,slave", "s_down,slave,disconnected", "slave,disconnected"])
def test_a_replica_that_is_down_is_not_tried(flags: str) -> None:
    it = replicated()
    sentinel = it.sentinels[S1]
    assert sentinel is not None
    sentinel.replicas[0] = (B, flags, "ok")
    assert whom(it, "replica", 4) == {C: 4}
    assert B not in it.opened


def test_a_replica_without_its_primary_is_the_last_resort() -> None:
    it = replicated()
    sentinel = it.sentinels[S1]
    assert sentinel is not None
    sentinel.replicas[0] = (B, "slave", "err")
    it.nodes[B] = ALONE
    assert whom(it, "replica", 4) == {C: 4}
    sentinel.replicas[1] = (C, "s_down,slave", "err")
    assert whom(it, "replica", 2) == {B: 2}
    never = replicated(stale=Stale.NEVER, give_up_after_ms=0)
    never.sentinels, never.nodes = it.sentinels, it.nodes
    assert isinstance(error(never.ask("replica")), NoReplica)
    assert whom(never, "replica_or_primary", 1) == {A: 1}


def test_what_is_called_a_replica_must_be_one() -> None:
    it = replicated()
    it.nodes[B] = ROLE["primary"]
    assert whom(it, "replica", 4) == {C: 4}


# ---- changes


def moved(it: Net) -> None:
    """The sentinels and the servers agree that B is the primary now."""
    for sentinel in it.sentinels.values():
        assert sentinel is not None
        sentinel.primary = B
        sentinel.replicas = [(A, "slave", "ok"), (C, "slave", "ok")]
    it.nodes.update({A: ROLE["replica"], B: ROLE["primary"]})


def test_a_connection_that_does_not_break_is_looked_after() -> None:
    """A master that a partition left behind goes on answering; whoever waits for its socket to break writes for nothing."""
    it = replicated(check_every_ms=5_000)
    primary, replica, other = it.ask(), it.ask("replica"), it.ask("replica")
    assert isinstance(primary, Resolved)
    assert isinstance(replica, Resolved)
    assert isinstance(other, Resolved)
    assert {replica.address, other.address} == {B, C}
    moved(it)
    it.run(6_000)
    gone = {(one.link, one.reason) for one in it.of(Invalidate)}
    promoted = replica if replica.address == B else other
    assert gone == {(primary.link, "primary_moved"), (promoted.link, "promoted")}
    assert it.of(PrimaryChanged)[-1] == PrimaryChanged(A, B)
    assert [one.address for one in it.discovery.handed_out] == [C], "what is still good is kept"


def test_a_change_is_heard() -> None:
    it = replicated(listeners=1, check_every_ms=None)
    primary = it.ask()
    assert isinstance(primary, Resolved)
    it.run(10)
    listen = next(one.link for one in it.of(Connect) if one.purpose == "listen")
    channels = next(one.argv for one in it.of(Send) if one.link == listen)
    assert b"+switch-master" in channels[1:]

    def publish(payload: str) -> None:
        it.discovery.received(listen, encode(["message", "+switch-master", payload], protocol=2), it.now)
        it.run(10)

    # Of another master: nothing is done.
    opened = len(it.opened)
    publish("another 10.0.0.1 6379 10.0.0.2 6379")
    assert len(it.opened) == opened
    assert it.of(Invalidate) == []
    # Of ours, but nobody else says so: it is looked into, and not believed.
    publish("mymaster 10.0.0.1 6379 10.0.0.2 6379")
    assert len(it.opened) > opened
    assert it.of(Invalidate) == []
    moved(it)
    publish("mymaster 10.0.0.1 6379 10.0.0.2 6379")
    it.run(1_000)
    assert it.of(Invalidate) == [Invalidate(primary.link, "primary_moved")]


def test_the_channel_is_the_one_that_sentinels_have() -> None:
    """Its name begins with a plus; what the documentation of Redis once called it, nobody publishes."""
    it = replicated(listeners=1)
    it.ask()
    it.run(10)
    channels = {word for one in it.of(Send) if one.argv[0].upper() == b"SUBSCRIBE" for word in one.argv[1:]}
    assert b"+switch-master" in channels
    assert all(channel[:1] in (b"+", b"-") for channel in channels)
    assert b"+replica-reconf-done" not in channels


def test_a_server_that_refuses() -> None:
    it = replicated()
    first, second, replica = it.ask(), it.ask(), it.ask("replica")
    assert isinstance(first, Resolved)
    assert isinstance(second, Resolved)
    assert isinstance(replica, Resolved)
    refused = it.discovery.refused
    assert refused(first.link, "ERR wrong number of arguments", it.now) is False
    assert refused(first.link, "READONLYish no", it.now) is False
    assert refused(replica.link, "READONLY You can't write against a read only replica.", it.now) is False
    assert refused(first.link, "READONLY You can't write against a read only replica.", it.now) is True
    it.work()
    assert it.of(Invalidate) == [Invalidate(first.link, "refused"), Invalidate(second.link, "refused")]
    assert refused(replica.link, b"MASTERDOWN Link with MASTER is down", it.now) is True
    with pytest.raises(UnknownLink):
        refused(first.link, "READONLY", it.now)


def test_addresses_behind_a_translation() -> None:
    outside = ("203.0.113.1", 7000)
    inside = Sentinel()
    it = net({S1: inside}, {Address(*outside): ROLE["primary"]}, addresses=(S1,), nat={(A.host, A.port): outside})
    outcome = it.ask()
    assert isinstance(outcome, Resolved)
    assert outcome.address == A, "what it is announced as"
    assert it.opened == [S1, Address(*outside)]


# ---- the class


def test_what_is_refused() -> None:
    for wrong in (
        Config("", [S1]),
        Config("m", []),
        Config("m", [S1], sentinel_timeout_ms=0),
        Config("m", [S1, S2], max_sentinels=1),
        Config("m", [S1], check_every_ms=0),
    ):
        with pytest.raises(SettingError) as caught:
            Discovery(wrong)
        assert caught.value.code == "invalid_config"
    it = net(max_requests=1)
    it.discovery.request("primary", 0)
    with pytest.raises(SentinelError) as full:
        it.discovery.request("primary", 0)
    assert full.value.code == "too_many_requests"
    it.discovery.cancel(1, 0)
    with pytest.raises(SentinelError) as gone:
        it.discovery.cancel(1, 0)
    assert gone.value.code == "unknown_request"
    for call in (
        lambda: it.discovery.connected(99, 0),
        lambda: it.discovery.disconnected(99, 0),
        lambda: it.discovery.received(99, b"+OK\r\n", 0),
    ):
        with pytest.raises(UnknownLink):
            call()
    assert Config("m", [("h", 1)]).sentinels == (Address("h", 1),)


def test_replies_that_were_decoded() -> None:
    it = Discovery(Config("mymaster", [S1], listeners=0))
    it.request("primary", 0)
    (connect,) = it.drain()
    assert isinstance(connect, Connect)
    it.connected(connect.link, 0)
    answers: dict[bytes, Any] = {
        b"GET-MASTER-ADDR-BY-NAME": [b"10.0.0.1", b"6379"],
        b"SENTINELS": [],
        b"ROLE": [b"master", 0, []],
    }
    seen = []
    while outputs := it.drain():
        for output in outputs:
            match output:
                case Connect(link):
                    it.connected(link, 1)
                case Send(link, argv):
                    it.reply(link, answers[next(word for word in argv if word in answers)], 1)
                case Resolved():
                    seen.append(output.address)
    assert seen == [A]
    with pytest.raises(TypeError):
        it.reply(1, object(), 0)


def test_pushes_of_resp3() -> None:
    it = replicated(listeners=1)
    it.ask()
    it.run(10)
    moved(it)
    listen = next(one.link for one in it.of(Connect) if one.purpose == "listen")
    message = Push([b"message", b"+switch-master", b"mymaster 10.0.0.1 6379 10.0.0.2 6379"])
    it.discovery.reply(listen, message, it.now)
    it.run(1_000)
    assert it.of(PrimaryChanged)[-1].new == B


def test_it_is_a_value() -> None:
    it = replicated(check_every_ms=1_000)
    it.ask()
    it.discovery.request("replica", it.now)
    twins = [copy.copy(it.discovery), copy.deepcopy(it.discovery), pickle.loads(pickle.dumps(it.discovery))]
    for twin in twins:
        assert twin.state_hash() == it.discovery.state_hash()
        assert (twin.primary, twin.sentinels, twin.handed_out) == (A, [S1], it.discovery.handed_out)
    outputs = [one.drain() for one in [it.discovery, *twins]]
    assert all(one == outputs[0] != [] for one in outputs)
    with pytest.raises(SentinelError) as caught:
        Discovery.from_state(it.discovery.state()[:-2])
    assert caught.value.code == "invalid_state"
    assert repr(it.discovery) == "<Discovery name=mymaster primary=10.0.0.1:6379>"
