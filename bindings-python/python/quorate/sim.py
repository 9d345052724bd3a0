"""Simulated worlds: the machines of this package, their disks, a network and clients, under a virtual clock.

Nothing in a `World` is left to chance but what its seed decides: the same version, seed, settings and actions give the same run
everywhere, event for event. So a run can be written down as a script, gone through backwards, branched, and compared across
languages by a hash. Use it to learn what a protocol does when things go wrong, and to test what you build on it.

>>> from quorate.sim import SECOND, World
>>> world = World("raft", nodes=3, timers=False, seed=7)        # 1. make it; nobody stands for election unless told to
>>> world.act("timeout 1")                                      # 2. do something to it
>>> world.until("leader == 1")                                  # 3. let time pass
True
>>> world.act("partition 1 c1 | 2 3")
>>> world.act("ask c1 x=1 1")
>>> world.act("timeout 2")
>>> world.run_for(2 * SECOND)
>>> world.ask("leaders")                                        # 4. ask: one of them does not know yet
'1 2'
>>> [machine["term"] for machine in world.view()["machines"]]   # or look at all there is
[2, 3, 3]
>>> world.history()[0]["fate"]
'unknown'
>>> world.act("heal")
>>> world.until("converged == yes")
True
>>> world.violations()
[]

After every event the world looks whether the invariants of its machines hold: that there is one leader a term, that what is
committed stays, that clients see one register. `World.violations` says what does not, and who shows it.

Times are whole microseconds since the world began; `MILLISECOND` and `SECOND` help. What a world shows (`World.view`,
`World.events`, `World.history`) are dicts and lists as they are in JSON, alike in every language, with types for those who
check them. What can be done and asked is text, as in scripts; ``docs/simulator.md`` has it all.
"""

from ._errors import SimError
from ._quorate import World
from ._sim import (
    MILLISECOND,
    SECOND,
    AttachedView,
    ClientView,
    Duration,
    EntryView,
    Event,
    Failure,
    InFlight,
    Link,
    MachineView,
    MembersView,
    Moment,
    Operation,
    ProgressView,
    Report,
    RuleView,
    SentinelView,
    ServerView,
    Settings,
    Share,
    Slow,
    View,
    Violation,
    VoteView,
    WriteView,
    WrittenView,
)

__all__ = [
    "MILLISECOND",
    "SECOND",
    "AttachedView",
    "ClientView",
    "Duration",
    "EntryView",
    "Event",
    "Failure",
    "InFlight",
    "Link",
    "MachineView",
    "MembersView",
    "Moment",
    "Operation",
    "ProgressView",
    "Report",
    "RuleView",
    "SentinelView",
    "ServerView",
    "Settings",
    "Share",
    "SimError",
    "Slow",
    "View",
    "Violation",
    "VoteView",
    "World",
    "WriteView",
    "WrittenView",
]

# They are found here, so this is the name that tracebacks, pickles and `repr(type)` show.
for _class in list(globals().values()):
    if isinstance(_class, type) and _class.__module__ in ("quorate._errors", "quorate._sim"):
        _class.__module__ = __name__
del _class
