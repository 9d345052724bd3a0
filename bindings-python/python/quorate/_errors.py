"""The exceptions, defined in Python so that they can be imported, subclassed, pickled and documented like any other."""

from __future__ import annotations

from typing import Any


class Error(Exception):
    """Base of every exception that this package defines."""

    @property
    def code(self) -> str:
        """A stable name for what went wrong, in snake case. It is the same in every language that Quorate binds."""
        return "error"


class _CodedError(Error):
    """An error whose code is given where it is raised."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self._code = code

    @property
    def code(self) -> str:
        """A stable name for what went wrong, in snake case."""
        return self._code

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self._code)


class ProtocolError(_CodedError, ValueError):
    """The bytes are not RESP, or go past one of the decoder's `Limits`.

    A decoder that met one raises it again at every call until it is reset, because what follows a malformed byte cannot be
    told apart from it. The codes are those of the core: ``unknown_type``, ``invalid_length``, ``invalid_integer``,
    ``invalid_double``, ``invalid_boolean``, ``invalid_null``, ``invalid_big_number``, ``invalid_verbatim``, ``invalid_chunk``,
    ``missing_terminator``, ``line_break_in_line``, ``unexpected_end``, ``odd_map``, ``dangling_attribute``, ``nested_push``,
    ``depth_limit``, ``bulk_limit``, ``line_limit``, ``elements_limit``, ``reply_limit``.
    """

    def __init__(self, message: str, code: str, offset: int, expected: str, found: str) -> None:
        super().__init__(message, code)
        self.offset = offset
        """Where it is: how many bytes were fed before the offending one, since the decoder was made or reset."""
        self.expected = expected
        """What could have stood there."""
        self.found = found
        """What stood there."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self._code, self.offset, self.expected, self.found)


class RequestError(_CodedError, ValueError):
    """A client's bytes are not a request. The message is what a Redis server would answer before it closes the connection."""

    def __init__(self, message: str, code: str, offset: int) -> None:
        super().__init__(message, code)
        self.offset = offset
        """Where it is: how many bytes were fed before the offending one, since the decoder was made or reset."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self._code, self.offset)


class EncodeError(_CodedError, ValueError):
    """A call of an `Encoder` that would have written something malformed. It wrote nothing.

    Codes: ``line_break``, ``invalid_big_number``, ``nested_push``, ``unexpected_end``, ``odd_map``, ``dangling_attribute``,
    ``not_in_resp2``, ``chunk_expected``, ``empty_chunk``, ``incomplete``, ``too_many_elements``, ``circular_reference``.
    """


class CommitError(_CodedError, ValueError):
    """More bytes were committed than were reserved (code ``commit_too_long``). Nothing was taken in."""


class PrefixError(_CodedError, TypeError):
    """A `Prefix` was given another number of arguments than it was made for (code ``wrong_argument_count``)."""


class UnbalancedQuotes(_CodedError, ValueError):
    """A quoted argument of an inline command is not closed, or something follows its closing quote
    (code ``unbalanced_quotes``).
    """


class UnknownSlot(_CodedError, ValueError):
    """A number is not a slot: slots are 0 to 16,383 (code ``unknown_slot``)."""


class ReplyError(Error):
    """An error that the server sent as a reply, or inside one. Decoders return it and never raise it.

    ``str(error)`` is the server's whole message. Two are equal when their messages are.

    >>> from quorate.resp import ReplyError
    >>> error = ReplyError("MOVED 866 127.0.0.1:7001")
    >>> error.code
    'MOVED'
    >>> match error:
    ...     case ReplyError("MOVED", message):
    ...         print(message.split()[1:])
    ['866', '127.0.0.1:7001']
    """

    __match_args__ = ("code", "message")

    @property
    def code(self) -> str:
        """The message's first word, by convention a code in upper case: ``ERR``, ``WRONGTYPE``, ``MOVED``. May be empty."""
        return self.message.partition(" ")[0]

    @property
    def message(self) -> str:
        """The whole message. Bytes that are not UTF-8 stand as ``\\xHH``."""
        return self.raw.decode("utf-8", "backslashreplace")

    @property
    def raw(self) -> bytes:
        """The whole message as it was sent."""
        # Undecodable bytes travel as lone surrogates in `args`, as file names do (PEP 383).
        return str(self.args[0]).encode("utf-8", "surrogateescape") if self.args else b""

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"ReplyError({self.message!r})"

    def __eq__(self, other: object) -> bool:
        return self.args == other.args if isinstance(other, ReplyError) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.args)
