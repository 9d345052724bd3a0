"""
What `quorate` is built on. Import `quorate.resp` and `quorate.cluster` in its place.
"""

from collections.abc import Callable, Iterable
from quorate._errors import ProtocolError, RequestError
from quorate._values import Limits, Request, RequestLimits, Token
from typing import Any, Final, Literal, SupportsFloat, SupportsIndex, final
from typing_extensions import Buffer

__all__ = ["SLOTS", "__version__", "Decoder", "Encoder", "Prefix", "RequestDecoder", "encode", "encode_command", "encode_pipeline", "group_by_slot", "hash_tag", "key_slot", "key_slots", "split_inline", "tag_for_slot"]

SLOTS: Final[int]
"""
How many slots a cluster has.
"""

__version__: Final[str]

@final
class Decoder:
    """
    Decodes RESP2 and RESP3, whatever pieces it comes in.

    Both protocols are read at all times. Work is linear in the bytes fed, however they are fed; memory is a small multiple of
    the bytes of the unfinished reply, whatever its headers announce.

    - `limits`: how much one reply may be, a `Limits`. Default: its defaults.
    - `encoding`: a codec that makes strings `str`. Default `None`: strings are `bytes`.
    - `errors`: what to do with bytes that the codec refuses, as in `bytes.decode`. Default ``"strict"``: the poll that would
      return the reply raises `UnicodeDecodeError`; the reply is passed over, and the next poll returns the one after it.
    - `maps`: ``"dict"`` (default: a `dict`, or a `Pairs` where that would lose something) or ``"pairs"`` (always a `Pairs`).
    - `sets`: ``"list"`` (default) or ``"set"`` (a `set`, or a `list` where that would lose something).
    - `reply_error`: what makes the object for an error that the server sent, called with the message as a `str` (in which bytes
      that are not UTF-8 stand as lone surrogates). Default: `ReplyError`. What it raises, the poll raises; the reply is passed
      over then. It must not call the decoder.
    - `attributes`: whether to return an `Attributed` for a value with attributes, and not the value alone. Default false.

    Raises `LookupError` for an unknown encoding or error handler.

    >>> from quorate.resp import Decoder
    >>> decoder = Decoder(encoding="utf-8")
    >>> decoder.feed(b"%1\\r\\n$4\\r\\nname\\r\\n$4\\r\\nKurt\\r\\n+OK\\r\\n")
    >>> decoder.poll_all()
    [{'name': 'Kurt'}, 'OK']
    """
    def __iter__(self, /) -> Decoder:
        """
        The decoder itself: iterating it yields the replies that are complete.
        """
    def __new__(cls, /, *, limits: Limits | None = None, encoding: str | None = None, errors: str = "strict", maps: Literal["dict", "pairs"] = ..., sets: Literal["list", "set"] = ..., reply_error: Callable[[str], object] | None = None, attributes: bool = False) -> Decoder: ...
    def __next__(self, /) -> Any: ...
    def __repr__(self, /) -> str: ...
    @property
    def buffered(self, /) -> int:
        """
        How many bytes were fed and are not yet given out as replies.
        """
    def commit(self, /, n: SupportsIndex) -> None:
        """
        Takes in the first `n` bytes of the buffer that `reserve` lent, and releases it.

        Raises `CommitError` if `n` is more than was lent, and `BufferError` if another view of the buffer is in use; nothing
        is taken in then.
        """
    @property
    def error(self, /) -> ProtocolError | None:
        """
        The `ProtocolError` that every poll raises, or `None` while there is none.
        """
    def feed(self, /, data: Buffer | str) -> None:
        """
        Takes in a copy of `data`: what arrived, in pieces of any size. A `str` counts as its UTF-8.

        After a `ProtocolError` it is dropped, until `reset`. Raises `BufferError` while a buffer from `reserve` is in use.
        """
    def last_tokens(self, /) -> list[Token]:
        """
        The tokens of the replies that the latest poll gave out, one reply after the other: for byte inspectors. Empty once
        something was fed or reserved, and after `reset`.
        """
    @property
    def limits(self, /) -> Limits:
        """
        What the decoder was made with.
        """
    @property
    def needed(self, /) -> int:
        """
        The least number of further bytes that could finish the next token: at least 1, and 0 after an error. Inside a bulk
        string it is known exactly, so that the rest can be read in one go.
        """
    @property
    def offset(self, /) -> int:
        """
        How many bytes were given out as replies since the decoder was made or reset.
        """
    def poll(self, /, *, decode: bool = True) -> Any:
        """
        The next reply or push, or `NEED_MORE`, which is false, when none is complete.

        With ``decode=False`` its strings are `bytes` even if the decoder has an encoding.

        Raises `ProtocolError` where the input stops being RESP or goes past a limit, at every call until `reset`.
        """
    def poll_all(self, /, *, decode: bool = True) -> list[Any]:
        """
        Every reply and push that is complete, in order, in a list that may be empty.

        One call for all that a read brought costs less than one for each. `decode` is as in `poll`.

        Raises as `poll` does, but only when nothing precedes what is wrong; else the next call does.
        """
    def poll_up_to(self, /, max: SupportsIndex, *, decode: bool = True) -> list[Any]:
        """
        As `poll_all`, but at most `max` replies.
        """
    def reserve(self, /, n: SupportsIndex) -> memoryview:
        """
        Lends a writable buffer of `n` bytes or more, so that a socket can be read without a copy in between.

        Nothing counts as input until `commit`, which also releases the buffer. While it is in use, everything else that reads
        or moves input raises `BufferError`; to give it up, `release` it or let go of it.

        >>> import socket
        >>> from quorate.resp import Decoder
        >>> ours, theirs = socket.socketpair()
        >>> theirs.sendall(b":42\\r\\n")
        >>> decoder = Decoder()
        >>> received = ours.recv_into(decoder.reserve(65536))
        >>> decoder.commit(received)
        >>> decoder.poll()
        42
        >>> ours.close(), theirs.close()
        (None, None)
        """
    def reset(self, /) -> None:
        """
        Forgets all input and any error, as for a new connection. Offsets count from 0 again.

        Raises `BufferError` while a buffer from `reserve` is in use.
        """
    def state_hash(self, /) -> int:
        """
        A hash of all that the decoder knows, the same on every platform and in every language.
        """
    def tokens(self, /) -> list[Token]:
        """
        The finished tokens of the reply that is not complete, as far as the latest poll read it: for byte inspectors.

        >>> from quorate.resp import Decoder
        >>> decoder = Decoder()
        >>> decoder.feed(b"*2\\r\\n:1\\r\\n")
        >>> decoder.poll()
        NEED_MORE
        >>> [(str(token.kind), token.offset, token.depth) for token in decoder.tokens()]
        [('array', 0, 0), ('integer', 4, 1)]
        """

