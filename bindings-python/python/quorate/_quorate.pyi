"""
What `quorate` is built on. Import `quorate.resp`, `quorate.cluster`, `quorate.raft` and so on in its place.
"""

from _typeshed import SupportsGetItem
from collections.abc import Callable, Iterable, Mapping
from quorate._discovery import Config, HandedOut, Output
from quorate._errors import ProtocolError, RequestError
from quorate._raft import ConfChange, ConfChangeV1, ConfState, Config as Config2, EntryId, EntryKind, HardState, MessageKind, Output as Output2, ProposalResult, Ready, Role, Snapshot, Status, Stored, Trace, VoteResult
from quorate._replication import Config as Config3, Counts, History, Loss, Output as Output3, Replica, Stored as Stored2, WriteStatus
from quorate._sentinel import Address, Config as Config4, Output as Output4, Status as Status2
from quorate._sim import Event, Moment, Operation, Report, View, Violation
from quorate._values import Limits, Request, RequestLimits, Token
from typing import Any, Final, Literal, SupportsFloat, SupportsIndex, final
from typing_extensions import Buffer

__all__ = ["SLOTS", "__version__", "Decoder", "Discovery", "Encoder", "Entry", "Ledger", "Members", "Message", "Node", "Prefix", "ReadyNode", "RequestDecoder", "Sentinel", "Server", "World", "decode_conf_change", "decode_conf_change_v1", "decode_hard_state", "decode_snapshot", "encode", "encode_command", "encode_conf_change", "encode_conf_change_v1", "encode_hard_state", "encode_pipeline", "encode_snapshot", "group_by_slot", "hash_tag", "key_slot", "key_slots", "split_inline", "tag_for_slot"]

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
class Discovery:
    """
    Finds the primary of a group, and its replicas, through sentinels. See the module for how to drive it.

    Raises `SettingError`.
    """
    def __copy__(self, /) -> Discovery:
        """
        One in the same state, which goes its own way from here.
        """
    def __deepcopy__(self, memo: Any, /) -> Discovery: ...
    def __new__(cls, /, config: Config) -> Discovery: ...
    def __reduce__(self, /) -> tuple[Any, tuple[type, bytes]]: ...
    def __repr__(self, /) -> str: ...
    def cancel(self, /, request: SupportsIndex, now: SupportsIndex) -> None:
        """
        Nobody waits for that request any more. Raises `SentinelError` (code ``unknown_request``).
        """
    def connected(self, /, link: SupportsIndex, now: SupportsIndex) -> None:
        """
        The connection stands, and is set up. Raises `UnknownLink` for one that was closed meanwhile.
        """
    def disconnected(self, /, link: SupportsIndex, now: SupportsIndex) -> None:
        """
        The connection is gone, or did not come about: one of this machine's, or one that was handed out. Raises `UnknownLink` for one
        that was closed meanwhile.
        """
    def drain(self, /) -> list[Output]:
        """
        All that there is to do, in order: one call for a loop of them.
        """
    @staticmethod
    def from_state(state: Buffer) -> Discovery:
        """
        Makes one that goes on where the one that gave `state` was. Raises `SentinelError` (code ``invalid_state``).
        """
    @property
    def handed_out(self, /) -> list[HandedOut]:
        """
        The connections that were handed out and still stand.
        """
    @property
    def next_tick_ms(self, /) -> int | None:
        """
        When `tick` has something to do next, or `None` while nothing is under way.
        """
    def poll(self, /) -> Output | None:
        """
        The next thing to do, or `None` when there is nothing.
        """
    @property
    def primary(self, /) -> Address | None:
        """
        The server that said last that it is the primary, if one did. It is no answer to where the primary is.
        """
    def received(self, /, link: SupportsIndex, data: Buffer | str, now: SupportsIndex) -> None:
        """
        These bytes came over the connection, in pieces of any size. Not for those that were handed out.

        Raises `UnknownLink` for a connection that was closed meanwhile, `ProtocolError` for bytes that are no replies, and
        `SentinelError` (code ``unexpected_reply``) for more replies than commands. After the last two, close the connection and say
        `disconnected`.
        """
    def refused(self, /, link: SupportsIndex, error: Buffer | str, now: SupportsIndex) -> bool:
        """
        A command over a connection that was handed out was answered with that error (`ReplyError.raw`). Says whether the connection is
        of no use any more: then it, and all others to that server, are given up with `Invalidate`. Raises `UnknownLink`.
        """
    def reply(self, /, link: SupportsIndex, value: Any, now: SupportsIndex) -> None:
        """
        A whole reply or push came over the connection: as `quorate.resp.Decoder` makes it, where it was decoded already. Raises as
        `received`.
        """
    def request(self, /, preference: str, now: SupportsIndex) -> int:
        """
        Asks for a connection to such a server, and says what the request is called. `Resolved` or `Failed` answers.

        Ask before every connection, also one that replaces a broken one. Raises `SentinelError` (code ``too_many_requests``).
        """
    @property
    def sentinels(self, /) -> list[Address]:
        """
        The sentinels, in the order in which they are asked next.
        """
    def state(self, /) -> bytes:
        """
        All that it knows, as bytes: for moving, showing and branching it, within this version of the package. It is what a pickled one
        is.
        """
    def state_hash(self, /) -> int:
        """
        A hash of everything that it knows, the same on every platform and in every language.
        """
    def tick(self, /, now: SupportsIndex) -> None:
        """
        The clock reads `now`: milliseconds of a clock that never goes back.
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
class Entry:
    """
    One place in the log.

    - `term`: the term of the leader that made it.
    - `index`: its place, from 1 on.
    - `kind`: what it holds, an `EntryKind`. Default `EntryKind.NORMAL`, a command.
    - `data`: the command or the encoded change. Default empty.

    >>> from quorate.raft import Entry
    >>> entry = Entry(2, 7, data=b"x = 1")
    >>> entry.encode()
    b'\\x08\\x00\\x10\\x02\\x18\\x07"\\x05x = 1'
    >>> Entry.decode(entry.encode()) == entry
    True
    """
    __match_args__: Final[tuple[Literal["term"], Literal["index"], Literal["kind"], Literal["data"]]]
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[int, int, EntryKind, bytes]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, term: SupportsIndex, index: SupportsIndex, kind: str = ..., data: Buffer | str = ...) -> Entry: ...
    def __repr__(self, /) -> str: ...
    def conf_change(self, /) -> ConfChange | None:
        """
        The change of membership that the entry holds; `None` if it is a command. Raises `WireError` if it is not one.

        >>> from quorate.raft import ConfChange, Entry
        >>> Entry(1, 2, "conf_change_v2", ConfChange().add_node(4).encode()).conf_change().changes[0].node_id
        4
        """
    @property
    def data(self, /) -> bytes:
        """
        The command, or the encoded change of membership. Empty when a leader begins its term.
        """
    @staticmethod
    def decode(data: Buffer) -> Entry:
        """
        Reads what `encode` wrote. Raises `WireError`.
        """
    def encode(self, /) -> bytes:
        """
        Its ``raftpb`` bytes, as they may be stored.
        """
    @property
    def index(self, /) -> int:
        """
        Its place in the log, from 1 on.
        """
    @property
    def kind(self, /) -> EntryKind:
        """
        What it holds.
        """
    @property
    def term(self, /) -> int:
        """
        The term of the leader that made it.
        """

@final
class Ledger:
    """
    Says of every acknowledged write whether it is replicated, at risk or lost.

    It stands outside of the servers, and is told what clients were promised (`acknowledged`) and where each server's data is (`at`,
    `changed`, `gone`). A server has a write if its own history is the write's, or grew out of it behind the write. Times are of one
    clock, the teller's.

    >>> from quorate.replication import History, Ledger
    >>> old, new = "a" * 40, "b" * 40
    >>> ledger = Ledger()
    >>> ledger.at(1, History(old, 100), now_ms=0)
    >>> ledger.at(2, History(old, 100), now_ms=0)
    >>> ledger.acknowledged(7, server=1, id=old, offset=142, now_ms=10)    # 42 bytes that the replica does not have yet
    >>> ledger.status(7)
    AtRisk(risk='one_copy')
    >>> ledger.at(2, History(old, 100).fork(new), now_ms=3000)             # it is promoted without them
    >>> ledger.status(7)
    AtRisk(risk='forked')
    >>> ledger.gone(1, now_ms=13000)                                       # and the old primary throws its data away
    >>> ledger.status(7)
    Lost(at_ms=13000)
    """
    def __copy__(self, /) -> Ledger:
        """
        A ledger in the same state, which goes its own way from here.
        """
    def __deepcopy__(self, memo: Any, /) -> Ledger: ...
    def __new__(cls, /) -> Ledger: ...
    def __reduce__(self, /) -> tuple[Any, tuple[type, bytes]]: ...
    def __repr__(self, /) -> str: ...
    def acknowledged(self, /, write: SupportsIndex, *, server: SupportsIndex, id: str, offset: SupportsIndex, now_ms: SupportsIndex) -> None:
        """
        A client was told that its write is done: by `server`, in the history `id`, at `offset`, which is what `Server.write` answered.

        Raises `ReplicationError` (codes ``duplicate_write``, ``invalid_replication_id``).
        """
    def at(self, /, server: SupportsIndex, history: History, now_ms: SupportsIndex) -> None:
        """
        A server's data is the result of that history now. What it had and has no more may be lost.
        """
    def changed(self, /, server: SupportsIndex, history: History, cause: str, now_ms: SupportsIndex) -> None:
        """
        A server's history has another name, for that reason: what `HistoryChanged` says.
        """
    def copies(self, /, id: str, offset: SupportsIndex) -> int:
        """
        How many servers have what is at that offset of that history. Raises `ReplicationError` (code ``invalid_replication_id``).
        """
    def counts(self, /) -> Counts:
        """
        How many writes stand how. Linear in the writes, times the servers.
        """
    @staticmethod
    def from_state(state: Buffer) -> Ledger:
        """
        Makes a ledger that goes on where the one that gave `state` was. Raises `ReplicationError` (code ``invalid_state``).
        """
    def gone(self, /, server: SupportsIndex, now_ms: SupportsIndex) -> None:
        """
        A server's data is gone: it started again without any, or threw it away for its primary's (`LoadSnapshot`). One that is down
        and comes back with its data is not gone.
        """
    def losses(self, /) -> list[Loss]:
        """
        What was lost, in the order in which it was.
        """
    def lost(self, /) -> list[int]:
        """
        The writes that are lost, by history, in the order of their offsets.
        """
    def state(self, /) -> bytes:
        """
        All that the ledger knows, as bytes, within this version of the package. It is what a pickled one is.
        """
    def state_hash(self, /) -> int:
        """
        A hash of everything that the ledger knows, the same on every platform and in every language.
        """
    def status(self, /, write: SupportsIndex) -> WriteStatus | None:
        """
        How a write stands, or `None` if it was never told of.
        """

@final
class Members:
    """
    Who is a member, and how a quorum of them agrees. A value: a change makes a new one.

    A `Node` has its own; this is for those who want to know what would become of a change, or how a vote would end.

    - `conf_state`: the members. Default nobody.

    Raises `MembershipError` if nobody among them votes.

    >>> from quorate.raft import ConfChange, ConfState, Members
    >>> members = Members(ConfState([1, 2, 3]))
    >>> members.committed({1: 7, 2: 5, 3: 4})
    5
    >>> members.vote_result({1: True, 2: False})
    <VoteResult.PENDING: 'pending'>
    >>> joint = members.changed(ConfChange().add_node(4).remove_node(1))
    >>> print(joint)
    voters=(2 3 4)&&(1 2 3) autoleave
    >>> joint.committed({2: 7, 3: 5, 4: 9})                # both halves must have it
    5
    >>> print(joint.changed(ConfChange.leave_joint()))
    voters=(2 3 4)
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs__(self, /) -> tuple[ConfState]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, conf_state: ConfState = ...) -> Members: ...
    def __repr__(self, /) -> str: ...
    def __str__(self, /) -> str:
        """
        As etcd prints it.
        """
    def changed(self, /, change: ConfChange) -> Members:
        """
        Who is a member after that change, or in the midst of it. Raises `MembershipError` where it cannot be.
        """
    def committed(self, /, matched: Mapping[int, SupportsIndex]) -> int:
        """
        The largest index that a quorum has, where `matched` says which each voter has; who is not in it has none.

        Where nobody votes it is 2**64 - 1.
        """
    @property
    def conf_state(self, /) -> ConfState:
        """
        The members, as snapshots have them.
        """
    def group_committed(self, /, matched: Mapping[int, SupportsIndex], groups: Mapping[int, SupportsIndex]) -> tuple[int, bool]:
        """
        As `committed`, but an index counts only once voters of two `groups` have it (see `Config.group_commit`); 0 and who is not
        in it belong to none. Says also whether there were two.
        """
    @property
    def is_joint(self, /) -> bool:
        """
        Whether the configuration is joint: both halves of it must agree.
        """
    def is_voter(self, /, id: SupportsIndex) -> bool:
        """
        Whether `id` votes in either half.
        """
    def vote_result(self, /, votes: Mapping[int, bool]) -> VoteResult:
        """
        How a vote stands, where `votes` says who granted it and who refused; who is not in it did not vote yet.
        """
    @property
    def voters(self, /) -> list[int]:
        """
        Everyone who votes in either half, in order.
        """

