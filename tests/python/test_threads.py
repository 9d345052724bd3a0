"""Objects shared between threads: each call waits for the one before it, and nothing is lost, repeated or torn."""

from __future__ import annotations

import codecs
import copy
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from quorate import raft
from quorate.resp import NEED_MORE, Decoder, Encoder, RequestDecoder, encode_command


@pytest.fixture(autouse=True)
def _switch_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def run(*works: Callable[[], Any]) -> None:
    errors: list[BaseException] = []

    def guarded(work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert errors == []


def test_two_threads_feed_and_two_poll() -> None:
    decoder = Decoder()
    each = 5_000
    found: list[list[Any]] = [[], []]
    feeding = threading.Event()

    def feed(name: bytes) -> None:
        for number in range(each):
            decoder.feed(b"%%2\r\n+name\r\n+%s\r\n+number\r\n:%d\r\n" % (name, number))

    def poll(into: list[Any]) -> None:
        while True:
            last = feeding.is_set()
            while (reply := decoder.poll()) is not NEED_MORE:
                into.append(reply)
            into += decoder.poll_all()
            if last:
                return

    pollers = [threading.Thread(target=poll, args=(into,)) for into in found]
    for poller in pollers:
        poller.start()
    run(lambda: feed(b"a"), lambda: feed(b"b"))
    feeding.set()
    for poller in pollers:
        poller.join(60)
    replies = found[0] + found[1] + decoder.poll_all()
    assert decoder.buffered == 0
    for name in (b"a", b"b"):
        assert sorted(reply[b"number"] for reply in replies if reply[b"name"] == name) == list(range(each))


def test_a_thread_waits_for_a_call_that_runs_python_code() -> None:
    entered, leave = threading.Event(), threading.Event()

    def handler(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        entered.set()
        assert leave.wait(30)
        return "?", error.end

    codecs.register_error("quorate-wait", handler)
    decoder = Decoder(encoding="ascii", errors="quorate-wait")
    decoder.feed(b"+\xff\r\n+next\r\n")
    order: list[str] = []

    def first() -> None:
        order.append(decoder.poll())

    def second() -> None:
        assert entered.wait(30)
        threading.Timer(0.05, leave.set).start()
        order.append(decoder.poll())

    run(first, second)
    assert sorted(order) == ["?", "next"]


def test_an_encoder_is_never_torn() -> None:
    encoder = Encoder()
    each = 3_000

    def write(number: int) -> None:
        for _ in range(each):
            encoder.value([number, {"key": number}])

    run(lambda: write(1), lambda: write(2))
    decoder = Decoder()
    decoder.feed(encoder.take())
    replies = decoder.poll_all()
    assert sorted(reply[0] for reply in replies) == [1] * each + [2] * each
    assert all(reply == [reply[0], {b"key": reply[0]}] for reply in replies)


def test_requests() -> None:
    decoder = RequestDecoder()
    request = encode_command("SET", "key", "x" * 100)
    each = 3_000
    counts = [0, 0]

    def work(index: int) -> None:
        for _ in range(each):
            decoder.feed(request)
            counts[index] += len(decoder.poll_all())

    run(lambda: work(0), lambda: work(1))
    assert sum(counts) == 2 * each


def test_a_buffer_that_another_thread_holds() -> None:
    decoder = Decoder()
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        view = decoder.reserve(100)
        held.set()
        assert release.wait(30)
        view[:5] = b"+OK\r\n"
        decoder.commit(5)

    def other() -> None:
        assert held.wait(30)
        with pytest.raises(BufferError):
            decoder.poll()
        release.set()
        deadline = time.monotonic() + 30
        while True:
            try:
                reply = decoder.poll()
            except BufferError:
                reply = NEED_MORE
            if reply is not NEED_MORE:
                break
            assert time.monotonic() < deadline
        assert reply == b"OK"

    run(hold, other)


def test_a_node() -> None:
    node = raft.Node(raft.Config(id=1, seed=1), raft.Stored.group([1]))
    each = 2_000
    proposed: list[list[int]] = [[], []]
    applied: list[tuple[int, bytes]] = []
    proposing = threading.Event()

    def settle() -> None:
        while True:
            last = proposing.is_set()
            for output in node.drain():
                match output:
                    case raft.Persist(ticket):
                        node.persisted(ticket)
                    case raft.Apply(entries):
                        applied.extend((entry.index, entry.data) for entry in entries if entry.data)
                        node.applied(entries[-1].index)
            if last and node.status().log.applied == node.last.index:
                return

    def propose(index: int) -> None:
        for number in range(each):
            answer = node.propose(f"{index} {number}")
            assert isinstance(answer, raft.Proposed)
            proposed[index].append(answer.index)
            node.tick()
            assert copy.copy(node).last.index >= answer.index if number % 100 == 0 else True

    node.campaign()
    settler = threading.Thread(target=settle)
    settler.start()
    while node.role != raft.Role.LEADER:
        time.sleep(0.001)
    run(lambda: propose(0), lambda: propose(1))
    proposing.set()
    settler.join(60)
    assert not settler.is_alive()
    expected = {index: f"{who} {number}".encode() for who in (0, 1) for number, index in enumerate(proposed[who])}
    assert dict(applied) == expected
    assert [index for index, _ in applied] == sorted(expected)
    assert len(expected) == 2 * each
