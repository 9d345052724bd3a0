"""The decoder: what each type becomes, its options, its errors, and whatever pieces the input comes in."""

from __future__ import annotations

import array
import codecs
import gc
import math
import mmap
import struct
import weakref
from typing import Any

import pytest
from quorate.resp import (
    NEED_MORE,
    Attributed,
    Decoder,
    Kind,
    Limits,
    Pairs,
    ProtocolError,
    Push,
    ReplyError,
    Token,
    Verbatim,
    VerbatimStr,
)


def decode(data: bytes, **options: Any) -> list[Any]:
    decoder = Decoder(**options)
    decoder.feed(data)
    return decoder.poll_all()


def decode_one(data: bytes, **options: Any) -> Any:
    (reply,) = decode(data, **options)
    return reply


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"+OK\r\n", b"OK"),
        (b"+\r\n", b""),
        (b"$3\r\n\xff\x00\n\r\n", b"\xff\x00\n"),
        (b"$0\r\n\r\n", b""),
        (b":0\r\n", 0),
        (b":+9223372036854775807\r\n", 2**63 - 1),
        (b":-9223372036854775808\r\n", -(2**63)),
        (b"(3492890328409238509324850943850943825024385\r\n", 3492890328409238509324850943850943825024385),
        (b"(-12\r\n", -12),
        (b",1.5\r\n", 1.5),
        (b",0.30000000000000004\r\n", 0.1 + 0.2),
        (b",5e-324\r\n", 5e-324),
        (b",inf\r\n", math.inf),
        (b",-inf\r\n", -math.inf),
        (b"#t\r\n", True),
        (b"#f\r\n", False),
        (b"_\r\n", None),
        (b"$-1\r\n", None),
        (b"*-1\r\n", None),
        (b"-ERR no\r\n", ReplyError("ERR no")),
        (b"!6\r\nA\r\nB C\r\n", ReplyError("A\r\nB C")),
        (b"=7\r\nmkd:abc\r\n", Verbatim(b"abc", "mkd")),
        (b"*0\r\n", []),
        (b"*2\r\n:1\r\n*1\r\n_\r\n", [1, [None]]),
        (b"*?\r\n:1\r\n.\r\n", [1]),
        (b"$?\r\n;2\r\nab\r\n;1\r\nc\r\n;0\r\n", b"abc"),
        (b"$?\r\n;0\r\n", b""),
        (b"~2\r\n:1\r\n:2\r\n", [1, 2]),
        (b"%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", {b"a": 1, b"b": 2}),
        (b"%0\r\n", {}),
        (b"%?\r\n+a\r\n:1\r\n.\r\n", {b"a": 1}),
        (b">2\r\n+message\r\n+x\r\n", Push([b"message", b"x"])),
    ],
    ids=repr,
)
def test_types(data: bytes, value: Any) -> None:
    for decoder in (Decoder(), Decoder(encoding="latin-1")):
        decoder.feed(data)
        reply = decoder.poll(decode=False)
        assert reply == value
        assert type(reply) is type(value)
        assert decoder.poll() is NEED_MORE


def test_minus_zero_and_nan_survive() -> None:
    assert math.copysign(1, decode_one(b",-0\r\n")) == -1
    assert math.isnan(decode_one(b",nan\r\n"))


def test_doubles_are_exact() -> None:
    for bits in (0x3FF0000000000001, 0x0000000000000001, 0x7FEFFFFFFFFFFFFF, 0x3FB999999999999A):
        (value,) = struct.unpack(">d", struct.pack(">Q", bits))
        assert decode_one(f",{value!r}\r\n".encode()) == value


