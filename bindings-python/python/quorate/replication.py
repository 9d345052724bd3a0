"""Replication between Redis servers: offsets, histories, who may go on and who starts anew, and what is lost.

A `Server` is the replication of one ``redis-server``. It is a plain value that holds no data and opens no connection; what it
says to others is the real wire, so a real server may be at the other end. Tell it what happened, then `Server.drain` it and do
what the outputs say, in order. Times are milliseconds of Unix time, of the server's own clock.

Replication is asynchronous: a write that is acknowledged may yet be lost. A `Ledger` is told what clients were promised and
where each server is, and says of every write whether it is replicated, at risk or lost.

>>> from quorate.replication import *
>>> from quorate.resp import RequestDecoder
>>> primary = Server(Config(port=6379, seed=1, diskless_delay_s=0), now_ms=0)
>>> replica = Server(Config(port=6380, seed=2), now_ms=0)
>>> primary.accept(7, "10.0.0.2", now_ms=0)
>>> replica.replicate_from("10.0.0.1", 6379, now_ms=0)
True
>>> requests = RequestDecoder()
>>> while outputs := replica.drain() + primary.drain():
...     for output in outputs:
...         match output:
...             case Connect(attempt):
...                 replica.connected(attempt, now_ms=0)
...             case SendToPrimary(attempt, data):
...                 requests.feed(data)
...                 for request in requests:
...                     primary.request(7, request, now_ms=0)
...             case Send(7, data):
...                 replica.received(1, data, now_ms=0)
...             case TakeSnapshot():
...                 primary.snapshot_taken(ok=True, now_ms=0)
...             case SendSnapshot(7, framing):
...                 replica.received(1, framing.head(8) + b"the data" + framing.tail(), now_ms=0)
...                 primary.snapshot_sent(7, ok=True, now_ms=0)
...             case LoadSnapshot():
...                 replica.snapshot_loaded(ok=True, now_ms=0)
>>> replica.link_is_up
True
>>> replica.history == primary.history
True
"""

from ._errors import Refused, ReplicationError, StaleAttempt
from ._quorate import Ledger, Server
from ._replication import (
    Apply,
    AtRisk,
    Close,
    Config,
    Connect,
    Counts,
    Disconnect,
    Framing,
    History,
    HistoryCause,
    HistoryChanged,
    LinkChanged,
    LoadSnapshot,
    Loss,
    Lost,
    Output,
    Replica,
    Replicated,
    SecondId,
    Send,
    SendSnapshot,
    SendToPrimary,
    SnapshotAborted,
    SnapshotBegins,
    SnapshotBytes,
    Stored,
    TakeSnapshot,
    Trace,
    WaitBroken,
    Waited,
    WriteStatus,
)

__all__ = [
    "Apply",
    "AtRisk",
    "Close",
    "Config",
    "Connect",
    "Counts",
    "Disconnect",
    "Framing",
    "History",
    "HistoryCause",
    "HistoryChanged",
    "Ledger",
    "LinkChanged",
    "LoadSnapshot",
    "Loss",
    "Lost",
    "Output",
    "Refused",
    "Replica",
    "Replicated",
    "ReplicationError",
    "SecondId",
    "Send",
    "SendSnapshot",
    "SendToPrimary",
    "Server",
    "SnapshotAborted",
    "SnapshotBegins",
    "SnapshotBytes",
    "StaleAttempt",
    "Stored",
    "TakeSnapshot",
    "Trace",
    "WaitBroken",
    "Waited",
    "WriteStatus",
]

# They are found here, so this is the name that tracebacks, pickles and `repr(type)` show.
for _class in list(globals().values()):
    if isinstance(_class, type) and _class.__module__ in ("quorate._errors", "quorate._replication"):
        _class.__module__ = __name__
del _class