@final
class Encoder:
    """
    Writes replies, value by value, in RESP3 or as a server writes them for a client that speaks RESP2.

    What it writes is always well formed: a call that would make it otherwise raises `EncodeError` and writes nothing. After the
    header of an aggregate the next values are its elements. In RESP2 maps become flat arrays, sets and pushes arrays, doubles,
    big numbers and verbatim strings bulk strings, booleans 1 and 0; attributes are left out.

    - `protocol`: 3 (default) or 2. Raises `ValueError` for any other.

    >>> from quorate.resp import Encoder
    >>> encoder = Encoder()
    >>> encoder.array(2)
    >>> encoder.bulk_string("ratio")
    >>> encoder.double(0.5)
    >>> encoder.take()
    b'*2\\r\\n$5\\r\\nratio\\r\\n,0.5\\r\\n'
    """
    def __new__(cls, /, protocol: SupportsIndex = 3) -> Encoder: ...
    def __repr__(self, /) -> str: ...
    def array(self, /, count: SupportsIndex) -> None:
        """
        The header of an array: the next `count` values are its elements.
        """
    def attributes(self, /, pairs: SupportsIndex) -> None:
        """
        The header of attributes: the next ``2 * pairs`` values are their keys and values in turn, and the value after those is
        the one that they decorate.
        """
    def big_number(self, /, value: Buffer | str | int) -> None:
        """
        An integer of any size, as an `int` or as its decimal digits.
        """
    def boolean(self, /, value: bool) -> None:
        """
        True or false.
        """
    def bulk_error(self, /, message: Buffer | str) -> None:
        """
        An error of any bytes. In RESP2 line breaks become spaces.
        """
    def bulk_string(self, /, data: Buffer | str) -> None:
        """
        Any bytes.
        """
    def chunk(self, /, data: Buffer | str) -> None:
        """
        A piece of a streamed string.
        """
    def clear(self, /) -> None:
        """
        Drops everything that was written, finished or not.
        """
    def double(self, /, value: SupportsFloat | SupportsIndex) -> None:
        """
        A double, in the shortest text that reads back the same.
        """
    def end(self, /) -> None:
        """
        Ends a streamed array, set or map.
        """
    def end_string(self, /) -> None:
        """
        Ends a streamed string.
        """
    def integer(self, /, value: SupportsIndex) -> None:
        """
        An integer of 64 bits. Raises `OverflowError` for a larger one: see `big_number`.
        """
    @property
    def is_complete(self, /) -> bool:
        """
        Whether every value that was begun is finished.
        """
    def map(self, /, pairs: SupportsIndex) -> None:
        """
        The header of a map: the next ``2 * pairs`` values are its keys and values in turn.
        """
    def null(self, /) -> None:
        """
        Nothing: ``_``; in RESP2 the null of a string, ``$-1``.
        """
    def null_array(self, /) -> None:
        """
        Nothing in the place of an array: ``_``; in RESP2 ``*-1``.
        """
    @property
    def protocol(self, /) -> int:
        """
        Which protocol is written, 2 or 3. It may be set between values, as a server does after ``HELLO``; inside one that raises `EncodeError`.
        """
    @protocol.setter
    def protocol(self, /, protocol: SupportsIndex) -> None: ...
    def push(self, /, count: SupportsIndex) -> None:
        """
        The header of a push: the next `count` values are its elements, the first of which names its kind.
        """
    def set(self, /, count: SupportsIndex) -> None:
        """
        The header of a set: the next `count` values are its elements.
        """
    def simple_error(self, /, message: Buffer | str) -> None:
        """
        An error without line breaks. By convention its first word is a code in capitals, such as ``ERR``.
        """
    def simple_string(self, /, text: Buffer | str) -> None:
        """
        A short text without line breaks, such as ``OK``.
        """
    def stream_array(self, /) -> None:
        """
        Begins an array whose length is not known: values follow, then `end`. RESP3 only.
        """
    def stream_map(self, /) -> None:
        """
        Begins a map whose length is not known: keys and values follow in turn, then `end`. RESP3 only.
        """
    def stream_set(self, /) -> None:
        """
        Begins a set whose length is not known: values follow, then `end`. RESP3 only.
        """
    def stream_string(self, /) -> None:
        """
        Begins a string whose length is not known: `chunk` follows, any number of times, then `end_string`. RESP3 only.
        """
    def take(self, /) -> bytes:
        """
        Takes out the bytes of the values that are complete. What was begun stays, and can be finished.
        """
    def value(self, /, value: Any) -> None:
        """
        A whole Python value, as `encode` takes it. If it is refused, none of it is written.
        """
    def verbatim(self, /, format: str, text: Buffer | str) -> None:
        """
        A text and the three characters that say what it is, such as ``txt`` or ``mkd``.
        """

