"""What a real server answered: read in any pieces, written again byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
from corpus import CORPUS, unescape
from quorate.resp import Decoder, Push, ReplyError, encode, encode_command

FOLDER = CORPUS / "recordings"
COMMANDS = [
    [unescape(argument) for argument in line.split(" ")]
    for line in (FOLDER / "redis-7.0.commands").read_text("ascii").splitlines()
]


def answers(protocol: int, size: int = 1 << 30) -> list[Any]:
    data = (FOLDER / f"redis-7.0.resp{protocol}").read_bytes()
    decoder = Decoder()
    messages: list[Any] = []
    for start in range(0, len(data), size):
        decoder.feed(data[start : start + size])
        messages += decoder.poll_all()
    assert decoder.buffered == 0
    unasked = [m for m in messages if isinstance(m, Push) and m[0] not in (b"subscribe", b"unsubscribe")]
    return [message for message in messages if not any(message is push for push in unasked)]


@pytest.mark.parametrize("protocol", [2, 3])
def test_the_ith_message_answers_the_ith_command(protocol: int) -> None:
    whole = answers(protocol)
    assert len(whole) == len(COMMANDS) > 100
    for size in (1, 7, 1460):
        assert repr(answers(protocol, size)) == repr(whole)
    # Of a command that was sent twice, the first answer.
    answer = {encode_command(*command): reply for command, reply in reversed(list(zip(COMMANDS, whole, strict=True)))}
    assert answer[encode_command("PING")] == b"PONG"
    assert answer[encode_command("GET", "greeting")] == b"hello"
    assert answer[encode_command("GET", "missing")] is None
    assert any(isinstance(reply, ReplyError) for reply in whole)


def test_resp3_has_types_that_resp2_lacks() -> None:
    kinds = {type(reply) for reply in answers(3)}
    assert {dict, float, bool} <= kinds
    assert not {dict, float, bool} & {type(reply) for reply in answers(2)}


def test_resp2_is_written_as_the_server_writes_it() -> None:
    data = (FOLDER / "redis-7.0.resp2").read_bytes()
    decoder = Decoder()
    decoder.feed(data)
    offset = 0
    same = 0
    for reply in decoder:
        raw, offset = data[offset : decoder.offset], decoder.offset
        # Python has one type for both kinds of strings, and one for the two nulls.
        if not raw.startswith((b"+", b"*-1")) and b"\r\n+" not in raw and b"\r\n*-1" not in raw:
            assert encode(reply, 2) == raw
            same += 1
    assert same > 50
