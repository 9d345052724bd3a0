"""The server that the tests talk to: the one on loopback whose port is in `QUORATE_REDIS_PORT`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from client import Client


@pytest.fixture(scope="session")
def port() -> int:
    port = os.environ.get("QUORATE_REDIS_PORT")
    if port is None:
        reason = "QUORATE_REDIS_PORT is not set: these tests need a redis-server on 127.0.0.1"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return int(port)


@pytest.fixture(params=[2, 3], ids=["RESP2", "RESP3"])
def protocol(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def connect(port: int) -> Iterator[Callable[..., Client]]:
    """Makes clients, and closes them."""
    clients: list[Client] = []

    def connect(protocol: int, **options: object) -> Client:
        clients.append(Client(port, protocol, **options))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()
