"""`examples/discovery.py`, which is `quorate.sentinel.discovery` and sockets, as a client through a failover."""

from __future__ import annotations

import asyncio
import importlib.util
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from quorate.resp import ReplyError
from quorate.sentinel.discovery import Config, NoSentinelAnswers, NoSuchMaster
from sentinels import NAME, PATIENCE, Group, Sentinel, Server, eventually, group

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "discovery.py"


def load() -> Any:
    spec = importlib.util.spec_from_file_location("discovery_example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Finder = load().Finder


@pytest.fixture
def seats(tmp_path: Path) -> Iterator[Group]:
    with group(tmp_path) as made:
        yield made


def addresses(sentinels: list[Sentinel]) -> list[tuple[str, int]]:
    return [("127.0.0.1", one.port) for one in sentinels]


def test_it_rides_through_a_failover(seats: Group) -> None:
    servers = seats.servers()
    sentinels = seats.sentinels(real={"down_after": 1_000}, ours={"down_after": 1_000})
    old, replicas = servers[0], servers[1:]
    asyncio.run(ride(old, replicas, sentinels))


async def ride(old: Server, replicas: list[Server], sentinels: list[Sentinel]) -> None:
    # The first that it would ask is not there.
    gone = [("127.0.0.1", 1), *addresses(sentinels)]
    finder = Finder(Config(NAME, gone, give_up_after_ms=None, check_every_ms=1_000, seed=1))
    try:
        async with asyncio.timeout(2 * PATIENCE):
            idle = await finder.connect("primary")
            writer = await finder.connect("primary")
            reader = await finder.connect("replica")
            assert idle.address == writer.address == ("127.0.0.1", old.port)
            assert reader.address in {("127.0.0.1", replica.port) for replica in replicas}
            assert [one[2] for one in finder.discovery.handed_out] == ["primary", "primary", "replica"]
            assert await writer.call("SET", "k", "before") == b"OK"
            refused = await reader.call("SET", "k", "x")
            assert isinstance(refused, ReplyError)
            assert refused.code == "READONLY"
            assert reader.is_open, "that a replica refuses writes is no news"
            assert await idle.call("WAIT", 2, 10_000) >= 1

            old.kill()
            began = time.monotonic()
            while True:  # It writes until it can again, each time over a connection that is a primary's.
                try:
                    if not writer.is_open:
                        writer = await finder.connect("primary")
                    reply = await writer.call("SET", "k", "after")
                    if reply == b"OK":
                        break
                except ConnectionError:
                    await asyncio.sleep(0.05)
            assert writer.address != ("127.0.0.1", old.port)
            print(f"back after {time.monotonic() - began:.1f} s")
            assert finder.changes[-1] == writer.address
            assert not idle.is_open
            assert await writer.call("GET", "k") == b"after"

            # A replica again, which has what was written.
            reader = await finder.connect("replica")
            while await reader.call("GET", "k") != b"after":
                await asyncio.sleep(0.05)
                if not reader.is_open:
                    reader = await finder.connect("replica")
            assert reader.address != writer.address

            # The old primary comes back as one, and is not believed.
            old.start()
            other = await finder.connect("primary")
            assert other.address == writer.address
    finally:
        await finder.close()


def test_a_connection_that_stays_good_is_kept(seats: Group) -> None:
    servers = seats.servers()
    sentinels = seats.sentinels(real={"down_after": 30_000}, ours={"down_after": 30_000})
    asyncio.run(keep(servers, sentinels))


async def keep(servers: list[Server], sentinels: list[Sentinel]) -> None:
    finder = Finder(Config(NAME, addresses(sentinels), check_every_ms=200))
    try:
        async with asyncio.timeout(PATIENCE):
            writer, reader = await finder.connect("primary"), await finder.connect("replica")
            # Sentinels come and go, and the primary is looked at again and again.
            for sentinel in sentinels[1:]:
                sentinel.kill()
            for _ in range(10):
                assert await writer.call("INCR", "n") == _ + 1
                await asyncio.sleep(0.2)
            assert writer.is_open
            assert reader.is_open
            assert finder.invalidated == []
            assert [change.port for change in finder.changes] == [servers[0].port]
            # By hand, the primary becomes a replica; its clients are not cut off, and are told to go.
            await writer.call("CONFIG", "SET", "replica-read-only", "yes")
            for server in servers:
                if server.port != servers[1].port:
                    server.call("REPLICAOF", "127.0.0.1", servers[1].port)
            servers[1].call("REPLICAOF", "NO", "ONE")
            reply = await writer.call("INCR", "n")
            assert isinstance(reply, ReplyError)
            assert reply.code == "READONLY"
            assert not writer.is_open
            assert finder.invalidated == [writer.link]
    finally:
        await finder.close()


def test_what_cannot_be_found(seats: Group) -> None:
    servers = seats.servers()
    (sentinel,) = [Sentinel(seats.folder, seats.ports[3], servers[0].port)]
    seats.started.append(sentinel)
    eventually("it answers", lambda: sentinel.address() == servers[0].port)

    async def ask(config: Config) -> None:
        finder = Finder(config)
        try:
            async with asyncio.timeout(PATIENCE):
                await finder.connect("primary")
        finally:
            await finder.close()

    with pytest.raises(NoSuchMaster) as unknown:
        asyncio.run(ask(Config("another", addresses([sentinel]), give_up_after_ms=0, sentinel_timeout_ms=30_000)))
    assert unknown.value.code == "no_such_master"
    assert unknown.value.details["answered"] == 1
    with pytest.raises(NoSentinelAnswers) as silent:
        asyncio.run(ask(Config(NAME, [("127.0.0.1", 1)], give_up_after_ms=0)))
    assert silent.value.code == "no_sentinel_answers"
