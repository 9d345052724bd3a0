"""RESP, the wire protocol of Redis and Valkey: replies, commands and requests, in both of its versions.

Feed a decoder whatever arrived, in pieces of any size; it gives back whole replies as plain Python values, and `NEED_MORE` when
there is none yet. Nothing here does IO.

>>> from quorate.resp import NEED_MORE, Decoder, Push, ReplyError, encode_command
>>> encode_command("SET", "greeting", b"hello", "EX", 60)       # 1. send this
b'*5\\r\\n$3\\r\\nSET\\r\\n$8\\r\\ngreeting\\r\\n$5\\r\\nhello\\r\\n$2\\r\\nEX\\r\\n$2\\r\\n60\\r\\n'
>>> decoder = Decoder()
>>> decoder.feed(b"+OK\\r\\n*2\\r\\n:1\\r\\n$3\\r\\nab")              # 2. feed what came back
>>> decoder.poll()                                             # 3. take the replies
b'OK'
>>> decoder.poll()
NEED_MORE
>>> decoder.feed(b"c\\r\\n-ERR no\\r\\n")
>>> decoder.poll_all()
[[1, b'abc'], ReplyError('ERR no')]

| on the wire | in Python |
|---|---|
| simple, bulk and streamed string | `bytes`; `str` with ``encoding=`` |
| integer, big number | `int`, exact |
| double | `float`, exact |
| boolean, every null | `bool`, `None` |
| error | `ReplyError`, returned and never raised |
| verbatim string | `Verbatim`; `VerbatimStr` with ``encoding=`` |
| array | `list` |
| set | `list`; `set` with ``sets="set"``, where its elements can be hashed and differ |
| map | `dict`; `Pairs` where a `dict` would lose something, or with ``maps="pairs"`` |
| push | `Push`, a `list` |
| attribute | dropped; an `Attributed` around the value that it decorates with ``attributes=True`` |

A server, a proxy or a test writes replies with `encode` or an `Encoder`, and reads commands with a `RequestDecoder`.

Everything that takes bytes takes any object with a buffer (`bytes`, `bytearray`, `memoryview`, `mmap`), and `str` as UTF-8.
Decoders and encoders may be shared between threads: each call waits for the one before it.
"""

from ._errors import (
    CommitError,
    EncodeError,
    PrefixError,
    ProtocolError,
    ReplyError,
    RequestError,
    UnbalancedQuotes,
)
from ._quorate import (
    Decoder,
    Encoder,
    Prefix,
    RequestDecoder,
    encode,
    encode_command,
    encode_pipeline,
    split_inline,
)
from ._values import (
    NEED_MORE,
    Attributed,
    Kind,
    Limits,
    NeedMore,
    Pairs,
    Push,
    Request,
    RequestLimits,
    Token,
    Value,
    Verbatim,
    VerbatimStr,
)

__all__ = [
    "NEED_MORE",
    "Attributed",
    "CommitError",
    "Decoder",
    "EncodeError",
    "Encoder",
    "Kind",
    "Limits",
    "NeedMore",
    "Pairs",
    "Prefix",
    "PrefixError",
    "ProtocolError",
    "Push",
    "ReplyError",
    "Request",
    "RequestDecoder",
    "RequestError",
    "RequestLimits",
    "Token",
    "UnbalancedQuotes",
    "Value",
    "Verbatim",
    "VerbatimStr",
    "encode",
    "encode_command",
    "encode_pipeline",
    "split_inline",
]

# They are found here, so this is the name that tracebacks, pickles and `repr(type)` show.
for _class in (
    Attributed,
    CommitError,
    EncodeError,
    Kind,
    Limits,
    NeedMore,
    Pairs,
    PrefixError,
    ProtocolError,
    Push,
    ReplyError,
    Request,
    RequestError,
    RequestLimits,
    Token,
    UnbalancedQuotes,
    Verbatim,
    VerbatimStr,
):
    _class.__module__ = __name__
del _class
