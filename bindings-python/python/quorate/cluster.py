"""Redis Cluster: which slot a key lives in.

A cluster has 16,384 slots. A key's slot is the CRC16 of the key, or of its hash tag: what stands between the first ``{`` and
the next ``}``, if that is not empty. Keys with one tag live together, so that one command may touch them all.

>>> from quorate.cluster import group_by_slot, hash_tag, key_slot, key_slots, tag_for_slot
>>> key_slot("user:1000")
1649
>>> hash_tag("{user:1000}.following")
b'user:1000'
>>> key_slots(["user:1000", "{user:1000}.following", b"\\xff"])
[1649, 1649, 7920]
>>> group_by_slot(["foo", "{user:1000}.a", "{user:1000}.b"])
{1649: [1, 2], 12182: [0]}
>>> key_slot("{" + tag_for_slot(42) + "}any")
42

Keys are any object with a buffer, or `str`, which is hashed as its UTF-8.
"""

from ._errors import UnknownSlot
from ._quorate import SLOTS, group_by_slot, hash_tag, key_slot, key_slots, tag_for_slot

__all__ = [
    "SLOTS",
    "UnknownSlot",
    "group_by_slot",
    "hash_tag",
    "key_slot",
    "key_slots",
    "tag_for_slot",
]

UnknownSlot.__module__ = __name__
