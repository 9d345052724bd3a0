"""Runs the corpus: the cases that every language runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from corpus import Case, canonical, cases, quote, unescape
from quorate.cluster import UnknownSlot, group_by_slot, hash_tag, key_slot, key_slots, tag_for_slot
from quorate.resp import (
    NEED_MORE,
    Decoder,
    EncodeError,
    Encoder,
    Limits,
    ProtocolError,
    RequestDecoder,
    RequestError,
    RequestLimits,
    Token,
    encode_command,
)

CASES = [case for folder in ("resp", "cluster") for case in cases(folder)]
SIZES = [0, 1, 7]
"""How many bytes are fed at once; 0 for all."""


def test_every_kind_of_case_is_there() -> None:
    counts = Counter(case.command for case in CASES)
    assert set(counts) == set(RUNNERS)
    assert sum(counts.values()) > 300


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.place} {case.command}")
def test_case(case: Case) -> None:
    RUNNERS[case.command](case)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + (size or len(data))] for start in range(0, len(data), size or len(data) or 1))


def poll_one(decoder: Decoder) -> list[Any]:
    reply = decoder.poll()
    return [] if reply is NEED_MORE else [reply]


def poll_two(decoder: Decoder) -> list[Any]:
    return decoder.poll_up_to(2)


def feed_reserved(decoder: Decoder, piece: bytes) -> None:
    decoder.reserve(len(piece) + 5)[: len(piece)] = piece
    decoder.commit(len(piece))


def decode(case: Case) -> None:
    limits = Limits(**case.settings())
    for size in SIZES:
        for feed, poll in [(Decoder.feed, poll_one), (Decoder.feed, Decoder.poll_all), (feed_reserved, poll_two)]:
            assert outcome(case, Decoder(limits=limits, attributes=True), size, feed, poll) == case.result


def outcome(
    case: Case,
    decoder: Decoder,
    size: int,
    feed: Callable[[Decoder, bytes], None],
    poll: Callable[[Decoder], list[Any]],
) -> list[str]:
    lines: list[str] = []
    fed = 0
    for piece in pieces(case.data, size):
        feed(decoder, piece)
        fed += len(piece)
        try:
            while replies := poll(decoder):
                lines += map(canonical, replies)
        except ProtocolError as error:
            assert decoder.error is not None
            assert decoder.needed == 0
            decoder.feed(b"+OK\r\n")
            with pytest.raises(ProtocolError) as again:
                poll(decoder)
            assert (str(again.value), again.value.offset) == (str(error), error.offset) == (str(decoder.error), error.offset)
            return [*lines, f"error {error.code} @{error.offset}"]
        assert decoder.needed >= 1
        assert decoder.error is None
        assert decoder.offset + decoder.buffered == fed
    return [*lines, "need_more"] if decoder.buffered else lines


def tokens(case: Case) -> None:
    for size in SIZES:
        decoder = Decoder()
        found: list[str] = []
        for piece in pieces(case.data, size):
            decoder.feed(piece)
            while decoder.poll() is not NEED_MORE:
                found += map(token_line, decoder.last_tokens())
        found += map(token_line, decoder.tokens())
        assert found == case.result


def token_line(token: Token) -> str:
    line = f"{token.offset} {token.kind} depth={token.depth} header={token.header} length={token.length}"
    if token.kind in ("array", "map", "set", "push", "attribute", "streamed_string"):
        line += f" elements={token.elements}"
    return line + (" streamed" if token.streamed else "")


def encode(case: Case) -> None:
    encoder = Encoder(int(case.options[0]))
    written = b""
    for line in case.lines:
        try:
            call(encoder, line)
        except EncodeError as error:
            assert case.result == [f"error {error.code}"]
            return
        written += encoder.take()
    assert encoder.is_complete
    assert [quote(written)] == [quote(unescape("".join(case.result)))]


def call(encoder: Encoder, line: str) -> None:
    name, _, rest = line.partition(" ")
    method = getattr(encoder, name)
    match name:
        case "null" | "null_array" | "stream_string" | "stream_array" | "stream_set" | "stream_map" | "end_string" | "end":
            method()
        case "integer" | "array" | "set" | "push" | "map" | "attributes":
            method(int(rest))
        case "double":
            method(float(rest))
        case "boolean":
            method(rest == "true")
        case "verbatim":
            format, _, text = rest.partition(" ")
            method(unescape(format).decode("latin-1"), unescape(text))
        case _:
            method(unescape(rest))


def command(case: Case) -> None:
    assert [quote(encode_command(*case.inputs))] == [quote(unescape("".join(case.result)))]


def request(case: Case) -> None:
    limits = RequestLimits(**case.settings(), authenticated="unauthenticated" not in case.options)
    for size in SIZES:
        decoder = RequestDecoder(limits=limits)
        lines: list[str] = []
        for piece in pieces(case.data, size):
            decoder.feed(piece)
            try:
                while (found := decoder.poll()) is not NEED_MORE:
                    lines.append(" ".join(map(quote, found)))
            except RequestError as error:
                lines.append(f"error {error.code} @{error.offset}")
                assert decoder.error is not None
                assert decoder.error.offset == error.offset
                break
        else:
            lines += ["need_more"] if decoder.buffered else []
        assert lines == case.result


def slot(case: Case) -> None:
    assert [str(key_slot(key)) for key in case.inputs] == case.result
    assert list(map(str, key_slots(case.inputs))) == case.result


def tag_of_key(case: Case) -> None:
    assert [quote(hash_tag(key)) for key in case.inputs] == case.result


def tag(case: Case) -> None:
    found = []
    for line in case.lines:
        try:
            found.append(tag_for_slot(int(line)))
        except UnknownSlot as error:
            found.append(f"error {error.code}")
    assert found == case.result


def group(case: Case) -> None:
    groups = group_by_slot(case.inputs)
    assert [f"{slot}: {' '.join(map(str, indices))}" for slot, indices in groups.items()] == case.result


RUNNERS = {
    "decode": decode,
    "tokens": tokens,
    "encode": encode,
    "command": command,
    "request": request,
    "slot": slot,
    "hash_tag": tag_of_key,
    "tag": tag,
    "group": group,
}