@final
class Message:
    """
    A message from a member to another. Fields that a kind does not use are 0, false or empty.

    All but the kind are given by name; `to` and `from_` are ids.

    >>> from quorate.raft import Message
    >>> message = Message("heartbeat", to=2, from_=1, term=5, commit=3)
    >>> Message.decode(message.encode()) == message
    True
    >>> match message:
    ...     case Message("heartbeat", to=to, from_=leader):
    ...         print(leader, "to", to)
    1 to 2
    """
    __match_args__: Final[tuple[Literal["kind"]]]
    def __eq__(self, value: object, /) -> bool: ...
    def __getnewargs_ex__(self, /) -> tuple[tuple[MessageKind], dict[str, Any]]: ...
    def __hash__(self, /) -> int: ...
    def __ne__(self, value: object, /) -> bool: ...
    def __new__(cls, /, kind: str, *, to: SupportsIndex = 0, from_: SupportsIndex = 0, term: SupportsIndex = 0, log_term: SupportsIndex = 0, index: SupportsIndex = 0, entries: Iterable[Entry] = ..., commit: SupportsIndex = 0, commit_term: SupportsIndex = 0, vote: SupportsIndex = 0, snapshot: Snapshot | None = None, reject: bool = False, reject_hint: SupportsIndex = 0, context: Buffer | str = ..., priority: SupportsIndex = 0, request_snapshot: SupportsIndex = 0, responses: Iterable[Message] = ...) -> Message: ...
    def __repr__(self, /) -> str: ...
    @property
    def commit(self, /) -> int:
        """
        How far the sender knows the log to be committed.
        """
    @property
    def commit_term(self, /) -> int:
        """
        The term of the entry at `commit`. Only raft-rs sends it, with votes.
        """
    @property
    def context(self, /) -> bytes:
        """
        Whatever the sender wants back: a read's token, or why a vote is asked for.
        """
    @staticmethod
    def decode(data: Buffer, dialect: str = ...) -> Message:
        """
        Reads a message that a member of that `Dialect` wrote. Raises `WireError`.
        """
    def encode(self, /, dialect: str = ...) -> bytes:
        """
        Its bytes on the wire, as members of that `Dialect` read them. Fields that only the other has are left out, and so are
        `responses`, which stay in the process.
        """
    @property
    def entries(self, /) -> list[Entry]:
        """
        The entries that follow `index`, in a new list.
        """
    @property
    def from_(self, /) -> int:
        """
        Who it is from. The name ends in ``_`` because ``from`` is a keyword.
        """
    @property
    def index(self, /) -> int:
        """
        The entry before `entries`, or the one that is acknowledged, rejected or asked about.
        """
    @property
    def kind(self, /) -> MessageKind:
        """
        What it says.
        """
    @property
    def log_term(self, /) -> int:
        """
        The term of the entry at `index`; in a rejection that of the entry at `reject_hint`.
        """
    @property
    def priority(self, /) -> int:
        """
        How much the sender should rather lead than others. Only raft-rs sends it.
        """
    @property
    def reject(self, /) -> bool:
        """
        Whether the sender refuses.
        """
    @property
    def reject_hint(self, /) -> int:
        """
        How far the sender's log may match.
        """
    @property
    def request_snapshot(self, /) -> int:
        """
        From where the sender wants a snapshot, 0 if it wants none. Only raft-rs sends it.
        """
    @property
    def responses(self, /) -> list[Message]:
        """
        What to send, or to tell the node, once this is done. Only in messages to `APPEND_THREAD` and `APPLY_THREAD`.
        """
    @property
    def snapshot(self, /) -> Snapshot | None:
        """
        The snapshot, if there is one. Each access copies its data.
        """
    @property
    def term(self, /) -> int:
        """
        The sender's term; 0 in local messages and in forwarded proposals and reads.
        """
    @property
    def to(self, /) -> int:
        """
        Who it is for.
        """
    @property
    def vote(self, /) -> int:
        """
        The vote to make durable. Only in messages of kind ``storage_append``, which a `ReadyNode` with asynchronous storage sends.
        """

