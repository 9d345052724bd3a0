"""The writable tail: `reserve` and `commit`, used well and badly."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from quorate.resp import NEED_MORE, CommitError, Decoder, RequestDecoder


@pytest.fixture(params=[Decoder, RequestDecoder])
def decoder(request: pytest.FixtureRequest) -> Any:
    return request.param()


def moves(decoder: Any) -> list[Callable[[], Any]]:
    """Every call that reads or moves input."""
    calls = [lambda: decoder.feed(b"x"), decoder.poll, decoder.poll_all, decoder.reset, lambda: next(decoder)]
    if isinstance(decoder, Decoder):
        calls += [lambda: decoder.poll_up_to(1), decoder.last_tokens]
    return [*calls, decoder.state_hash]


def test_reading_from_a_socket(decoder: Any) -> None:
    data = b"*1\r\n$4\r\nPING\r\n" * 1000
    ours, theirs = socket.socketpair()
    with ours, theirs:
        writer = threading.Thread(target=lambda: (theirs.sendall(data), theirs.close()))
        writer.start()
        replies = []
        while received := ours.recv_into(decoder.reserve(777)):
            decoder.commit(received)
            replies += decoder.poll_all()
        writer.join()
    assert replies == [[b"PING"]] * 1000


def test_the_way_of_asyncio(decoder: Any) -> None:
    # Its transports keep the buffer in a variable while they call `buffer_updated`.
    for _ in range(3):
        buffer = decoder.reserve(64)
        buffer[:14] = b"*1\r\n$4\r\nPING\r\n"
        decoder.commit(14)
        with pytest.raises(ValueError, match="released"):
            buffer[0]
        assert decoder.poll() == [b"PING"]


def test_it_is_writable_and_long_enough(decoder: Any) -> None:
    for size in (0, 1, 100, 1 << 20):
        view = decoder.reserve(size)
        assert not view.readonly
        assert view.nbytes >= size
        assert view.format == "B"


def test_nothing_moves_while_it_is_in_use(decoder: Any) -> None:
    view = decoder.reserve(100)
    for call in moves(decoder):
        with pytest.raises(BufferError):
            call()
    # What only looks may.
    assert decoder.buffered == 0
    assert decoder.offset == 0
    assert decoder.needed >= 1
    assert repr(decoder)
    view[:3] = b"*1\r"
    decoder.commit(3)
    assert decoder.buffered == 3
    assert decoder.poll() is NEED_MORE


def test_releasing_it_gives_it_up(decoder: Any) -> None:
    with decoder.reserve(100) as view:
        view[:5] = b"+OK\r\n"
    for call in moves(decoder)[1:]:
        with contextlib.suppress(StopIteration):
            call()
    assert decoder.buffered == 0


def test_letting_go_of_it_gives_it_up(decoder: Any) -> None:
    decoder.reserve(100)
    decoder.feed(b"*1\r\n$4\r\nPING\r\n")
    assert decoder.poll() == [b"PING"]


def test_a_second_one_ends_the_first(decoder: Any) -> None:
    first = decoder.reserve(10)
    second = decoder.reserve(100_000)
    with pytest.raises(ValueError, match="released"):
        first[0] = 1
    second[:14] = b"*1\r\n$4\r\nPING\r\n"
    decoder.commit(14)
    assert decoder.poll() == [b"PING"]


def test_other_views_of_it_count(decoder: Any) -> None:
    view = decoder.reserve(100)
    part = view[10:20]
    for call in (lambda: decoder.commit(1), lambda: decoder.reserve(1), *moves(decoder)):
        with pytest.raises(BufferError):
            call()
    part[:] = b"0123456789"
    part.release()
    decoder.commit(0)
    assert decoder.poll() is NEED_MORE


def test_a_view_of_a_view_cannot_outlive_the_loan(decoder: Any) -> None:
    view = decoder.reserve(100)
    owner = view.obj
    decoder.commit(0)
    with pytest.raises(BufferError):
        memoryview(owner)
    again = decoder.reserve(100)
    with pytest.raises(BufferError):
        memoryview(owner)
    second = memoryview(again.obj)
    again.release()
    with pytest.raises(BufferError):
        decoder.poll()
    second.release()
    assert decoder.poll() is NEED_MORE


def test_committing_too_much(decoder: Any) -> None:
    with pytest.raises(CommitError) as caught:
        decoder.commit(1)
    assert caught.value.code == "commit_too_long"
    view = decoder.reserve(10)
    with pytest.raises(CommitError):
        decoder.commit(view.nbytes + 1)
    view[:5] = b"*0\r\n*"  # It is still ours.
    decoder.commit(5)
    with pytest.raises(CommitError):
        decoder.commit(1)
    decoder.commit(0)
    with pytest.raises(OverflowError):
        decoder.commit(-1)
    with pytest.raises(TypeError):
        decoder.commit(1.5)


def test_sizes_that_cannot_be_had(decoder: Any) -> None:
    for size in (1 << 62, (1 << 63) - 1, (1 << 64) - 1):
        with pytest.raises(MemoryError):
            decoder.reserve(size)
    with pytest.raises(OverflowError):
        decoder.reserve(-1)
    decoder.feed(b"*1\r\n$4\r\nPING\r\n")
    assert decoder.poll() == [b"PING"]


@pytest.mark.parametrize("kind", [Decoder, RequestDecoder])
def test_the_buffer_keeps_its_decoder_alive(kind: type[Decoder]) -> None:
    view = kind().reserve(1000)
    gc.collect()
    view[:] = b"x" * len(view)
    assert view[-1:] == b"x"
    watched = weakref.ref(view)
    del view
    assert watched() is None
