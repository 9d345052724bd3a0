"""The high-availability logic of Redis and etcd, as plain values that do no IO.

Bytes and events go in; values and decisions come out. Nothing here opens a socket, reads a clock or starts a thread, so it
fits under any client, server, proxy or test, blocking or asynchronous.

- `quorate.resp`: the wire protocol of Redis and Valkey: replies, commands, requests.
- `quorate.cluster`: keys, hash tags and slots of Redis Cluster.
- `quorate.sentinel`: a Redis Sentinel among others, and the discovery that clients build upon.
- `quorate.replication`: offsets and histories of Redis servers, and what of them is lost.
- `quorate.raft`: a member of a Raft group, in etcd's way.
- `quorate.sim`: worlds of such members, their disks, network and clients, to learn from and to test with.

Every exception that the package defines is a `quorate.Error` and has a stable ``code``.
"""

from . import cluster, raft, replication, resp, sentinel, sim
from ._errors import Error
from ._quorate import __version__

Error.__module__ = __name__

__all__ = ["Error", "__version__", "cluster", "raft", "replication", "resp", "sentinel", "sim"]