@final
class Prefix:
    """
    A command whose first arguments are always the same, with their bytes made ahead: `Prefix("SET", more=2).encode(key, value)`.

    `more` is how many arguments `encode` is going to be given, 0 by default.
    Raises `TypeError` as `encode_command` does.

    >>> from quorate.resp import Prefix
    >>> get = Prefix("GET", more=1)
    >>> get.encode("key")
    b'*2\\r\\n$3\\r\\nGET\\r\\n$3\\r\\nkey\\r\\n'
    """
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self, /) -> int: ...
    def __new__(cls, /, *fixed: "Buffer | str | int | float", more: SupportsIndex = 0) -> Prefix: ...
    def __reduce__(self, /) -> "tuple[Any, ...]": ...
    def __repr__(self, /) -> str: ...
    def encode(self, /, *rest: "Buffer | str | int | float") -> bytes:
        """
        The bytes of the command with these last arguments.

        Raises `PrefixError` if they are not as many as `more` says, and `TypeError` as `encode_command` does.
        """
    @property
    def fixed(self, /) -> tuple[bytes, ...]:
        """
        The arguments that are always the same.
        """
    @property
    def more(self, /) -> int:
        """
        How many arguments `encode` takes.
        """

@final
class RequestDecoder:
    """
    Decodes what clients send, as a Redis server does: arrays of strings, and lines of text with Redis's quoting rules.

    Empty requests are skipped. Iterating it yields the requests that are complete.

    - `limits`: how much one request may be, a `RequestLimits`. Default: its defaults.

    >>> from quorate.resp import RequestDecoder
    >>> decoder = RequestDecoder()
    >>> decoder.feed(b"*2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\nk\\r\\nPING\\r\\n")
    >>> decoder.poll_all()
    [Request([b'GET', b'k'], inline=False, offset=0), Request([b'PING'], inline=True, offset=20)]
    """
    def __iter__(self, /) -> RequestDecoder:
        """
        The decoder itself: iterating it yields the requests that are complete.
        """
    def __new__(cls, /, *, limits: RequestLimits | None = None) -> RequestDecoder: ...
    def __next__(self, /) -> Request: ...
    def __repr__(self, /) -> str: ...
    @property
    def authenticated(self, /) -> bool:
        """
        Whether the client may send what it likes; before that, little. Set it when the client has authenticated.
        """
    @authenticated.setter
    def authenticated(self, /, authenticated: bool) -> None: ...
    @property
    def buffered(self, /) -> int:
        """
        How many bytes were fed and are not yet given out as requests.
        """
    def commit(self, /, n: SupportsIndex) -> None:
        """
        Takes in the first `n` bytes of the buffer that `reserve` lent, and releases it, as `Decoder.commit` does.
        """
    @property
    def error(self, /) -> RequestError | None:
        """
        The `RequestError` that every poll raises, or `None` while there is none.
        """
    def feed(self, /, data: Buffer | str) -> None:
        """
        Takes in a copy of `data`: what arrived, in pieces of any size. A `str` counts as its UTF-8.

        After a `RequestError` it is dropped, until `reset`. Raises `BufferError` while a buffer from `reserve` is in use.
        """
    @property
    def limits(self, /) -> RequestLimits:
        """
        What the decoder was made with.
        """
    @property
    def needed(self, /) -> int:
        """
        The least number of further bytes that could finish the next part of a request: at least 1, and 0 after an error.
        """
    @property
    def offset(self, /) -> int:
        """
        How many bytes were given out as requests since the decoder was made or reset.
        """
    def poll(self, /) -> Any:
        """
        The next `Request`, or `NEED_MORE`, which is false, when none is complete.

        Raises `RequestError` where the input is not a request or goes past a limit, at every call until `reset`.
        """
    def poll_all(self, /) -> list[Request]:
        """
        Every request that is complete, in order, in a list that may be empty.

        Raises as `poll` does, but only when no request precedes what is wrong; else the next call does.
        """
    def reserve(self, /, n: SupportsIndex) -> memoryview:
        """
        Lends a writable buffer of `n` bytes or more, as `Decoder.reserve` does.
        """
    def reset(self, /) -> None:
        """
        Forgets all input and any error, as for a new connection. Offsets count from 0 again.

        Raises `BufferError` while a buffer from `reserve` is in use.
        """
    def state_hash(self, /) -> int:
        """
        A hash of all that the decoder knows, the same on every platform and in every language.
        """

