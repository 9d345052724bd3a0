"""What a server sends: `encode` and `Encoder`."""

from __future__ import annotations

import array
import math
from typing import Any

import pytest
from quorate.resp import (
    NEED_MORE,
    Attributed,
    Decoder,
    EncodeError,
    Encoder,
    Limits,
    Pairs,
    Push,
    ReplyError,
    Verbatim,
    VerbatimStr,
    encode,
)


@pytest.mark.parametrize(
    ("value", "resp3", "resp2"),
    [
        (None, b"_\r\n", b"$-1\r\n"),
        (True, b"#t\r\n", b":1\r\n"),
        (False, b"#f\r\n", b":0\r\n"),
        (0, b":0\r\n", b":0\r\n"),
        (-(2**63), b":-9223372036854775808\r\n", b":-9223372036854775808\r\n"),
        (2**63, b"(9223372036854775808\r\n", b"$19\r\n9223372036854775808\r\n"),
        (1.5, b",1.5\r\n", b"$3\r\n1.5\r\n"),
        (math.inf, b",inf\r\n", b"$3\r\ninf\r\n"),
        (b"a\r\n", b"$3\r\na\r\n\r\n", b"$3\r\na\r\n\r\n"),
        ("\u20ac", b"$3\r\n\xe2\x82\xac\r\n", b"$3\r\n\xe2\x82\xac\r\n"),
        (bytearray(b"x"), b"$1\r\nx\r\n", b"$1\r\nx\r\n"),
        (memoryview(b"x"), b"$1\r\nx\r\n", b"$1\r\nx\r\n"),
        (array.array("B", b"x"), b"$1\r\nx\r\n", b"$1\r\nx\r\n"),
        (Verbatim(b"x", "mkd"), b"=5\r\nmkd:x\r\n", b"$1\r\nx\r\n"),
        (VerbatimStr("x"), b"=5\r\ntxt:x\r\n", b"$1\r\nx\r\n"),
        (ReplyError("ERR no"), b"-ERR no\r\n", b"-ERR no\r\n"),
        (ReplyError("ERR\r\nno"), b"!7\r\nERR\r\nno\r\n", b"-ERR  no\r\n"),
        ([1, (2,)], b"*2\r\n:1\r\n*1\r\n:2\r\n", b"*2\r\n:1\r\n*1\r\n:2\r\n"),
        ({"a": 1}, b"%1\r\n$1\r\na\r\n:1\r\n", b"*2\r\n$1\r\na\r\n:1\r\n"),
        (Pairs([(1, 2), (1, 3)]), b"%2\r\n:1\r\n:2\r\n:1\r\n:3\r\n", b"*4\r\n:1\r\n:2\r\n:1\r\n:3\r\n"),
        ({1}, b"~1\r\n:1\r\n", b"*1\r\n:1\r\n"),
        (frozenset({1}), b"~1\r\n:1\r\n", b"*1\r\n:1\r\n"),
        (Push(["a", 1]), b">2\r\n$1\r\na\r\n:1\r\n", b"*2\r\n$1\r\na\r\n:1\r\n"),
        (Attributed(1, {"a": 2}), b"|1\r\n$1\r\na\r\n:2\r\n:1\r\n", b":1\r\n"),
        ([Attributed([1], Pairs([(1, 2)]))], b"*1\r\n|1\r\n:1\r\n:2\r\n*1\r\n:1\r\n", b"*1\r\n*1\r\n:1\r\n"),
        ([], b"*0\r\n", b"*0\r\n"),
        ({}, b"%0\r\n", b"*0\r\n"),
    ],
    ids=repr,
)
def test_values(value: Any, resp3: bytes, resp2: bytes) -> None:
    assert encode(value) == encode(value, protocol=3) == resp3
    assert encode(value, 2) == resp2
    for protocol, expected in ((3, resp3), (2, resp2)):
        encoder = Encoder(protocol)
        encoder.value(value)
        assert encoder.take() == expected