@final
class Node:
    """
    A member of a Raft group. See the module for how to drive it.

    - `config`: its settings.
    - `stored`: what it finds. `Stored.group` for the first members of a new group, and what was persisted for one that starts
      again; see `Stored` for one that is added later.

    Raises `ConfigError`, `StoredError` or `MembershipError`. Every method that tells it something raises `Corrupt` once something
    came in that contradicts what is committed.

    >>> from quorate.raft import Config, Node, Stored
    >>> node = Node(Config(id=1, seed=42), Stored.group([1, 2, 3]))
    >>> for _ in range(node.status().election_timeout):
    ...     node.tick()
    >>> for output in node.drain():
    ...     print(type(output).__name__)
    RoleChanged
    Send
    Send
    Persist
    >>> node.status().votes                                # its own vote counts once it is durable
    {}
    >>> node.persisted(1)
    >>> node.status().votes
    {1: True}
    """
    def __copy__(self, /) -> Node:
        """
        A node in the same state, which goes its own way from here.
        """
    def __deepcopy__(self, memo: Any, /) -> Node: ...
    def __new__(cls, /, config: Config2, stored: Stored) -> Node: ...
    def __reduce__(self, /) -> tuple[Any, tuple[type, bytes]]: ...
    def __repr__(self, /) -> str: ...
    def applied(self, /, index: SupportsIndex) -> None:
        """
        The state machine has applied everything up to `index`. Raises `NotApplying`.
        """
    def apply_conf_change(self, /, change: ConfChange) -> ConfState:
        """
        Applies a change of membership that was handed out to be applied, and says who is a member then. Raises `MembershipError`.
        """
    def assign_commit_groups(self, /, groups: Mapping[int, SupportsIndex]) -> None:
        """
        Puts members into groups, each id with its group, for `Config.group_commit`. Ids of no member are passed over.
        """
    def campaign(self, /) -> None:
        """
        Stands for election now.
        """
    def compact(self, /, index: SupportsIndex) -> None:
        """
        Drops the entries up to `index` from the window. They must be applied and durable. Raises `NotCompactable`.
        """
    @property
    def conf_state(self, /) -> ConfState:
        """
        Who is a member.
        """
    def drain(self, /) -> list[Output2]:
        """
        All that there is to do, in order: one call for a loop of them.
        """
    def entries(self, /, low: SupportsIndex, high: SupportsIndex) -> list[Entry]:
        """
        The entries from `low` to before `high`, as far as the window has them.
        """
    def entries_fetched(self, /, to: SupportsIndex, entries: Iterable[Entry]) -> None:
        """
        The entries that a `Fetch` asked for: the one at `previous` first, and as many as there are behind it. None at all says
        that they are gone. Raises `InvalidMessage` if they do not follow one another.
        """
    def forget_leader(self, /) -> None:
        """
        Forgets who leads, so that the node may vote for another at once.
        """
    @staticmethod
    def from_state(state: Buffer) -> Node:
        """
        Makes a node that goes on where the one that gave `state` was.

        Any bytes are safe to give, but who can write what has the right hash decides what the node believes. Raises `StateError`.
        """
    @property
    def hard_state(self, /) -> HardState:
        """
        The term, the vote and how far the log is committed, durable or not.
        """
    @property
    def id(self, /) -> int:
        """
        What the node is called.
        """
    @property
    def last(self, /) -> EntryId:
        """
        The last entry of the log.
        """
    @property
    def lead(self, /) -> int:
        """
        Who leads, as far as the node knows, or `NONE`.
        """
    def persisted(self, /, ticket: SupportsIndex) -> None:
        """
        What the ticket stands for is durable, and so is everything before it. Raises `UnknownTicket`.
        """
    def poll(self, /) -> Output2 | None:
        """
        The next thing to do, or `None` when there is nothing.
        """
    def propose(self, /, data: Buffer | str) -> ProposalResult:
        """
        Proposes a command. Raises `ProposalDropped`.
        """
    def propose_batch(self, /, commands: Iterable[Buffer | str]) -> ProposalResult:
        """
        Proposes commands that follow one another: all of them or none. The answer names the last. Raises `ProposalDropped`.
        """
    def propose_conf_change(self, /, change: ConfChange) -> ProposalResult:
        """
        Proposes a change of membership. An empty one leaves a joint configuration. One that cannot be made now leaves an empty
        entry in its place. Raises `ProposalDropped`.
        """
    def read_index(self, /, context: Buffer | str) -> None:
        """
        Asks for an index from which a read is linearizable: a `ReadReady` or a `ReadLost` answers with `context`.

        No two reads of a node may have the same context, in whichever of its lives: the answer to an earlier one, perhaps from
        before a restart, would be taken for that to a later. A counter behind something that each start draws anew will do. A
        read that was sent on to a leader may also be lost on the way: ask again after a while. Raises `ReadDropped`.
        """
    def report_snapshot(self, /, peer: SupportsIndex, *, ok: bool) -> None:
        """
        The snapshot for `peer` was sent, or could not be. Until one of the two is said nothing else is sent to it.
        """
    def report_unreachable(self, /, peer: SupportsIndex) -> None:
        """
        The last message to `peer` did not arrive.
        """
    def request_snapshot(self, /) -> None:
        """
        Asks the leader for a snapshot, because this node's own state is of no use. Of raft-rs.

        Raises `ProposalDropped` while no leader is known, or a snapshot is under way.
        """
    @property
    def role(self, /) -> Role:
        """
        What the node is.
        """
    def set_election_timeout(self, /, ticks: SupportsIndex) -> None:
        """
        Sets the number of ticks without a leader after which the node stands for election, until it is drawn anew: for tests
        and lessons in which it matters who is first.
        """
    def snapshot_taken(self, /, snapshot: Snapshot) -> None:
        """
        The application took a snapshot of everything up to some applied index. Members that are too far behind are sent it.

        Raises `UselessSnapshot`.
        """
    def state(self, /) -> bytes:
        """
        All that the node knows, as bytes: outputs that wait to be polled and tickets that are open, too.

        What `from_state` makes of them goes on as this node does, in any language and on any platform of this version of the
        package. It is for moving, showing and branching a node that runs, and what a pickled node is; a node that comes back
        after a crash starts from `Stored`, for what was promised to others is there.
        """
    def state_hash(self, /) -> int:
        """
        A hash of everything that the node knows, the same on every platform and in every language.
        """
    def status(self, /) -> Status:
        """
        What the node knows and believes.
        """
    def step(self, /, message: Message) -> None:
        """
        A message came from another member.

        Raises `LocalMessage`, `UnknownPeer` or `InvalidMessage`; `ProposalDropped` or `ReadDropped` for one that was forwarded here.
        """
    def step_many(self, /, messages: Iterable[Message]) -> None:
        """
        Messages came from other members. All are taken in, whatever is wrong with some; then the first error is raised, as by
        `step`.
        """
    def term_at(self, /, index: SupportsIndex) -> int | None:
        """
        The term of the entry at `index`, or `None` where it is not known.
        """
    def tick(self, /) -> None:
        """
        One tick of the clock.
        """
    def transfer_leader(self, /, to: SupportsIndex) -> None:
        """
        Hands leadership over to `to`. Asked of a follower, it asks the leader.
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
class ReadyNode:
    """
    A member of a Raft group as users of etcd's ``RawNode`` drive it: take a `Ready`, do what it says, advance.

    `Node` is the safer way: it holds back by itself what must not leave before a write is durable. This one is for those who port
    code, and for comparing with etcd message by message.

    - `config`, `stored`: as for a `Node`.
    - `async_storage`: writes and applications are messages to `APPEND_THREAD` and `APPLY_THREAD`, whose `Message.responses` are
      sent, or told to the node with `step`, when they are done. Default false: they are done when `advance` is called.

    Raises `ConfigError`, `StoredError` or `MembershipError`. Every method that tells it something raises `Corrupt` once something
    came in that contradicts what is committed.

    >>> from quorate.raft import Config, ReadyNode, Stored
    >>> node = ReadyNode(Config(id=1, seed=42), Stored.group([1]))
    >>> node.campaign()
    >>> node.propose(b"x = 1")
    Traceback (most recent call last):
    quorate.raft.ProposalDropped: ...
    >>> def work():
    ...     while node.has_ready:
    ...         ready = node.ready()
    ...         # 1. Write ready.hard_state, ready.entries and ready.snapshot. 2. Send ready.messages. 3. Apply:
    ...         for entry in ready.committed_entries:
    ...             print(entry.index, entry.data)
    ...         node.advance()
    >>> work()
    2 b''
    >>> node.propose(b"x = 1")
    >>> work()
    3 b'x = 1'
    """
    def __copy__(self, /) -> ReadyNode:
        """
        A node in the same state, which goes its own way from here.
        """
    def __deepcopy__(self, memo: Any, /) -> ReadyNode: ...
    def __new__(cls, /, config: Config2, stored: Stored, *, async_storage: bool = False) -> ReadyNode: ...
    def __reduce__(self, /) -> tuple[Any, tuple[type, bytes]]: ...
    def __repr__(self, /) -> str: ...
    def advance(self, /) -> None:
        """
        The last `Ready` is done with: written, sent and applied. Not for asynchronous storage.
        """
    def apply_conf_change(self, /, change: ConfChange) -> ConfState:
        """
        Applies a change of membership that was handed out to be applied, and says who is a member then. Raises `MembershipError`.
        """
    def campaign(self, /) -> None:
        """
        Stands for election now.
        """
    def compact(self, /, index: SupportsIndex) -> None:
        """
        Drops the entries up to `index` from the window. They must be applied and durable. Raises `NotCompactable`.
        """
    def forget_leader(self, /) -> None:
        """
        Forgets who leads, so that the node may vote for another at once.
        """
    @staticmethod
    def from_state(state: Buffer) -> ReadyNode:
        """
        Makes a node that goes on where the one that gave `state` was. Raises `StateError`.
        """
    @property
    def has_ready(self, /) -> bool:
        """
        Whether `ready` would have anything in it.
        """
    def propose(self, /, data: Buffer | str) -> None:
        """
        Proposes a command. Raises `ProposalDropped`.
        """
    def propose_conf_change(self, /, change: ConfChange) -> None:
        """
        Proposes a change of membership. Raises `ProposalDropped`.
        """
    def propose_entries(self, /, entries: Iterable[Entry]) -> None:
        """
        Proposes entries that are encoded already: changes of membership of either version, or commands. Their terms and indices
        are of no account. Raises `ProposalDropped`.
        """
    def read_index(self, /, context: Buffer | str) -> None:
        """
        Asks for an index from which a read is linearizable. The answer comes in `Ready.read_states`. No two reads of a node may
        have the same context: see `Node.read_index`. Raises `ReadDropped`.
        """
    def ready(self, /) -> Ready:
        """
        Takes out all that there is to do.
        """
    def report_snapshot(self, /, peer: SupportsIndex, *, ok: bool) -> None:
        """
        The snapshot for `peer` was sent, or could not be. Until one of the two is said nothing else is sent to it.
        """
    def report_unreachable(self, /, peer: SupportsIndex) -> None:
        """
        The last message to `peer` did not arrive.
        """
    def set_election_timeout(self, /, ticks: SupportsIndex) -> None:
        """
        Sets the number of ticks without a leader after which the node stands for election, until it is drawn anew.
        """
    def snapshot_taken(self, /, snapshot: Snapshot) -> None:
        """
        The application took a snapshot of everything up to some applied index. Members that are too far behind are sent it.

        Raises `UselessSnapshot`.
        """
    def state(self, /) -> bytes:
        """
        All that the node knows, as `Node.state` says.
        """
    def state_hash(self, /) -> int:
        """
        A hash of everything that the node knows, the same on every platform and in every language.
        """
    def status(self, /) -> Status:
        """
        What the node knows and believes.
        """
    def step(self, /, message: Message) -> None:
        """
        A message came from another member, or from one of the two threads.

        Raises `LocalMessage`, `UnknownPeer` or `InvalidMessage`; `ProposalDropped` or `ReadDropped` for one that was forwarded here.
        """
    def tick(self, /) -> None:
        """
        One tick of the clock.
        """
    def traces(self, /) -> list[Trace]:
        """
        What happened since the last call, and why. Empty unless `Config.trace` is set.
        """
    def transfer_leader(self, /, to: SupportsIndex) -> None:
        """
        Hands leadership over to `to`. Asked of a follower, it asks the leader.
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

