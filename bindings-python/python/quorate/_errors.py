"""The exceptions, defined in Python so that they can be imported, subclassed, pickled and documented like any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


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


class RaftError(_CodedError):
    """Base of every error of a Raft node. The node is as it was before the call, but for `Corrupt`."""

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, message: str, code: str, *details: Any) -> None:
        super().__init__(message, code)
        for name, value in zip(self._fields, details, strict=True):
            setattr(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self._code, *(getattr(self, name) for name in self._fields))


class ConfigError(RaftError, ValueError):
    """A setting of a `Config` is outside its range (code ``invalid_config``)."""


class StoredError(RaftError, ValueError):
    """What was stored does not fit together (code ``invalid_stored``)."""


class ProposalDropped(RaftError):
    """A proposal was refused (code ``proposal_dropped``). It may be made again, perhaps elsewhere."""

    _fields = ("reason", "node_id")
    reason: str
    """Why: ``no_leader``, ``not_forwarded``, ``removed``, ``transferring``, ``uncommitted_limit`` or ``empty``."""
    node_id: int
    """Who leads (``not_forwarded``) or is to lead (``transferring``); 0 otherwise."""


class ReadDropped(RaftError):
    """A read was refused, for nobody leads (code ``read_dropped``). Ask again later."""


class LocalMessage(RaftError, ValueError):
    """A message of a kind that no member sends came in as one (code ``local_message``)."""

    _fields = ("kind",)
    kind: str
    """The message's kind."""


class UnknownPeer(RaftError):
    """An answer came from somebody who is no member (code ``unknown_peer``)."""

    _fields = ("node_id",)
    node_id: int
    """Who it is from."""


class InvalidMessage(RaftError, ValueError):
    """A message lacks what its kind must have (code ``invalid_message``)."""

    _fields = ("kind",)
    kind: str
    """The message's kind."""


class MembershipError(RaftError):
    """A change of membership cannot be applied. The membership is as it was.

    Codes: ``already_joint``, ``no_voters``, ``not_joint``, ``simple_in_joint``, ``too_many_changed``, ``removed_all_voters``.
    """


class UnknownTicket(RaftError, ValueError):
    """A ticket was never given out, or was answered already (code ``unknown_ticket``)."""

    _fields = ("ticket",)
    ticket: int
    """The ticket."""


class NotApplying(RaftError, ValueError):
    """An index was not handed out to be applied, or its turn is over (code ``not_applying``)."""

    _fields = ("index", "first", "last")
    index: int
    """What was said to be applied."""
    first: int
    """The least that can be."""
    last: int
    """The most that can be."""


class NotCompactable(RaftError, ValueError):
    """An index cannot be compacted: it is not applied, not durable, or compacted already (code ``not_compactable``)."""

    _fields = ("index",)
    index: int
    """The index."""


class UselessSnapshot(RaftError, ValueError):
    """A snapshot is older than the last, or newer than what is applied (code ``useless_snapshot``)."""

    _fields = ("index",)
    index: int
    """The last entry that it covers."""


class Corrupt(RaftError):
    """Something came in that contradicts what is committed: a disk was lost, two nodes have one name, or a peer is broken.

    The node takes no further input: every call that would change it raises this (code ``corrupt``). It must be rebuilt under
    another name.
    """

    _fields = ("index", "committed", "last")
    index: int
    """What cannot be."""
    committed: int
    """How far the log is committed."""
    last: int
    """Where it ends."""


class WireError(RaftError, ValueError):
    """Bytes are not the protocol buffer that they should be (code ``invalid_wire``)."""

    _fields = ("offset", "expected")
    offset: int
    """Where, counted from the start of the message or of the part of it that is wrong."""
    expected: str
    """What should stand there."""


class StateError(RaftError, ValueError):
    """Bytes are not the state of such a node, or not of this version of the package (code ``invalid_state``)."""

    _fields = ("offset", "expected")
    offset: int
    """Where: the byte, from 0 on."""
    expected: str
    """What should stand there."""