@pytest.mark.parametrize("value", [object(), NEED_MORE, 1j, [object()], {"a": object()}, range(3), Encoder()], ids=repr)
def test_values_of_other_types(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot encode a value of type"):
        encode(value)
    encoder = Encoder()
    encoder.array(1)
    with pytest.raises(TypeError):
        encoder.value(value)
    encoder.integer(5)
    assert encoder.take() == b"*1\r\n:5\r\n"


@pytest.mark.parametrize("broken", [Pairs([(1, 2, 3)]), Pairs([1]), Attributed(1, [1])], ids=repr)  # type: ignore[list-item,arg-type]
def test_broken_values(broken: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        encode(broken)


def test_a_push_inside_a_value() -> None:
    with pytest.raises(EncodeError) as caught:
        encode([Push([1])])
    assert caught.value.code == "nested_push"


def test_containers_in_themselves() -> None:
    loop: list[Any] = [1]
    loop.append({"a": (loop,)})
    with pytest.raises(EncodeError) as caught:
        encode(loop)
    assert caught.value.code == "circular_reference"
    shared = [1]
    assert encode([shared, shared]) == b"*2\r\n*1\r\n:1\r\n*1\r\n:1\r\n"


def test_deep_values() -> None:
    value: Any = 7
    depth = 100_000
    for _ in range(depth):
        value = [value]
    written = encode(value)
    assert written == b"*1\r\n" * depth + b":7\r\n"
    decoder = Decoder(limits=Limits(max_depth=None))
    decoder.feed(written)
    assert encode(decoder.poll()) == written


@pytest.mark.parametrize("digits", [1, 512, 513, 4301, 20_000])
def test_integers_of_any_size(digits: int) -> None:
    for sign in (1, -1):
        number = sign * (10 ** (digits - 1) + 7 * 10 ** (digits // 2))
        decoder = Decoder()
        written = encode(number)
        decoder.feed(written)
        assert decoder.poll() == number
        encoder = Encoder()
        encoder.big_number(number)
        assert encoder.take().lstrip(b"(:") == written.lstrip(b"(:")


@pytest.mark.parametrize("protocol", [0, 1, 4])
def test_other_protocols(protocol: int) -> None:
    with pytest.raises(ValueError, match="2 or 3"):
        encode(1, protocol)
    with pytest.raises(ValueError, match="2 or 3"):
        Encoder(protocol)
    encoder = Encoder()
    with pytest.raises(ValueError, match="2 or 3"):
        encoder.protocol = protocol


class TestEncoder:
    def test_everything(self) -> None:
        encoder = Encoder()
        encoder.attributes(1)
        encoder.simple_string("k")
        encoder.simple_string("v")
        encoder.array(10)
        encoder.simple_error("ERR no")
        encoder.integer(-5)
        encoder.bulk_string(b"\x00")
        encoder.null()
        encoder.null_array()
        encoder.boolean(True)
        encoder.double(0.1)
        encoder.big_number("12")
        encoder.bulk_error("a\r\nb")
        encoder.verbatim("txt", "x")
        encoder.map(1)
        encoder.set(0)
        encoder.stream_array()
        encoder.stream_string()
        encoder.chunk("ab")
        encoder.end_string()
        encoder.stream_map()
        encoder.end()
        encoder.stream_set()
        encoder.end()
        assert not encoder.is_complete
        encoder.end()
        assert encoder.is_complete
        encoder.push(1)
        encoder.integer(1)
        decoder = Decoder(attributes=True)
        decoder.feed(encoder.take())
        error = ReplyError("ERR no")
        items = [error, -5, b"\x00", None, None, True, 0.1, 12, ReplyError("a\r\nb"), Verbatim(b"x")]
        assert decoder.poll_all() == [
            Attributed(items, {b"k": b"v"}),
            Pairs([([], [b"ab", {}, []])]),
            Push([1]),
        ]
        assert encoder.take() == b""

    def test_only_complete_values_are_taken(self) -> None:
        encoder = Encoder()
        encoder.integer(1)
        encoder.array(2)
        encoder.integer(2)
        assert encoder.take() == b":1\r\n"
        assert not encoder.is_complete
        assert encoder.take() == b""
        encoder.integer(3)
        assert encoder.take() == b"*2\r\n:2\r\n:3\r\n"

    def test_clear(self) -> None:
        encoder = Encoder()
        encoder.array(2)
        encoder.clear()
        assert encoder.is_complete
        encoder.integer(1)
        assert encoder.take() == b":1\r\n"

    def test_refused_calls_write_nothing(self) -> None:
        encoder = Encoder()
        for call, code in [
            (lambda: encoder.simple_string("a\r\n"), "line_break"),
            (lambda: encoder.simple_error("a\n"), "line_break"),
            (lambda: encoder.big_number("12x"), "invalid_big_number"),
            (encoder.end, "unexpected_end"),
            (encoder.end_string, "unexpected_end"),
            (lambda: encoder.chunk("x"), "chunk_expected"),
        ]:
            with pytest.raises(EncodeError) as caught:
                call()
            assert caught.value.code == code
            assert isinstance(caught.value, ValueError)
        encoder.array(1)
        with pytest.raises(EncodeError, match="top level"):
            encoder.push(1)
        with pytest.raises(EncodeError):
            encoder.value([Push([1])])
        encoder.integer(1)
        assert encoder.take() == b"*1\r\n:1\r\n"

    def test_arguments_of_a_wrong_type(self) -> None:
        encoder = Encoder()
        for call in (
            lambda: encoder.bulk_string(1),  # type: ignore[arg-type]
            lambda: encoder.integer("1"),  # type: ignore[arg-type]
            lambda: encoder.boolean(1),  # type: ignore[arg-type]
            lambda: encoder.double("x"),  # type: ignore[arg-type]
            lambda: encoder.big_number(1.5),  # type: ignore[arg-type]
            lambda: encoder.array("x"),  # type: ignore[arg-type]
            lambda: encoder.verbatim(b"txt", "x"),  # type: ignore[arg-type]
        ):
            with pytest.raises(TypeError):
                call()
        for overflow in (lambda: encoder.array(-1), lambda: encoder.integer(2**63)):
            with pytest.raises(OverflowError):
                overflow()
        for format in ("", "text", "\u20acab"):
            with pytest.raises(ValueError, match="three characters"):
                encoder.verbatim(format, "x")
        assert encoder.take() == b""

    def test_protocol(self) -> None:
        encoder = Encoder(2)
        assert encoder.protocol == 2
        encoder.value({"a": None})
        with pytest.raises(EncodeError, match="RESP3"):
            encoder.stream_array()
        encoder.protocol = 3
        encoder.value({"a": None})
        assert encoder.take() == b"*2\r\n$1\r\na\r\n$-1\r\n%1\r\n$1\r\na\r\n_\r\n"
        encoder.array(1)
        with pytest.raises(EncodeError) as caught:
            encoder.protocol = 2
        assert caught.value.code == "incomplete"
        assert "complete=False" in repr(encoder)
