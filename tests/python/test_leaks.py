"""Nothing is kept: not by replies of any type, not by errors, not by objects that were let go of."""

from __future__ import annotations

import contextlib
import copy
import gc
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from quorate import raft, sentinel, sim
from quorate.cluster import group_by_slot, key_slots
from quorate.resp import (
    Attributed,
    Decoder,
    EncodeError,
    Encoder,
    Pairs,
    ProtocolError,
    Push,
    ReplyError,
    RequestDecoder,
    Verbatim,
    encode,
    encode_command,
    encode_pipeline,
)

TIMES = 100_000
PER = 100
"""Replies in one feed."""


def drain(data: bytes, **options: Any) -> Callable[[], None]:
    decoder = Decoder(**options)
    many = data * PER

    def work() -> None:
        decoder.feed(many)
        assert len(decoder.poll_all()) == PER

    return work


def refused(data: bytes, error: type[Exception], **options: Any) -> Callable[[], None]:
    decoder = Decoder(**options)

    def work() -> None:
        for _ in range(PER):
            decoder.feed(data)
            try:
                decoder.poll()
            except error:
                decoder.reset()
            else:
                raise AssertionError("no error")

    return work


def calls(call: Callable[[], Any], error: type[Exception] = NotImplementedError) -> Callable[[], None]:
    def work() -> None:
        for _ in range(PER):
            with contextlib.suppress(error):
                call()

    return work


def reserved() -> Callable[[], None]:
    decoder = Decoder()

    def work() -> None:
        for _ in range(PER):
            view = decoder.reserve(100)
            view[:5] = b"+OK\r\n"
            decoder.commit(5)
            decoder.poll()
            decoder.reserve(50)

    return work