def encode(value: Any, protocol: SupportsIndex = 3) -> bytes:
    """
    The bytes of one Python value: `None`, `bool`, `int` (a big number beyond 64 bits), `float`, bytes-like and `str` (bulk
    strings), `list` and `tuple` (arrays), `set` and `frozenset`, `dict` and `Pairs` (maps), `Push`, `Verbatim`, `ReplyError` and
    `Attributed`, in each other as deep as they come.

    - `protocol`: 3 (default) or 2, with RESP2's forms of what it lacks. Raises `ValueError` for any other.

    Raises `TypeError` for a value of any other type, and `EncodeError` for one that cannot be written, such as a `Push` in a list.

    >>> from quorate.resp import encode
    >>> encode({"a": [1, None]})
    b'%1\\r\\n$1\\r\\na\\r\\n*2\\r\\n:1\\r\\n_\\r\\n'
    >>> encode({"a": [1, None]}, protocol=2)
    b'*2\\r\\n$1\\r\\na\\r\\n*2\\r\\n:1\\r\\n$-1\\r\\n'
    """

def encode_command(*args: "Buffer | str | int | float | list[Any] | tuple[Any, ...]") -> bytes:
    """
    The bytes of one command, its name first: `encode_command("SET", key, value)`, or with one list or tuple of all.

    Arguments are bytes-like, `str` (as UTF-8), `int` and `float` (as their `repr`). The name is sent as it is: of a command of
    two words, such as ``CONFIG GET``, each is an argument.

    Raises `TypeError` for anything else, `bool` and `None` included, and if there is no argument at all.

    >>> from quorate.resp import encode_command
    >>> encode_command("GET", "key")
    b'*2\\r\\n$3\\r\\nGET\\r\\n$3\\r\\nkey\\r\\n'
    >>> encode_command(["INCRBY", b"key", 7])
    b'*3\\r\\n$6\\r\\nINCRBY\\r\\n$3\\r\\nkey\\r\\n$1\\r\\n7\\r\\n'
    """

