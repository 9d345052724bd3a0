"""What goes into a sentinel and comes out of it, as plain Python classes: comparable, picklable, and made for `match`."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias, TypedDict


class Address(NamedTuple):
    """Where somebody is reached. A plain pair goes in as well."""

    host: str
    """An IP address, or a name."""
    port: int
    """The port."""


class Profile(enum.StrEnum):
    """Which epoch an election is counted by."""

    COMPAT = "compat"
    """As real sentinels do: by the one epoch that all masters share. Failovers of several masters at once then disturb each
    other, and one outage may see two leaders (redis/redis#12865)."""
    STRICT = "strict"
    """By the epoch of the attempt itself, so that there is at most one leader for a master and an epoch. Safe among real
    sentinels; of use to all where everybody does it."""


# ---- what goes in


@dataclass(frozen=True, slots=True)
class MasterConfig:
    """Settings of one master. `Sentinel` checks them, and raises `SettingError`. Times are milliseconds."""

    name: str
    """What the group is called, by all sentinels and clients alike. No spaces or commas."""
    host: str
    """Its host: an IP address, or a name with `Config.resolve_hostnames`."""
    port: int
    """Its port."""
    quorum: int
    """How many sentinels must hold it for down before a failover is tried. At least 1. Electing a leader needs a majority of
    all sentinels besides."""
    down_after: int = field(default=30_000, kw_only=True)
    """``down-after-milliseconds``: silence after which an instance counts as down. Default 30,000; at least 1."""
    failover_timeout: int = field(default=180_000, kw_only=True)
    """``failover-timeout``. Default 180,000; at least 1."""
    parallel_syncs: int = field(default=1, kw_only=True)
    """``parallel-syncs``: how many replicas are pointed to the new master at once. Default 1; at least 1."""
    master_reboot_down_after: int = field(default=0, kw_only=True)
    """``master-reboot-down-after-period``: how long a master that restarted may load before it counts as down; 0 says for ever.
    Default 0."""
    auth_user: str | None = field(default=None, kw_only=True)
    """``auth-user``: as whom to log in at the master and its replicas. Default: the default user."""
    auth_pass: str | None = field(default=None, kw_only=True, repr=False)
    """``auth-pass``: the password there. Default: none."""
    notification_script: str | None = field(default=None, kw_only=True)
    """``notification-script``: run for each event that is a warning. Default: none."""
    client_reconfig_script: str | None = field(default=None, kw_only=True)
    """``client-reconfig-script``: run when the master's address changes. Default: none."""
    renamed_commands: Mapping[str, str] = field(default_factory=dict, kw_only=True, hash=False)
    """``rename-command``: what commands are called at the master and its replicas, by their own names. Default: as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Periods and limits in milliseconds, all at least 1: constants of real sentinels, but for ``SENTINEL DEBUG``."""

    ping: int = 1_000
    """The longest time between two PINGs."""
    info: int = 10_000
    """The time between two INFOs; one second while a failover may need it."""
    ask: int = 1_000
    """The time between two questions whether a master is down."""
    publish: int = 2_000
    """The time between two hellos."""
    default_down_after: int = 30_000
    """What a master that ``SENTINEL MONITOR`` adds begins with."""
    default_failover_timeout: int = 180_000
    """Likewise."""
    tilt_trigger: int = 2_000
    """The longest time between two ticks that is believed."""
    tilt_period: int = 30_000
    """How long nothing is done after one that was not."""
    slave_reconf_timeout: int = 10_000
    """How long a replica may take to follow the new master."""
    min_link_reconnect: int = 15_000
    """How old a connection must be before it is closed for its silence."""
    election_timeout: int = 10_000
    """How long an attempt waits to be elected, if the failover timeout is not less."""
    script_max_runtime: int = 60_000
    """How long a script may run."""
    script_retry_delay: int = 30_000
    """The time before a script is tried again; it doubles with each try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of a sentinel. `Sentinel` checks them, and raises `SettingError`."""

    id: str
    """Its run id: 40 lower-case hexadecimal digits, its own for good. A line that was persisted goes before it."""
    seed: int
    """Where its randomness comes from, from 0 to 2**64 - 1. No two sentinels should share it."""
    ip: str = "127.0.0.1"
    """The IP address at which others reach it. Default 127.0.0.1."""
    port: int = 26379
    """The port at which others reach it. Default 26379."""
    profile: Profile = Profile.COMPAT
    """Which epoch an election is counted by. Default `Profile.COMPAT`."""
    masters: Sequence[MasterConfig] = ()
    """The masters that are monitored from the start. Given any sequence, it keeps a tuple. Default none."""
    announce_ip: str | None = None
    """``announce-ip``: the host that hellos name instead of `ip`. Default: none."""
    announce_port: int | None = None
    """``announce-port``: the port that hellos name instead of `port`. Default: none."""
    resolve_hostnames: bool = False
    """``resolve-hostnames``: whether names may stand where addresses do. Default false."""
    announce_hostnames: bool = False
    """``announce-hostnames``: whether to name hosts by their names. Default false."""
    requirepass: str | None = field(default=None, repr=False)
    """``requirepass``: what clients must say, and what other sentinels are told without a `sentinel_pass`. Default: none."""
    sentinel_user: str | None = None
    """``sentinel-user``: as whom to log in at other sentinels. Default: the default user."""
    sentinel_pass: str | None = field(default=None, repr=False)
    """``sentinel-pass``: the password at other sentinels. Default: `requirepass`."""
    deny_scripts_reconfig: bool = True
    """``deny-scripts-reconfig``: whether ``SENTINEL SET`` may not change scripts. Default true."""
    timing: Timing = Timing()
    """Periods and limits that are the same in every real sentinel."""
    trace: bool = False
    """Put out `Trace` events. Default false."""
    max_instances: int = 100_000
    """The most instances that are kept, of all kinds together; more are ignored. Default 100,000."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "masters", tuple(self.masters))
        object.__setattr__(self, "profile", Profile(self.profile))


# ---- what comes out


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a connection, then say `Sentinel.connected`, or `Sentinel.disconnected` if it did not come about.

    Commands for it follow at once: keep them until it stands.
    """

    link: int
    """What the connection is called. No other will be called so."""
    address: Address
    """Where to."""
    kind: Literal["command", "pub_sub"]
    """What for."""
    instance: Literal["master", "replica", "sentinel"]
    """What is there."""


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection. Nothing needs to be said of it again."""

    link: int
    """Which."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a command over a connection.

    >>> from quorate.sentinel import Send
    >>> Send(1, (b"PING",)).data
    b'*1\\r\\n$4\\r\\nPING\\r\\n'
    """

    link: int
    """Over which connection."""
    argv: Sequence[bytes]
    """The command and its arguments."""

    @property
    def data(self) -> bytes:
        """The command's bytes."""
        from . import _quorate

        return _quorate.encode_command(list(self.argv))


@dataclass(frozen=True, slots=True)
class Persist:
    """Make these lines durable in place of all before, then call `Sentinel.persisted`. Until then nothing else comes out.

    A vote leaves only when it cannot be forgotten any more.
    """

    ticket: int
    """What to answer with."""
    lines: Sequence[str]
    """The ``sentinel`` lines of a configuration file, without line ends: what `Sentinel` starts from again."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Send a client the answer to its command, or a message that it has subscribed to.

    >>> from quorate.sentinel import Reply
    >>> Reply(7, b"+PONG\\r\\n").value
    b'PONG'
    """

    client: int
    """Which client."""
    data: bytes
    """The bytes, in the protocol that the client speaks."""

    @property
    def value(self) -> Any:
        """What they say, as `quorate.resp.Decoder` makes it."""
        from . import _quorate

        decoder = _quorate.Decoder()
        decoder.feed(self.data)
        return decoder.poll()


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened that a real sentinel publishes and logs. Clients that subscribed are told by a `Reply`."""

    kind: str
    """What, which is the channel that it is published on: ``+sdown``, ``+switch-master``."""
    message: str
    """The payload, exactly as real sentinels print it."""
    level: Literal["debug", "verbose", "notice", "warning"]
    """How loud they are about it. Those of level ``debug`` are not published."""
    master: str | None
    """The name of the group that it is about, if it is about one."""


@dataclass(frozen=True, slots=True)
class RunScript:
    """Run a program, then call `Sentinel.script_finished`."""

    script: int
    """What the run is called."""
    path: str
    """The program."""
    args: Sequence[str]
    """Its arguments."""


@dataclass(frozen=True, slots=True)
class KillScript:
    """Kill a program that ran for too long. It still has to be said that it ended."""

    script: int
    """Which run."""


@dataclass(frozen=True, slots=True)
class Resolve:
    """Look a name up, then call `Sentinel.resolved`."""

    host: str
    """The name."""


@dataclass(frozen=True, slots=True)
class Exit:
    """Stop at once."""

    code: int
    """The exit code: 0 for ``SHUTDOWN``, 99 for a failure that ``SENTINEL SIMULATE-FAILURE`` asked for."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Why something happened, or did not. Only with `Config.trace`."""

    kind: str
    """What happened, in snake case: ``vote_given``, ``replica_passed_over``."""
    fields: Mapping[str, Any]
    """What goes with it, by name."""


Output: TypeAlias = Connect | Close | Send | Persist | Reply | Event | RunScript | KillScript | Resolve | Exit | Trace
"""Any output of a sentinel, for annotations."""


# ---- what is known


class AddressStatus(TypedDict):
    """Where an instance is."""

    host: str
    """The host as it was given."""
    ip: str
    """Its IP address; empty while a name is not resolved."""
    port: int
    """The port."""


class InstanceStatus(TypedDict):
    """What is known of any instance. Times are as they came in."""

    kind: Literal["master", "replica", "sentinel"]
    """What it is held for."""
    name: str
    """Its name in events."""
    run_id: str | None
    """Its run id, if it is known."""
    address: AddressStatus
    """Where it is."""
    flags: list[str]
    """The words of its flags, as ``SENTINEL MASTER`` has them: ``s_down``, ``o_down``."""
    disconnected: bool
    """Whether one of its connections is missing."""
    ping_pending_since: int | None
    """When the oldest PING without an answer was sent."""
    last_avail: int | None
    """When it last answered well."""
    s_down_since: int | None
    """Since when it is down for this sentinel; also of the last time that it was."""
    o_down_since: int | None
    """Since when it is down for a quorum; also of the last time that it was."""
    info_refresh: int | None
    """When the last INFO came."""
    role_reported: Literal["master", "replica", "unknown"]
    """What it says that it is."""
    role_reported_since: int
    """Since when."""


class ReplicaStatus(TypedDict):
    """What is known of a replica."""

    instance: InstanceStatus
    """What is known of any instance."""
    priority: int
    """``replica-priority``: the lower, the sooner it is promoted; 0 says never."""
    offset: int
    """How much of the stream it has."""
    link_down_time: int
    """For how many milliseconds its link to its master is down, as it says."""
    link_up: bool
    """Whether that link is up."""
    master_host: str | None
    """Whom it follows."""
    master_port: int
    """At which port."""


class SentinelStatus(TypedDict):
    """What is known of another sentinel."""

    instance: InstanceStatus
    """What is known of any instance."""
    master_down: bool
    """Whether it holds the master for down."""
    last_down_reply: int
    """When it last said whether."""
    last_hello: int
    """When its last hello came."""
    leader: str | None
    """Whom it voted for."""
    leader_epoch: int
    """The epoch of that vote."""


class MasterStatus(TypedDict):
    """One master and what hangs on it."""

    name: str
    """What the group is called."""
    instance: InstanceStatus
    """The master itself. Its address is the old one until a failover has ended."""
    current_address: AddressStatus
    """Where clients are sent: the promoted replica as soon as it serves."""
    quorum: int
    """How many sentinels must hold it for down."""
    majority: int
    """How many must vote for one leader: of all that were ever known."""
    agree: int
    """How many hold it for down at present, this one included."""
    config_epoch: int
    """The epoch of the configuration."""
    leader: str | None
    """Whom this sentinel voted for."""
    leader_epoch: int
    """The epoch of that vote."""
    failover_state: Literal[
        "none", "wait_start", "select_slave", "send_slaveof_noone", "wait_promotion", "reconf_slaves", "update_config"
    ]
    """How far a failover is here."""
    failover_epoch: int
    """The epoch of the last attempt."""
    failover_start: int | None
    """When the last attempt began, by this sentinel or by one that it voted for."""
    next_failover: int | None
    """Before this time no other attempt is made."""
    failover_state_change: int | None
    """When the failover came to where it is."""
    promoted: str | None
    """The replica that is promoted, by its name."""
    down_after: int
    """``down-after-milliseconds``."""
    failover_timeout: int
    """``failover-timeout``."""
    parallel_syncs: int
    """``parallel-syncs``."""
    replicas: list[ReplicaStatus]
    """The replicas, in the order of their names."""
    sentinels: list[SentinelStatus]
    """The other sentinels, in the order of their run ids."""


class Status(TypedDict):
    """All that a sentinel knows."""

    id: str
    """Its run id."""
    current_epoch: int
    """The epoch that all masters share."""
    tilt_since: int | None
    """When TILT began, while it lasts."""
    masters: list[MasterStatus]
    """The masters, in the order of their names."""
