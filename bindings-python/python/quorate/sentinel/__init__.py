"""Redis Sentinel: the monitor that votes masters out and replicas in.

A `Sentinel` takes the seat of a ``redis-sentinel`` process among real ones: they count it, ask it, vote for it and follow it.
It is a plain value that opens no connection, reads no clock and keeps no file:

1. Tell it what happened: `Sentinel.tick` every `Sentinel.tick_period` milliseconds, `Sentinel.connected`, `Sentinel.received`,
   `Sentinel.command` and so on, each with the time.
2. Drain `Sentinel.drain` until nothing comes, and do what the outputs say, in order: `Connect`, `Send`, `Persist`, `Reply`.

What follows a change that must be durable (a vote, an epoch, a new master) is held back until `Sentinel.persisted`, so a vote
cannot leave too early. The same inputs give the same outputs everywhere. ``examples/sentinel.py`` is all the rest, on asyncio.

`quorate.sentinel.discovery` is for clients: it finds servers through sentinels.
"""

from .._errors import SentinelError, SettingError, UnknownLink
from .._quorate import Sentinel
from .._sentinel import (
    Address,
    AddressStatus,
    Close,
    Config,
    Connect,
    Event,
    Exit,
    InstanceStatus,
    KillScript,
    MasterConfig,
    MasterStatus,
    Output,
    Persist,
    Profile,
    ReplicaStatus,
    Reply,
    Resolve,
    RunScript,
    Send,
    SentinelStatus,
    Status,
    Timing,
    Trace,
)

__all__ = [
    "Address",
    "AddressStatus",
    "Close",
    "Config",
    "Connect",
    "Event",
    "Exit",
    "InstanceStatus",
    "KillScript",
    "MasterConfig",
    "MasterStatus",
    "Output",
    "Persist",
    "Profile",
    "ReplicaStatus",
    "Reply",
    "Resolve",
    "RunScript",
    "Send",
    "Sentinel",
    "SentinelError",
    "SentinelStatus",
    "SettingError",
    "Status",
    "Timing",
    "Trace",
    "UnknownLink",
    "discovery",
]

# They are found here, so this is the name that tracebacks, pickles and `repr(type)` show.
for _class in list(globals().values()):
    if isinstance(_class, type) and _class.__module__ in ("quorate._errors", "quorate._sentinel"):
        _class.__module__ = __name__
del _class

from . import discovery  # noqa: E402