@final
class Sentinel:
    """
    A Redis Sentinel: one that real ones count, ask, vote for and follow. See the module for how to drive it.

    - `config`: its settings.
    - `lines`: those of the last `Persist`, or of a ``sentinel.conf``; none at first. Where both know a master, they hold.
    - `now`: the time in milliseconds, of any clock.

    Raises `SettingError`.

    >>> from quorate.sentinel import Config, Connect, MasterConfig, Persist, Sentinel
    >>> sentinel = Sentinel(Config(id="0" * 40, seed=42, masters=[MasterConfig("mymaster", "127.0.0.1", 6379, quorum=2)]))
    >>> for now in (0, 100):
    ...     sentinel.tick(now)
    ...     while outputs := sentinel.drain():
    ...         for output in outputs:
    ...             match output:
    ...                 case Persist(ticket, lines):       # once the lines are on the disk
    ...                     sentinel.persisted(ticket)
    ...                 case Connect(link, (host, port), kind):
    ...                     print(link, host, port, kind)
    1 127.0.0.1 6379 command
    2 127.0.0.1 6379 pub_sub
    """
    def __copy__(self, /) -> Sentinel:
        """
        A sentinel in the same state, which goes its own way from here.
        """
    def __deepcopy__(self, memo: Any, /) -> Sentinel: ...
    def __new__(cls, /, config: Config4, lines: SupportsGetItem[int, str] = ..., now: SupportsIndex = 0) -> Sentinel: ...
    def __reduce__(self, /) -> tuple[Any, tuple[type, bytes]]: ...
    def __repr__(self, /) -> str: ...
    def client_closed(self, /, client: SupportsIndex) -> None:
        """
        A client is gone.
        """
    def command(self, /, client: SupportsIndex, argv: Iterable[Buffer | str], now: SupportsIndex) -> None:
        """
        A client, or another sentinel, sent this command: its name and arguments, as `quorate.resp.RequestDecoder` gives them. A
        `Reply` answers. Clients are called what you like.
        """
    def connected(self, /, link: SupportsIndex) -> None:
        """
        The connection stands. Raises `UnknownLink` for one that was closed meanwhile.
        """
    @property
    def current_epoch(self, /) -> int:
        """
        The epoch that all masters share.
        """
    def disconnected(self, /, link: SupportsIndex) -> None:
        """
        The connection is gone, or did not come about. Raises `UnknownLink` for one that was closed meanwhile.
        """
    def drain(self, /) -> list[Output4]:
        """
        All that there is to do, in order: one call for a loop of them. After a `Persist` comes nothing before it is answered, so
        drain until nothing comes.
        """
    @staticmethod
    def from_state(state: Buffer) -> Sentinel:
        """
        Makes a sentinel that goes on where the one that gave `state` was. Raises `SentinelError` (code ``invalid_state``).
        """
    @property
    def id(self, /) -> str:
        """
        The run id: 40 hexadecimal digits.
        """
    @property
    def in_tilt(self, /) -> bool:
        """
        Whether time is not believed at present, so that nothing is done.
        """
    def lines(self, /) -> list[str]:
        """
        What would be persisted now: the ``sentinel`` lines of a configuration file.
        """
    def master_address(self, /, name: str) -> Address | None:
        """
        Where the master of that name is, or `None`. During a failover it is the promoted replica as soon as that serves.
        """
    def persisted(self, /, ticket: SupportsIndex) -> None:
        """
        The lines of that ticket are durable. Raises `SentinelError` (code ``unknown_ticket``).
        """
    def poll(self, /) -> Output4 | None:
        """
        The next thing to do, or `None` when there is nothing, or when a `Persist` must be answered first.
        """
    def received(self, /, link: SupportsIndex, data: Buffer | str, now: SupportsIndex) -> None:
        """
        These bytes came over the connection, in pieces of any size.

        Raises `UnknownLink` for a connection that was closed meanwhile, `ProtocolError` for bytes that are no replies, and
        `SentinelError` (code ``unexpected_reply``) for more replies than commands. After the last two, close the connection and say
        `disconnected`.
        """
    def reply(self, /, link: SupportsIndex, value: Any, now: SupportsIndex) -> None:
        """
        A whole reply came over the connection, or a message of a subscription: as `quorate.resp.Decoder` makes it, where it was
        decoded already. Raises as `received`.
        """
    def resolved(self, /, host: str, ip: str | None, now: SupportsIndex) -> None:
        """
        A name was looked up: an IP address, or `None` if there is none.
        """
    def script_finished(self, /, script: SupportsIndex, returncode: SupportsIndex | None, now: SupportsIndex) -> None:
        """
        A script ended, with what `subprocess` calls a return code: below zero it is a signal. `None` says that it could not be
        started. Raises `SentinelError` (code ``unknown_script``).
        """
    def state(self, /) -> bytes:
        """
        All that the sentinel knows, as bytes: outputs that wait to be polled and replies that are not whole yet, too.

        It is for moving, showing and branching a sentinel that runs, within this version of the package, and what a pickled one is;
        one that comes back after a crash starts from its persisted lines, for what was promised to others is there.
        """
    def state_hash(self, /) -> int:
        """
        A hash of everything that the sentinel knows, the same on every platform and in every language.
        """
    def status(self, /) -> Status2:
        """
        What the sentinel knows and believes, as plain dicts and lists: see `Status`.
        """
    def tick(self, /, now: SupportsIndex) -> None:
        """
        The clock reads `now`. To be called about every `tick_period` milliseconds. A clock that goes back, or a pause of more than
        two seconds, is noticed: then nothing is done for half a minute (TILT).
        """
    @property
    def tick_period(self, /) -> int:
        """
        How long to wait for the next tick, in milliseconds: drawn anew at each, so that sentinels do not stand for election together.
        """

