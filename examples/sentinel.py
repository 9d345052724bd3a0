"""A Redis Sentinel on asyncio: sockets, a file, names, scripts and a clock around `quorate.sentinel`.

`sentinel.py FILE` takes a configuration file as `redis-sentinel` does, such as

    port 26379
    sentinel monitor mymaster 127.0.0.1 6379 2
    sentinel down-after-milliseconds mymaster 5000

and keeps in it what must not be forgotten. Others may be real sentinels. What it publishes is printed, a line each.
"""

import asyncio
import itertools
import os
import secrets
import socket
import sys
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from pathlib import Path

from quorate import sentinel
from quorate.resp import ProtocolError, RequestDecoder, RequestError


def now() -> int:
    return time.monotonic_ns() // 1_000_000


class Link:
    """A connection that the sentinel asked for. What is sent before it stands is kept."""

    def __init__(self) -> None:
        self.early = bytearray()
        self.writer: asyncio.StreamWriter | None = None
        self.task: asyncio.Task[None] | None = None

    def send(self, data: bytes) -> None:
        if self.writer is None:
            self.early += data
        else:
            self.writer.write(data)

    def close(self) -> None:
        if self.task is not None:
            self.task.cancel()


class Driver:
    def __init__(self, path: Path) -> None:
        self.path = path
        lines = path.read_text("utf-8").splitlines()
        self.other_lines = [line for line in lines if not line.startswith("sentinel ")]
        words = dict(line.split(maxsplit=1) for line in self.other_lines if " " in line)
        self.port = int(words.get("port", 26379))
        # The id and the seed are drawn anew; if the file has an id, that one holds.
        config = sentinel.Config(id=secrets.token_hex(20), seed=secrets.randbits(64), port=self.port)
        self.sentinel = sentinel.Sentinel(config, lines, now())
        self.links: dict[int, Link] = {}
        self.clients: dict[int, asyncio.StreamWriter] = {}
        self.numbers = itertools.count(1)
        self.scripts: dict[int, asyncio.subprocess.Process] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        async with await asyncio.start_server(self.serve, "127.0.0.1", self.port):
            self.work()
            while True:
                await asyncio.sleep(self.sentinel.tick_period / 1000)
                self.sentinel.tick(now())  # 1. Tell the sentinel what happened: time passed, ...
                self.work()

    def work(self) -> None:
        while outputs := self.sentinel.drain():  # 2. Do what it says, in order, until it says nothing.
            for output in outputs:
                self.do(output)

    def do(self, output: sentinel.Output) -> None:
        match output:
            case sentinel.Connect(number, address):
                link = self.links[number] = Link()
                link.task = self.start(self.keep(number, link, address))
            case sentinel.Send(number):
                if number in self.links:  # It may have broken meanwhile.
                    self.links[number].send(output.data)
            case sentinel.Close(number):
                if number in self.links:
                    self.links.pop(number).close()
            case sentinel.Reply(client, data):
                if writer := self.clients.get(client):
                    writer.write(data)
            case sentinel.Persist(ticket, lines):
                self.write(lines)
                self.sentinel.persisted(ticket)
            case sentinel.Event(kind, message):
                print(kind, message, flush=True)
            case sentinel.Resolve(host):
                self.start(self.resolve(host))
            case sentinel.RunScript(script, path, args):
                self.start(self.run_script(script, path, *args))
            case sentinel.KillScript(script):
                if process := self.scripts.get(script):
                    process.kill()
            case sentinel.Exit(code):
                raise SystemExit(code)

    def start(self, coroutine: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def write(self, lines: Sequence[str]) -> None:
        """Puts the lines in place of the file's, so that a crash leaves the old ones or the new ones."""
        fresh = self.path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in [*self.other_lines, *lines])
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    async def keep(self, number: int, link: Link, address: sentinel.Address) -> None:
        """Opens a connection and reads from it to its end."""
        try:
            with suppress(OSError, ProtocolError, sentinel.SentinelError):
                reader, link.writer = await asyncio.open_connection(*address)
                link.writer.write(link.early)
                self.sentinel.connected(number)  # ... a connection stands, ...
                while data := await reader.read(65536):
                    self.sentinel.received(number, data, now())  # ... bytes came, ...
                    self.work()
        finally:
            if link.writer is not None:
                link.writer.close()
        if self.links.pop(number, None) is not None:
            with suppress(sentinel.UnknownLink):  # It was given up meanwhile.
                self.sentinel.disconnected(number)  # ... or it is gone.
            self.work()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers a client, or another sentinel."""
        client, requests = next(self.numbers), RequestDecoder()
        self.clients[client] = writer
        try:
            with suppress(OSError):
                while data := await reader.read(65536):
                    requests.feed(data)
                    for request in requests:
                        self.sentinel.command(client, request, now())
                    self.work()
                    await writer.drain()
        except RequestError as error:
            writer.write(f"-ERR {error}\r\n".encode())
        finally:
            writer.close()
            del self.clients[client]
            self.sentinel.client_closed(client)

    async def resolve(self, host: str) -> None:
        ip = None
        with suppress(OSError):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
            ip = str(found[0][4][0])
        self.sentinel.resolved(host, ip, now())
        self.work()

    async def run_script(self, script: int, *command: str) -> None:
        code = None
        with suppress(OSError):
            process = self.scripts[script] = await asyncio.create_subprocess_exec(*command)
            code = await process.wait()
            del self.scripts[script]
        self.sentinel.script_finished(script, code, now())
        self.work()


if __name__ == "__main__":
    asyncio.run(Driver(Path(sys.argv[1])).run())
