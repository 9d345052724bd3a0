"""What goes into a discovery and comes out of it, as plain Python classes."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from . import _errors
from ._errors import DiscoveryFailed
from ._sentinel import Address, Close, Send, Trace

__all__ = ["Close", "Send", "Trace"]


class ReadPreference(enum.StrEnum):
    """What a request wants to reach."""

    PRIMARY = "primary"
    """The primary."""
    REPLICA = "replica"
    """A replica, and nothing else."""
    REPLICA_OR_PRIMARY = "replica_or_primary"
    """A replica, or the primary where no replica is fit."""
    ANY = "any"
    """Any server, by weight."""


class Stale(enum.StrEnum):
    """What to do with replicas that have lost their primary, whose data grows old."""

    LAST_RESORT = "last_resort"
    """They are read from if there is no other: during a failover there is none."""
    NEVER = "never"
    """They are never read from."""


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of a discovery. `Discovery` checks them, and raises `SettingError`. Times are milliseconds."""

    name: str
    """What the sentinels call the primary."""
    sentinels: Sequence[Address | tuple[str, int]]
    """The sentinels that are known from the start, in the order in which they are asked. At least one."""
    sentinel_timeout_ms: int = field(default=500, kw_only=True)
    """For a sentinel to be reached and to answer, before the next is asked. Default 500; at least 1."""
    node_timeout_ms: int = field(default=1_000, kw_only=True)
    """For a server to be reached and to say what it is. Default 1,000; at least 1."""
    give_up_after_ms: int | None = field(default=10_000, kw_only=True)
    """How long a request is tried before it fails. Default 10,000; 0 is one round of all sentinels, `None` never gives up."""
    backoff_ms: int = field(default=100, kw_only=True)
    """Between a failed round and the next. It doubles with each that fails, and up to a quarter is added by chance.
    Default 100; at least 1."""
    max_backoff_ms: int = field(default=2_000, kw_only=True)
    """The most that it doubles to. Default 2,000."""
    check_every_ms: int | None = field(default=10_000, kw_only=True)
    """How often it is asked whether the primary still is one while connections to it are open: one that does not break tells
    nothing. Default 10,000; `None` is never."""
    listeners: int = field(default=1, kw_only=True)
    """To how many sentinels a subscription is kept, so that a change is known at once. Default 1. Nothing relies on it."""
    min_other_sentinels: int = field(default=0, kw_only=True)
    """How many other sentinels a sentinel must reach to be believed. Default 0. Those that it calls down do not count."""
    learn_sentinels: bool = field(default=True, kw_only=True)
    """Whether sentinels that others name are asked too, after those known from the start. Default true."""
    max_sentinels: int = field(default=64, kw_only=True)
    """The most sentinels that are known at once. Default 64."""
    max_requests: int = field(default=1_024, kw_only=True)
    """The most requests at once. Default 1,024."""
    stale: Stale = field(default=Stale.LAST_RESORT, kw_only=True)
    """What to do with replicas that have lost their primary. Default `Stale.LAST_RESORT`."""
    nat: Mapping[tuple[str, int], tuple[str, int]] = field(default_factory=dict, kw_only=True, hash=False)
    """Where a server or sentinel is really to be reached, by what it is announced as. Default: there."""
    weights: Mapping[tuple[str, int], int] = field(default_factory=dict, kw_only=True, hash=False)
    """How often a server is chosen in proportion to others, by what it is announced as. Default 1 for each; 0 is never."""
    seed: int = field(default=0, kw_only=True)
    """For the part of waiting that is left to chance, so that clients do not come back all at once."""
    trace: bool = field(default=False, kw_only=True)
    """Put out `Trace` events. Default false."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sentinels", tuple(Address(*address) for address in self.sentinels))
        object.__setattr__(self, "stale", Stale(self.stale))


class HandedOut(NamedTuple):
    """A connection that was handed out."""

    link: int
    """What it is called."""
    address: Address
    """Where the server is, as it is announced."""
    role: Literal["primary", "replica"]
    """What it is."""


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a connection, then say `Discovery.connected`, or `Discovery.disconnected` if it did not come about."""

    link: int
    """What it is called. No other will be called so."""
    address: Address
    """Where to. `Config.nat` is applied."""
    purpose: Literal["ask", "listen", "node"]
    """What for: questions to a sentinel, a subscription there, or a server. The last is to be set up as any connection of the
    caller's (``AUTH``, ``HELLO``, ``SELECT``) before it is said to stand."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The request is answered: this connection stands, and is the caller's.

    Say `Discovery.disconnected` when it ends, `Discovery.refused` when a command is answered with an error, and close it at
    `Invalidate`.
    """

    request: int
    """Which request."""
    link: int
    """The connection."""
    address: Address
    """Where the server is, as it is announced."""
    role: Literal["primary", "replica"]
    """What it is."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The request failed."""

    request: int
    """Which request."""
    error: DiscoveryFailed
    """Why: to be raised where the request was made."""


@dataclass(frozen=True, slots=True)
class Invalidate:
    """Close this connection, which was handed out: the server is not what it was. A new request takes its place."""

    link: int
    """Which."""
    reason: Literal["primary_moved", "promoted", "refused"]
    """Why."""


@dataclass(frozen=True, slots=True)
class PrimaryChanged:
    """Another server is known to be the primary, for it said so."""

    old: Address | None
    """Which it was, if one was known."""
    new: Address
    """Which it is."""


Output: TypeAlias = Connect | Close | Send | Resolved | Failed | Invalidate | PrimaryChanged | Trace
"""Any output of a discovery, for annotations."""


def failed(message: str, code: str, details: Mapping[str, Any]) -> DiscoveryFailed:
    """The exception of that code."""
    name = "".join(word.capitalize() for word in code.split("_"))
    class_: type[DiscoveryFailed] = getattr(_errors, name, DiscoveryFailed)
    return class_(message, code, details)