@pytest.mark.parametrize("digits", [511, 512, 513, 1025, 4299, 4301, 10_000, 60_000])
def test_big_numbers_of_any_size(digits: int) -> None:
    text = ("1234567890" * (digits // 10 + 1))[:digits]
    value = decode_one(b"(-%s\r\n" % text.encode())
    expected = 0
    for start in range(0, digits, 100):
        piece = text[start : start + 100]
        expected = expected * 10 ** len(piece) + int(piece)
    assert value == -expected


def test_pairs_where_a_dict_would_lose_something() -> None:
    doubled = decode_one(b"%3\r\n+a\r\n:1\r\n+b\r\n:2\r\n+a\r\n:3\r\n")
    assert type(doubled) is Pairs
    assert doubled == [(b"a", 1), (b"b", 2), (b"a", 3)]
    assert decode_one(b"%2\r\n:1\r\n+a\r\n#t\r\n+b\r\n") == Pairs([(1, b"a"), (True, b"b")])
    assert decode_one(b"%1\r\n*1\r\n:1\r\n+a\r\n") == Pairs([([1], b"a")])
    assert decode_one(b"%1\r\n%1\r\n:1\r\n:2\r\n+a\r\n") == Pairs([({1: 2}, b"a")])
    # NaN equals nothing, itself included, so that a dict holds both.
    assert len(decode_one(b"%2\r\n,nan\r\n:1\r\n,nan\r\n:2\r\n")) == 2


def test_order_of_maps_is_kept() -> None:
    keys = [b"k%d" % (i * 7919 % 1000) for i in range(1000)]
    reply = decode_one(b"%1000\r\n" + b"".join(b"+%s\r\n:1\r\n" % key for key in keys))
    assert list(reply) == keys


def test_nested_maps_with_equal_keys_cost_no_more_than_others() -> None:
    # If each map that a dict cannot hold were built twice, this would take 2**500 steps.
    depth = 500
    reply = decode_one(b"%2\r\n+a\r\n:1\r\n+a\r\n" * depth + b":0\r\n", limits=Limits(max_depth=None))
    for _ in range(depth):
        assert type(reply) is Pairs
        reply = reply[1][1]
    assert reply == 0


def test_maps_as_pairs() -> None:
    assert decode_one(b"%1\r\n+a\r\n%0\r\n", maps="pairs") == Pairs([(b"a", Pairs())])


def test_sets() -> None:
    data = b"~2\r\n:1\r\n:2\r\n"
    assert decode_one(data) == [1, 2]
    assert decode_one(data, sets="set") == {1, 2}
    assert decode_one(b"~?\r\n:1\r\n.\r\n", sets="set") == {1}
    assert decode_one(b"~0\r\n", sets="set") == set()
    assert decode_one(b"~2\r\n:1\r\n:1\r\n", sets="set") == [1, 1]
    assert decode_one(b"~1\r\n*0\r\n", sets="set") == [[]]


def test_attributes() -> None:
    data = b"*2\r\n|1\r\n+ttl\r\n:3600\r\n:1\r\n:2\r\n"
    assert decode_one(data) == [1, 2]
    assert decode_one(data, attributes=True) == [Attributed(1, {b"ttl": 3600}), 2]
    push = b"|1\r\n+a\r\n:1\r\n>1\r\n+x\r\n"
    assert type(decode_one(push)) is Push
    assert decode_one(push, attributes=True) == Attributed(Push([b"x"]), {b"a": 1})
    # Several before one value are one, and what a dict cannot hold is a Pairs here too.
    twice = b"|1\r\n+a\r\n:1\r\n|1\r\n+a\r\n:2\r\n+x\r\n"
    assert decode_one(twice, attributes=True) == Attributed(b"x", Pairs([(b"a", 1), (b"a", 2)]))
    assert decode_one(twice) == b"x"
    nested = b"|1\r\n|1\r\n+in\r\n:1\r\n+key\r\n|0\r\n:2\r\n+x\r\n"
    assert decode_one(nested, attributes=True) == Attributed(b"x", Pairs([(Attributed(b"key", {b"in": 1}), Attributed(2, {}))]))


def test_attributes_in_maps() -> None:
    data = b"%1\r\n|1\r\n+a\r\n:1\r\n+key\r\n|1\r\n+b\r\n:2\r\n:3\r\n"
    assert decode_one(data) == {b"key": 3}
    assert decode_one(data, attributes=True) == Pairs([(Attributed(b"key", {b"a": 1}), Attributed(3, {b"b": 2}))])


def test_pushes_stand_between_replies() -> None:
    assert decode(b"+a\r\n>1\r\n+p\r\n+b\r\n") == [b"a", Push([b"p"]), b"b"]
    assert [type(reply) for reply in decode(b"+a\r\n>1\r\n+p\r\n+b\r\n")] == [bytes, Push, bytes]


class TestEncoding:
    def test_every_string_is_text(self) -> None:
        data = "*3\r\n+ä\r\n$3\r\n€\r\n=7\r\ntxt:€\r\n".encode()
        assert decode_one(data, encoding="utf-8") == ["ä", "€", "€"]
        assert type(decode_one(data, encoding="utf-8")[2]) is VerbatimStr
        assert decode_one(b"%1\r\n+a\r\n$?\r\n;1\r\nb\r\n;0\r\n", encoding="utf-8") == {"a": "b"}

    @pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "ascii", "latin-1", "utf-16-le", "cp1252", "shift_jis"])
    def test_codecs(self, encoding: str) -> None:
        text = "plain text, and a longer one" * 3
        data = text.encode(encoding)
        assert decode_one(b"$%d\r\n%s\r\n" % (len(data), data), encoding=encoding) == text

    def test_errors(self) -> None:
        data = b"$3\r\na\xffb\r\n"
        assert decode_one(data, encoding="utf-8", errors="replace") == "a\ufffdb"
        assert decode_one(data, encoding="utf-8", errors="surrogateescape") == "a\udcffb"
        assert decode_one(data, encoding="ascii", errors="ignore") == "ab"

    def test_a_refused_reply_is_passed_over_whole(self) -> None:
        decoder = Decoder(encoding="utf-8")
        decoder.feed(b"+a\r\n*3\r\n+b\r\n%1\r\n+k\r\n+\xff\r\n+c\r\n+d\r\n+\xfe\r\n+e\r\n")
        assert decoder.poll() == "a"
        with pytest.raises(UnicodeDecodeError):
            decoder.poll()
        assert decoder.poll() == "d"
        with pytest.raises(UnicodeDecodeError):
            decoder.poll()
        assert decoder.poll() == "e"
        assert decoder.poll() is NEED_MORE

    def test_poll_all_gives_the_good_ones_first(self) -> None:
        decoder = Decoder(encoding="utf-8")
        decoder.feed(b"+a\r\n+b\r\n+\xff\r\n+c\r\n+\xfe\r\n+\xfd\r\n+d\r\n+e\r\n+f\r\n:")
        assert decoder.poll_all() == ["a", "b"]
        with pytest.raises(UnicodeDecodeError):
            decoder.poll_all()
        assert decoder.poll_all() == ["c"]
        with pytest.raises(UnicodeDecodeError):
            decoder.poll()
        with pytest.raises(UnicodeDecodeError):
            decoder.poll_up_to(5)
        assert decoder.poll_up_to(2) == ["d", "e"]
        decoder.feed(b"1\r\n")
        assert decoder.poll_all() == ["f", 1]
        assert decoder.poll_all() == []

    def test_what_follows_a_refused_reply_can_be_had_as_bytes(self) -> None:
        decoder = Decoder(encoding="utf-8")
        decoder.feed(b"+\xff\r\n+\xfe\r\n+b\r\n")
        with pytest.raises(UnicodeDecodeError):
            decoder.poll_all()
        assert decoder.poll_all(decode=False) == [b"\xfe", b"b"]

    def test_reset_forgets_what_follows_a_refused_reply(self) -> None:
        decoder = Decoder(encoding="utf-8")
        decoder.feed(b"+a\r\n+\xff\r\n+b\r\n")
        assert decoder.poll_all() == ["a"]
        decoder.reset()
        assert decoder.poll_all() == []

    def test_bytes_on_demand(self) -> None:
        decoder = Decoder(encoding="utf-8")
        decoder.feed(b"+OK\r\n" * 3 + b"%1\r\n+key\r\n=5\r\ntxt:v\r\n" * 2)
        assert decoder.poll() == "OK"
        assert decoder.poll(decode=False) == b"OK"
        assert decoder.poll() == "OK"
        reply = decoder.poll(decode=False)
        assert reply == {b"key": b"v"}
        assert type(reply[b"key"]) is Verbatim
        assert decoder.poll() == {"key": "v"}

    def test_unknown_names(self) -> None:
        with pytest.raises(LookupError):
            Decoder(encoding="no-such-codec")
        with pytest.raises(LookupError):
            Decoder(encoding="utf-8", errors="no-such-handler")
        with pytest.raises(LookupError):
            Decoder(errors="no-such-handler")
        with pytest.raises(LookupError):
            Decoder(encoding="hex")
        with pytest.raises(ValueError, match="null"):
            Decoder(encoding="utf\0")