def encode_pipeline(commands: Iterable[list[Any] | tuple[Any, ...]]) -> bytes:
    """
    The bytes of many commands, one after the other. Each is a list or tuple of its arguments, as `encode_command` takes them.

    Raises `TypeError` if one is not, or has an argument that cannot be sent.

    >>> from quorate.resp import encode_pipeline
    >>> encode_pipeline([("INCR", "a"), ["GET", "b"]])
    b'*2\\r\\n$4\\r\\nINCR\\r\\n$1\\r\\na\\r\\n*2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\nb\\r\\n'
    """

def group_by_slot(keys: Iterable[Buffer | str]) -> dict[int, list[int]]:
    """
    Which keys live together: for each slot, in slot order, the indices of its keys, in the order of the keys.

    Raises `TypeError` if a key is neither bytes-like nor `str`.

    >>> from quorate.cluster import group_by_slot
    >>> group_by_slot(["b", "a", "{b}c"])
    {3300: [0, 2], 15495: [1]}
    """

def hash_tag(key: Buffer | str) -> bytes:
    """
    The bytes of a key that are hashed: what stands between the first `{` and the next `}` if that is not empty, else all.

    >>> from quorate.cluster import hash_tag
    >>> hash_tag("{user:1000}.following"), hash_tag("foo{}bar")
    (b'user:1000', b'foo{}bar')
    """

def key_slot(key: Buffer | str) -> int:
    """
    The slot of a key, 0 to 16,383: the CRC16 of its hash tag, modulo 16,384. Linear in the bytes hashed.

    >>> from quorate.cluster import key_slot
    >>> key_slot("somekey"), key_slot(b"foo{hash_tag}")
    (11058, 2515)
    """

def key_slots(keys: Iterable[Buffer | str]) -> list[int]:
    """
    The slots of many keys, in their order. One call for a pipeline's keys costs less than one for each.

    Raises `TypeError` if a key is neither bytes-like nor `str`.

    >>> from quorate.cluster import key_slots
    >>> key_slots(["a", "b", "{a}c"])
    [15495, 3300, 15495]
    """

def split_inline(line: Buffer | str) -> list[bytes]:
    """
    The arguments of a line of text, split as a Redis server and redis-cli split it: at white space, with ``"\\x00\\n"`` and
    ``'...'`` quoted.

    Raises `UnbalancedQuotes` if a quote is not closed, or if something follows a closing one.

    >>> from quorate.resp import split_inline
    >>> split_inline(r'set "a\\x62c" hello')
    [b'set', b'abc', b'hello']
    """

def tag_for_slot(slot: int) -> str:
    """
    A hash tag for a slot: a short text such that `"{" + tag + "}"` anywhere in a key puts the key there.

    It is the shortest of letters and digits, the first in the order of `0-9A-Za-z` among those.
    Raises `UnknownSlot` if `slot` is not from 0 to 16,383.

    >>> from quorate.cluster import key_slot, tag_for_slot
    >>> key_slot("{%s}:config" % tag_for_slot(9000))
    9000
    """
