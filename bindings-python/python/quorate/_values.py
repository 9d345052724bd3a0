"""The values that go in and come out, as plain Python classes: comparable, printable, picklable, and made for `match`."""

from __future__ import annotations

import enum
import sys
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, TypeVar

from ._errors import ReplyError

if TYPE_CHECKING and sys.version_info < (3, 12):
    from typing_extensions import disjoint_base
else:
    _T = TypeVar("_T")

    def disjoint_base(class_: _T) -> _T:
        return class_


class NeedMore(enum.Enum):
    """The type of `NEED_MORE`, for annotations."""

    NEED_MORE = "need_more"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "NEED_MORE"

    __str__ = __repr__


NEED_MORE: Final = NeedMore.NEED_MORE
"""What `poll` returns when no reply is complete: feed more bytes. It is false, and the only object of its type, so test it
with ``is``: `None`, `0` and the empty values are replies like any other."""


class Pairs(list[tuple[Any, Any]]):
    """A map as a list of ``(key, value)`` tuples, in the order in which they were sent.

    A decoder returns it in place of a `dict` where a `dict` would lose something: two keys are equal, or one cannot be hashed
    (a list, say). With ``maps="pairs"`` it returns nothing else.

    >>> from quorate.resp import Decoder
    >>> decoder = Decoder()
    >>> decoder.feed(b"%2\\r\\n+a\\r\\n:1\\r\\n+a\\r\\n:2\\r\\n")
    >>> decoder.poll()
    Pairs([(b'a', 1), (b'a', 2)])
    """

    __slots__ = ()

    def items(self) -> Iterable[tuple[Any, Any]]:
        """The pairs, so that ``for key, value in reply.items()`` reads a `dict` and a `Pairs` alike."""
        return iter(self)

    def get_all(self, key: object) -> list[Any]:
        """The values of every pair whose key equals `key`, in order."""
        return [value for other, value in self if other == key]

    def __repr__(self) -> str:
        return f"Pairs({list.__repr__(self)})"


class Push(list[Any]):
    """A message that the server sent on its own account, between replies: a published message, an invalidation.

    It is a list whose first element names its kind. It answers no command, so a client must not count it as a reply.

    >>> from quorate.resp import Push
    >>> match Push([b"invalidate", [b"user:7"]]):
    ...     case Push([b"invalidate", keys]):
    ...         print(keys)
    [b'user:7']
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Push({list.__repr__(self)})"


@disjoint_base  # Its format makes its instances larger than those of `bytes`, which type checkers of old versions must know.
class Verbatim(bytes):
    """A string with a three-character format, such as ``txt`` or ``mkd``: what a RESP3 server sends to be shown as it is.

    It is the `bytes` of the text, equal to them and usable like them.

    >>> from quorate.resp import Verbatim
    >>> Verbatim(b"# Title", "mkd")
    Verbatim(b'# Title', 'mkd')
    """

    _format: str

    def __new__(cls, data: bytes = b"", format: str = "txt") -> Verbatim:
        """Makes one of `data`, with a `format` of three Latin-1 characters."""
        value = super().__new__(cls, data)
        value._format = _checked_format(format)
        return value

    @property
    def format(self) -> str:
        """The three characters of the format, each standing for the byte of its number."""
        return self._format

    def __repr__(self) -> str:
        return f"Verbatim({bytes.__repr__(self)}, {self._format!r})"

    def __getnewargs__(self) -> tuple[bytes, str]:  # type: ignore[override]
        return bytes(self), self._format


class VerbatimStr(str):
    """A `Verbatim` of a decoder that has an ``encoding``: the `str` of the text, equal to it and usable like it."""

    _format: str

    def __new__(cls, text: str = "", format: str = "txt") -> VerbatimStr:
        """Makes one of `text`, with a `format` of three Latin-1 characters."""
        value = super().__new__(cls, text)
        value._format = _checked_format(format)
        return value

    @property
    def format(self) -> str:  # type: ignore[override]  # the format of the reply is of more use here than str.format
        """The three characters of the format, each standing for the byte of its number."""
        return self._format

    def __repr__(self) -> str:
        return f"VerbatimStr({str.__repr__(self)}, {self._format!r})"

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        return str(self), self._format


def _checked_format(format: str) -> str:
    if len(format) != 3 or not all(ord(character) < 256 for character in format):
        raise ValueError(f"a format is three characters of Latin-1, found {format!r}")
    return format


@dataclass(frozen=True, slots=True)
class Attributed:
    """A value with what the server said about it. Decoders return it only with ``attributes=True``.

    >>> from quorate.resp import Attributed, Decoder
    >>> decoder = Decoder(attributes=True)
    >>> decoder.feed(b"|1\\r\\n+ttl\\r\\n:3600\\r\\n+value\\r\\n")
    >>> decoder.poll()
    Attributed(value=b'value', attributes={b'ttl': 3600})
    """

    value: Any
    """The value itself."""
    attributes: dict[Any, Any] | Pairs
    """The attributes, in the shape that the decoder gives to maps."""


class Request(list[bytes]):
    """A command that a client sent: the list of its arguments, the command's name first.

    >>> from quorate.resp import RequestDecoder
    >>> decoder = RequestDecoder()
    >>> decoder.feed(b"SET greeting 'hello world'\\r\\n")
    >>> match decoder.poll():
    ...     case [b"SET", key, value]:
    ...         print(key, value)
    b'greeting' b'hello world'
    """

    __slots__ = ("inline", "offset")

    inline: bool
    """Whether it came as a line of text, as a person types it, and not as an array of strings."""
    offset: int
    """Where it began: how many bytes were fed before it, since the decoder was made or reset."""

    def __init__(self, arguments: Iterable[bytes] = (), inline: bool = False, offset: int = 0) -> None:
        super().__init__(arguments)
        self.inline = inline
        self.offset = offset

    def __repr__(self) -> str:
        return f"Request({list.__repr__(self)}, inline={self.inline}, offset={self.offset})"


class Kind(enum.StrEnum):
    """What a `Token` is, by the byte that it begins with."""

    SIMPLE_STRING = "simple_string"
    """``+``"""
    SIMPLE_ERROR = "simple_error"
    """``-``"""
    INTEGER = "integer"
    """``:``"""
    BULK_STRING = "bulk_string"
    """``$``"""
    NULL = "null"
    """``_``"""
    NULL_BULK = "null_bulk"
    """``$-1``"""
    NULL_ARRAY = "null_array"
    """``*-1``"""
    BOOLEAN = "boolean"
    """``#``"""
    DOUBLE = "double"
    """``,``"""
    BIG_NUMBER = "big_number"
    """``(``"""
    BULK_ERROR = "bulk_error"
    """``!``"""
    VERBATIM = "verbatim"
    """``=``"""
    ARRAY = "array"
    """``*``"""
    MAP = "map"
    """``%``"""
    SET = "set"
    """``~``"""
    PUSH = "push"
    """``>``"""
    ATTRIBUTE = "attribute"
    """``|``"""
    STREAMED_STRING = "streamed_string"
    """``$?``"""
    CHUNK = "chunk"
    """``;``"""
    END = "end"
    """``.``"""