class TestReplyErrors:
    DATA = b"-ERR a\r\n*2\r\n:1\r\n-NO b\r\n+OK\r\n"

    def test_they_are_made_by_what_was_given(self) -> None:
        assert decode(self.DATA, reply_error=str.lower) == ["err a", [1, "no b"], b"OK"]
        (error, *_) = decode(self.DATA, reply_error=KeyError)
        assert isinstance(error, KeyError)
        assert error.args == ("ERR a",)
        assert decode_one(b"-\xff\r\n", reply_error=lambda text: text) == "\udcff"

    def test_what_it_raises_is_raised(self) -> None:
        def refuse(text: str) -> None:
            raise LookupError(text)

        decoder = Decoder(reply_error=refuse)
        decoder.feed(b"+a\r\n" + self.DATA)
        assert decoder.poll_all() == [b"a"]
        with pytest.raises(LookupError, match="ERR a"):
            decoder.poll_all()
        with pytest.raises(LookupError, match="NO b"):
            decoder.poll()
        assert decoder.poll() == b"OK"

    def test_it_must_be_callable(self) -> None:
        with pytest.raises(TypeError, match="expected a callable, found str"):
            Decoder(reply_error="ReplyError")  # type: ignore[arg-type]

    def test_a_cycle_through_it_is_collected(self) -> None:
        class Client:
            def __init__(self) -> None:
                self.decoder = Decoder(reply_error=self.error)

            def error(self, text: str) -> str:
                return text

        watched = weakref.ref(Client())
        gc.collect()
        assert watched() is None


