"""A map that three processes keep together: one member of a Raft group, on asyncio, with its log on the disk.

`raft.py ID FOLDER PORT PORT PORT` runs the member ID (1 to 3) of a group whose members listen on those ports of loopback. Ask
any of them, a line each: `put KEY VALUE` or `get KEY`. The answer is `ok`, a value, `ask N` for the member that leads, or
`unknown` when it did not come to an end in time. Kill whom you like: two of three are enough.
"""

import asyncio
import itertools
import os
import struct
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from quorate import raft

TICK, PATIENCE, FRAME = 0.03, 3.0, struct.Struct(">cI")


class Disk:
    """Records of entries and hard states, one behind another in a file. Reading stops where a crash cut one off."""

    def __init__(self, path: Path, voters: range) -> None:
        self.file = path.open("a+b")
        self.file.seek(0)
        data, at = self.file.read(), 0
        first = raft.Stored.group(voters)
        hard_state, entries = first.hard_state, list[raft.Entry]()
        while at + FRAME.size <= len(data):
            kind, length = FRAME.unpack_from(data, at)
            record = data[at + FRAME.size : at + FRAME.size + length]
            if len(record) < length:
                break
            if kind == b"h":
                hard_state = raft.HardState.decode(record)
            else:
                entry = raft.Entry.decode(record)
                entries[entry.index - 2 :] = [entry]  # The group begins with a snapshot at 1. What followed this one is void.
            at += FRAME.size + length
        self.file.truncate(at)
        self.stored = raft.Stored(hard_state, first.conf_state, first.snapshot, entries, applied=1)

    def write(self, entries: Sequence[raft.Entry], hard_state: raft.HardState | None, sync: bool) -> None:
        records = [(b"e", entry.encode()) for entry in entries] + ([(b"h", hard_state.encode())] if hard_state else [])
        self.file.write(b"".join(FRAME.pack(kind, len(data)) + data for kind, data in records))
        self.file.flush()
        if sync:
            os.fsync(self.file.fileno())


class Member:
    def __init__(self, id: int, folder: Path, ports: list[int]) -> None:
        self.disk = Disk(folder / f"{id}.log", range(1, len(ports) + 1))
        self.node = raft.Node(
            raft.Config(id=id, seed=id, pre_vote=True, check_quorum=True, disable_proposal_forwarding=True), self.disk.stored
        )
        self.ports = dict(enumerate(ports, 1))
        self.wires = {peer: asyncio.Queue[bytes](1000) for peer in self.ports if peer != id}
        self.map: dict[str, str] = {}
        self.waiting: dict[object, asyncio.Future[int | None]] = {}  # Puts by index and term, gets by name.
        # No two reads may have one name, nor one from before a restart.
        self.names = (os.urandom(8) + number.to_bytes(8) for number in itertools.count())

    async def run(self) -> None:
        server = await asyncio.start_server(self.serve, "127.0.0.1", self.ports[self.node.id])
        async with server, asyncio.TaskGroup() as tasks:
            for peer in self.wires:
                tasks.create_task(self.send(peer))
            while True:
                await asyncio.sleep(TICK)
                self.node.tick()  # 1. Tell the node what happened: time passed, ...
                self.work()

    def work(self) -> None:
        while outputs := self.node.drain():  # 2. Do what it says, in order.
            for output in outputs:
                match output:
                    case raft.Send(message):
                        with suppress(asyncio.QueueFull):  # Messages may be lost.
                            self.wires[message.to].put_nowait(message.encode())
                    case raft.Persist(ticket, hard_state, _, entries, must_sync):
                        self.disk.write(entries, hard_state, must_sync)
                        self.node.persisted(ticket)
                    case raft.Apply(entries):
                        for entry in entries:
                            if entry.data:
                                key, _, value = entry.data.decode().partition(" ")
                                self.map[key] = value
                            self.end((entry.index, entry.term), entry.index)
                        self.node.applied(entries[-1].index)
                    case raft.ReadReady(index, context):
                        self.end(context, index)
                    case raft.ReadLost(context):
                        self.end(context, None)

    def end(self, key: object, index: int | None) -> None:
        if key in self.waiting and not self.waiting[key].done():
            self.waiting[key].set_result(index)

    async def wait(self, key: object) -> int | None:
        self.waiting[key] = asyncio.get_running_loop().create_future()
        self.work()
        try:
            return await asyncio.wait_for(self.waiting[key], PATIENCE)
        except TimeoutError:
            return None
        finally:
            del self.waiting[key]

    async def send(self, peer: int) -> None:
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.ports[peer])
                with closing(writer):
                    writer.write(b"member\n")
                    while data := await self.wires[peer].get():
                        writer.write(struct.pack(">I", len(data)) + data)
                        await writer.drain()
            self.node.report_unreachable(peer)
            await asyncio.sleep(TICK)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer), suppress(OSError, asyncio.IncompleteReadError):
            while (line := await reader.readline()) not in (b"", b"member\n"):
                writer.write((await self.answer(line.decode().split()) + "\n").encode())
            while line:
                (length,) = struct.unpack(">I", await reader.readexactly(4))
                message = raft.Message.decode(await reader.readexactly(length))
                with suppress(raft.ProposalDropped, raft.ReadDropped, raft.UnknownPeer):
                    self.node.step(message)  # ... a message came, ...
                self.work()

    async def answer(self, words: list[str]) -> str:
        try:  # ... or a client wants something.
            match words:
                case ["put", key, value]:
                    put = self.node.propose(f"{key} {value}")
                    assert isinstance(put, raft.Proposed)
                    return "ok" if await self.wait((put.index, put.term)) else "unknown"
                case ["get", key]:
                    self.node.read_index(name := next(self.names))
                    index = await self.wait(name)
                    while index and self.node.status().log.applied < index:
                        await asyncio.sleep(TICK)
                    return self.map.get(key, "") if index else "unknown"
            return "expected put KEY VALUE or get KEY"
        except (raft.ProposalDropped, raft.ReadDropped):
            return f"ask {self.node.lead}"


if __name__ == "__main__":
    asyncio.run(Member(int(sys.argv[1]), Path(sys.argv[2]), [int(port) for port in sys.argv[3:]]).run())
