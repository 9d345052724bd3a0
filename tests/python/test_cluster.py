"""Slots, beside what the corpus says of them: types, batches and misuse."""

from __future__ import annotations

import binascii
import random
from collections.abc import Callable
from typing import Any

import pytest
from quorate.cluster import SLOTS, UnknownSlot, group_by_slot, hash_tag, key_slot, key_slots, tag_for_slot


def naive(key: bytes) -> int:
    """As the specification says it, with Python's own CRC."""
    start = key.find(b"{")
    end = key.find(b"}", start + 1)
    if start >= 0 and end > start + 1:
        key = key[start + 1 : end]
    return binascii.crc_hqx(key, 0) % 16384


def test_many_keys() -> None:
    source = random.Random(7)
    keys = [source.randbytes(source.randrange(200)) for _ in range(5_000)]
    keys += [bytes(source.choices(b"{}a", k=source.randrange(12))) for _ in range(5_000)]
    expected = [naive(key) for key in keys]
    assert [key_slot(key) for key in keys] == expected
    assert key_slots(keys) == expected
    assert key_slots(map(bytearray, keys)) == expected
    groups = group_by_slot(keys)
    assert list(groups) == sorted(set(expected))
    assert {slot: [i for i, s in enumerate(expected) if s == slot] for slot in groups} == groups


def test_any_key() -> None:
    for key in ("\u20ac", "\u20ac".encode(), bytearray("\u20ac".encode()), memoryview("\u20ac".encode())):
        assert key_slot(key) == naive(b"\xe2\x82\xac")
        assert hash_tag(key) == b"\xe2\x82\xac"
    assert key_slots([]) == []
    assert key_slots(("a", b"b")) == [15495, 3300]
    assert key_slots({"a": 1}) == [15495]
    assert group_by_slot(iter(["a"])) == {15495: [0]}


@pytest.mark.parametrize("call", [key_slot, hash_tag, lambda key: key_slots([key]), lambda key: group_by_slot([key])])
@pytest.mark.parametrize("key", [None, 5, 1.5, ["a"]], ids=repr)
def test_no_key(call: Callable[[Any], Any], key: Any) -> None:
    with pytest.raises(TypeError, match="expected bytes-like or str, found"):
        call(key)


@pytest.mark.parametrize("call", [key_slots, group_by_slot])
def test_one_key_is_no_batch(call: Callable[[Any], Any]) -> None:
    for one in ("key", b"key", bytearray(b"key")):
        with pytest.raises(TypeError, match="found one key"):
            call(one)
    with pytest.raises(TypeError):
        call(5)
    with pytest.raises(UnicodeEncodeError):
        call(["\ud800"])


def test_an_iterable_that_fails() -> None:
    def keys() -> Any:
        yield "a"
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        key_slots(keys())


def test_tags() -> None:
    assert SLOTS == 16384
    for slot in range(SLOTS):
        assert key_slot("{" + tag_for_slot(slot) + "}x") == slot
    for slot in (-1, SLOTS, 65536, 2**70):
        with pytest.raises(UnknownSlot) as caught:
            tag_for_slot(slot)
        assert caught.value.code == "unknown_slot"
        assert isinstance(caught.value, ValueError)
    with pytest.raises(TypeError):
        tag_for_slot("1")  # type: ignore[arg-type]
