"""A small client: decodes what a Redis server replied, encodes commands, and routes keys to slots.

`client.py FOLDER` reads recorded replies. `client.py FOLDER PORT` sends the recorded commands to a server on loopback
and reads what it replies now. Either way it prints one line of JSON: what it found, and how long that took.
"""

import json
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from quorate.cluster import group_by_slot, key_slot, key_slots
from quorate.resp import (
    Decoder,
    Pairs,
    Push,
    ReplyError,
    RequestDecoder,
    encode_command,
    encode_pipeline,
    split_inline,
)

PACKET = 1460  # As many bytes as a packet on an Ethernet carries.
ROUNDS = 300

T = TypeVar("T")


def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None
    commands = read_commands((folder / "redis-7.0.commands").read_text())
    results = Results()

    # 1. Replies: feed bytes as they come, take every reply that is complete.
    decode_ns = 0
    for protocol in (2, 3):
        data = (folder / f"redis-7.0.resp{protocol}").read_bytes()
        ns, replies = fastest(1, talk, port, protocol, commands) if port else fastest(ROUNDS, decode, data)
        decode_ns += ns // len(replies)
        for reply in replies:
            results.value(reply)

    # 2. Commands: a pipeline in one buffer, which the server's side reads as it was meant.
    encode_ns, pipeline = fastest(ROUNDS, encode_pipeline, commands)
    server = RequestDecoder()
    server.feed(pipeline)
    for command in commands:
        results.add("commands understood", server.poll() == command)
    results.add("bytes of pipeline", len(pipeline))
    results.add("checksum of pipeline", key_slot(pipeline))

    # 3. Keys: the slot of each, and which of them can be asked for together.
    keys = [args[1] for args in commands if len(args) > 1]
    slots_ns, slots = fastest(ROUNDS, key_slots, keys)
    results.add("sum of slots", sum(slots))
    results.add("groups of keys", len(group_by_slot(keys)))

    times = {
        "ns to fetch a reply" if port else "ns to decode a reply": decode_ns // 2,
        "ns to encode a command": encode_ns // len(commands),
        "ns to route a key": slots_ns // len(keys),
    }
    print(json.dumps({"language": "Python", "results": results.counts, "times": times}))


def decode(data: bytes) -> list[Any]:
    """Decodes a recording, as it would arrive in packets."""
    decoder = Decoder()
    replies = []
    for start in range(0, len(data), PACKET):
        decoder.feed(data[start : start + PACKET])
        replies += decoder.poll_all()
    return replies


def talk(port: int, protocol: int, commands: list[list[bytes]]) -> list[Any]:
    """Sends the commands to a server, and takes what it replies until it echoes the end."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(encode_command("HELLO", protocol) + encode_command("FLUSHALL"))
        connection.sendall(encode_pipeline(commands) + encode_command("ECHO", "the end"))
        decoder = Decoder()
        replies: list[Any] = []
        while not replies or replies[-1] != b"the end":
            # The socket writes straight into the decoder's own memory.
            with decoder.reserve(16 * 1024) as tail:
                read = connection.recv_into(tail)
            decoder.commit(read)
            if not read:
                raise ConnectionError("the server closed the connection")
            replies += decoder.poll_all()
    return replies[2:-1]


class Results:
    """Named counts, in the order in which they were first met."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def add(self, name: str, number: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + number

    def value(self, value: Any, depth: int = 0) -> None:
        """Counts a value in words that every language has: a set is a list, an integer and a double are numbers."""
        if depth == 0:
            self.add("pushes" if isinstance(value, Push) else "replies", 1)
        match value:
            case None:
                self.add("nulls", 1)
            case bool():
                self.add("booleans", 1)
            case int() | float():
                self.add("numbers", 1)
                # Whole numbers below 2^53: those that every language holds exactly, as an integer or as a double.
                if value % 1 == 0 and abs(value) < 2**53:
                    self.add("sum of integers", int(value))
            case bytes():
                self.add("strings", 1)
                self.add("bytes of strings", len(value))
                self.add("checksum of strings", key_slot(value))
            case ReplyError():
                self.add("errors", 1)
                self.add("checksum of errors", key_slot(str(value)))
            case dict() | Pairs():
                self.add("maps", 1)
                for pair in value.items() if isinstance(value, dict) else value:
                    for item in pair:
                        self.value(item, depth + 1)
            case list():
                self.add("lists", 1)
                for item in value:
                    self.value(item, depth + 1)
            case _:
                raise TypeError(f"a kind of value that this client does not know: {value!r}")
        self.add("sum of depths", depth)


def fastest(rounds: int, run: Callable[..., T], *args: Any) -> tuple[int, T]:
    """The least time of so many runs, in nanoseconds, and what one of them gave."""
    best = None
    for _ in range(rounds):
        start = time.perf_counter_ns()
        result = run(*args)
        ns = time.perf_counter_ns() - start
        if best is None or ns < best[0]:
            best = ns, result
    assert best is not None
    return best


def read_commands(text: str) -> list[list[bytes]]:
    """The recorded commands. Between double quotes, a line's escapes are those that Redis itself knows, but for `\\s`."""
    quoted = [line.replace('"', '\\"').replace("\\s", "\\x20").replace(" ", '" "') for line in text.splitlines()]
    return [split_inline(f'"{line}"') for line in quoted]


if __name__ == "__main__":
    main()
