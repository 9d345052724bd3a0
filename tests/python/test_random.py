"""Any value, written in either protocol and read in any pieces, comes back as it was."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from quorate.resp import (
    NEED_MORE,
    Attributed,
    Decoder,
    Pairs,
    ProtocolError,
    Push,
    ReplyError,
    RequestDecoder,
    Verbatim,
    encode,
    encode_command,
    encode_pipeline,
)


class Source(random.Random):
    """Random values of every type that can be written."""

    def data(self) -> bytes:
        return self.randbytes(self.choice([0, 1, 3, 8, 20, 200, 3000]))

    def leaf(self) -> Any:
        match self.randrange(11):
            case 0:
                return None
            case 1:
                return self.random() < 0.5
            case 2:
                return self.choice([0, 1, -1, 255, 256, 2**31, -(2**63), 2**63 - 1, self.getrandbits(40)])
            case 3:
                return self.choice([2**63, -(2**64), 10**300, -self.getrandbits(2000) - 2**63 - 1])
            case 4:
                return self.choice([0.5, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, self.random()])
            case 5:
                return ReplyError("ERR " + self.choice(["no", "a\r\nb", "\udcff", "\u20ac"]))
            case 6:
                return Verbatim(self.data(), self.choice(["txt", "mkd", "\xff\x00:"]))
            case _:
                return self.data()

    def value(self, depth: int = 0) -> Any:
        if depth > 5 or self.random() < 0.5:
            return self.leaf()
        count = self.choice([0, 1, 2, 3, 9])
        match self.randrange(5):
            case 0 | 1:
                return [self.value(depth + 1) for _ in range(count)]
            case 2:
                return {self.data(): self.value(depth + 1) for _ in range(count)}
            case 3:
                key = self.value(depth + 1)
                return Pairs([(key, self.value(depth + 1)), (key, self.value(depth + 1))])
            case _:
                inner = self.value(depth + 1)
                # Attributes of attributes are those of one value, as the wire has it.
                return Attributed(inner, {b"k": self.leaf()}) if not isinstance(inner, Attributed) else inner

    def reply(self) -> Any:
        return Push([self.data(), self.value()]) if self.random() < 0.1 else self.value()

    def pieces(self, data: bytes) -> list[bytes]:
        cuts = sorted(self.choices(range(len(data) + 1), k=self.randrange(20)))
        return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@pytest.mark.parametrize("seed", range(40))
def test_resp3_round_trip(seed: int) -> None:
    source = Source(seed)
    replies = [source.reply() for _ in range(40)]
    data = b"".join(map(encode, replies))
    decoder = Decoder(attributes=True)
    found: list[Any] = []
    for piece in source.pieces(data):
        decoder.feed(piece)
        if source.random() < 0.5:
            found += decoder.poll_all()
        else:
            while (reply := decoder.poll()) is not NEED_MORE:
                found.append(reply)
    assert decoder.buffered == 0
    assert [repr(reply) for reply in found] == [repr(reply) for reply in replies]
    assert b"".join(map(encode, found)) == data


@pytest.mark.parametrize("seed", range(10))
def test_resp2_reads_back(seed: int) -> None:
    source = Source(seed)
    replies = [source.value() for _ in range(20)]
    decoder = Decoder()
    for reply in replies:
        once = encode(reply, 2)
        decoder.feed(once)
        (found,) = decoder.poll_all()
        # What RESP2 has no type for is gone after one way, and nothing more after the next.
        decoder.feed(encode(found, 2))
        (again,) = decoder.poll_all()
        assert repr(again) == repr(found)


@pytest.mark.parametrize("seed", range(20))
def test_broken_bytes(seed: int) -> None:
    source = Source(seed)
    for _ in range(60):
        data = bytearray(b"".join(encode(source.reply()) for _ in range(3)))
        for _ in range(source.randrange(1, 4)):
            data[source.randrange(len(data))] = source.choice(b"\r\n*$%~>|:,(#_=!;.?+-0129\xff")
        outcomes = set()
        for pieces in ([bytes(data)], source.pieces(bytes(data)), [bytes([byte]) for byte in data]):
            decoder = Decoder(attributes=True)
            found: list[Any] = []
            try:
                for piece in pieces:
                    decoder.feed(piece)
                    found += decoder
                end = f"{decoder.buffered} left"
            except ProtocolError as error:
                end = f"{error} {error.code}"
            outcomes.add(repr((found, end)) if end.endswith("left") else end)
        assert len(outcomes) == 1


@pytest.mark.parametrize("seed", range(10))
def test_commands_read_back(seed: int) -> None:
    source = Source(seed)
    commands = [[source.data() for _ in range(source.randrange(1, 12))] for _ in range(50)]
    data = encode_pipeline(commands)
    assert data == b"".join(map(encode_command, commands))
    decoder = RequestDecoder()
    found: list[Any] = []
    for piece in source.pieces(data):
        decoder.feed(piece)
        found += decoder
    assert found == commands
