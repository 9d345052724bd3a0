"""Reads `tests/corpus`, whose README says what a case is, and prints values as its results have them."""

from __future__ import annotations

import math
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quorate.resp import Attributed, Pairs, Push, ReplyError, Verbatim

# The corpus has numbers of tens of thousands of digits, which Python does not print unless asked.
sys.set_int_max_str_digits(0)

CORPUS = Path(__file__).resolve().parents[1] / "corpus"


@dataclass
class Case:
    place: str
    command: str
    options: list[str]
    lines: list[str]
    result: list[str]

    @property
    def inputs(self) -> list[bytes]:
        """The input lines as bytes."""
        return [_input(line) for line in self.lines]

    @property
    def data(self) -> bytes:
        """The input as a whole."""
        return b"".join(self.inputs)

    def settings(self) -> dict[str, int | None]:
        """The options of the form NAME=N."""
        pairs = (option.split("=") for option in self.options if "=" in option)
        return {name: None if value == "off" else int(value) for name, value in pairs}


def cases(folder: str) -> Iterator[Case]:
    """Every case of every file of a folder of the corpus."""
    for path in sorted((CORPUS / folder).glob("*.txt")):
        number = 1
        for block in path.read_text("ascii").split("\n\n"):
            lines = block.strip("\n").split("\n")
            first = number + (len(block) - len(block.lstrip("\n")))
            number += block.count("\n") + 2
            prose = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
            body = lines[prose:]
            if not body or body == [""]:
                continue
            command, *options = body[0].split(" ")
            dashes = body.index("----")
            place = f"{path.name}:{first + prose}"
            yield Case(place, command, options, body[1:dashes], body[dashes + 1 :])


def _input(line: str) -> bytes:
    if match := re.fullmatch(r"repeat (\d+) (.*)", line):
        return unescape(match[2]) * int(match[1])
    return unescape(line)


def unescape(text: str) -> bytes:
    plain = {"r": "\r", "n": "\n", "t": "\t", "s": " ", "\\": "\\"}
    return re.sub(
        r"\\(x([0-9a-fA-F]{2})|.)",
        lambda match: chr(int(match[2], 16)) if match[2] else plain[match[1]],
        text,
    ).encode("latin-1")


def quote(data: bytes) -> str:
    special = {0x22: '\\"', 0x5C: "\\\\", 0x0D: "\\r", 0x0A: "\\n"}
    text = (special.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}") for byte in data)
    return f'"{"".join(text)}"'


def canonical(value: Any) -> str:
    """The text of a value of a decoder with ``attributes=True``. Nothing recurses, for the corpus nests deeper than Python."""
    parts: list[str] = []
    todo: list[Any] = [(value,)]  # A tuple holds a value to print; a str is text.
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            parts.append(item)
            continue
        (value,) = item
        if isinstance(value, Attributed):
            todo += [(value.value,), " ", *_pairs(value.attributes, "|{")]
        elif isinstance(value, dict | Pairs):
            todo += _pairs(value, "{")
        elif isinstance(value, list):
            todo.append("]")
            for index in reversed(range(len(value))):
                todo += [(value[index],), ", " if index else ""]
            todo.append(">[" if isinstance(value, Push) else "[")
        else:
            parts.append(_leaf(value))
    return "".join(parts)


def _pairs(pairs: dict[Any, Any] | Pairs, opening: str) -> list[Any]:
    todo: list[Any] = ["}"]
    for index, (key, value) in reversed(list(enumerate(pairs.items()))):
        todo += [(value,), ": ", (key,), ", " if index else ""]
    return [*todo, opening]


def _leaf(value: Any) -> str:
    match value:
        case None:
            return "null"
        case True | False:
            return str(value).lower()
        case int():
            return str(value)
        case float():
            return _double(value)
        case Verbatim():
            return f"{quote(value.format.encode('latin-1'))[1:-1]}:{quote(value)}"
        case bytes():
            return quote(value)
        case ReplyError():
            return "!" + quote(value.raw)
    raise TypeError(f"no value of a decoder: {value!r}")


def _double(value: float) -> str:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value.is_integer() and abs(value) < 2**53 and not (value == 0 and math.copysign(1, value) < 0):
        return str(int(value))
    return f"f64:{struct.pack('>d', value).hex()}"