@final
class Server:
    """
    The replication of one Redis server: a primary, a replica, or a replica with replicas of its own. See the module for how to drive
    it.

    - `config`: its settings.
    - `now_ms`: the time in milliseconds of Unix time, of the server's own clock, which may jump.

    It begins as a primary without data. Raises `ReplicationError`.
    """
    def __copy__(self, /) -> Server:
        """
        A server in the same state, which goes its own way from here.
        """
    def __deepcopy__(self, memo: Any, /) -> Server: ...
    def __new__(cls, /, config: Config3, now_ms: SupportsIndex) -> Server: ...
    def __reduce__(self, /) -> tuple[Any, tuple[type, bytes]]: ...
    def __repr__(self, /) -> str: ...
    def accept(self, /, replica: SupportsIndex, ip: str, now_ms: SupportsIndex) -> None:
        """
        A connection came from a host, that may become a replica. It is called `replica` from now on. Raises `ReplicationError` (codes
        ``duplicate_replica``, ``too_many_replicas``).
        """
    @property
    def backlog(self, /) -> tuple[int, int] | None:
        """
        The first and the one past the last offset of the stream that are kept, or `None` while no replica ever came.
        """
    def cancel_wait(self, /, client: SupportsIndex) -> None:
        """
        That client is gone, and waits no more. Raises `ReplicationError` (code ``unknown_wait``).
        """
    def check(self, /, access: Any) -> None:
        """
        Whether a client's command is let through: ``"read"`` or ``"write"``, which a script or transaction is that may write. Raises
        `Refused`, with the server's own answer.
        """
    def closed(self, /, attempt: SupportsIndex, now_ms: SupportsIndex) -> None:
        """
        The connection to the primary is gone, or did not come about. Raises `StaleAttempt` for one that was given up.
        """
    def configure(self, /, config: Config3, now_ms: SupportsIndex) -> None:
        """
        ``CONFIG SET``: replaces the settings. Raises `ReplicationError` (code ``invalid_config``).
        """
    def connected(self, /, attempt: SupportsIndex, now_ms: SupportsIndex) -> None:
        """
        The connection to the primary stands. Raises `StaleAttempt` for one that was given up.
        """
    def count_acknowledged(self, /, offset: SupportsIndex) -> int:
        """
        How many replicas have said that they have what is at that offset.
        """
    def drain(self, /) -> list[Output3]:
        """
        All that there is to do, in order: one call for a loop of them.
        """
    @staticmethod
    def from_state(state: Buffer) -> Server:
        """
        Makes a server that goes on where the one that gave `state` was. Raises `ReplicationError` (code ``invalid_state``).
        """
    @property
    def good_replicas(self, /) -> int:
        """
        How many replicas are good for `Config.min_replicas_to_write`, as it was counted last: that number decides.
        """
    @property
    def history(self, /) -> History:
        """
        What the data is the result of.
        """
    def info(self, /) -> str:
        """
        The section ``Replication`` of ``INFO``, as Redis 7.0 writes it.
        """
    @property
    def is_primary(self, /) -> bool:
        """
        Whether the server is a primary.
        """
    @property
    def link_down_s(self, /) -> int | None:
        """
        For how many seconds it does not, or `None`.
        """
    @property
    def link_is_up(self, /) -> bool:
        """
        Whether the stream comes in from the primary.
        """
    @property
    def link_state(self, /) -> str:
        """
        How far the connection to the primary is: ``none``, ``connect``, ``connecting``, ``ping``, ``auth``, ``port``, ``ip``, ``capa``,
        ``psync``, ``transfer`` or ``connected``.
        """
    @property
    def next_tick_ms(self, /) -> int:
        """
        When `tick` has something to do next, in milliseconds.
        """
    def poll(self, /) -> Output3 | None:
        """
        The next thing to do, or `None` when there is nothing.
        """
    @property
    def primary(self, /) -> tuple[str, int] | None:
        """
        The primary's host and port, or `None` for a primary.
        """
    def promote(self, /, now_ms: SupportsIndex) -> bool:
        """
        ``REPLICAOF NO ONE``. Says whether anything changed. The history gets another name, and remembers the old one up to here.
        """
    def propagate(self, /, database: SupportsIndex, args: Iterable[Buffer | str], now_ms: SupportsIndex) -> int:
        """
        Sends a command to the replicas that is no client's write, so that no rule refuses it: ``PUBLISH``, or what expires.
        """
    def received(self, /, attempt: SupportsIndex, data: Buffer | str, now_ms: SupportsIndex) -> None:
        """
        These bytes came from the primary, in pieces of any size. Raises `StaleAttempt` for a connection that was given up.
        """
    def replica_closed(self, /, replica: SupportsIndex, now_ms: SupportsIndex) -> None:
        """
        That connection is gone. Raises `ReplicationError` (code ``unknown_replica``).
        """
    @property
    def replicas(self, /) -> list[Replica]:
        """
        The replicas, in the order in which they were attached.
        """
    def replicate_from(self, /, host: str, port: SupportsIndex, now_ms: SupportsIndex) -> bool:
        """
        ``REPLICAOF host port``. Says whether anything changed.

        What was a primary asks to go on in its own history where it is, so that nothing need be thrown away if the other has it all.
        """
    def request(self, /, replica: SupportsIndex, args: Iterable[Buffer | str], now_ms: SupportsIndex) -> None:
        """
        A command came over that connection: ``PING``, ``REPLCONF``, ``PSYNC`` or ``SYNC``, with its arguments. Raises
        `ReplicationError`: ``not_replication`` for any other, which the server itself answers.
        """
    @staticmethod
    def restore(config: Config3, stored: Stored2, now_ms: SupportsIndex, primary: tuple[str, SupportsIndex] | None = None) -> Server:
        """
        Makes a server that starts again from data on its disk: as a primary, or as a replica of `primary`, a host and a port.

        A replica asks to go on from there. A primary begins a history of its own, and remembers the stored one as its second, so that
        its replicas can go on. Raises `ReplicationError`.
        """
    def role(self, /) -> bytes:
        """
        What ``ROLE`` answers, as bytes of RESP2 and RESP3 alike.
        """
    def snapshot_loaded(self, /, *, ok: bool, now_ms: SupportsIndex) -> None:
        """
        The snapshot is loaded, in place of all data, or could not be. Raises `ReplicationError` (code ``not_loading``).
        """
    def snapshot_sent(self, /, replica: SupportsIndex, *, ok: bool, now_ms: SupportsIndex) -> None:
        """
        The snapshot that `SendSnapshot` asked for is sent, or could not be. Raises `ReplicationError` (codes ``unknown_replica``,
        ``not_sending``).
        """
    def snapshot_taken(self, /, *, ok: bool, now_ms: SupportsIndex) -> None:
        """
        The snapshot that `TakeSnapshot` asked for is taken, or could not be. Raises `ReplicationError` (code ``no_snapshot_wanted``).
        """
    def state(self, /) -> bytes:
        """
        All that the server knows, as bytes: for moving, showing and branching one that runs, within this version of the package. It is
        what a pickled one is.
        """
    def state_hash(self, /) -> int:
        """
        A hash of everything that the server knows, the same on every platform and in every language.
        """
    @property
    def stored(self, /) -> Stored2:
        """
        What goes into a snapshot on the disk, so that `restore` can go on from it.
        """
    def tick(self, /, now_ms: SupportsIndex) -> None:
        """
        The clock reads `now_ms`. To be called at `next_tick_ms`, or every 100 ms: what the server does once a second is done.
        """
    def wait(self, /, client: SupportsIndex, offset: SupportsIndex, replicas: SupportsIndex, timeout_ms: SupportsIndex, now_ms: SupportsIndex) -> None:
        """
        ``WAIT replicas timeout`` of a client whose last write is at `offset`. A `Waited` answers; a timeout of 0 is none. Raises
        `ReplicationError` (codes ``wait_on_replica``, ``duplicate_wait``).
        """
    def write(self, /, database: SupportsIndex, args: Iterable[Buffer | str], now_ms: SupportsIndex) -> int:
        """
        A client's write is to be executed: sends it to the replicas. Answers with the offset behind it, which is what the client waits
        for, and what a `Ledger` is told. Raises `Refused`: it must not be executed then.
        """