class TestInput:
    @pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64])
    def test_any_pieces(self, size: int) -> None:
        data = b"*2\r\n$5\r\nhello\r\n%1\r\n+a\r\n(12\r\n>1\r\n+p\r\n$?\r\n;2\r\nab\r\n;0\r\n=5\r\ntxt:x\r\n-ERR\r\n" * 4
        whole = decode(data)
        decoder = Decoder()
        one_by_one: list[Any] = []
        for start in range(0, len(data), size):
            decoder.feed(data[start : start + size])
            one_by_one += decoder
        assert one_by_one == whole
        assert len(whole) == 20

    def test_any_buffer(self) -> None:
        data = b"$5\r\nhello\r\n"
        with mmap.mmap(-1, len(data)) as mapped:
            mapped[:] = data
            writable = bytearray(data)
            for given in (data, writable, memoryview(data), memoryview(writable), array.array("B", data), mapped):
                decoder = Decoder()
                decoder.feed(given)
                assert decoder.poll() == b"hello"
        decoder = Decoder()
        decoder.feed("+ä\r\n")
        assert decoder.poll() == "ä".encode()
        decoder.feed(b"")
        assert decoder.poll() is NEED_MORE

    def test_input_is_copied(self) -> None:
        data = bytearray(b"+abc\r")
        decoder = Decoder()
        decoder.feed(data)
        data[:] = b"xxxxxxxxxxxx"
        decoder.feed(b"\n")
        assert decoder.poll() == b"abc"

    @pytest.mark.parametrize("given", [None, 1, 1.5, ["+OK\r\n"], object(), Decoder()], ids=repr)
    def test_anything_else_is_refused(self, given: Any) -> None:
        with pytest.raises(TypeError, match="expected bytes-like or str, found"):
            Decoder().feed(given)

    def test_a_view_with_gaps_is_refused(self) -> None:
        with pytest.raises(BufferError):
            Decoder().feed(memoryview(b"abcdef")[::2])

    def test_text_that_has_no_utf8_is_refused(self) -> None:
        with pytest.raises(UnicodeEncodeError):
            Decoder().feed("\ud800")