class Token(NamedTuple):
    """One token of the wire: a header, a leaf or a chunk, and where it lies."""

    kind: Kind
    """What it is."""
    streamed: bool
    """Whether it is an aggregate or a string that is sent without a length, and closed by an end marker."""
    offset: int
    """Where its type byte is: how many bytes were fed before it, since the decoder was made or reset."""
    depth: int
    """How many aggregates it lies in; 0 for a reply."""
    header: int
    """Bytes from the type byte to the payload."""
    length: int
    """Bytes of payload, without the line break that closes it. 0 for aggregates."""
    elements: int
    """Values announced by an aggregate's header, two for each pair of a map; of a streamed one, values so far."""
    size: int
    """All of its own bytes on the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """Settings whose numbers must be whole and not negative."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None or isinstance(value, bool):
                continue
            if not isinstance(value, int):
                raise TypeError(f"{field.name} must be an int or None, found {value!r}")
            if not 0 <= value < 1 << 64:
                raise ValueError(f"{field.name} must be from 0 to 2**64 - 1, found {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(_Checked):
    """How much one reply may be. `None` turns a limit off. A reply that goes past one is a `ProtocolError`.

    Memory is never reserved by an announced number, with or without limits: a decoder's memory is a small multiple of the
    bytes that it was fed.

    >>> from quorate.resp import Decoder, Limits
    >>> decoder = Decoder(limits=Limits(max_depth=8, max_bulk=1024))
    >>> decoder.feed(b"$1025\\r\\n")
    >>> decoder.poll()
    Traceback (most recent call last):
        ...
    quorate.resp.ProtocolError: ...
    """

    max_depth: int | None = 1024
    """Aggregates in each other. Default 1,024."""
    max_bulk: int | None = 512 * 1024 * 1024
    """Bytes of one string with a length. Default 512 MiB, as redis-server's ``proto-max-bulk-len``."""
    max_line: int | None = 64 * 1024
    """Bytes of one line: simple strings, numbers, headers. Default 64 KiB."""
    max_elements: int | None = 1 << 27
    """Values in one reply, at all depths. Default 2**27."""
    max_reply: int | None = 1024 * 1024 * 1024
    """Bytes of one reply. Default 1 GiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits(_Checked):
    """How much one request may be, as a Redis server has it. `None` turns a limit off."""

    max_args: int | None = (1 << 31) - 1
    """Arguments of one request. Default 2**31 - 1."""
    max_bulk: int | None = 512 * 1024 * 1024
    """Bytes of one argument. Default 512 MiB, as ``proto-max-bulk-len``."""
    max_line: int | None = 64 * 1024
    """Bytes of one line: headers and inline commands. Default 64 KiB."""
    authenticated: bool = True
    """Whether the client may send what it likes. Before that a server takes at most 10 arguments of at most 16,384 bytes each.
    Default true."""


Value: TypeAlias = (
    bytes
    | str
    | int
    | float
    | bool
    | list["Value"]
    | dict[Any, "Value"]
    | set[Any]
    | Pairs
    | Push
    | ReplyError
    | Attributed
    | None
)
"""Any value that a decoder returns, for annotations. Decoders are annotated to return `Any`, so that values of a known shape
need no casts."""
