"""The package's own client against a real server: both protocols, pipelines, pushes, tracking."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from client import Client
from quorate.cluster import key_slots
from quorate.resp import (
    NEED_MORE,
    Decoder,
    Pairs,
    Push,
    ReplyError,
    RequestDecoder,
    Verbatim,
    encode,
    encode_command,
    encode_pipeline,
    split_inline,
)

Connect = Callable[..., Client]
KEY = "quorate:live:python"


@pytest.fixture(autouse=True)
def _clean(connect: Connect) -> Iterator[None]:
    def clean() -> None:
        client = connect(2)
        for key in client.call("KEYS", f"{KEY}*"):
            client.call("DEL", key)

    clean()
    yield
    clean()


def test_hello(connect: Connect, protocol: int) -> None:
    hello = connect(protocol).hello
    if protocol == 2:
        hello = dict(zip(hello[::2], hello[1::2], strict=True))
    assert type(hello) is dict
    assert hello[b"server"] in (b"redis", b"valkey")
    assert hello[b"proto"] == protocol
    error = connect(protocol).call("HELLO", 9)
    assert isinstance(error, ReplyError)
    assert error.code == "NOPROTO"


def test_strings(connect: Connect, protocol: int) -> None:
    client = connect(protocol)
    assert client.call("GET", KEY) is None
    for value in (b"", b"\x00\xff\r\n", bytes(range(256)) * 1000, "\u20ac".encode()):
        assert client.call("SET", KEY, value) == b"OK"
        assert client.call("GET", KEY) == value
    assert client.call("SET", KEY, 1.5) == b"OK"
    assert client.call("INCRBYFLOAT", KEY, 0.25) == b"1.75"
    error = client.call("LPUSH", KEY, "x")
    assert (type(error), error.code) == (ReplyError, "WRONGTYPE")


def test_text(connect: Connect, protocol: int) -> None:
    client = connect(protocol, encoding="utf-8")
    assert client.call("HSET", KEY, "schl\u00fcssel", "\u20ac", "n", 1) == 2
    found = client.call("HGETALL", KEY)
    if protocol == 2:
        found = dict(zip(found[::2], found[1::2], strict=True))
    assert found == {"schl\u00fcssel": "\u20ac", "n": "1"}
    client.call("SET", KEY, b"\xff")
    with pytest.raises(UnicodeDecodeError):
        client.call("GET", KEY)
    assert client.call("PING") == "PONG"


def test_types_of_resp3(connect: Connect) -> None:
    client = connect(3)
    assert client.call("HSET", KEY, "a", 1, "b", 2) == 2
    assert client.call("HGETALL", KEY) == {b"a": b"1", b"b": b"2"}
    assert client.call("DEL", KEY) == 1
    assert client.call("SADD", KEY, "x") == 1
    assert client.call("SMEMBERS", KEY) == [b"x"]
    assert connect(3, sets="set").call("SMEMBERS", KEY) == {b"x"}
    assert client.call("DEL", KEY) == 1
    scores = {b"a": 0.1, b"b": 1e-7, b"c": -math.inf, b"d": 1.7976931348623157e308, b"e": 5e-324}
    client.call("ZADD", KEY, *[part for member, score in scores.items() for part in (score, member)])
    assert dict(map(tuple, client.call("ZRANGE", KEY, 0, -1, "WITHSCORES"))) == scores
    assert client.call("ZSCORE", KEY, "b") == 1e-7
    assert client.call("EVAL", "redis.setresp(3); return true", 0) is True
    report = client.call("LATENCY", "DOCTOR")
    assert type(report) is Verbatim
    assert report.format == "txt"
    assert client.call("CONFIG", "GET", "maxmemory") == {b"maxmemory": b"0"}
    commands = client.call("COMMAND")
    assert len(commands) > 200


def test_debug_protocol(connect: Connect) -> None:
    client = connect(3, attributes=True)
    if isinstance(client.call("DEBUG", "PROTOCOL", "string"), ReplyError):
        pytest.skip("this server was started without enable-debug-command")
    big = client.call("DEBUG", "PROTOCOL", "bignum")
    assert big == 1234567999999999999999999999999999999
    assert client.call("DEBUG", "PROTOCOL", "null") is None
    assert client.call("DEBUG", "PROTOCOL", "map") == {0: False, 1: True, 2: False}
    assert client.call("DEBUG", "PROTOCOL", "set") == [0, 1, 2]
    assert client.call("DEBUG", "PROTOCOL", "verbatim") == b"This is a verbatim\nstring"
    assert client.call("DEBUG", "PROTOCOL", "attrib").attributes == {b"key-popularity": [b"key:123", 90]}
    client.socket.sendall(encode_command("DEBUG", "PROTOCOL", "push"))
    assert client.push() == Push([b"server-cpu-usage", 42])


def test_pipeline(connect: Connect, protocol: int) -> None:
    client = connect(protocol)
    count = 5_000
    commands: list[tuple[Any, ...]] = [("SET", f"{KEY}:{index}", index) for index in range(count)]
    assert client.pipeline(commands) == [b"OK"] * count
    commands = [("GET", f"{KEY}:{index}") for index in range(count)]
    commands[7:7] = [("NOSUCH",), ("INCR", f"{KEY}:a", "b")]
    replies = client.pipeline(commands)
    assert [type(reply) for reply in replies[7:9]] == [ReplyError, ReplyError]
    del replies[7:9]
    assert replies == [b"%d" % index for index in range(count)]
    assert client.decoder.buffered == 0
    assert client.pipeline([("MULTI",), ("PING",), ("INCR", f"{KEY}:1"), ("EXEC",)]) == [
        b"OK",
        b"QUEUED",
        b"QUEUED",
        [b"PONG", 2],
    ]


def test_pushes_between_replies(connect: Connect) -> None:
    client, other = connect(3), connect(3)
    channel = f"{KEY}:channel"
    client.socket.sendall(encode_command("SUBSCRIBE", channel))
    assert client.push() == Push([b"subscribe", channel.encode(), 1])
    for number in range(100):
        assert other.call("PUBLISH", channel, number) == 1
        # A subscriber of RESP3 may go on to send commands; messages come among their replies.
        assert client.call("PING", number) == b"%d" % number
    messages = [client.push() for _ in range(100)]
    assert messages == [[b"message", channel.encode(), b"%d" % number] for number in range(100)]
    assert {type(message) for message in messages} == {Push}


def test_messages_of_resp2(connect: Connect) -> None:
    client, other = connect(2), connect(2)
    channel = f"{KEY}:channel"
    assert client.call("SUBSCRIBE", channel) == [b"subscribe", channel.encode(), 1]
    assert other.call("PUBLISH", channel, "x") == 1
    message = client.message()
    assert message == [b"message", channel.encode(), b"x"]
    assert type(message) is list


def test_client_tracking(connect: Connect) -> None:
    client, other = connect(3), connect(3)
    assert client.call("CLIENT", "TRACKING", "ON") == b"OK"
    client.call("GET", KEY)
    other.call("SET", KEY, "changed")
    match client.push():
        case Push([b"invalidate", [key]]):
            assert key == KEY.encode()
        case other_push:
            pytest.fail(f"unexpected {other_push!r}")
    client.call("GET", KEY)
    other.call("FLUSHDB")
    assert client.push() == Push([b"invalidate", None])


def test_inline_commands(connect: Connect) -> None:
    client = connect(2)
    line = rf'SET {KEY} "a\x62c d\n"'
    client.socket.sendall(line.encode() + b"\r\n")
    assert client.reply() == b"OK"
    assert client.call("GET", KEY) == split_inline(line)[2] == b"abc d\n"


def test_the_server_refuses_what_the_request_decoder_refuses(connect: Connect) -> None:
    for broken in (
        b"*1\r\nxPING\r\n",
        b"*x\r\n",
        b"*1\r\n$-5\r\n",
        b'SET "a\r\n',
        b"*2147483648\r\n",
        b"*1\r\n$99999999999\r\n",
    ):
        client = connect(2)
        client.socket.sendall(broken)
        answer = client.reply()
        decoder = RequestDecoder()
        decoder.feed(broken)
        with pytest.raises(ValueError, match="Protocol error") as caught:
            decoder.poll()
        assert str(answer) == f"ERR {caught.value}"


@pytest.fixture
def cluster_port(port: int, tmp_path: Path) -> Iterator[int]:
    """A server of our own, since only one in cluster mode tells slots."""
    for attempt in range(5):  # Another program may take a port between our look and the server's.
        folder = tmp_path / str(attempt)
        folder.mkdir()
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            two.bind(("127.0.0.1", 0))
            own, bus = one.getsockname()[1], two.getsockname()[1]
        options = {"port": own, "bind": "127.0.0.1", "dir": folder, "save": "", "cluster-enabled": "yes", "cluster-port": bus}
        command = ["redis-server", *(str(part) for name, value in options.items() for part in (f"--{name}", value))]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
            try:
                if listens(server, own):
                    yield own
                    return
            finally:
                server.terminate()
    pytest.fail("no redis-server starts in cluster mode")


def listens(server: subprocess.Popen[bytes], port: int) -> bool:
    """Waits until the server takes connections, or ends."""
    deadline = time.monotonic() + 30
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        time.sleep(0.05)
    return False


def test_slots_are_the_servers(cluster_port: int) -> None:
    source = random.Random(7)
    keys = [b"", b"{", b"{}", b"{}a", b"a{b}c", b"{{a}}", b"a{}{b}", b"\xff\x00", b"x" * 1000, b"{a}{b}", b"}{a}"]
    keys += [source.randbytes(source.randrange(100)) for _ in range(1_000)]
    client = Client(cluster_port, 2)
    assert key_slots(keys) == client.pipeline([("CLUSTER", "KEYSLOT", key) for key in keys])
    client.close()


class Proxy(asyncio.Protocol):
    """A server that the decoder and the encoder make: it answers what the real one answers, written anew."""

    def __init__(self, upstream: Client) -> None:
        self.requests = RequestDecoder()
        self.upstream = upstream

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.requests.feed(data)
        for request in self.requests:
            self.transport.write(encode(self.upstream.call(*request)))


class Reader(asyncio.BufferedProtocol):
    """Reads right into the decoder, as asyncio lets a protocol do."""

    def __init__(self, count: int) -> None:
        self.decoder = Decoder()
        self.replies: list[Any] = []
        self.count = count
        self.done = asyncio.get_running_loop().create_future()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.decoder.reserve(max(sizehint, 16))

    def buffer_updated(self, nbytes: int) -> None:
        self.decoder.commit(nbytes)
        self.replies += self.decoder.poll_all()
        if len(self.replies) >= self.count and not self.done.done():
            self.done.set_result(None)


def test_asyncio_through_a_proxy(connect: Connect) -> None:
    commands: list[Any] = [("HSET", KEY, "f", "v"), ("HGETALL", KEY), ("NOSUCH",), ("ZADD", f"{KEY}:z", 1.5, "m")]
    commands += [("ZRANGE", f"{KEY}:z", 0, -1, "WITHSCORES"), ("GET", f"{KEY}:none"), ("PING", "x" * 100_000)] * 20
    expected = connect(3).pipeline(commands[:4])

    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        upstream = connect(3)
        upstream.call("DEL", KEY, f"{KEY}:z")
        server = await loop.create_server(lambda: Proxy(upstream), "127.0.0.1", 0)
        async with server:
            address = server.sockets[0].getsockname()
            transport, reader = await loop.create_connection(lambda: Reader(len(commands)), *address)
            transport.write(encode_pipeline(commands))
            await asyncio.wait_for(reader.done, 30)
            transport.close()
            return reader.replies

    replies = asyncio.run(main())
    assert replies[:4] == expected
    assert replies[4:] == [[[b"m", 1.5]], None, b"x" * 100_000] * 20
    assert Pairs not in {type(reply) for reply in replies}
    assert NEED_MORE not in replies