class TestPolling:
    def test_need_more_is_not_none(self) -> None:
        decoder = Decoder()
        assert decoder.poll() is NEED_MORE
        assert not NEED_MORE
        decoder.feed(b"_\r\n")
        assert decoder.poll() is None

    def test_poll_up_to(self) -> None:
        decoder = Decoder()
        decoder.feed(b":1\r\n:2\r\n:3\r\n")
        assert decoder.poll_up_to(0) == []
        assert decoder.poll_up_to(2) == [1, 2]
        assert decoder.poll_up_to(2) == [3]
        assert decoder.poll_up_to(2) == []
        with pytest.raises((OverflowError, ValueError)):
            decoder.poll_up_to(-1)

    def test_iterating_ends_and_goes_on(self) -> None:
        decoder = Decoder()
        assert iter(decoder) is decoder
        decoder.feed(b":1\r\n:2\r\n:")
        assert list(decoder) == [1, 2]
        decoder.feed(b"3\r\n")
        assert list(decoder) == [3]

    def test_offsets(self) -> None:
        decoder = Decoder()
        decoder.feed(b"$5\r\nhello\r\n$10\r\nabc")
        assert (decoder.offset, decoder.buffered) == (0, 19)
        assert decoder.poll() == b"hello"
        assert (decoder.offset, decoder.buffered) == (11, 8)
        assert decoder.poll() is NEED_MORE
        assert decoder.needed == 9
        assert repr(decoder) == "<Decoder offset=11 buffered=8>"

    def test_tokens(self) -> None:
        decoder = Decoder()
        decoder.feed(b"*2\r\n:1\r\n$3\r\nab")
        assert decoder.poll() is NEED_MORE
        assert decoder.tokens() == [
            Token(Kind.ARRAY, False, 0, 0, 4, 0, 2, 4),
            Token(Kind.INTEGER, False, 4, 1, 1, 1, 0, 4),
        ]
        assert decoder.last_tokens() == []
        decoder.feed(b"c\r\n:2\r\n")
        assert decoder.poll_all() == [[1, b"abc"], 2]
        assert [token.kind for token in decoder.last_tokens()] == ["array", "integer", "bulk_string", "integer"]
        assert [token.offset for token in decoder.last_tokens()] == [0, 4, 8, 17]
        assert decoder.tokens() == []

    def test_state_hash(self) -> None:
        one, other = Decoder(), Decoder()
        assert one.state_hash() == other.state_hash()
        one.feed(b"+O")
        assert one.state_hash() != other.state_hash()
        other.feed(b"+")
        other.feed(b"O")
        assert one.state_hash() == other.state_hash()
        assert one.state_hash() != Decoder(limits=Limits(max_depth=2)).state_hash()


