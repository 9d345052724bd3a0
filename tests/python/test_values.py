"""The values: compared, printed, pickled, copied and matched."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import quorate
from quorate import resp
from quorate.cluster import UnknownSlot
from quorate.resp import (
    NEED_MORE,
    Attributed,
    CommitError,
    Decoder,
    EncodeError,
    Encoder,
    Kind,
    Limits,
    NeedMore,
    Pairs,
    Prefix,
    PrefixError,
    ProtocolError,
    Push,
    ReplyError,
    Request,
    RequestDecoder,
    RequestError,
    RequestLimits,
    Token,
    UnbalancedQuotes,
    Verbatim,
    VerbatimStr,
)

VALUES = [
    NEED_MORE,
    Pairs([(b"a", 1), (b"a", [2])]),
    Push([b"message", b"x"]),
    Verbatim(b"abc", "mkd"),
    VerbatimStr("abc\u20ac", "mkd"),
    Attributed(b"x", {b"a": 1}),
    Request([b"GET", b"k"], inline=True, offset=7),
    ReplyError("ERR no"),
    Limits(max_depth=7, max_bulk=None),
    RequestLimits(authenticated=False),
    Token(Kind.ARRAY, False, 0, 0, 4, 0, 2, 4),
    Prefix("SET", b"k", more=2),
]
NAMES = {name: getattr(resp, name) for name in resp.__all__}


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(value: Any, protocol: int) -> None:
    same(pickle.loads(pickle.dumps(value, protocol)), value)


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_copy(value: Any, duplicate: Callable[[Any], Any]) -> None:
    same(duplicate(value), value)


def same(found: Any, value: Any) -> None:
    assert type(found) is type(value)
    assert found == value
    assert repr(found) == repr(value)
    for name in ("format", "inline", "offset", "raw", "more"):
        assert getattr(found, name, None) == getattr(value, name, None)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_repr_can_be_read_back(value: Any) -> None:
    # An enumeration prints as `<Kind.ARRAY: 'array'>`, and so does what holds one.
    text = repr(value).replace("<Kind.ARRAY: 'array'>", "Kind.ARRAY")
    same(eval(text, NAMES), value)


@pytest.mark.parametrize("live", [Decoder(), Encoder(), RequestDecoder()], ids=repr)
def test_live_objects_are_not_pickled(live: Any) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="cannot pickle"):
            pickle.dumps(live, protocol)
    with pytest.raises(TypeError):
        copy.copy(live)


ERRORS = [
    ProtocolError("at byte 3: expected x, found y", "invalid_length", 3, "x", "y"),
    RequestError("Protocol error: unbalanced quotes in request", "unbalanced_quotes", 3),
    EncodeError("message", "line_break"),
    CommitError("message", "commit_too_long"),
    PrefixError("message", "wrong_argument_count"),
    UnbalancedQuotes("message", "unbalanced_quotes"),
    UnknownSlot("message", "unknown_slot"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors(error: Any) -> None:
    assert isinstance(error, quorate.Error)
    loaded = pickle.loads(pickle.dumps(error))
    assert type(loaded) is type(error)
    assert (str(loaded), loaded.code, vars(loaded)) == (str(error), error.code, vars(error))
    assert type(error).__module__ in ("quorate.resp", "quorate.cluster")


def test_names_are_those_of_the_public_modules() -> None:
    for module in (quorate.resp, quorate.cluster):
        for name in module.__all__:
            thing = getattr(module, name)
            if isinstance(thing, type):
                assert (thing.__module__, thing.__qualname__) == (module.__name__, name)
    assert quorate.Error.__module__ == "quorate"


def test_need_more() -> None:
    assert not NEED_MORE
    assert repr(NEED_MORE) == str(NEED_MORE) == "NEED_MORE"
    assert pickle.loads(pickle.dumps(NEED_MORE)) is NEED_MORE
    assert copy.deepcopy(NEED_MORE) is NEED_MORE
    assert isinstance(NEED_MORE, NeedMore)


def test_match() -> None:
    def kind(value: Any) -> Any:
        match value:
            case Push([b"invalidate", keys]):
                return "push", keys
            case ReplyError("MOVED", message):
                return "moved", message
            case ReplyError(code):
                return "error", code
            case Attributed(inner, attributes):
                return inner, attributes
            case Verbatim(format="mkd"):
                return "markdown"
            case Request([b"SET", key, _], inline=inline):
                return key, inline
            case Token(kind=Kind.ARRAY, elements=elements):
                return elements
            case Pairs([(key, _), *_]):
                return key
            case {b"a": inner}:
                return inner
            case resp.NEED_MORE:
                return "more"
        return None

    assert kind(Push([b"invalidate", [b"k"]])) == ("push", [b"k"])
    assert kind(Push([b"message"])) is None
    assert kind(ReplyError("MOVED 1 h:1")) == ("moved", "MOVED 1 h:1")
    assert kind(ReplyError("ERR no")) == ("error", "ERR")
    assert kind(Attributed(1, {})) == (1, {})
    assert kind(Verbatim(b"x", "mkd")) == "markdown"
    assert kind(Verbatim(b"x", "txt")) is None
    assert kind(Request([b"SET", b"k", b"v"])) == (b"k", False)
    assert kind(Token(Kind.ARRAY, False, 0, 0, 4, 0, 2, 4)) == 2
    assert kind(Pairs([(1, 2), (1, 3)])) == 1
    assert kind({b"a": 5}) == 5
    assert kind(NEED_MORE) == "more"


class TestReplyError:
    def test_code(self) -> None:
        assert ReplyError("WRONGTYPE Operation against").code == "WRONGTYPE"
        assert ReplyError("").code == ""
        assert ReplyError("ERR").code == "ERR"
        assert issubclass(ReplyError, quorate.Error)

    def test_bytes_that_are_no_text_survive(self) -> None:
        decoder = Decoder()
        decoder.feed(b"-ERR \xff\xc3\xa4\r\n")
        error = decoder.poll()
        assert error.raw == b"ERR \xff\xc3\xa4"
        assert str(error) == error.message == "ERR \\xff\u00e4"
        str(error).encode()
        assert pickle.loads(pickle.dumps(error)).raw == error.raw

    def test_equality(self) -> None:
        assert ReplyError("a") == ReplyError("a")
        assert ReplyError("a") != ReplyError("b")
        assert ReplyError("a") != "a"
        assert {ReplyError("a"), ReplyError("a")} == {ReplyError("a")}

    def test_it_is_returned_and_can_be_raised(self) -> None:
        decoder = Decoder()
        decoder.feed(b"*1\r\n-ERR in\r\n-ERR top\r\n")
        assert decoder.poll() == [ReplyError("ERR in")]
        with pytest.raises(ReplyError, match="ERR top"):
            raise decoder.poll()


def test_pairs() -> None:
    pairs = Pairs([(b"a", 1), (b"b", 2), (b"a", 3)])
    assert pairs.get_all(b"a") == [1, 3]
    assert pairs.get_all(b"c") == []
    assert list(pairs.items()) == list(pairs)
    assert dict(pairs) == {b"a": 3, b"b": 2}


def test_formats() -> None:
    assert Verbatim(b"x").format == "txt"
    assert Verbatim(b"x") == b"x"
    assert VerbatimStr("x") == "x"
    for bad in ("", "abcd", "ab\u20ac"):
        with pytest.raises(ValueError, match="three characters"):
            Verbatim(b"x", bad)
        with pytest.raises(ValueError, match="three characters"):
            VerbatimStr("x", bad)
    decoder = Decoder()
    decoder.feed(b"=5\r\n\xff\r\n:x\r\n")
    assert decoder.poll().format == "\xff\r\n"


@pytest.mark.parametrize("limits", [Limits, RequestLimits])
def test_limits(limits: type[Limits] | type[RequestLimits]) -> None:
    assert limits() == limits()
    assert hash(limits()) == hash(limits())
    assert limits(max_bulk=5) != limits()
    for name in ("max_bulk", "max_line"):
        with pytest.raises(ValueError, match=name):
            limits(**{name: -1})
        with pytest.raises(ValueError, match=name):
            limits(**{name: 1 << 64})
        with pytest.raises(TypeError, match=name):
            limits(**{name: "5"})
    with pytest.raises(AttributeError):
        limits().max_bulk = 1  # type: ignore[misc]


def test_the_largest_limits() -> None:
    most = (1 << 64) - 1
    limits = Limits(max_depth=most, max_bulk=most, max_line=most, max_elements=most, max_reply=most)
    decoder = Decoder(limits=limits)
    decoder.feed(b"*1\r\n+OK\r\n")
    assert decoder.poll() == [b"OK"]
    assert RequestDecoder(limits=RequestLimits(max_args=most, max_bulk=most, max_line=most)).poll() is NEED_MORE
