"""What a client sends, and how a server reads it."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

import pytest
from quorate.resp import (
    NEED_MORE,
    Prefix,
    PrefixError,
    Request,
    RequestDecoder,
    RequestError,
    RequestLimits,
    UnbalancedQuotes,
    encode_command,
    encode_pipeline,
    split_inline,
)


def arguments(data: bytes) -> list[bytes]:
    decoder = RequestDecoder()
    decoder.feed(data)
    (request,) = decoder.poll_all()
    assert type(request) is Request
    assert not request.inline
    return list(request)


class Number(enum.IntEnum):
    SEVEN = 7


class Name(enum.StrEnum):
    KEY = "key"


class Loud(int):
    def __str__(self) -> str:
        return "loud"

    __repr__ = __str__


class Precise(float):
    def __repr__(self) -> str:
        return "precise"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("text", b"text"),
        ("\u20ac", b"\xe2\x82\xac"),
        ("", b""),
        (b"\x00\xff\r\n", b"\x00\xff\r\n"),
        (bytearray(b"x"), b"x"),
        (memoryview(b"abc")[1:], b"bc"),
        (0, b"0"),
        (-1, b"-1"),
        (2**63 - 1, b"9223372036854775807"),
        (-(2**63), b"-9223372036854775808"),
        (2**63, b"9223372036854775808"),
        (-(10**30), b"-1" + b"0" * 30),
        (10**5000, b"1" + b"0" * 5000),
        (1.5, b"1.5"),
        (0.1, b"0.1"),
        (1e300, b"1e+300"),
        (float("-inf"), b"-inf"),
        (Number.SEVEN, b"7"),
        (Name.KEY, b"key"),
        (Loud(5), b"5"),
        (Loud(2**70), str(2**70).encode()),
        (Precise(1.5), b"1.5"),
        ("x" * 100_000, b"x" * 100_000),
    ],
    ids=lambda value: repr(value)[:30] if not isinstance(value, int) or abs(value) < 2**64 else "large",
)
def test_arguments(given: Any, sent: bytes) -> None:
    expected = b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(sent), sent)
    assert encode_command("GET", given) == expected
    assert encode_command(["GET", given]) == expected
    assert encode_command(("GET", given)) == expected
    assert encode_pipeline([("GET", given)]) == expected
    assert Prefix("GET", more=1).encode(given) == expected
    assert Prefix("GET", given).encode() == expected
    assert arguments(encode_command("GET", *[given] * 20)) == [b"GET", *[sent] * 20]


@pytest.mark.parametrize("given", [None, True, False, object(), 1j, ["a"], {}, range(2)], ids=repr)
def test_anything_else_is_refused(given: Any) -> None:
    for call in (
        lambda: encode_command("GET", given),
        lambda: encode_command("GET", *["x"] * 20, given),
        lambda: encode_pipeline([("GET", "a"), ("GET", given)]),
        lambda: Prefix("GET", given),
        lambda: Prefix("GET", more=1).encode(given),
    ):
        with pytest.raises(TypeError, match="expected bytes-like, str, int or float, found"):
            call()


def test_a_command_needs_a_name() -> None:
    for call in (encode_command, lambda: encode_command([]), lambda: encode_pipeline([()]), lambda: Prefix(more=1)):
        with pytest.raises(TypeError, match="name"):
            call()


def test_text_without_utf8_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        encode_command("GET", "\ud800")


@pytest.mark.parametrize("count", [1, 7, 8, 9, 16, 17, 1000])
def test_any_number_of_arguments(count: int) -> None:
    sent = [b"%d" % index for index in range(count)]
    assert arguments(encode_command(*sent)) == sent
    assert arguments(encode_command(*map(int, sent))) == sent


class TestPipeline:
    def test_any_iterable(self) -> None:
        commands: list[Any] = [("INCR", "a"), ["GET", b"b"], ("EXPIRE", "a", 5)]
        expected = b"".join(map(encode_command, commands))
        assert encode_pipeline(commands) == expected
        assert encode_pipeline(iter(commands)) == expected
        assert encode_pipeline([]) == b""

    @pytest.mark.parametrize("command", ["GET", b"GET", 5, {"GET": 1}, None], ids=repr)
    def test_commands_of_a_wrong_type(self, command: Any) -> None:
        with pytest.raises(TypeError, match="a list or tuple of arguments"):
            encode_pipeline([command])
        with pytest.raises(TypeError):
            encode_pipeline(5)  # type: ignore[arg-type]

    def test_an_iterable_that_encodes_itself(self) -> None:
        def commands() -> Iterator[tuple[str, bytes]]:
            for inner in range(3):
                yield "SET", encode_pipeline([("GET", str(inner))])

        assert encode_pipeline(commands()).count(b"GET") == 3

    def test_an_iterable_that_fails(self) -> None:
        def commands() -> Iterator[tuple[str]]:
            yield ("PING",)
            raise LookupError("mine")

        with pytest.raises(LookupError, match="mine"):
            encode_pipeline(commands())
        assert encode_command("PING") == b"*1\r\n$4\r\nPING\r\n"


class TestPrefix:
    def test_it_is_the_same_command(self) -> None:
        prefix = Prefix("SET", b"key", more=3)
        assert prefix.encode("v", "EX", 5) == encode_command("SET", "key", "v", "EX", 5)
        assert prefix.fixed == (b"SET", b"key")
        assert prefix.more == 3

    @pytest.mark.parametrize("count", [0, 1, 3])
    def test_another_number_of_arguments(self, count: int) -> None:
        with pytest.raises(PrefixError) as caught:
            Prefix("SET", more=2).encode(*["x"] * count)
        assert caught.value.code == "wrong_argument_count"
        assert isinstance(caught.value, TypeError)

    def test_it_is_a_value(self) -> None:
        assert Prefix("SET", more=2) == Prefix(b"SET", more=2)
        assert Prefix("SET", more=2) != Prefix("SET", more=1)
        assert Prefix("SET", more=2) != "SET"
        assert hash(Prefix("SET", more=2)) == hash(Prefix("SET", more=2))
        assert repr(Prefix("SET", more=2)) == "Prefix(b'SET', more=2)"


class TestRequests:
    def test_both_forms(self) -> None:
        decoder = RequestDecoder()
        decoder.feed(b'*2\r\n$3\r\nGET\r\n$1\r\nk\r\n\r\n*0\r\nSET k "a b"\r\nPI')
        first, second = decoder
        assert first == Request([b"GET", b"k"])
        assert (first.inline, first.offset) == (False, 0)
        assert second == [b"SET", b"k", b"a b"]
        assert (second.inline, second.offset) == (True, 26)
        assert decoder.poll() is NEED_MORE
        assert decoder.buffered == 2
        decoder.feed(b"NG\n")
        assert decoder.poll() == [b"PING"]
        assert decoder.offset == 26 + 13 + 5

    def test_errors_are_the_servers(self) -> None:
        decoder = RequestDecoder()
        decoder.feed(b"PING\r\n*1\r\nxPING\r\n")
        assert decoder.poll_all() == [[b"PING"]]
        for _ in range(2):
            with pytest.raises(RequestError, match=r"^Protocol error: expected '\$', got 'x'$") as caught:
                decoder.poll_all()
            assert (caught.value.code, caught.value.offset) == ("expected_bulk", 10)
            assert isinstance(caught.value, ValueError)
        assert decoder.error is not None
        assert "expected_bulk" in repr(decoder)
        decoder.reset()
        assert decoder.error is None
        decoder.feed(b"PING\r\n")
        assert decoder.poll() == [b"PING"]

    def test_authentication(self) -> None:
        limits = RequestLimits(authenticated=False)
        decoder = RequestDecoder(limits=limits)
        assert decoder.limits == limits
        assert not decoder.authenticated
        decoder.feed(b"*1\r\n$4\r\nAUTH\r\n")
        assert decoder.poll() == [b"AUTH"]
        decoder.authenticated = True
        assert decoder.authenticated
        decoder.feed(encode_command(*["x"] * 11))
        assert len(decoder.poll()) == 11
        strict = RequestDecoder(limits=limits)
        strict.feed(b"*11\r\n")
        with pytest.raises(RequestError, match="unauthenticated multibulk length"):
            strict.poll()

    def test_split_inline(self) -> None:
        assert split_inline(b"a 'b c' \"\\x41\\n\"") == [b"a", b"b c", b"A\n"]
        assert split_inline("") == []
        for line in ('"a', "'a", '"a"b'):
            with pytest.raises(UnbalancedQuotes) as caught:
                split_inline(line)
            assert caught.value.code == "unbalanced_quotes"
        with pytest.raises(TypeError):
            split_inline(5)  # type: ignore[arg-type]

    def test_misuse(self) -> None:
        with pytest.raises(TypeError):
            RequestDecoder().feed(5)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            RequestDecoder(limits=5)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            RequestDecoder().authenticated = "yes"  # type: ignore[assignment]
