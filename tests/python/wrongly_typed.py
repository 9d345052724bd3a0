"""What a type checker must refuse: `test_typing.py` has it checked, and each of these lines must be an error."""

from __future__ import annotations

from quorate.cluster import key_slots, tag_for_slot
from quorate.raft import ConfChange, Config, Entry, Members, Message, Node, Stored
from quorate.resp import Decoder, Encoder, Limits, encode_command
from quorate.sim import World

Decoder(Limits())
Decoder(limits=5)
Decoder(maps="list")
Decoder(encoding=b"utf-8")
Decoder().feed(5)
Decoder().commit("1")
Decoder().buffered = 5
Encoder().bulk_string(5)
Encoder().verbatim(b"txt", "x")
Limits(1024)
Limits(max_depth="7")
encode_command(None)
key_slots(5)
tag_for_slot("1")
Config(id=1)
Node(Config(id=1, seed=1))
Node(Config(id=1, seed=1), Stored()).propose(5)
Node(Config(id=1, seed=1), Stored()).step(b"")
len(Node(Config(id=1, seed=1), Stored()).poll())
Message("app", 2)
Message.decode("text")
Entry(1, 2).index = 3
ConfChange([4])
World("raft", nodes=[3])
World("raft").view()["machine"]
World("raft").run_for("1s")
Members([1, 2])