@final
class World:
    """
    A seeded world of machines, clients and a network.

    - `kind`: what its machines are. ``"raft"``, the default: members of one Raft group. ``"sentinel"``: Redis servers that
      replicate, and sentinels.
    - `settings`: see `Settings`. Durations are microseconds or text as ``"10ms"``, shares are 0 to 1 or text as ``"2%"``.

    Raises `SimError`.

    >>> from quorate.sim import MILLISECOND, SECOND, World
    >>> world = World("raft", nodes=5, seed=7, latency=10 * MILLISECOND)
    >>> world.until("leader != none", within=SECOND)
    True
    >>> leader, then = world.ask("leader"), world.moment()
    >>> world.act(f"crash {leader}")
    >>> world.run_for(SECOND)
    >>> world.ask("leader") in ("none", leader)
    False
    >>> world.violations()
    []
    >>> world.seek_moment(then)                            # back, as it was
    >>> world.ask("leader") == leader
    True
    """
    def __copy__(self, /) -> World: ...
    def __deepcopy__(self, memo: Any, /) -> World: ...
    def __new__(cls, /, kind: str = "raft", **settings: "bool | int | float | str") -> World: ...
    def __reduce__(self, /) -> tuple[Any, tuple[str]]: ...
    def __repr__(self, /) -> str: ...
    def act(self, /, action: str) -> None:
        """
        Does something to the world, now: ``"crash 3"``, ``"partition 1 2 | 3 4 5"``, ``"ask c1 x=1"``. See `docs/simulator.md`.

        If the world went back in time, the future that it came from is gone; a `branch` keeps it. Raises `SimError`; its code is
        ``refused`` where a machine refused, which is part of the run.
        """
    def ask(self, /, question: str) -> str:
        """
        Answers what scripts ask: ``"leader"``, ``"commit 1"``, ``"value 3 x"``. Raises `SimError` (code ``invalid_question``).
        """
    def branch(self, /) -> World:
        """
        Another world that is the same up to here and knows of no future.
        """
    def diagram(self, /, start: SupportsIndex = 0, end: SupportsIndex | None = None) -> str:
        """
        What happened between two times, as a space-time diagram in text; by default all of it.

        Time runs down, each machine is a lane, an arrow is a message that arrives. Heartbeats are counted, not drawn.
        """
    @property
    def event_count(self, /) -> int:
        """
        How many events were processed.
        """
    def events(self, /, start: SupportsIndex = 0) -> list[Event]:
        """
        What happened, from that many events of the list on; see `Event`. Going back in time makes the list shorter.
        """
    @staticmethod
    def from_script(text: str) -> World:
        """
        Makes a world from a script, whose steps `run` carries out. See `docs/simulator.md` for what a script may say.

        Raises `SimError`: ``invalid_script``, with the line; ``broken_rules_absent`` for a script about rules that this build keeps.
        """
    def history(self, /) -> list[Operation]:
        """
        What clients asked, and how it ended; see `Operation`.
        """
    def moment(self, /) -> Moment:
        """
        This moment, for `seek_moment`. Several may share a time.
        """
    @property
    def now(self, /) -> int:
        """
        Microseconds since the world began.
        """
    def report(self, /) -> Report:
        """
        How the script went, as far as it was carried out.
        """
    def run(self, /) -> Report:
        """
        Carries out the script that the world was made from, to its end.
        """
    def run_for(self, /, duration: SupportsIndex) -> None:
        """
        Goes on for so many microseconds.
        """
    def run_until(self, /, at: SupportsIndex) -> None:
        """
        Goes on until that time: everything that is due by then happens. Does nothing if it is past.
        """
    def seek(self, /, at: SupportsIndex) -> None:
        """
        Goes to a time, back or on: everything that was due by then has happened, and every action until then was done.
        """
    def seek_event(self, /, events: SupportsIndex) -> None:
        """
        Goes to where so many events were processed, back or on, and every action until then was done.
        """
    def seek_moment(self, /, moment: Moment) -> None:
        """
        Goes to a moment that was, as `moment` named it. Raises `SimError` (code ``no_such_moment``) for one of another branch.
        """
    def state_hash(self, /) -> str:
        """
        A hash of all that can be seen of the world, as 16 hexadecimal digits, the same on every platform and in every language.
        """
    def step(self, /) -> bool:
        """
        Lets the next thing happen. Says whether there was one.
        """
    def to_script(self, /) -> str:
        """
        The script that leads to this moment in any world of this version. A pickled world is this script.
        """
    def until(self, /, predicate: str, within: SupportsIndex = ...) -> bool:
        """
        Goes on until something holds, for so many microseconds at the most; default 10 seconds. Says whether it holds.

        `predicate` is what a script would expect: ``"leader != none"``, ``"commit 1 >= 3"``. Raises `SimError` (code
        ``invalid_question``).
        """
    def view(self, /) -> View:
        """
        All that a drawing of this moment needs: machines, logs, timers, messages in flight, clients. See `View`.
        """
    def violations(self, /) -> list[Violation]:
        """
        What does not hold: the first `Violation` of each invariant.
        """