class TestErrors:
    def test_what_an_error_says(self) -> None:
        decoder = Decoder()
        decoder.feed(b"+OK\r\n:12a\r\n")
        assert decoder.poll() == b"OK"
        with pytest.raises(ProtocolError) as caught:
            decoder.poll()
        error = caught.value
        assert isinstance(error, ValueError)
        assert error.code == "invalid_integer"
        assert error.offset == 6
        assert error.expected
        assert error.found
        assert str(error) == f"at byte {error.offset}: expected {error.expected}, found {error.found}"

    def test_errors_are_sticky_until_reset(self) -> None:
        decoder = Decoder()
        decoder.feed(b":1\r\n@")
        assert decoder.poll_all() == [1]
        assert decoder.error is None or decoder.error.code == "unknown_type"
        for poll in (decoder.poll, decoder.poll_all, lambda: decoder.poll_up_to(3), lambda: next(decoder)):
            with pytest.raises(ProtocolError) as caught:
                poll()
            assert (caught.value.code, caught.value.offset) == ("unknown_type", 4)
            decoder.feed(b":2\r\n")
        assert decoder.error is not None
        assert decoder.error.code == "unknown_type"
        assert "unknown_type" in repr(decoder)
        assert decoder.needed == 0
        decoder.reset()
        assert decoder.error is None
        decoder.feed(b":2\r\n")
        assert decoder.poll() == 2
        assert decoder.offset == 4

    @pytest.mark.parametrize(
        ("limits", "data", "code"),
        [
            (Limits(max_depth=2), b"*1\r\n*1\r\n*1\r\n", "depth_limit"),
            (Limits(max_bulk=3), b"$4\r\n", "bulk_limit"),
            (Limits(max_line=4), b"+abcde", "line_limit"),
            (Limits(max_elements=2), b"*3\r\n", "elements_limit"),
            (Limits(max_reply=10), b"$20\r\n", "reply_limit"),
        ],
        ids=lambda value: value if isinstance(value, str) else None,
    )
    def test_limits(self, limits: Limits, data: bytes, code: str) -> None:
        decoder = Decoder(limits=limits)
        decoder.feed(data)
        with pytest.raises(ProtocolError) as caught:
            decoder.poll()
        assert caught.value.code == code
        assert decoder.limits is limits

    def test_announced_numbers_reserve_nothing(self) -> None:
        unlimited = Limits(max_depth=None, max_bulk=None, max_line=None, max_elements=None, max_reply=None)
        for header in (b"*1000000000\r\n", b"%500000000\r\n", b"$1000000000000\r\n", b"*60000000\r\n" * 16):
            decoder = Decoder(limits=unlimited)
            decoder.feed(header)
            assert decoder.poll() is NEED_MORE

    def test_deep_replies(self) -> None:
        depth = 100_000
        unlimited = Limits(max_depth=None)
        reply = decode_one(b"*1\r\n" * depth + b":7\r\n", limits=unlimited)
        for _ in range(depth):
            (reply,) = reply
        assert reply == 7
        with pytest.raises(ProtocolError):
            decode(b"*1\r\n" * 2000)

    @pytest.mark.parametrize(
        "options",
        [
            {"maps": "Dict"},
            {"sets": "tuple"},
            {"maps": ""},
        ],
        ids=str,
    )
    def test_unknown_options(self, options: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="expected"):
            Decoder(**options)

    @pytest.mark.parametrize(
        "options",
        [{"maps": 1}, {"limits": 5}, {"limits": {}}, {"encoding": b"utf-8"}, {"attributes": 1}, {"unknown": 1}],
        ids=str,
    )
    def test_options_of_a_wrong_type(self, options: dict[str, Any]) -> None:
        with pytest.raises(TypeError):
            Decoder(**options)
        with pytest.raises(TypeError):
            Decoder(Limits())  # type: ignore[misc]


def test_a_call_from_inside_a_call_is_refused() -> None:
    caught: list[BaseException] = []

    def handler(error: UnicodeError) -> tuple[str, int]:
        for call in (decoder.poll, lambda: decoder.feed(b""), decoder.reset, lambda: decoder.buffered):
            try:
                call()
            except RuntimeError as refused:
                caught.append(refused)
        assert isinstance(error, UnicodeDecodeError)
        return "?", error.end

    codecs.register_error("quorate-test", handler)
    decoder = Decoder(encoding="ascii", errors="quorate-test")
    decoder.feed(b"+a\xff\r\n+b\r\n")
    assert decoder.poll_all() == ["a?", "b"]
    assert len(caught) == 4