def group() -> Callable[[], None]:
    """A leader and a follower: time, proposals, reads, traces, refusals, bytes on the wire; compacted as they go."""
    configs = [raft.Config(id=id, seed=id, trace=True, check_quorum=True) for id in (1, 2)]
    nodes = {config.id: raft.Node(config, raft.Stored.group([1, 2])) for config in configs}

    def settle() -> None:
        while outputs := [(node, output) for node in nodes.values() for output in node.drain()]:
            for node, output in outputs:
                match output:
                    case raft.Send(message):
                        nodes[message.to].step_many([raft.Message.decode(message.encode())])
                    case raft.Persist(ticket):
                        node.persisted(ticket)
                    case raft.Apply(entries):
                        node.applied(entries[-1].index)
                        with contextlib.suppress(raft.NotCompactable):
                            node.compact(max(entries[-1].index - 5, 0))

    nodes[1].campaign()
    settle()

    def work() -> None:
        for _ in range(PER // 10):
            for node in nodes.values():
                node.tick()
            proposed = nodes[1].propose(b"x" * 50)
            nodes[2].read_index("read")
            assert isinstance(proposed, raft.Proposed)
            with contextlib.suppress(raft.LocalMessage):
                nodes[1].step(raft.Message("hup"))
            settle()
            assert nodes[1].status().log.applied == proposed.index
            assert nodes[1].status().first_index > proposed.index - 10

    return work


class Odd:
    """Cannot be encoded."""


MESSAGE = raft.Message(
    "snap",
    to=1,
    entries=[raft.Entry(1, 2, "conf_change_v2", raft.ConfChange().add_node(4).encode())],
    snapshot=raft.Snapshot(7, 3, raft.ConfState([1, 2]), b"state"),
    context="c",
)

STATE = raft.Node(raft.Config(id=1, seed=2), raft.Stored.group([1])).state()

WORLD = sim.World("raft", nodes=3)
WORLD.run_for(sim.SECOND)

WORKS = {
    "strings": drain(b"$5\r\nhello\r\n"),
    "simple strings": drain(b"+OK\r\n"),
    "text": drain("$6\r\nhällo\r\n".encode(), encoding="utf-8"),
    "numbers": drain(b"*3\r\n:1234567890123\r\n,1.5\r\n(123456789012345678901234567890\r\n"),
    "long numbers": drain(b"(%s\r\n" % (b"7" * 2000)),
    "arrays": drain(b"*2\r\n*1\r\n$3\r\nabc\r\n*0\r\n"),
    "maps": drain(b"%2\r\n$3\r\nkey\r\n$5\r\nvalue\r\n+other\r\n%1\r\n:1\r\n:2\r\n"),
    "pairs": drain(b"%2\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\na\r\n$1\r\nc\r\n"),
    "unhashable keys": drain(b"%2\r\n*1\r\n:1\r\n$1\r\nb\r\n$1\r\na\r\n$1\r\nc\r\n"),
    "sets": drain(b"~2\r\n$1\r\na\r\n$1\r\nb\r\n", sets="set"),
    "sets as lists": drain(b"~2\r\n*0\r\n$1\r\nb\r\n", sets="set"),
    "equal elements": drain(b"~2\r\n$1\r\na\r\n$1\r\na\r\n", sets="set"),
    "pushes": drain(b">2\r\n+message\r\n$3\r\nabc\r\n"),
    "replied errors": drain(b"-ERR no such key\r\n"),
    "errors in arrays": drain(b"*2\r\n-ERR no\r\n!5\r\nERR b\r\n"),
    "verbatim": drain(b"=7\r\nmkd:abc\r\n"),
    "verbatim text": drain(b"=7\r\nmkd:abc\r\n", encoding="utf-8"),
    "attributes": drain(b"|1\r\n+a\r\n:1\r\n|1\r\n+a\r\n$1\r\nx\r\n$1\r\nb\r\n", attributes=True),
    "streams": drain(b"*?\r\n$?\r\n;1\r\na\r\n;0\r\n%?\r\n+a\r\n+b\r\n.\r\n.\r\n"),
    "protocol errors": refused(b"*2\r\n$3\r\nabc\r\n@", ProtocolError),
    "decode errors": refused(b"*3\r\n%1\r\n+key\r\n+value\r\n$3\r\nabc\r\n+\xff\r\n", UnicodeDecodeError, encoding="utf-8"),
    "decode errors in pairs": refused(b"%2\r\n*0\r\n*0\r\n+\xff\r\n+a\r\n", UnicodeDecodeError, encoding="utf-8"),
    "commands": calls(lambda: encode_command("SET", b"key", 123, 1.5, bytearray(b"x"), 2**70, *["more"] * 10)),
    "refused commands": calls(lambda: encode_command("SET", bytearray(b"x"), None), TypeError),
    "pipelines": calls(lambda: encode_pipeline([("GET", "a"), ["GET", bytearray(b"b")]])),
    "encode": calls(lambda: encode([{"a": 1, "b": (1, {2}, Verbatim(b"x"), ReplyError("E"))}, 2**70])),
    "refused encode": calls(lambda: encode([[{"a": Odd()}]]), TypeError),
    "refused push": calls(lambda: encode([{"a": Push([1])}]), EncodeError),
    "slots": calls(lambda: (key_slots(["a", b"b", bytearray(b"c")]), group_by_slot(["a", b"b"]))),
    "refused slots": calls(lambda: key_slots(["a", None]), TypeError),
    "decoders": calls(lambda: Decoder(encoding="utf-8").feed(b"*2\r\n:1\r\n")),
    "encoders": calls(lambda: Encoder().array(5)),
    "request decoders": calls(lambda: RequestDecoder().feed(b"GET a\r\n")),
    "reserved": reserved(),
    "tokens": calls(Decoder().tokens),
    "a group": group(),
    "nodes": calls(lambda: copy.copy(raft.Node(raft.Config(id=1, seed=2), raft.Stored.group([1])))),
    "refused nodes": calls(lambda: raft.Node(raft.Config(id=0, seed=2), raft.Stored()), raft.ConfigError),
    "ready nodes": calls(lambda: raft.ReadyNode(raft.Config(id=1, seed=2), raft.Stored.group([1])).ready()),
    "states": calls(lambda: raft.Node.from_state(STATE).state()),
    "refused states": calls(lambda: raft.Node.from_state(STATE[1:]), raft.StateError),
    "members": calls(
        lambda: raft.Members(raft.ConfState([1, 2])).changed(raft.ConfChange().add_node(3)).committed({1: 2, 3: 4})
    ),
    "worlds": calls(lambda: sim.World("raft", nodes=3, loss=0.1).run_for(1)),
    "views": calls(lambda: (WORLD.view(), WORLD.events(WORLD.event_count - 5), WORLD.moment(), WORLD.report())),
    "refused actions": calls(lambda: WORLD.act("restart 1"), sim.SimError),
    "messages": calls(lambda: raft.Message.decode(MESSAGE.encode("raft_rs"), "raft_rs")),
    "values of messages": calls(lambda: (repr(MESSAGE), hash(MESSAGE), MESSAGE.snapshot, MESSAGE.entries[0].conf_change())),
    "refused messages": calls(lambda: raft.Message.decode(b"\x08"), raft.WireError),
    "wrong entries": calls(lambda: raft.Message("app", entries=[MESSAGE.entries[0], b"x"]), TypeError),  # type: ignore[list-item]
}

LONG = ("decoders", "long numbers", "nodes", "ready nodes", "states", "worlds", "views")


@pytest.mark.parametrize("name", WORKS)
def test_memory_stays(name: str) -> None:
    work = WORKS[name]
    rounds = (
        TIMES // PER // (10 if name in ("decoders", "long numbers", "nodes", "ready nodes", "states", "worlds", "views") else 1)
    )
    for _ in range(20):  # Caches fill, buffers grow.
        work()
    gc.collect()
    blocks = sys.getallocatedblocks()
    for _ in range(rounds):
        work()
    gc.collect()
    # A leak of one object in each reply would be tens of thousands.
    assert sys.getallocatedblocks() - blocks < 200


def test_traced_memory_stays() -> None:
    work = WORKS["maps"]
    for _ in range(20):
        work()
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(TIMES // PER):
            work()
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 50_000


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/statm")
def test_memory_of_the_machine_itself_stays() -> None:
    def work() -> None:
        for _ in range(200):
            decoder = Decoder()
            decoder.feed(b"$100000\r\n" + b"x" * 99_000)
            decoder.poll()
            encoder = Encoder()
            encoder.bulk_string(b"x" * 100_000)
            RequestDecoder().feed(b"*2\r\n$3\r\nGET\r\n")

    work()
    before = resident()
    for _ in range(20):
        work()
    # What leaked would be 800 MB.
    assert resident() - before < 30_000_000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/statm")
def test_memory_of_a_node_stays() -> None:
    work = WORKS["a group"]
    for _ in range(200):
        work()
    before = resident()
    for _ in range(2000):
        work()
    # What leaked of 20,000 commands and 200,000 traces would be tens of megabytes.
    assert resident() - before < 5_000_000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/statm")
def test_memory_of_a_sentinel_stays() -> None:
    """Links that are opened, fed half a reply and lost; clients that come and go."""
    config = sentinel.Config(id="0" * 40, seed=1, masters=[sentinel.MasterConfig("m", "127.0.0.1", 6379, 1)], trace=True)
    one = sentinel.Sentinel(config)
    half = b"$100000\r\n" + b"x" * 50_000
    now = 0

    def work() -> None:
        nonlocal now
        now += 1_100
        one.tick(now)
        while outputs := one.drain():
            for output in outputs:
                match output:
                    case sentinel.Persist(ticket):
                        one.persisted(ticket)
                    case sentinel.Connect(link):
                        one.received(link, half, now)
                        one.disconnected(link)
        one.command(now, ["SENTINEL", "MASTERS"], now)
        assert any(type(output) is sentinel.Reply for output in one.drain())
        one.client_closed(now)

    for _ in range(200):
        work()
    before = resident()
    for _ in range(2_000):
        work()
    # What leaked of 4,000 links would be 200 MB.
    assert resident() - before < 5_000_000


def test_references_are_counted_right() -> None:
    watched = [None, True, False, Push, Pairs, ReplyError, Verbatim, Attributed]
    data = (
        b"*8\r\n_\r\n#t\r\n#f\r\n%2\r\n+a\r\n_\r\n+a\r\n#t\r\n-E\r\n=5\r\ntxt:x\r\n|1\r\n+a\r\n_\r\n_\r\n$-1\r\n"
        + b">1\r\n_\r\n"
    )
    decoder = Decoder(attributes=True)
    decoder.feed(data)
    kept = decoder.poll_all()
    del kept
    gc.collect()
    before = [sys.getrefcount(thing) for thing in watched]
    for _ in range(1000):
        decoder.feed(data)
        assert len(decoder.poll_all()) == 2
    gc.collect()
    after = [sys.getrefcount(thing) for thing in watched]
    assert all(abs(now - then) < 50 for now, then in zip(after, before, strict=True))


def test_repeated_strings_are_kept_once_and_let_go() -> None:
    decoder = Decoder()
    decoder.feed(b"+repeated\r\n+repeated\r\n")
    one, two = decoder.poll_all()
    assert one is two
    held = sys.getrefcount(one)
    del decoder
    assert sys.getrefcount(one) == held - 1


def test_replies_can_be_collected() -> None:
    decoder = Decoder()
    decoder.feed(b"%1\r\n+a\r\n*1\r\n*0\r\n>1\r\n+x\r\n")
    reply, push = decoder.poll_all()
    assert gc.is_tracked(reply[b"a"])
    reply[b"self"] = reply
    push.append(push)
    del reply, push
    assert gc.collect() >= 2
