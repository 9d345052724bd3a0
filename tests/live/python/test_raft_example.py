"""`examples/raft.py` as three processes on loopback, killed and started again while a client puts and gets."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "raft.py"
DEADLINE = 60.0


class Group:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
            self.ports = [one.getsockname()[1] for one in sockets]
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        self.lead = 1
        for id in (1, 2, 3):
            self.start(id)

    def start(self, id: int) -> None:
        command = [sys.executable, "-X", "dev", "-W", "error", str(EXAMPLE), str(id), str(self.folder), *map(str, self.ports)]
        self.processes[id] = subprocess.Popen(command)

    def kill(self, id: int) -> None:
        process = self.processes.pop(id)
        assert process.poll() is None, "it ended by itself"
        process.kill()
        process.wait()

    def ask(self, line: str) -> str:
        """Asks until it is known what came of it, of whomever leads."""
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            answer = self.ask_one(self.lead, line)
            if not (answer is None or answer == "unknown" or answer.startswith("ask ")):
                return answer
            known = int(answer.split()[1]) if answer and answer.startswith("ask ") else 0
            self.lead = known or self.lead % 3 + 1
            if not known:
                time.sleep(0.02)
        raise AssertionError(f"no answer to {line!r}")

    def ask_one(self, id: int, line: str) -> str | None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.ports[id - 1]), timeout=10) as connection,
            connection.makefile("rw", encoding="utf-8") as file,
        ):
            file.write(line + "\n")
            file.flush()
            answer = file.readline()
            return answer.rstrip("\n") if answer.endswith("\n") else None
        return None


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    group = Group(tmp_path)
    yield group
    for id in list(group.processes):
        group.kill(id)


def test_nothing_acknowledged_is_lost(group: Group) -> None:
    expected: dict[str, str] = {}

    def put(count: int) -> None:
        for number in range(count):
            key, value = f"k{number % 7}", f"v{time.monotonic_ns()}"
            assert group.ask(f"put {key} {value}") == "ok"
            expected[key] = value

    def check() -> None:
        assert {key: group.ask(f"get {key}") for key in expected} == expected

    put(10)
    check()
    for _ in range(2):
        group.kill(leader := group.lead)
        put(5)
        check()
        group.start(leader)
        put(5)
    for id in (1, 2, 3):
        group.kill(id)
    with (group.folder / "2.log").open("ab") as file:
        file.write(b"e\x00\x00\x01\x00torn")  # As a crash in the middle of a write leaves it.
    for id in (1, 2, 3):
        group.start(id)
    check()
    put(5)
    group.kill(group.lead)
    check()


def test_what_it_does_not_know(group: Group) -> None:
    assert group.ask("get nothing") == ""
    assert group.ask("put only") == "expected put KEY VALUE or get KEY"


def test_a_follower_answers_too(group: Group) -> None:
    for number in range(20):
        assert group.ask(f"put a {number}") == "ok"
        leader, follower = group.lead, group.lead % 3 + 1
        told = group.ask_one(follower, "put a -1")
        if told != f"ask {leader}":  # Another leads by now, or it was not told yet.
            continue
        assert group.ask_one(follower, "get a") in (str(number), "unknown", f"ask {leader}")
        return
    raise AssertionError("they never agree on who leads")