class SimError(_CodedError):
    """Something that a simulated world was asked for and cannot be. The world is as it was.

    Codes: ``unknown_setting``, ``invalid_value``, ``invalid_config``, ``unknown_rule``, ``broken_rules_absent``,
    ``unknown_node``, ``unknown_client``, ``node_down``, ``node_up``, ``client_busy``, ``no_such_message``, ``refused``,
    ``cannot_start``, ``invalid_script``, ``invalid_question``, ``no_such_moment``.
    """

    def __init__(self, message: str, code: str, line: int = 0) -> None:
        super().__init__(message, code)
        self.line = line
        """The line of the script that it is about, from 1 on; 0 if it is about none."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self._code, self.line)


class SentinelError(_CodedError):
    """Something that a sentinel or a discovery was told and cannot be. It is as it was.

    Codes: ``unexpected_reply``, ``unknown_ticket``, ``unknown_script``, ``unknown_request``, ``too_many_requests``,
    ``invalid_state``, and those of the classes made from this one.
    """


class SettingError(SentinelError, ValueError):
    """A setting is outside its range (code ``invalid_config``), or a line of a configuration cannot be read
    (``invalid_line``).
    """

    def __init__(self, message: str, code: str, line: int = 0) -> None:
        super().__init__(message, code)
        self.line = line
        """Which line of the configuration, from 1 on; 0 if it is about none."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self._code, self.line)


class UnknownLink(SentinelError):
    """A connection was never asked for, or is closed already (code ``unknown_link``).

    News of a connection that comes after the order to close it ends here, and does no harm.
    """

    def __init__(self, message: str, code: str, link: int) -> None:
        super().__init__(message, code)
        self.link = link
        """What it was called."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self._code, self.link)


class DiscoveryFailed(_CodedError):
    """A request for a server failed: base of what `Failed` tells of."""

    def __init__(self, message: str, code: str, details: Mapping[str, Any]) -> None:
        super().__init__(message, code)
        self.details = details
        """What goes with it, by name: ``tried``, ``answered``, ``address``."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self._code, self.details)


class NoSentinelAnswers(DiscoveryFailed):
    """No sentinel could be reached, or none answered in time: the network, or all of them, are down
    (code ``no_sentinel_answers``).
    """


class NoSuchMaster(DiscoveryFailed):
    """Sentinels answered, and none knows a master of that name (code ``no_such_master``)."""


class TooFewSentinels(DiscoveryFailed):
    """The sentinels that know it reach too few others: they are on the smaller side of a split (code ``too_few_sentinels``)."""


class SentinelRefused(DiscoveryFailed):
    """A sentinel answered with an error, or with what is no answer (code ``sentinel_refused``)."""


class NodeUnreachable(DiscoveryFailed):
    """The server that was named does not answer (code ``node_unreachable``)."""


class WrongRole(DiscoveryFailed):
    """The server that was named says that it is something else (code ``wrong_role``): a failover is under way."""


class NoReplica(DiscoveryFailed):
    """A replica was asked for, and none is fit to read from (code ``no_replica``)."""


class TimedOut(DiscoveryFailed, TimeoutError):
    """The time ran out before anything else was known (code ``timed_out``)."""


class ReplicationError(_CodedError):
    """Something that a replicating server was told and cannot be. It is as it was.

    Codes: ``invalid_config``, ``invalid_stored``, ``invalid_replication_id``, ``duplicate_replica``, ``unknown_replica``,
    ``too_many_replicas``, ``not_replication``, ``no_snapshot_wanted``, ``not_sending``, ``not_loading``, ``wait_on_replica``,
    ``duplicate_wait``, ``unknown_wait``, ``duplicate_write``, ``invalid_state``, and those of the classes made from this one.
    """


class StaleAttempt(ReplicationError):
    """What is said is about a connection to a primary that was given up meanwhile (code ``stale_attempt``). Pass over it."""


class Refused(ReplicationError):
    """A client's command is not let through. The message is what the server answers.

    Codes: ``no_replicas``, ``read_only``, ``master_down``.
    """
