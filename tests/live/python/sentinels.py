"""Real servers and sentinels on loopback, and ours among them, each a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from client import Client
from quorate.resp import NEED_MORE, Decoder, encode_command

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "sentinel.py"
NAME = "mymaster"
PATIENCE = 90.0
"""How long to wait for what must come. It comes after a few seconds, unless the machine is busy."""


def redis_server() -> str:
    program = shutil.which("redis-server")
    if program is None:
        reason = "redis-server is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return program


def eventually(what: str, holds: Callable[[], object], patience: float = PATIENCE) -> Any:
    """Waits until something holds. Errors of connections count as not yet."""
    deadline, last = time.monotonic() + patience, None
    while True:
        try:
            last = holds()
        except (OSError, AssertionError) as error:
            last = error
        else:
            if last:
                return last
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience:.0f} s: {what}; last: {last!r}")
        time.sleep(0.05)


class Process:
    """A process that listens on a port, with its output in a file."""

    def __init__(self, folder: Path, name: str, port: int, command: list[str]) -> None:
        self.folder, self.name, self.port, self.command = folder, name, port, command
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        assert self.process is None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT)
        eventually(f"{self.name} answers", lambda: self.call("PING") == b"PONG")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def call(self, *arguments: Any) -> Any:
        """Asks over a connection of its own, so that those that break do not matter."""
        assert self.process is not None
        assert self.process.poll() is None, f"{self.name} ended: {self.log.read_text()[-2000:]}"
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(encode_command(*arguments))
            decoder = Decoder(encoding="utf-8") if arguments[0] == "INFO" else Decoder()
            while (reply := decoder.poll()) is NEED_MORE:
                data = connection.recv(65536)
                assert data, "the connection was closed"
                decoder.feed(data)
            return reply


class Server(Process):
    """A `redis-server`."""

    def __init__(self, folder: Path, port: int, master: int | None = None, priority: int = 100) -> None:
        home = folder / f"redis-{port}"
        home.mkdir()
        options = {
            "port": port,
            "bind": "127.0.0.1",
            "dir": home,
            "save": '""',
            "appendonly": "no",
            "repl-diskless-sync-delay": 0,
            "replica-priority": priority,
        }
        if master is not None:
            options["replicaof"] = f"127.0.0.1 {master}"
        path = home / "redis.conf"
        path.write_text("".join(f"{key} {value}\n" for key, value in options.items()))
        super().__init__(home, f"server {port}", port, [redis_server(), str(path)])

    def replication(self) -> dict[str, str]:
        text = self.call("INFO", "replication")
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


class Sentinel(Process):
    """A sentinel: a real one, or ours."""

    def __init__(
        self,
        folder: Path,
        port: int,
        master: int,
        *,
        ours: bool = False,
        quorum: int = 2,
        down_after: int = 1_000,
        failover_timeout: int = 4_000,
    ) -> None:
        kind = "ours" if ours else "real"
        home = folder / f"{kind}-{port}"
        home.mkdir()
        self.conf = home / "sentinel.conf"
        self.conf.write_text(
            f"port {port}\n"
            + ("" if ours else f"bind 127.0.0.1\ndir {home}\n")
            + f"sentinel monitor {NAME} 127.0.0.1 {master} {quorum}\n"
            f"sentinel down-after-milliseconds {NAME} {down_after}\n"
            f"sentinel failover-timeout {NAME} {failover_timeout}\n"
        )
        example = [sys.executable, "-X", "dev", "-W", "error", str(EXAMPLE), str(self.conf)]
        command = example if ours else [redis_server(), str(self.conf), "--sentinel"]
        super().__init__(home, f"{kind} sentinel {port}", port, command)

    def start(self) -> None:
        super().start()
        # A busy machine may let nobody run for two seconds, which is no reason to do nothing for thirty.
        assert self.call("SENTINEL", "DEBUG", "tilt-trigger", 60_000) == b"OK"
        self.id = self.call("SENTINEL", "MYID").decode()

    def master(self) -> dict[str, str]:
        return pairs(self.call("SENTINEL", "MASTER", NAME))

    def address(self) -> int:
        """The port at which it says that the master is."""
        host, port = self.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
        assert host == b"127.0.0.1"
        return int(port)

    def others(self) -> dict[str, dict[str, str]]:
        """The other sentinels that it knows, by their ids."""
        found = [pairs(one) for one in self.call("SENTINEL", "SENTINELS", NAME)]
        return {one["runid"]: one for one in found}

    def replicas(self) -> dict[str, dict[str, str]]:
        found = [pairs(one) for one in self.call("SENTINEL", "REPLICAS", NAME)]
        return {one["name"]: one for one in found}

    def quorum(self) -> str:
        return str(self.call("SENTINEL", "CKQUORUM", NAME))

    def said(self, event: str, *words: str) -> list[str]:
        """The lines of its log that tell of that event with these words in them."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return [line for line in lines if event in line.split() and all(word in line for word in words)]


def pairs(flat: list[bytes]) -> dict[str, str]:
    texts = [text.decode() for text in flat]
    return dict(zip(texts[::2], texts[1::2], strict=True))


class Group:
    """A master, two replicas, and three sentinels of which the last is ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with contextlib.ExitStack() as stack:
            sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(6)]
            self.ports = [one.getsockname()[1] for one in sockets]
        self.started: list[Process] = []

    def servers(self) -> list[Server]:
        master = Server(self.folder, self.ports[0])
        self.started.append(master)
        for port in self.ports[1:3]:
            self.started.append(Server(self.folder, port, master.port))
        servers = [one for one in self.started if isinstance(one, Server)]
        for replica in servers[1:]:
            eventually("it follows", lambda one=replica: one.replication()["master_link_status"] == "up")
        return servers

    def sentinels(self, *, real: dict[str, int], ours: dict[str, int]) -> list[Sentinel]:
        made = []
        for port, is_ours in zip(self.ports[3:], (False, False, True), strict=True):
            options = ours if is_ours else real
            made.append(Sentinel(self.folder, port, self.ports[0], ours=is_ours, **options))
            self.started.append(made[-1])
        for one in made:
            eventually(f"{one.name} counts three", lambda one=one: "OK 3 usable" in one.quorum() and three(one, made))
        return made

    def close(self) -> None:
        for process in self.started:
            process.kill()


def three(one: Sentinel, all_of_them: list[Sentinel]) -> bool:
    """Whether it knows the other two, as they are and up, and both replicas."""
    others = one.others()
    return (
        set(others) == {other.id for other in all_of_them if other is not one}
        and all(other["flags"] == "sentinel" for other in others.values())
        and [replica["flags"] for replica in one.replicas().values()] == ["slave", "slave"]
    )


@contextlib.contextmanager
def group(folder: Path) -> Iterator[Group]:
    redis_server()
    made = Group(folder)
    try:
        yield made
    finally:
        made.close()


__all__ = ["NAME", "Client", "Group", "Sentinel", "Server", "eventually", "group"]