def decode_conf_change(data: Buffer) -> ConfChange:
    """
    What `ConfChange.decode` does.
    """

def decode_conf_change_v1(data: Buffer) -> ConfChangeV1:
    """
    What `ConfChangeV1.decode` does.
    """

def decode_hard_state(data: Buffer) -> HardState:
    """
    What `HardState.decode` does.
    """

def decode_snapshot(data: Buffer) -> Snapshot:
    """
    What `Snapshot.decode` does.
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

def encode_conf_change(change: ConfChange) -> bytes:
    """
    What `ConfChange.encode` does.
    """

def encode_conf_change_v1(change: ConfChangeV1) -> bytes:
    """
    What `ConfChangeV1.encode` does.
    """

def encode_hard_state(state: HardState) -> bytes:
    """
    What `HardState.encode` does.
    """

def encode_pipeline(commands: Iterable[list[Any] | tuple[Any, ...]]) -> bytes:
    """
    The bytes of many commands, one after the other. Each is a list or tuple of its arguments, as `encode_command` takes them.

    Raises `TypeError` if one is not, or has an argument that cannot be sent.

    >>> from quorate.resp import encode_pipeline
    >>> encode_pipeline([("INCR", "a"), ["GET", "b"]])
    b'*2\\r\\n$4\\r\\nINCR\\r\\n$1\\r\\na\\r\\n*2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\nb\\r\\n'
    """

def encode_snapshot(snapshot: Snapshot) -> bytes:
    """
    What `Snapshot.encode` does.
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
