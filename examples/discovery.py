"""A client of Redis that finds the primary through sentinels: asyncio and a timer around `quorate.sentinel.discovery`.

`discovery.py NAME HOST:PORT [HOST:PORT ...]` adds one to a counter at the primary called NAME, ten times a second, and prints
where it did so. The addresses are those of sentinels. Kill the primary, and see it go on.
"""

import asyncio
import sys
import time
from collections import deque
from contextlib import suppress

from quorate.resp import Decoder, ProtocolError, ReplyError, encode_command
from quorate.sentinel import discovery


def now() -> int:
    return time.monotonic_ns() // 1_000_000


class Connection:
    """One connection. Once it is handed out, `call` is for whoever asked for it."""

    def __init__(self, finder: "Finder", link: int) -> None:
        self.finder, self.link = finder, link
        self.writer: asyncio.StreamWriter | None = None
        self.task: asyncio.Task[None] | None = None
        self.address: discovery.Address | None = None
        self.decoder = Decoder()
        self.waiting = deque[asyncio.Future[object]]()

    @property
    def is_open(self) -> bool:
        return self.link in self.finder.connections

    async def call(self, *command: str | bytes | int) -> object:
        """Sends a command and waits for its reply. `ConnectionError` says that nobody knows what came of it."""
        if self.writer is None or not self.is_open:
            raise ConnectionError("the connection is closed")
        future = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        self.writer.write(encode_command(command))
        reply = await future
        if isinstance(reply, ReplyError) and self.is_open:
            self.finder.discovery.refused(self.link, reply.raw, now())
            self.finder.work()
        return reply

    def received(self, data: bytes) -> None:
        if self.address is None:  # It is not ours yet.
            self.finder.discovery.received(self.link, data, now())
            return
        self.decoder.feed(data)
        for reply in self.decoder:
            future = self.waiting.popleft()
            if not future.done():
                future.set_result(reply)

    def close(self) -> None:
        if self.task is not None:
            self.task.cancel()


class Finder:
    """Opens connections to the primary and its replicas, wherever they are."""

    def __init__(self, config: discovery.Config) -> None:
        self.discovery = discovery.Discovery(config)
        self.connections: dict[int, Connection] = {}
        self.requests: dict[int, asyncio.Future[Connection]] = {}
        self.changes: list[discovery.Address] = []
        self.invalidated: list[int] = []
        self.timer: asyncio.TimerHandle | None = None

    async def connect(self, preference: str = "primary") -> Connection:
        """A connection to such a server, that has said itself that it is one. Raises `discovery.DiscoveryFailed`."""
        request = self.discovery.request(preference, now())
        future: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        self.requests[request] = future
        self.work()
        try:
            return await future
        finally:
            if self.requests.pop(request, None) is not None and future.cancelled():
                self.discovery.cancel(request, now())
                self.work()

    def work(self) -> None:
        while outputs := self.discovery.drain():
            for output in outputs:
                self.do(output)
        if self.timer is not None:
            self.timer.cancel()
        if (at := self.discovery.next_tick_ms) is not None:
            self.timer = asyncio.get_running_loop().call_later(max(at - now(), 0) / 1000, self.tick)

    def tick(self) -> None:
        self.discovery.tick(now())
        self.work()

    def do(self, output: discovery.Output) -> None:
        match output:
            case discovery.Connect(link, address):
                connection = self.connections[link] = Connection(self, link)
                connection.task = asyncio.create_task(self.keep(connection, address))
            case discovery.Send(link):
                writer = self.connections[link].writer if link in self.connections else None
                if writer is not None:  # It stands, or it broke meanwhile.
                    writer.write(output.data)
            case discovery.Close(link):
                if link in self.connections:
                    self.connections.pop(link).close()
            case discovery.Invalidate(link):
                self.invalidated.append(link)
                if link in self.connections:
                    self.connections.pop(link).close()
            case discovery.Resolved(request, link, address):
                connection = self.connections[link]
                connection.address = address
                if request in self.requests:
                    self.requests[request].set_result(connection)
            case discovery.Failed(request, error):
                if request in self.requests:
                    self.requests[request].set_exception(error)
            case discovery.PrimaryChanged(_, new):
                self.changes.append(new)

    async def keep(self, connection: Connection, address: discovery.Address) -> None:
        """Opens a connection and reads from it to its end."""
        try:
            with suppress(OSError, ProtocolError, discovery.SentinelError):
                reader, connection.writer = await asyncio.open_connection(*address)
                # Whoever needs it says AUTH, HELLO and SELECT here.
                self.discovery.connected(connection.link, now())
                self.work()
                while data := await reader.read(65536):
                    connection.received(data)
                    self.work()
        finally:
            if connection.writer is not None:
                connection.writer.close()
            for future in connection.waiting:
                if not future.done():
                    future.set_exception(ConnectionResetError("the connection is gone"))
        if self.connections.pop(connection.link, None) is not None:
            with suppress(discovery.UnknownLink):  # It was given up meanwhile.
                self.discovery.disconnected(connection.link, now())
            self.work()

    async def close(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
        tasks = [connection.task for connection in self.connections.values() if connection.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def main(name: str, *sentinels: str) -> None:
    pairs = [sentinel.rpartition(":") for sentinel in sentinels]
    finder = Finder(discovery.Config(name, [(host, int(port)) for host, _, port in pairs], give_up_after_ms=60_000))
    connection = await finder.connect()
    while True:
        try:
            print(await connection.call("INCR", "counter"), "at", connection.address)
            await asyncio.sleep(0.1)
        except ConnectionError:
            connection = await finder.connect()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
