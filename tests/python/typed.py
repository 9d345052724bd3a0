"""Used as a typed program uses the package; `test_typing.py` has it checked, and run."""

from __future__ import annotations

from typing import assert_type

import quorate
from quorate.cluster import SLOTS, group_by_slot, hash_tag, key_slot, key_slots, tag_for_slot
from quorate.resp import (
    NEED_MORE,
    Attributed,
    Decoder,
    Encoder,
    Limits,
    Pairs,
    Prefix,
    ProtocolError,
    Push,
    ReplyError,
    Request,
    RequestDecoder,
    RequestLimits,
    Token,
    Value,
    Verbatim,
    encode,
    encode_command,
    encode_pipeline,
    split_inline,
)


def describe(reply: Value) -> str:
    match reply:
        case None | bool() | int() | float() | str():
            return repr(reply)
        case Push([kind, *_]):
            return f"push {kind!r}"
        case Attributed(value, attributes):
            return f"{value!r} with {len(attributes)}"
        case ReplyError(code):
            return code
        case Verbatim():
            return reply.format
        case bytes():
            return reply.decode()
        case dict() | Pairs():
            return ", ".join(str(key) for key, _ in reply.items())
        case list() | set():
            return str(len(reply))


def main() -> list[str]:
    decoder = Decoder(limits=Limits(max_depth=8), encoding=None, errors="strict", maps="dict", sets="list", attributes=True)
    decoder.feed(bytearray(b"+OK\r\n-ERR no\r\n>1\r\n+x\r\n%1\r\n+k\r\n:1\r\n"))
    with decoder.reserve(10) as view:
        assert_type(view, memoryview)
    decoder.commit(0)
    lines = [describe(reply) for reply in decoder.poll_all()]
    reply = decoder.poll()
    assert reply is NEED_MORE
    assert_type(decoder.buffered, int)
    assert_type(decoder.error, ProtocolError | None)
    assert_type(decoder.limits, Limits)
    assert_type(decoder.tokens(), list[Token])
    assert_type(encode_command("SET", b"k", 1, 1.5), bytes)
    assert_type(encode_pipeline([("GET", "a"), ["GET", "b"]]), bytes)
    assert_type(Prefix("GET", more=1).encode("k"), bytes)
    assert_type(Prefix("GET", more=1).fixed, tuple[bytes, ...])
    assert_type(encode({"a": [1, None]}, protocol=2), bytes)
    encoder = Encoder(protocol=3)
    encoder.big_number(2**70)
    encoder.protocol = 2
    assert_type(encoder.take(), bytes)
    requests = RequestDecoder(limits=RequestLimits(authenticated=False))
    requests.feed("GET a\r\n")
    for request in requests:
        assert_type(request, Request)
        assert_type(request.offset, int)
    requests.authenticated = True
    assert_type(split_inline("a b"), list[bytes])
    assert_type(SLOTS, int)
    assert_type(key_slot("a"), int)
    assert_type(key_slots(["a", b"b"]), list[int])
    assert_type(group_by_slot(["a"]), dict[int, list[int]])
    assert_type(hash_tag("a"), bytes)
    assert_type(tag_for_slot(1), str)
    assert_type(quorate.Error().code, str)
    assert_type(quorate.__version__, str)
    return lines


if __name__ == "__main__":
    print(main())
