"""How a client of Redis finds the primary and its replicas through sentinels, and learns that they changed.

A `Discovery` follows the guidelines for Sentinel clients of Redis' documentation. It opens no connection:

1. Ask with `Discovery.request` before every connection, also one that replaces a broken one, and tell it what happened.
2. Drain `Discovery.drain`, and do what the outputs say, in order. Call `Discovery.tick` at `Discovery.next_tick_ms`.

The answer, `Resolved`, is a connection that stands, to a server that has said itself that it is what was asked for. When
another server becomes the primary, connections to the old one are given up (`Invalidate`), and no others.

>>> from quorate.resp import encode
>>> from quorate.sentinel.discovery import Config, Connect, Discovery, Resolved, Send
>>> discovery = Discovery(Config("mymaster", [("10.0.0.9", 26379)], listeners=0))
>>> discovery.request("primary", now=0)
1
>>> answers = {                                            # here, in place of servers
...     b"GET-MASTER-ADDR-BY-NAME": ["10.0.0.1", "6379"],
...     b"SENTINELS": [],                                  # it knows no others
...     b"ROLE": ["master", 0, []],
... }
>>> while outputs := discovery.drain():
...     for output in outputs:
...         match output:
...             case Connect(link, (host, port), purpose):
...                 print(host, port, purpose)
...                 discovery.connected(link, now=0)
...             case Send(link, argv):
...                 name = next(word for word in argv if word in answers)
...                 discovery.received(link, encode(answers[name], protocol=2), now=0)
...             case Resolved(_, link, address, role):
...                 print(role, "at", address.host, address.port)
10.0.0.9 26379 ask
10.0.0.1 6379 node
primary at 10.0.0.1 6379
"""

from .._discovery import (
    Close,
    Config,
    Connect,
    Failed,
    HandedOut,
    Invalidate,
    Output,
    PrimaryChanged,
    ReadPreference,
    Resolved,
    Send,
    Stale,
    Trace,
)
from .._errors import (
    DiscoveryFailed,
    NodeUnreachable,
    NoReplica,
    NoSentinelAnswers,
    NoSuchMaster,
    SentinelError,
    SentinelRefused,
    SettingError,
    TimedOut,
    TooFewSentinels,
    UnknownLink,
    WrongRole,
)
from .._quorate import Discovery
from .._sentinel import Address

__all__ = [
    "Address",
    "Close",
    "Config",
    "Connect",
    "Discovery",
    "DiscoveryFailed",
    "Failed",
    "HandedOut",
    "Invalidate",
    "NoReplica",
    "NoSentinelAnswers",
    "NoSuchMaster",
    "NodeUnreachable",
    "Output",
    "PrimaryChanged",
    "ReadPreference",
    "Resolved",
    "Send",
    "SentinelError",
    "SentinelRefused",
    "SettingError",
    "Stale",
    "TimedOut",
    "TooFewSentinels",
    "Trace",
    "UnknownLink",
    "WrongRole",
]

# They are found here, so this is the name that tracebacks, pickles and `repr(type)` show.
for _class in list(globals().values()):
    if isinstance(_class, type) and _class.__module__ in ("quorate._errors", "quorate._discovery"):
        _class.__module__ = __name__
del _class
